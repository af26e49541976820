#!/bin/sh
# Make the virtual environment, or say in one line what is missing.
set -eu
python=$1 venv=$2
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
	echo "tagtill: $python is not Python 3.11 or newer; install one and say: make PYTHON=python3.11 …" >&2
	exit 1
}
[ -x "$venv/bin/pip" ] && exit 0
"$python" -m venv "$venv" 2>/dev/null && exit 0
rm -rf "$venv"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	echo "tagtill: installing python3-venv" >&2
	apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y python3-venv >/dev/null
	exec "$python" -m venv "$venv"
fi
echo "tagtill: Python has no venv here; install it first: sudo apt-get install python3-venv" >&2
exit 1
