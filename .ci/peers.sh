#!/bin/sh
# Find the other people's programs that are no Python packages; install them where we may.
#   tshark: Wireshark's dissectors, from the distribution.
#   llrpjs: an LLRP client for Node, by npm into .tools/llrpjs, versions and checksums pinned in tests/peers/llrpjs.
# What stays missing is left out of the tests; with CI=true the tests fail for it.
set -eu
cd "$(dirname "$0")/.."

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }
install() {
	echo "tagtill: installing $* for the peers' tests" >&2
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@" >/dev/null
}

if ! command -v tshark >/dev/null; then
	if may_install; then install tshark; else
		echo "tagtill: no tshark here, its tests will be left out; to have them: sudo apt-get install tshark" >&2
	fi
fi

pinned=tests/peers/llrpjs
installed=.tools/llrpjs
cmp -s "$pinned/package-lock.json" "$installed/package-lock.json" && [ -f "$installed/.done" ] && exit 0
if ! command -v npm >/dev/null; then
	if may_install; then install nodejs npm; else
		echo "tagtill: no npm here, llrpjs will be left out; to have it: sudo apt-get install nodejs npm" >&2
		exit 0
	fi
fi
rm -rf "$installed"
mkdir -p "$installed"
cp "$pinned/package.json" "$pinned/package-lock.json" "$installed"
if npm ci --prefix "$installed" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null; then
	touch "$installed/.done"
else
	echo "tagtill: npm could not fetch llrpjs, its test will be left out; to have it, run .ci/peers.sh online" >&2
fi
