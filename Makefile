# Everything needs only Python 3.11, make and a package registry. `make` alone lists the commands.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.installed
SCENARIO ?= as_decided
LANGUAGE ?= vi,en

.PHONY: bench help brief explore test check lint lock equations clean
.DEFAULT_GOAL := help

help:
	@echo "make brief      set up and print the national brief (SCENARIO=as_decided LANGUAGE=vi,en)"
	@echo "make explore    set up and open the explorer in JupyterLab (PAGE=--voila for the page alone)"
	@echo "make test       set up and run the tests"
	@echo "make check      check data, parameters and scenarios"
	@echo "make lint       style and import direction"
	@echo "make bench      measure the engine beside numpy, C and PySD; writes docs/performance.md"
	@echo "make equations  write docs/equations.md again from the code"
	@echo "make lock       resolve requirements.lock again from pyproject.toml"
	@echo "make clean      remove the environment and caches; reports stay"

brief: $(READY)
	@$(BIN)/cpmodel brief national --scenario $(SCENARIO) --language $(LANGUAGE)

explore: $(READY)
	@$(BIN)/cpmodel explore $(SCENARIO) $(PAGE)

test: $(READY)
	@$(BIN)/python -m pytest -n auto --dist loadfile

check: $(READY)
	@$(BIN)/cpmodel check

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

bench: $(READY)
	@$(BIN)/python -m benchmarks
	@$(BIN)/python -m benchmarks.page

equations: $(READY)
	@$(BIN)/python docs/equations.py

# The stamp is written last, so an interrupted installation is taken up again by the next call.
$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 is needed and was not found; install it, or say make PYTHON=/path/to/python3.11."; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "$(PYTHON) is older than Python 3.11; say make PYTHON=/path/to/python3.11."; exit 2; }
	@echo "1/3  Making the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@echo "2/3  Installing the pinned packages: two or three minutes the first time ..."
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.lock
	@echo "3/3  Installing cpmodel ..."
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q cpmodel
	@touch $(READY)

# Comments in the lock name packages only: no address, no path. The header is ours for the same reason.
lock: $(READY)
	@$(BIN)/python -m pip install --quiet "pip-tools>=7.5"
	@$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --extra build --extra test --extra scale --extra bench --no-header \
	  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links -o requirements.lock pyproject.toml
	@sed -i '1i # Python 3.11, Linux x86-64; made by `make lock` from pyproject.toml, never edited by hand.' requirements.lock

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find cpmodel tests docs -name __pycache__ -type d -prune -exec rm -rf {} +
