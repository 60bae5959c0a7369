# Two commands set everything up on a machine with Python 3.11+ and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
RUN := $(VENV)/.run.stamp
DEV := $(VENV)/.dev.stamp

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all check format bench docs lock wheel-smoke clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(RUN) ## build .venv from requirements.lock with plain pip (every other target calls it when needed)

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("rubrica needs Python 3.11 or newer, this is %d.%d; try make PYTHON=python3.12" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(RUN): requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --quiet --require-hashes --no-deps -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/python -m rubrica.tools.sandbox.build
	@touch $@

$(DEV): requirements-dev.lock $(RUN)
	$(PIP) install --quiet --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

demo: $(RUN) ## the main job on the demo data, offline and with no key
	$(BIN)/python -m rubrica.cli demo

test: $(DEV) ## the test suite (network off but for loopback)
	$(BIN)/python -m pytest -n 2

test-all: $(DEV) ## the suite with its slow tests
	$(BIN)/python -m pytest -n 2 -m ""

check: $(DEV) ## lint, format, types, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV) ## rewrite the sources in the house format
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock: ## resolve requirements.lock and requirements-dev.lock again (needs uv)
	uv pip compile pyproject.toml build.in --universal --python-version 3.11 --no-emit-index-url --generate-hashes --custom-compile-command "make lock" -q -o requirements.lock
	uv pip compile pyproject.toml build.in --all-extras --group dev --universal --python-version 3.11 --no-emit-index-url --generate-hashes --custom-compile-command "make lock" -q -c requirements.lock -o requirements-dev.lock
	@! grep -n '://' requirements.lock requirements-dev.lock

clean: ## remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache dist
