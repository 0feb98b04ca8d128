#!/bin/sh
# Makes a virtual environment in which `notifier` answers.
#   scripts/setup.sh [runtime|dev] [--venv DIR] [--dry-run]
# runtime = what runs; dev = what tests and checks need too. PYTHON=… names the interpreter to use.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
usage() { say "$1 Use: scripts/setup.sh [runtime|dev] [--venv DIR] [--dry-run]"; exit 2; }
step() { if [ -n "$dry_run" ]; then printf '%s\n' "$*"; else "$@"; fi; }

mode=runtime venv=.venv dry_run=
while [ $# -gt 0 ]; do
    case $1 in
        runtime|dev) mode=$1 ;;
        --venv) [ $# -gt 1 ] || usage "--venv needs a folder."; shift; venv=$1 ;;
        --dry-run) dry_run=yes ;;
        *) usage "'$1' is not understood." ;;
    esac
    shift
done

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_new_enough "$PYTHON" && { echo "$PYTHON"; return; }
        say "PYTHON=$PYTHON is not a Python 3.11 or newer: name another one."
        exit 1
    fi
    for candidate in python3.11 python3.12 python3.13 python3.14 python3; do
        if is_new_enough "$candidate"; then echo "$candidate"; return; fi
    done
    say "Notifier needs Python 3.11 or newer, and there is none here: install it (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.13), or name yours: make setup PYTHON=/path/to/python3"
    exit 1
}

python=$(find_python)
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    say "Python $version is here without its venv module: install the package python$version-venv (Debian, Ubuntu: apt install python$version-venv), then do this again."
    exit 1
fi

requirements=requirements.txt
[ "$mode" = runtime ] || requirements=requirements-dev.txt
pip="$venv/bin/python -m pip install -qq --disable-pip-version-check"

if ! is_new_enough "$venv/bin/python"; then step "$python" -m venv --clear "$venv"; fi
say "Installing what Notifier needs into $venv ($requirements; a minute the first time) …"
step $pip --require-hashes -r "$requirements"
step $pip --no-deps --no-build-isolation -e .
step touch "$venv/.runtime"
if [ "$mode" = dev ]; then step touch "$venv/.dev"; fi
