# make demo and make test each need nothing but Python: they build the environment first.
PYTHON ?= python3
VENV   ?= .venv
EXTRAS ?= dev,plot

BIN  := $(VENV)/bin
PIP  := $(BIN)/python -m pip install --disable-pip-version-check -qq -c constraints.txt
CORE := $(VENV)/.core
DEV  := $(VENV)/.dev

# Small tensors: more threads than one are slower, and much slower on a busy machine.
test demo lint: export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup test lint demo tables clean

help:  ## show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  PYTHON=python3.12 make demo   another interpreter (3.11 or later)"
	@echo "  VENV=/path make test          another place for the environment"

setup: $(DEV)  ## build the environment with what tests and checks need

test: $(DEV)  ## run the tests and the examples in docstrings
	$(BIN)/python -m pytest -q -n auto --maxprocesses 4 $(PYTEST)

lint: $(DEV)  ## check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

demo: $(CORE)  ## tag four abstracts with a shipped checkpoint, offline
	$(BIN)/zoo demo

tables: $(CORE)  ## write benchmarks/results into the README's tables
	$(BIN)/python -m benchmarks.tables

clean:  ## remove the environment, caches and builds; runs/ stays
	rm -rf $(VENV) build dist demo .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find zoo tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Expected Python 3.11 or later, but '$(PYTHON)' is '$$($(PYTHON) --version 2>&1)'." >&2; \
	  echo "Name one that is, for example: make $(or $(MAKECMDGOALS),demo) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# A stamp is older than what it was made from when either of these files has changed since.
$(CORE): pyproject.toml constraints.txt | $(BIN)/python
	@echo 'Installing into $(VENV): about 1.5 GB, a minute or more.'
	@$(PIP) -e .
	@touch $@

$(DEV): pyproject.toml constraints.txt | $(BIN)/python
	@echo 'Installing into $(VENV), with what tests and checks need: about 3 GB, some minutes.'
	@$(PIP) -e '.[$(EXTRAS)]'
	@touch $(CORE) $@
