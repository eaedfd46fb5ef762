# Two stamps say what is installed: `bench` needs the runtime alone, everything else the tools too.

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
TOOLS := $(VENV)/.tools-installed
MUTMUT := $(VENV)/.mutmut-installed
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

# The first Python that is new enough and can make a venv; evaluated only when one is made.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
# Where tests run trials: each is marked `counts` or `measures`.
TRIALS := tests/server tests/selfbench/test_command.py
MATRIX ?= quickstart
ARGS ?=

# Each test process would compile all tests, and each of a thousand workers all of bench, once more.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup bench selfbench test client-truth gate-truth aged-truth capacity-truth tune-truth headline-truth history-truth report-truth ledger-truth soak-truth workloads mutants \
	check types house constraints clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "Variables: PYTHON=python3.11  MATRIX=quickstart  ARGS='--quick'"

setup: $(TOOLS) ## Install jetbench and its tools into .venv

bench: $(RUNTIME) ## Measure MATRIX on a server of its own and write the report
	@$(BIN)/jetbench run $(MATRIX) $(ARGS)

selfbench: $(RUNTIME) ## Measure what the load generator costs on this host
	@$(BIN)/jetbench selfbench $(ARGS)

test: $(TOOLS) ## Run the tests: what measures alone, all else side by side; ARGS goes to pytest
ifeq ($(strip $(ARGS)),)
	@$(BIN)/python -m pytest $(addprefix --ignore=,$(TRIALS)) --numprocesses 3
	@$(BIN)/python -m pytest $(TRIALS) -m counts --numprocesses 6
	@$(BIN)/python -m pytest $(TRIALS) -m measures
else
	@$(BIN)/python -m pytest $(ARGS)
endif

client-truth: $(TOOLS) ## Measure whether times and clients are right on this host; some 8 minutes
	@$(BIN)/python -m tests.truth.clients $(ARGS)

gate-truth: $(TOOLS) ## Measure how often gates are right on this host; some 90 minutes
	@$(BIN)/python -m tests.truth.gates $(ARGS)

aged-truth: $(TOOLS) ## Plant a server that is slow on aged streams alone, and have gates find it; some minutes
	@$(BIN)/python -m tests.truth.aged $(ARGS)

capacity-truth: $(TOOLS) ## Seek three capacities that are known, 20 times each; some two hours
	@$(BIN)/python -m tests.truth.capacity $(ARGS)

tune-truth: $(TOOLS) ## Simulate how near tunings come to the best, and what they claim of equals; some 20 minutes
	@$(BIN)/python -m tests.truth.tune $(ARGS)

headline-truth: $(TOOLS) ## Simulate how often equal variants are told apart; some 15 minutes
	@$(BIN)/python -m tests.truth.headlines $(ARGS)

history-truth: $(TOOLS) ## Simulate how often a year without a step shows one, and how soon a step is found; some 5 minutes
	@$(BIN)/python -m tests.truth.history $(ARGS)

report-truth: $(TOOLS) ## Measure size, building and unfolding of reports, of 200 trials too
	@$(BIN)/python -m tests.truth.reports $(ARGS)

ledger-truth: $(TOOLS) ## Hold the ledger of ten million made-up messages to a reference in plain Python; some 2 minutes
	@$(BIN)/python -m tests.truth.ledger $(ARGS)

soak-truth: $(TOOLS) ## Fold a soak of 200 million made-up messages in flat memory; some 10 minutes
	@$(BIN)/python -m tests.truth.soak $(ARGS)

workloads: $(TOOLS) ## Run what is shipped of every kind, a quick look each, with all checks
	@$(BIN)/python -m tests.truth.workloads $(ARGS)

mutants: $(MUTMUT) ## Plant small faults in what judges and list those that no test notices; hours
	@$(BIN)/python -m tests.truth.mutants $(ARGS)

check: $(TOOLS) ## Check format, lint, types, layers, sizes and documents
	@$(MAKE) --no-print-directory --jobs 2 types house

# Half of all checking, and on one core.
types: $(TOOLS)
	@$(BIN)/mypy

house: $(TOOLS)
	@$(BIN)/ruff format --check bench tests
	@$(BIN)/ruff check bench tests
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m pytest tests/house

constraints: ## Pin the newest versions that pyproject.toml allows (use the oldest Python)
	@$(python_found)
	@sh .ci/pin "$(PYTHON)" > constraints.new || { rm -f constraints.new; exit 1; }
	@mv constraints.new constraints.txt

clean: ## Remove .venv and caches; results and reports stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache mutants
	find bench tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Says in words what is missing, before anything is made.
define python_found
test -n "$(PYTHON)" && "$(PYTHON)" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	|| { echo "error: no usable Python: '$(PYTHON)'; jetbench needs 3.11 or newer with venv" \
	"(Debian, Ubuntu: apt install python3-venv), or name one: make PYTHON=/path/to/python3" >&2; exit 1; }
endef

# pip is the last thing that venv puts in place, so a broken-off venv is made again.
$(BIN)/pip:
	@$(python_found)
	@"$(PYTHON)" -m venv $(VENV)

$(RUNTIME): pyproject.toml constraints.txt | $(BIN)/pip
	@echo "installing jetbench into $(VENV)"
	@$(PIP_INSTALL) --editable . --constraint constraints.txt
	@touch $@

$(TOOLS): pyproject.toml constraints.txt | $(BIN)/pip
	@echo "installing jetbench and its tools into $(VENV)"
	@$(PIP_INSTALL) --editable '.[dev]' --constraint constraints.txt
	@touch $(RUNTIME) $@

$(MUTMUT): $(TOOLS)
	@echo "installing what plants faults into $(VENV)"
	@$(PIP_INSTALL) --editable '.[dev,mutants]' --constraint constraints.txt
	@touch $@
