# `make demo` runs the main job, `make test` proves it. Both create .venv by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PEERS := .venv-peers
# One more than there are cores, since tests wait for servers and time limits, and few, since each collects all.
WORKERS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores < 4 ? cores + 1 : 5)))
# Tests start hundreds of processes, each of which would compile every module anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test lint format schemas npm pictures mutants fuzz soak bench compat clean

demo: $(STAMP)
	$(BIN)/adakit demo

# The console is looked at with Chromium: Debian's is installed where that can be done; elsewhere those tests are skipped.
test: lint
	@PYTHONPATH=tests $(BIN)/python -m support.browser
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/adakit schemas generate --check

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# What is generated: the schema files and the pairwise combinations of ADA109 from the documented payloads, the pages of
# the rules, and the list of the mock's operations.
schemas: $(STAMP)
	$(BIN)/python -m ada_contract_tests.rules docs/rules
	PYTHONPATH=tests $(BIN)/python -m ada_document.table docs/mock-ada.md
	$(BIN)/adakit schemas generate
	$(BIN)/python -m ada_schemas.variation.combinations build

# The npm package in dist/: the schema files, with an example file for every case, which git does not hold.
npm: $(STAMP)
	rm -rf dist/npm
	$(BIN)/adakit schemas export --cases -o dist/npm/ada_schemas/v1
	cp schemas/package.json schemas/README.md dist/npm
	npm pack --pack-destination dist ./dist/npm

# The screenshots of the console in docs/images.
pictures: $(STAMP)
	@PYTHONPATH=tests $(BIN)/python -m support.browser
	PYTHONPATH=tests $(BIN)/python -m console_pictures

# Every consumer of tests/corpus against the check and its peers: what is found, missed and wrongly accused.
# What Go, Java, PHP and Ruby lack is installed from Debian where apt-get is there; a stack that is not there is
# named as left out. About 45 minutes; one stack alone: benchmarks/mutants.py --stack go.
# Schemathesis stands apart: installed beside pytest, it would load in every test run.
mutants: $(STAMP)
	$(BIN)/python -m pip install --quiet --group corpus
	npm ci --silent --prefix tests/corpus/node
	PYTHONPATH=tests $(BIN)/python -m corpus.stacks install
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(PEERS)/bin/python -m pip install --quiet --group peers
	$(BIN)/python benchmarks/mutants.py --compare benchmarks/first_run.json --peers $(PEERS)/bin/python

# Speed and memory beside the peers, written to benchmarks/RESULTS.md: generation, validation, signing, delivery, the
# check, the plugin. Give it the machine alone for some 12 minutes. One part: $(BIN)/python benchmarks/generation.py
# nginx and wrk are installed from Debian where apt-get is there; what is not there is named as left out.
bench: $(STAMP)
	npm ci --silent --ignore-scripts --prefix benchmarks/node
	PYTHONPATH=tests $(BIN)/python benchmarks/install.py
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(PEERS)/bin/python -m pip install --quiet --group bench
	$(BIN)/python benchmarks/bench.py --peers $(PEERS)/bin/python

# The whole suite with the lowest versions that the project declares on the oldest Python, and with the newest of
# everything on the newest one. About 10 minutes.
# Each Python is one on the path, or one of pyenv's; name others with OLDEST= and NEWEST=.
managed = $(lastword $(sort $(wildcard $(HOME)/.pyenv/versions/$(1).*/bin/python)))
OLDEST ?= $(or $(call managed,3.11),python3.11)
NEWEST ?= $(or $(call managed,3.13),python3.13)
define suite
	$(BIN)/uv venv --quiet --clear --seed --no-python-downloads --python $(1) .venv-compat/$(2)
	$(BIN)/uv pip install --quiet --python .venv-compat/$(2) --resolution $(2) --editable '.[all]' --group test --group lint
	.venv-compat/$(2)/bin/python -m pytest -q -n $(WORKERS) --dist worksteal
endef
compat: $(STAMP)
	$(call suite,$(OLDEST),lowest-direct)
	$(call suite,$(NEWEST),highest)

# Servers killed with SIGKILL while clients write and the consumer fails: nothing lost, nothing doubled without
# a reason. On SQLite, then on PostgreSQL (Debian's package postgresql) with two servers. Then the sender, against
# nginx (nginx-light) that closes connections, reloads, stops and fails. About 7 minutes.
soak: $(STAMP)
	PYTHONPATH=tests $(BIN)/python -m soak

# Schemathesis against the running mock, by its own document, and by Ada's where ADAKIT_ADA_OPENAPI names them (on another
# database: ADAKIT_FUZZ_DB=postgresql://...); then documents that nobody wrote by hand against the schema commands and
# --contract. What fails is printed with the seed that repeats it. About 10 minutes.
fuzz: $(STAMP)
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(PEERS)/bin/python -m pip install --quiet --group peers
	SCHEMATHESIS=$(CURDIR)/$(PEERS)/bin/st PYTHONPATH=tests $(BIN)/python -m ada_document.fuzz --max-examples 60
	PYTHONPATH=tests $(BIN)/python -m fuzz --seconds 150

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "adakit needs Python 3.11 or newer; name one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[all]' --group test --group lint
	touch $(STAMP)

clean:
	rm -rf $(VENV) $(PEERS) .venv-compat dist build .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
