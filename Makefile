.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
UV := VIRTUAL_ENV=.venv $(BIN)/uv --system-certs pip
GET_UV = $(BIN)/python -m pip install --quiet "$$(grep ^uv== requirements.txt)"
LOCK := $(UV) compile --quiet --no-python-downloads \
	--universal --python-version 3.11.5 --fork-strategy fewest \
	$(if $(filter all,$(UPGRADE)),--upgrade,$(addprefix --upgrade-package ,$(UPGRADE)))
# What PyTorch's build for NVIDIA cards depends on, which its CPU build must not bring in.
# pip installs it with the build that needs it, in the versions that this build names.
GPU := cuda-bindings cuda-toolkit nvidia-cudnn-cu13 nvidia-cusparselt-cu13 nvidia-nccl-cu13 \
	nvidia-nvshmem-cu13 triton
# Install beside the target the packages that the first prerequisite pins.
NPM_CI = mkdir -p $(@D) && cp $(<D)/package*.json $(@D) && \
	(cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund)
export NO_MKDOCS_2_WARNING := 1
export UV_CUSTOM_COMPILE_COMMAND := make lock  (uv pip compile --universal --python-version 3.11.5 ...)

define NO_PYTHON
$(PYTHON) is missing, or is not Python 3.11.5 to 3.13. Install one:
  Debian 13, Ubuntu 24.04   sudo apt install python3 python3-venv
  macOS                     brew install python@3.13
  Windows                   winget install Python.Python.3.13
If it has another name, say so: make PYTHON=python3.13 ...
endef
define NO_VENV
$(PYTHON) cannot make an environment: its modules venv and ensurepip are missing.
  Debian, Ubuntu   sudo apt install python3-venv
  macOS            brew install python@3.13, then make PYTHON=python3.13 ...
  Windows          winget install Python.Python.3.13
endef
define NO_BROWSER
No Chromium is found: the tests that need a browser are skipped (with CI set, they fail). Install one:
  Debian           sudo apt install chromium-headless-shell
  Ubuntu, macOS    .venv/bin/playwright install chromium
  Windows          .venv\Scripts\playwright install chromium
endef
define NO_NPM
npm is missing, which installs what this target needs. Install Node.js 18 or newer, which brings it:
  Debian, Ubuntu   sudo apt install nodejs npm
  macOS            brew install node
  Windows          winget install OpenJS.NodeJS.LTS
endef
export NO_PYTHON NO_VENV NO_BROWSER NO_NPM

# Run a command; say what the target does, how long it took, and keep the exit code.
define timed
@sed -n 's|^$@:.*## |make $@: |p' Makefile; begin=$$(date +%s); code=0; said=took; \
(set -x; $(1)) || { code=$$?; said="failed after"; }; \
echo "make $@: $$said $$(($$(date +%s) - begin)) s"; exit $$code
endef

.PHONY: help serve live test browser notebooks page other-processor record build build-zensical pdf offline lint lock bench lighthouse clean chromium

help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 24

serve: .venv/site ## Serve the site and rebuild it on every change
	$(call timed,$(BIN)/mkdocs serve)

live: .cache/live/pack ## Pack Python for the browser: the site built next has blocks that run

test: .venv/all ## Execute every block of every page, and run every test but those of the next target
	$(call timed,$(BIN)/pytest -n auto -m "not browser")

browser: .venv/all chromium ## Open the built site in a browser, and after `make live` its live blocks; QUICK=yes leaves out those that train long
	$(call timed,$(BIN)/pytest -n auto -m "browser$(if $(QUICK), and not long)" tests)

notebooks: .venv/all ## Run each notebook alone, in an empty folder, as a reader does
	$(call timed,$(BIN)/pytest -n auto docs/notebooks)

page: .venv/all ## Check all that concerns one page: make page PAGE=chapters/forward-pass
	$(call timed,$(BIN)/pytest --quiet --page "$(PAGE)")

other-processor: .venv/all ## Execute the pages as an older processor would; PAGE=errors/overfitting for one
	$(call timed,$(BIN)/python -m tests.other_processor $(if $(PAGE),docs/$(PAGE).md,-n auto docs --ignore docs/notebooks))

