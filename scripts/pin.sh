#!/bin/sh
# Writes requirements.txt (what runs), requirements-dev.txt (what tests need too) and requirements-bench.txt (what the
# benchmarks compare with, in an environment of its own) from pyproject.toml, with hashes and without any address of a
# registry.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/uv"
"$work/uv/bin/pip" -q install uv
pin() {
    "$work/uv/bin/uv" pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make pin" "$@"
}
pin --extra cluster --group build pyproject.toml -o requirements.txt
pin --extra cluster --group build --group dev pyproject.toml -c requirements.txt -o requirements-dev.txt
pin --group pyproject.toml:bench -c requirements.txt -o requirements-bench.txt
