#!/bin/sh
# Every check, each one run whatever became of those before it; the tests come last, so their summary ends the output.
set -u
cd "$(dirname "$0")/.."
bin=${CHECK_BIN:-.venv/bin}
failed=

check() {
    name=$1; shift
    printf '\n== %s\n' "$name"
    "$@" || failed="$failed $name"
}

check format "$bin/ruff" format --check
check lint "$bin/ruff" check
check layers "$bin/lint-imports"
check types "$bin/mypy"
check translations "$bin/python" scripts/messages.py --check
check docs "$bin/python" scripts/docs.py
[ -z "$failed" ] || printf '\nNOT GREEN:%s\n' "$failed"
printf '\n== tests\n'
"$bin/pytest" -n auto || exit $?
[ -z "$failed" ]
