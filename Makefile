.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
export NO_MKDOCS_2_WARNING := 1

.PHONY: help serve test record build offline lint bench clean

help: ## Show the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

serve: .venv/site ## Serve the site and rebuild it on every change
	$(BIN)/mkdocs serve

test: .venv/all ## Execute every block of every page and run every test
	$(BIN)/pytest -n auto --dist loadfile

record: .venv/all ## Write what the pages print and draw into the record
	$(BIN)/pytest -n auto --dist loadfile --record docs tests/test_diagrams.py tests/test_errors.py tests/test_lab_records.py

build: .venv/site ## Build the site into site/
	$(BIN)/mkdocs build --strict

offline: .venv/site ## Build a site that opens from a folder into site-offline/
	OFFLINE=true $(BIN)/mkdocs build --strict --site-dir site-offline

lint: .venv/all ## Check the style of the code
	$(BIN)/ruff check
	$(BIN)/ruff format --check

bench: .venv/all ## Measure the run and the build against their limits
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.bench_training
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench_labs

clean: ## Remove what the other targets made
	rm -rf .venv site site-offline .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/site: docs/requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --requirement docs/requirements.txt
	@touch $@

.venv/all: requirements.txt docs/requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --requirement requirements.txt
	@touch $@ .venv/site
