# Everything a fresh machine needs is python3 (3.11 to 3.13), make and a package registry.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
STAMP := $(VENV)/.installed
export UV_COMPILE_BYTECODE = 1
export UV_PROJECT_ENVIRONMENT = $(VENV)

.PHONY: demo conformance test test-tools test-real-tools lint types imports check bench fuzz docs schemas clean

# A virtual environment that holds uv, and through it exactly what uv.lock names.
$(UV):
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.8,<1"

$(STAMP): pyproject.toml uv.lock | $(UV)
	$(UV) sync --quiet --frozen --inexact --extra data
	@touch $@

demo: $(STAMP)  ## judge the example's two bundles, sign, log, verify, tamper
	@$(BIN)/python examples/mortgage/demo.py

test: $(STAMP)  ## the whole suite but what needs programs outside Python
	$(BIN)/pytest -n 2 -m "not browser and not tools and not real_tools"

test-tools: $(STAMP)  ## needs the programs that .ci/run installs; fails without them
	$(UV) sync --quiet --frozen --inexact --extra data --group stores
	$(BIN)/pytest -n 2 -m "browser or tools"

test-real-tools: $(STAMP)  ## current mlflow, Great Expectations, DVC, skops and hub: what they write, judged
	$(BIN)/python scripts/real_tools.py
	$(BIN)/pytest -n 2 --dist loadfile -m real_tools tests/real_tools

conformance: $(STAMP)  ## every vector of conformance/ against govern verify
	$(BIN)/python conformance/run.py $(BIN)/govern

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports

bench: $(STAMP)  ## prints ratios against peers; asserts answers, never times
	$(UV) sync --quiet --frozen --inexact --extra data --group bench
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/ledger.py
	$(BIN)/python benchmarks/policy.py
	$(BIN)/python benchmarks/hashing.py
	$(BIN)/python benchmarks/readers.py
	$(BIN)/python benchmarks/cards.py
	$(BIN)/python benchmarks/fairness_scores.py
	$(BIN)/python benchmarks/fairness.py

fuzz: $(STAMP)  ## MINUTES (1) for each of READERS (all); crashes go to tests/fuzz/corpus
	$(UV) pip install --quiet --python $(BIN)/python "atheris>=3,<4" || echo "no atheris here: inputs are spoilt at random"
	nice $(BIN)/python scripts/fuzz.py $(or $(READERS),all) --minutes $(or $(MINUTES),1)

docs: $(STAMP)  ## generated reference pages and schemas
	$(BIN)/python -m govern.cli.reference docs/reference schemas

clean:
	rm -rf $(VENV) build dist demo-out .pytest_cache .mypy_cache .ruff_cache
