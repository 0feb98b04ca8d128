#!/bin/sh
# Runs each measurement of benchmarks/, one after the other, so that none disturbs the next.
set -eu
cd "$(dirname "$0")/.."
for module in benchmarks/[a-z]*.py; do
    name=$(basename "$module" .py)
    printf '\n== %s\n' "$name"
    .venv/bin/python -m "benchmarks.$name"
done
