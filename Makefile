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

TRANSLATIONS := contact_service/translations/nl/LC_MESSAGES/messages
$(TRANSLATIONS).mo: $(TRANSLATIONS).po .venv/run.stamp
	$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

SITE_SOURCES := $(shell find docs overrides editorial mkdocs.yml mkdocs.en.yml -type f -not -path '*/__pycache__/*')
site/index.html: $(SITE_SOURCES) .venv/run.stamp
	$(BIN)/mkdocs build --strict

.PHONY: site run inbox messages
site: site/index.html ## build both languages into site/

messages: .venv/run.stamp ## take new screen texts over into the Dutch catalogue, to be translated there
	$(BIN)/pybabel --quiet extract --mapping contact_service/babel.cfg --no-location --omit-header --sort-output -k lazy_ngettext:1,2 -o var/messages.pot contact_service
	$(BIN)/pybabel --quiet update --no-fuzzy-matching --omit-header -i var/messages.pot -d contact_service/translations -l nl

run: site $(TRANSLATIONS).mo ## run the whole journey on this machine (PORT=8000)
	@PATH=$(CURDIR)/$(BIN):$$PATH python -m deploy.demo.prepare $(PORT)
	@PATH=$(CURDIR)/$(BIN):$$PATH exec honcho --env var/settings.env --procfile deploy/demo/Procfile --app-root . start

inbox: .venv/run.stamp ## show what the demo advisers received, decrypted
	@$(BIN)/python -m deploy.demo.inbox
