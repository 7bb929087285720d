# Everything a newcomer needs; `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PORT ?= 8000
BIN := .venv/bin
# mkdocs-material prints a long notice about MkDocs 2 at each build; pyproject.toml pins mkdocs<2.
export NO_MKDOCS_2_WARNING := 1
# The day of the commit, so that anybody who builds it gets the same bytes and the same manifest.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || date +%s)

.PHONY: help lock test lint
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# $(call needs,COMMAND,PACKAGE): install a missing Debian package where that is allowed, or say which command to type.
define needs
command -v $(1) >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get -qq update && apt-get -qq -y install $(2) >/dev/null; } \
	|| { echo "Please install $(2) first:  sudo apt-get install $(2)"; exit 1; }
endef

PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml

.venv/bin/python:
	@$(call needs,gpg,gnupg)
	@python3 -c "import ensurepip" || { $(call needs,no-venv-here,python3-venv); }
	python3 -m venv .venv

.venv/run.stamp: requirements-run.lock pyproject.toml | .venv/bin/python
	$(PIP_INSTALL) --require-hashes -r requirements-run.lock
	$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/test.stamp: requirements-test.lock .venv/run.stamp
	@$(call needs,chromium,chromium)
	$(PIP_INSTALL) --require-hashes -r requirements-test.lock
	@touch $@

node_modules/stamp: package-lock.json
	@$(call needs,npm,npm)
	npm ci --silent --no-audit --no-fund
	@touch $@

lock: .venv/bin/python ## renew the lock files from pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(PIP_INSTALL) uv
	$(COMPILE) $(UPGRADE) --extra build --extra site --extra demo --extra test -o requirements-test.lock
	$(COMPILE) --extra build --extra site --extra demo -c requirements-test.lock -o requirements-run.lock
	$(COMPILE) -c requirements-test.lock -o requirements.lock

TRANSLATIONS := contact_service/translations/nl/LC_MESSAGES/messages
$(TRANSLATIONS).mo: $(TRANSLATIONS).po .venv/run.stamp
	$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

SITE_SOURCES := $(shell find docs overrides editorial mkdocs.yml mkdocs.en.yml -type f -not -path '*/__pycache__/*')
site/index.html: $(SITE_SOURCES) .venv/run.stamp node_modules/stamp
	$(BIN)/mkdocs build --strict

.PHONY: site run inbox messages
site: site/index.html ## build both languages into site/

messages: .venv/run.stamp ## take new screen texts over into the Dutch catalogue, to be translated there
	$(BIN)/pybabel --quiet extract --mapping contact_service/babel.cfg --no-location --omit-header --sort-output -k lazy_ngettext:1,2 -o var/messages.pot contact_service
	$(BIN)/pybabel --quiet update --no-fuzzy-matching --omit-header -i var/messages.pot -d contact_service/translations -l nl

run: site $(TRANSLATIONS).mo ## run the whole journey on this machine (PORT=8000)
	@PATH=$(CURDIR)/$(BIN):$$PATH python -m deploy.demo.prepare $(PORT)
	@PATH=$(CURDIR)/$(BIN):$$PATH honcho --env var/settings.env --procfile deploy/demo/Procfile --app-root . start \
		|| [ $$? = 130 ]

inbox: .venv/run.stamp ## show what the demo advisers received, decrypted
	@$(BIN)/python -m deploy.demo.inbox

lint: .venv/test.stamp ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: .venv/test.stamp node_modules/stamp site $(TRANSLATIONS).mo lint ## set up and run every check and test
	$(BIN)/pytest $(ARGS)

torture: .venv/test.stamp site $(TRANSLATIONS).mo ## lose nothing under kill -9 and an outage (COUNT=500 OUTAGE=30)
	@$(BIN)/python -m tests.torture $(or $(COUNT),500) $(or $(OUTAGE),30)

.PHONY: vectors fuzz-ciphertext measure-browser
vectors: .venv/test.stamp ## write the submissions to which Python and JavaScript are both held
	@$(BIN)/python -m tests.vectors

fuzz-ciphertext: .venv/test.stamp node_modules/stamp ## throw hostile ciphertexts at the check (COUNT=100000)
	@$(BIN)/python -m tests.fuzz_ciphertext $(or $(COUNT),100000)

measure-browser: .venv/test.stamp site $(TRANSLATIONS).mo ## time encryption in a browser on a CPU slowed down six times
	@$(BIN)/python -m tests.measure_browser