record: .venv/all ## Write what the pages print and draw into the record
	$(call timed,$(BIN)/pytest --quiet --record tests/test_diagrams.py && \
		$(BIN)/pytest -n auto --record docs tests/test_errors.py tests/test_lab_records.py tests/test_workbooks.py \
			tests/test_messages.py::test_the_index_lists_every_message tests/test_doctor.py::test_record)

build: .venv/site ## Build the site into site/
	$(call timed,$(BIN)/mkdocs build --strict && $(BIN)/python -m docs.plugins.finish site)

pdf: .venv/all build ## Print the whole course to site/neural-networks-from-scratch.pdf
	$(call timed,$(BIN)/python -m docs.plugins.finish.pdf site site/neural-networks-from-scratch.pdf)

build-zensical: .venv/all ## Build the same site with Zensical into site-zensical/
	$(call timed,SITE_DIR=site-zensical $(BIN)/python -m zensical build --clean --strict && \
		$(BIN)/python -m docs.plugins.notebook_pages site-zensical)

offline: .venv/site ## Build a site that opens from a folder into site-offline/
	$(call timed,export OFFLINE=true; $(BIN)/mkdocs build --strict --site-dir site-offline && \
		$(BIN)/python -m docs.plugins.finish site-offline)

lint: .venv/all ## Check the style of the code, and the workflows
	$(call timed,$(BIN)/ruff check && $(BIN)/ruff format --check && \
		$(BIN)/actionlint -shellcheck $(BIN)/shellcheck && $(BIN)/zizmor --offline --quiet --persona pedantic .github)

lock: .venv/uv ## Pin every package in requirements.txt; UPGRADE=all or UPGRADE=name renews
	$(call timed,printf '%s\n' $(GPU) >.venv/gpu && \
		echo "-e ." | $(LOCK) --group site - -o docs/requirements.txt && \
		echo "-e ." | $(LOCK) --group all --excludes .venv/gpu - -o requirements.txt)

bench: .venv/all ## Measure the run and the build against their limits
	$(call timed,OMP_NUM_THREADS=1 $(BIN)/python -m tests.bench_training && \
		OMP_NUM_THREADS=1 $(BIN)/python -m tests.bench)

lighthouse: .venv/all .cache/lighthouse/installed ## Measure six pages with Lighthouse, on an emulated phone
	$(call timed,$(BIN)/python -m tests.bench_lighthouse)

clean: ## Remove what the other targets made
	$(call timed,rm -rf .venv .cache site site-offline site-zensical .pytest_cache .ruff_cache && \
		find . -name __pycache__ -prune -exec rm -rf {} +)

chromium:
	@{ ls -d ~/.cache/ms-playwright/chromium-* || ls -d ~/Library/Caches/ms-playwright/chromium-* || \
		command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome; \
		} >/dev/null 2>&1 || echo "$$NO_BROWSER"

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11, 5) <= sys.version_info < (3, 14))' || \
		{ echo "$$NO_PYTHON"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "$$NO_VENV"; exit 1; }
	$(PYTHON) -m venv .venv

# uv is faster; where it finds no packages, pip may, by its own settings.
.venv/site: docs/requirements.txt pyproject.toml | .venv/bin/python ## Install what the site needs
	$(call timed,{ { $(GET_UV) && $(UV) install --requirement docs/requirements.txt; } || \
		$(BIN)/python -m pip install --requirement docs/requirements.txt; } && touch $@)

.venv/all: requirements.txt pyproject.toml | .venv/bin/python ## Install everything
	$(call timed,$(BIN)/python -m pip install --requirement requirements.txt && touch $@ .venv/site)

.venv/uv: requirements.txt | .venv/bin/python ## Install what pins the packages
	$(call timed,$(GET_UV) && touch $@)

.cache/lighthouse/installed: tests/lighthouse/package-lock.json ## Install Lighthouse
	@command -v npm >/dev/null || { echo "$$NO_NPM"; exit 1; }
	$(call timed,$(NPM_CI) && touch $@)

.cache/live/pack: docs/plugins/live/package-lock.json docs/plugins/live/pack.py docs/plugins/live/compile.mjs $(wildcard docs/plugins/live/licences/*) | .venv/site
	@command -v npm >/dev/null || { echo "$$NO_NPM"; exit 1; }
	$(call timed,$(NPM_CI) && $(BIN)/python -m docs.plugins.live.pack $(@D)/node_modules $@ && touch $@)
