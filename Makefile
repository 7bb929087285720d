# Everything a newcomer needs; `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PORT ?= 8000
BIN := .venv/bin
# mkdocs-material prints a long notice about MkDocs 2 at each build; pyproject.toml pins mkdocs<2.
export NO_MKDOCS_2_WARNING := 1

.PHONY: help lock
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# pip's own constraints and extra indexes on this machine must not decide what the project installs.
PIP_INSTALL := PIP_CONSTRAINT= $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml

.venv/bin/python:
	python3 -m venv .venv

.venv/run.stamp: requirements-run.lock pyproject.toml | .venv/bin/python
	$(PIP_INSTALL) -r requirements-run.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

.venv/test.stamp: requirements-test.lock .venv/run.stamp
	$(PIP_INSTALL) -r requirements-test.lock
	touch $@

lock: .venv/bin/python ## renew the lock files from pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(BIN)/pip install --quiet uv
	$(COMPILE) $(UPGRADE) --extra build --extra site --extra demo --extra test -o requirements-test.lock
	$(COMPILE) --extra build --extra site --extra demo -c requirements-test.lock -o requirements-run.lock
	$(COMPILE) -c requirements-test.lock -o requirements.lock
