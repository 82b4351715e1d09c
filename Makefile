# Every target makes what it needs; a fresh clone with Python 3.10+ and make is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-litellm lint format clean

$(VENV)/.demo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[demo]"
	touch $@

$(VENV)/.dev: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	touch $(VENV)/.demo $@

demo: $(VENV)/.demo  ## bob is rejected, the tool finds out why and repairs a copy, bob is accepted
	@$(BIN)/python examples/demo.py

test: $(VENV)/.dev  ## all tests that need no network
	$(BIN)/python -m pytest -m "not litellm and not network"

test-litellm: $(VENV)/.dev  ## end to end on the real litellm (downloads its wheel into .cache)
	$(BIN)/python -m pytest -m litellm

lint: $(VENV)/.dev  ## ruff, mypy, and our own plugin on ourselves
	$(BIN)/ruff check lint_rules tests examples
	$(BIN)/ruff format --check lint_rules tests examples
	$(BIN)/mypy
	$(BIN)/flake8 lint_rules

format: $(VENV)/.dev
	$(BIN)/ruff check --fix lint_rules tests examples
	$(BIN)/ruff format lint_rules tests examples

clean:
	rm -rf $(VENV) .cache build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
