# `make` lists what there is. Every target makes its own virtual environment in .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# One thread per process: torch with two threads beside other load is many times slower.
export OMP_NUM_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help demo test stress lint format docs bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,page]'
	@touch $@

demo: $(READY) ## images to taxonomy with all 26 tasks, in minutes, in the folder taskonomy-demo
	$(BIN)/tk demo

test: lint ## all checks: lint, types, import rules, tests
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal

lint: $(READY) ## style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY) ## put the code in its format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY) ## tasks/README.md, from the tasks
	$(BIN)/python docs/dictionary.py

stress: $(READY) ## runs killed at 2,000 random moments, and 2,000 lives of a project (make test: 200 and 50)
	TASKONOMY_STRESS=2000 TASKONOMY_LIVES=2000 $(BIN)/python -m pytest --numprocesses 2 --dist worksteal \
		tests/core/ledger/test_stress.py tests/core/ledger/test_incremental.py

bench: $(READY) ## every benchmark, as ratios within one run
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

clean: ## remove the virtual environment and what tools left behind
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
