# Tagtill: `make demo` runs the shop, `make test` proves it, `make check` reads the code.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: help demo test check bench peers deep screenshots format lock clean

help:
	@echo "make demo         a whole sample shop on this machine; prints its addresses"
	@echo "make test         the whole suite, browser included"
	@echo "make check        format, lint, types, import contracts"
	@echo "make bench        every figure, each beside a public peer"
	@echo "make peers        other people's programs against ours"
	@echo "make deep         the long matrices and soaks"
	@echo "make screenshots  the walk, photographed into screenshots/"
	@echo "make lock         pin the dependencies anew"

# The two environments: what runs the shop, and what else its tests need.
$(VENV)/.run: requirements.txt pyproject.toml
	@.ci/python.sh "$(PYTHON)" $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@# setuptools warns that packages named like folders may hide each other; here they are the same.
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . \
		2> $(VENV)/install.log || { cat $(VENV)/install.log >&2; exit 1; }
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	@# Resolved already, by overrides too: pip is only to fetch what the lock says.
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt
	@touch $@

demo: $(VENV)/.run
	$(BIN)/tagtill demo

test: $(VENV)/.dev
	@.ci/browser.sh
	@.ci/peers.sh
	$(BIN)/pytest -n 2 --dist loadfile

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	@for figure in bench/*.py; do case $$figure in */_*|*/__*) ;; *) $(BIN)/python -m bench.$$(basename $$figure .py) || exit 1;; esac; done

peers: $(VENV)/.dev
	@.ci/peers.sh
	$(BIN)/pytest -m peers --no-header tests

deep: $(VENV)/.dev
	$(BIN)/pytest -m deep --no-header tests

screenshots: $(VENV)/.dev
	@.ci/browser.sh
	TAGTILL_SCREENSHOTS=screenshots $(BIN)/pytest -m browser tests/browser

format: $(VENV)/.dev
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock: $(VENV)/.dev
	$(BIN)/python .ci/lock.py

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
