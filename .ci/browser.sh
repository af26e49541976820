#!/bin/sh
# Find Chromium for the browser tests; install it from the distribution where we may.
set -eu
[ -n "${TAGTILL_CHROMIUM:-}" ] && exit 0
for name in chromium chromium-browser google-chrome; do
	command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "tagtill: installing chromium for the browser tests" >&2
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core >/dev/null
	exit 0
fi
echo "tagtill: no Chromium here, the browser tests will be left out; to have them: sudo apt-get install chromium" >&2
