# Every target makes what it needs; a fresh clone with Python 3.10+ and make is enough.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
BENCH_SECONDS ?= 600
WORKERS ?= auto
OFFLINE := -n $(WORKERS) -m "not litellm and not network and not slow"
CODE := lint_rules tests examples benchmarks

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test test-slow test-oldest test-pythons test-litellm test-network coverage lint format docs bench-accuracy bench-precision bench-speed bench-growth bench-screen bench-robustness clean

help:
	@echo "make demo             bob is rejected, the tool says why and repairs a copy, bob is accepted"
	@echo "make test             the tests that need no network"
	@echo "make test-slow        the tests that take a minute or more, and more generated programs"
	@echo "make test-oldest      the tests with the oldest allowed libraries (PYTHON=python3.10)"
	@echo "make test-pythons     the tests with every supported Python that is found"
	@echo "make coverage         the tests, and that they reach at least 95 % of the branches"
	@echo "make test-litellm     the tests on the real litellm (downloads it and what it needs once)"
	@echo "make test-network     pages, hooks, CI jobs and editors in fresh environments (needs the package index)"
	@echo "make lint             ruff, mypy, and our own plugin on ourselves"
	@echo "make format           let ruff repair and format"
	@echo "make docs             write docs/rules from the rules"
	@echo "make bench-accuracy   found and repaired, of mutants made from correct modules"
	@echo "make bench-precision  findings in pinned popular packages, against the accepted ones"
	@echo "make bench-speed      CPU time on litellm, beside ruff and plain flake8"
	@echo "make bench-growth     time and memory when what is checked doubles, doubles again"
	@echo "make bench-screen     what the screen loses in programs put together at random"
	@echo "make bench-robustness the whole standard library and every installed package, in bounded time"
	@echo "make clean            remove what these made in this folder"

# The two stamps are the two sizes of one environment; the larger one does for both.
$(VENV)/.demo: pyproject.toml
	@echo "Installing the tool and pydantic into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) -e ".[demo]"
	@touch $@

# CONSTRAINTS, if given, is a file of versions to install.
$(VENV)/.dev: pyproject.toml $(CONSTRAINTS)
	@echo "Installing what the tests and checks need into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) $(if $(CONSTRAINTS),-c $(CONSTRAINTS)) -e ".[dev]"
	@touch $(VENV)/.demo $@

demo: $(VENV)/.demo
	@$(BIN)/python examples/demo.py

test: $(VENV)/.dev
	@$(BIN)/python -m pytest $(OFFLINE)

test-slow: $(VENV)/.dev
	@CACHE_LEAK_EXAMPLES=$${CACHE_LEAK_EXAMPLES:-500} $(BIN)/python -m pytest \
		tests/test_linear.py tests/test_never_break.py tests/test_generated_programs.py

test-oldest:
	@$(MAKE) test VENV=.venv-oldest CONSTRAINTS=tests/constraints-oldest.txt

# A name on the path may be one of pyenv's that starts no Python here: it is asked.
test-pythons:
	@for version in 3.10 3.11 3.12 3.13 3.14; do \
		python=$$(python$$version -c 'import sys; print(sys.executable)' 2>/dev/null \
			|| ls -d $$HOME/.pyenv/versions/$$version.*/bin/python 2>/dev/null | tail -1); \
		if [ -z "$$python" ]; then echo "python$$version: not found, not tested"; continue; fi; \
		echo "== $$($$python --version)"; \
		$(MAKE) test PYTHON=$$python VENV=.venv-$$version || exit 1; \
	done

# The heaviest tests add hardly a line: they do the same many times, or in processes of their own.  Measured, each takes
# twice as long.
HEAVY := atomic deep_nesting docs generated_programs interrupted_runs kept kept_answers linear matrix never_break \
	no_surprises parity random_merges repeatable rounds screen screen_programs written_tests

coverage: $(VENV)/.dev
	@$(BIN)/python -m pytest -q $(OFFLINE) --cov --cov-report=term $(HEAVY:%=--ignore=tests/test_%.py) tests
	@$(BIN)/python -m pytest -q $(OFFLINE) $(HEAVY:%=tests/test_%.py)

test-litellm: $(VENV)/.dev
	@$(BIN)/python -m pytest -m litellm

test-network: $(VENV)/.dev
	@$(BIN)/python -m pytest -m "network and not litellm"

lint: $(VENV)/.dev
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/flake8 lint_rules

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)

docs: $(VENV)/.dev
	@for code in $$($(BIN)/python -c "from lint_rules.output.rulepage import known_codes; print(*known_codes())"); \
	do $(BIN)/fix-cache-leak --explain $$code > docs/rules/$$code.md; done

bench-accuracy: $(VENV)/.dev
	@$(BIN)/python benchmarks/accuracy.py

bench-precision: $(VENV)/.dev
	@$(BIN)/python benchmarks/precision.py

bench-speed: $(VENV)/.dev
	@$(BIN)/python benchmarks/speed.py $(if $(PART),--part $(PART))

bench-growth: $(VENV)/.dev
	@$(BIN)/python benchmarks/growth.py

bench-screen: $(VENV)/.dev
	@$(BIN)/python benchmarks/screen.py

bench-robustness: $(VENV)/.dev
	@$(BIN)/python benchmarks/robustness.py --seconds $(BENCH_SECONDS)

clean:
	rm -rf .venv .venv-* build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage htmlcov
	find lint_rules tests examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
