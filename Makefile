# make all-tables   train, measure and print the published table beside the measured one
# make test         prove the rest
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
SCALE ?= quick
INSTALLED := .venv/.installed

.PHONY: help install all-tables test check lint types imports bench clean

help:  ## This list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 14

install: $(INSTALLED)  ## Virtual environment in .venv, again when pyproject.toml or constraints.txt change

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:  ## Remove the environment and all caches; runs stay
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
	find geomgen tests -name __pycache__ -type d -prune -exec rm -rf {} +
