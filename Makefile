# Everything is a small script under scripts/, so that the Dockerfile and CI run the same steps.
.DEFAULT_GOAL := help
.PHONY: help setup demo test properties faults check run bench docs screens pin fmt

PINS := requirements.txt pyproject.toml scripts/setup.sh

help: ## say what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

setup: .venv/.runtime ## make .venv ready, so that .venv/bin/notifier answers
	@echo 'Ready: .venv/bin/notifier'

demo: .venv/.runtime ## set up, then live through two months of a shop and see the report
	@.venv/bin/notifier demo

test: .venv/.dev ## run every test, on SQLite and PostgreSQL
	@.venv/bin/pytest -n auto --dist worksteal

properties: .venv/.dev ## live through EXAMPLES=2000 random shops, groups and lives of texts, each held against the rules
	@EXAMPLES=$(or $(EXAMPLES),2000) .venv/bin/pytest tests/integration/test_plan_properties.py tests/integration/test_plan_group_properties.py tests/integration/test_callbacks_stateful.py

faults: .venv/.dev ## send MESSAGES=20000 texts through a faulty provider under KILLS=30 kills and more (docs/faults.md)
	@.venv/bin/python -m tests.support.fault_run

check: .venv/.dev ## format, lint, layers, types, translations, tests: what CI runs
	@scripts/check.sh

run: .venv/.runtime ## the daemon: engine and web
	@.venv/bin/notifier run

bench: .venv/.dev ## measure what benchmarks/ measures
	@scripts/bench.sh

docs: .venv/.dev ## list the pages and check every link between them
	@.venv/bin/python scripts/docs.py

screens: .venv/.dev ## take a picture of every screen of the console, into screens/
	@.venv/bin/python -m scripts.screens

pin: ## pin the newest versions pyproject.toml allows, with hashes
	@scripts/pin.sh

fmt: .venv/.dev ## put the code into form
	@.venv/bin/ruff format -q
	@.venv/bin/ruff check -q --fix

.venv/.runtime: $(PINS)
	@scripts/setup.sh runtime

.venv/.dev: $(PINS) requirements-dev.txt
	@scripts/setup.sh dev
