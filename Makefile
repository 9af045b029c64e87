# Two commands do all set-up on a fresh machine:
#   make all-tables   train, measure, and print the published table next to the measured one
#   make test         check everything else
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
PEERS := .venv-peers/.installed

# A set of recipes, one file each in geomgen/sweep/recipes: quick takes a few minutes, full takes hours on two cores.
SCALE ?= quick
JOBS ?= 2
RUNS_DIR ?= runs
# Where cells run: local, or ray, which has its own number of cells at a time, with ADDRESS=HOST:PORT of a cluster.
ENGINE ?= local
ADDRESS ?=
SLURM = geomgen sweep $(SCALE) --on slurm --submit, and make all-tables when the cells are done

.PHONY: help install all-tables test check lint types imports faults bench clean

help:  ## This list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 14

install: $(INSTALLED)  ## Virtual environment in .venv, again when pyproject.toml or constraints.txt change

$(INSTALLED): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

all-tables: install  ## All tables and figures, and a page of them; SCALE=full for the full set, ENGINE=ray for Ray
	$(if $(filter local ray,$(ENGINE)),,$(error ENGINE=$(ENGINE) is neither local nor ray. With Slurm: $(SLURM)))
	$(BIN)/geomgen sweep $(SCALE) --on $(ENGINE) $(if $(ADDRESS),--address $(ADDRESS)) \
	$(if $(filter local,$(ENGINE))$(filter-out file,$(origin JOBS)),--jobs $(JOBS)) --runs-dir $(RUNS_DIR) --no-reports
	@echo 'Writing the page of all tables and figures ...'
	@page=$$($(BIN)/geomgen report all --quiet --runs-dir $(RUNS_DIR) --out $(RUNS_DIR)/all-tables) && \
	$(BIN)/geomgen report width-logdet --quiet --compare published --runs-dir $(RUNS_DIR) && \
	echo && echo "All other tables and figures: $$page"

test: install  ## All tests, in one process more than JOBS, since some wait for Slurm or Ray
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $$(($(JOBS) + 1)) --dist worksteal

check: lint types imports test  ## Everything that CI checks

lint: install
	$(BIN)/ruff check geomgen tests conftest.py
	$(BIN)/ruff format --check geomgen tests conftest.py

types: install
	$(BIN)/mypy

imports: install
	$(BIN)/lint-imports --no-logo

faults: install  ## Kills, failing disks, damage, races and bad input, each as often as the README says
	$(BIN)/python -m pytest tests/faults --faults

$(PEERS): constraints.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt \
	torch numpy curvlinops-for-pytorch==3.0.1 pyhessian==0.1 devinterp==1.3.2
	@touch $@

bench: install $(PEERS)  ## Speed relative to standard implementations, measured in one run
	$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python -m tests.bench

clean:  ## Remove the environment and all caches; runs stay
	rm -rf .venv .venv-peers .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find geomgen tests -name __pycache__ -type d -prune -exec rm -rf {} +
