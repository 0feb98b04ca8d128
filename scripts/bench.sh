#!/bin/sh
# Runs each measurement of benchmarks/, one after the other, so that none disturbs the next.
set -eu
cd "$(dirname "$0")/.."
bench=.venv-bench
install() {
    .venv/bin/python -m venv --clear "$bench" &&
        "$bench/bin/python" -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-bench.txt &&
        touch "$bench/.done"
}
# Celery, which only sending.py compares with, stays out of .venv; without it that row says so.
if [ ! -e "$bench/.done" ] || [ requirements-bench.txt -nt "$bench/.done" ]; then
    install || { rm -rf "$bench"; echo 'Celery could not be installed: the run goes on without it.' >&2; }
fi
for module in benchmarks/[a-z]*.py; do
    name=$(basename "$module" .py)
    printf '\n== %s\n' "$name"
    .venv/bin/python -m "benchmarks.$name"
done
