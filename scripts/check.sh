#!/bin/sh
# Every check, each one run whatever became of those before it; the tests come last, so their summary ends the output.
set -u
cd "$(dirname "$0")/.."
bin=${CHECK_BIN:-.venv/bin}
failed=
unset PYTHONDONTWRITEBYTECODE  # hundreds of processes begin here, and each would compile Notifier anew

check() {
    name=$1; shift
    printf '\n== %s\n' "$name"
    "$@" || failed="$failed $name"
}

check format "$bin/ruff" format --check
check lint "$bin/ruff" check
check layers "$bin/lint-imports"
check translations "$bin/python" scripts/messages.py --check
check docs "$bin/python" scripts/docs.py
# The types take one core half a minute: the tests have begun meanwhile, and their words wait in the pipe.
code=$(mktemp); trap 'rm -f "$code"' EXIT
{ "$bin/pytest" -n auto --dist worksteal 2>&1; echo $? >"$code"; } | {
    check types "$bin/mypy"
    [ -z "$failed" ] || printf '\nNOT GREEN:%s\n' "$failed"
    printf '\n== tests\n'
    cat
    [ -z "$failed" ]
} || failed=yes
tests=$(cat "$code")
[ "$tests" = 0 ] || exit "$tests"
[ -z "$failed" ]
