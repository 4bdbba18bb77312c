# `make train` and `make test` do everything on a machine that has Python 3.11 or newer and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: train test lint core oldest dist installed docs docs-serve pictures recording course \
	bench tables clean

train: $(VENV)/.standard
	$(BIN)/glassnet train

test: $(VENV)/.dev
	$(BIN)/pytest -n auto --dist loadfile  # a page is one session: its blocks follow each other

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

# The engine with nothing but its two dependencies: numpy and safetensors. With -P, tests/sklearn
# is not taken for scikit-learn.
core:
	$(PYTHON) -m venv --clear .venv-core
	.venv-core/bin/pip install --quiet .
	.venv-core/bin/python -P tests/core_only.py

# The wheel and the source distribution, into dist/; and the wheel alone, in an empty environment
# outside of the tree: README's first lines and `glassnet train`.
dist: $(VENV)/.dev
	rm -rf dist
	$(BIN)/python -m build

installed: dist
	$(PYTHON) tests/installed.py dist/*.whl

# The site, into site/; docs-serve shows it at http://127.0.0.1:8000 and follows every change.
docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

docs-serve: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs serve

# The pictures of README and docs, from real runs.
pictures: $(VENV)/.standard
	$(BIN)/python docs/pictures.py

# A recorded run of the lab for the site: one page that needs no server.
recording: $(VENV)/.standard
	$(BIN)/glassnet lab docs/two-moons.toml --record docs/assets/two-moons.html

# The notebooks and pictures of the course, from its pages; and the outputs of examples/.
course: $(VENV)/.dev
	$(BIN)/python docs/notebooks.py

# The estimators on the oldest scikit-learn that they support, and help on the oldest typer.
oldest:
	$(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/pip install --quiet --editable ".[standard,dev]" "scikit-learn==1.8.*" "typer==0.26.0"
	.venv-oldest/bin/pytest -n auto --dist loadfile -W "ignore:Passing a non-Collection iterable" tests/sklearn \
		tests/cli/test_cli_help.py

# Beside other libraries, in an environment of its own; TORCH has PyTorch without its GPU parts.
TORCH := https://download.pytorch.org/whl/cpu
bench: .venv-compare/.ready
	.venv-compare/bin/python -m benchmarks.versus.run

# The default on tables beside boosted trees and other networks; a run that was stopped continues.
tables: .venv-compare/.ready
	.venv-compare/bin/python -m benchmarks.tables

.venv-compare/.ready: pyproject.toml
	$(PYTHON) -m venv .venv-compare
	.venv-compare/bin/pip install --quiet --extra-index-url $(TORCH) --editable ".[standard,compare]"
	touch $@

$(VENV)/.standard: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable ".[standard]"
	touch $@

$(VENV)/.dev: $(VENV)/.standard
	$(BIN)/pip install --quiet --editable ".[standard,dev]"
	touch $@

$(VENV)/.docs: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --editable ".[docs]"
	touch $@

clean:
	rm -rf $(VENV) .venv-core .venv-oldest .venv-compare build dist site
