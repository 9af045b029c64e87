# Two commands do all set-up on a fresh machine:
#   make all-tables   train, measure, and print the published table beside the measured one
#   make test         prove the rest
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

# quick: four widths, one seed, a few minutes. full: the whole published table, hours on two cores.
SCALE ?= quick
RUNS_DIR ?= runs
quick_RUNS := 128/0 256/0 512/0 1024/0
full_RUNS := $(foreach seed,0 1 2,$(foreach width,128 256 512 1024 2048,$(width)/$(seed))) 3072/0 4096/0 6144/0 8192/0

.PHONY: help install all-tables test check lint types imports bench clean

help:  ## This list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 14

install: $(INSTALLED)  ## Virtual environment in .venv, again when pyproject.toml or constraints.txt change

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

all-tables: install  ## The width-vs-log-determinant table; SCALE=full for all of it
	@set -e; for cell in $($(SCALE)_RUNS); do \
	    run=$$($(BIN)/geomgen train --width $${cell%/*} --seed $${cell#*/} --reuse --runs-dir $(RUNS_DIR)); \
	    $(BIN)/geomgen volume "$$run" --reuse --runs-dir $(RUNS_DIR); \
	done
	$(BIN)/geomgen report training --runs-dir $(RUNS_DIR) --out $(RUNS_DIR)/all-tables
	$(BIN)/geomgen report width-logdet --runs-dir $(RUNS_DIR) --compare published --out $(RUNS_DIR)/all-tables

test: install  ## All tests
	$(BIN)/python -m pytest

check: lint types imports test  ## All that CI checks

lint: install
	$(BIN)/ruff check geomgen tests
	$(BIN)/ruff format --check geomgen tests

types: install
	$(BIN)/mypy

imports: install
	$(BIN)/lint-imports --no-logo

bench: install  ## Ratios to the usual way, measured in one run
	$(BIN)/python -m tests.bench

clean:  ## Remove the environment and all caches; runs stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find geomgen tests -name __pycache__ -type d -prune -exec rm -rf {} +
