#!/bin/sh
# Writes requirements.txt (what runs) and requirements-dev.txt (what tests need too) from pyproject.toml,
# with hashes and without any address of a registry.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/uv"
"$work/uv/bin/pip" -q install uv
pin() {
    "$work/uv/bin/uv" pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make pin" --extra cluster --group build "$@"
}
pin pyproject.toml -o requirements.txt
pin --group dev pyproject.toml -c requirements.txt -o requirements-dev.txt
