# Everything a newcomer needs; `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PORT ?= 8000
BIN := .venv/bin
# mkdocs-material prints a long notice about MkDocs 2 at each build; pyproject.toml pins mkdocs<2.
export NO_MKDOCS_2_WARNING := 1
# Many containers set it; each process of the tests would then compile all of them anew, which takes half of its start.
unexport PYTHONDONTWRITEBYTECODE
# The day of the commit, so that anybody who builds it gets the same bytes and the same manifest.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || date +%s)

.PHONY: help lock test quick lint
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# $(call needs,COMMAND,PACKAGE): install a missing Debian package where that is allowed, or say which command to type.
define needs
command -v $(1) >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 install $(2) >/dev/null; } \
	|| { echo "Please install $(2) first:  sudo apt-get install $(2)"; exit 1; }
endef

PIP_INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header pyproject.toml

# After an upgrade of the system its Python is another, and an environment made with the old one is of no use.
_ := $(shell [ ! -L .venv/bin/python ] || .venv/bin/python -c "" 2>/dev/null || rm -rf .venv)
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
	@$(call needs,chromium-headless-shell,chromium-headless-shell)
	@$(call needs,sq,sq)
	$(PIP_INSTALL) --require-hashes -r requirements-test.lock
	@touch $@

.venv/tools.stamp: requirements-tools.lock .venv/test.stamp
	$(PIP_INSTALL) --require-hashes -r requirements-tools.lock
	@touch $@

# A link to the packages of another work tree is taken away first: npm would empty what it leads to.
node_modules/stamp: package-lock.json
	@$(call needs,npm,--no-install-recommends npm)
	@[ ! -L node_modules ] || rm node_modules
	npm ci --ignore-scripts --silent --no-audit --no-fund
	@touch $@

# uv comes from the lock itself, by its hash.
lock: .venv/test.stamp ## renew the lock files from pyproject.toml (UPGRADE=--upgrade for newer versions)
	$(COMPILE) $(UPGRADE) --extra build --extra site --extra demo --extra postgresql --extra redis --extra test -o requirements-test.lock
	$(COMPILE) --extra build --extra site --extra demo -c requirements-test.lock -o requirements-run.lock
	$(COMPILE) --extra postgresql --extra redis -c requirements-test.lock -o requirements.lock
	$(COMPILE) $(UPGRADE) --extra tools -c requirements-test.lock -o requirements-tools.lock

TRANSLATIONS := contact_service/web/translations/nl/LC_MESSAGES/messages
$(TRANSLATIONS).mo: $(TRANSLATIONS).po .venv/run.stamp
	$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

# Built each time: no list of the pages' names is ever read by make, which would run what a name says.
# PUBLISHED_KEYS names the folder that `contact-service publish-keys` wrote; without it the site has no keys to download.
.PHONY: reader
reader: .venv/run.stamp node_modules/stamp ## make lezer.html, with which advisers read and make keys in a browser, and write down its SHA-256
	@$(BIN)/python -m editorial.build.reader

.PHONY: reader-browsers
reader-browsers: .venv/test.stamp node_modules/stamp | browsers ## try lezer.html in private windows, without JIT too, and in Chromium 87 (the engine of Falkon)
	@/usr/bin/python3 -c "import PyQt5.QtWebEngineWidgets" 2>/dev/null || { $(call needs,no-qtwebengine-here,python3-pyqt5.qtwebengine); }
	@$(BIN)/python -m tests.support.reader_browsers

.PHONY: first-day
first-day: .venv/test.stamp node_modules/stamp $(TRANSLATIONS).mo | mail-programs ## walk from an empty computer to the practice word, in three ways, and count the minutes
	@$(PARSERS)
	@$(BIN)/python -m tests.support.first_day

.PHONY: measure-reader
measure-reader: .venv/test.stamp node_modules/stamp ## time reading and making a key on a processor six times slower, with and without JIT, and see it with Lighthouse
	@$(call needs,brotli,brotli)
	@npm ci --prefix benchmarks --silent --no-audit --no-fund
	@$(BIN)/python -m benchmarks.reader

.PHONY: site run inbox messages keys interop zoo claws evolution kmail roundcube wkd spam adviser-pictures readme-pictures
site: .venv/run.stamp node_modules/stamp ## build both languages into site/, or say what is wrong
	@$(DESK).build

messages: .venv/run.stamp ## take new screen texts over into the Dutch catalogue, to be translated there
	@mkdir -p var
	$(BIN)/pybabel --quiet extract --mapping contact_service/web/babel.cfg --no-location --omit-header --sort-output -k lazy_ngettext:1,2 -o var/messages.pot contact_service/web
	$(BIN)/pybabel --quiet update --no-fuzzy-matching --ignore-pot-creation-date -i var/messages.pot -d contact_service/web/translations -l nl

run: .venv/run.stamp $(TRANSLATIONS).mo ## run the whole journey on this machine (PORT=8000)
	@PATH=$(CURDIR)/$(BIN):$$PATH python -m deploy.demo.prepare "$(PORT)" --free
	@$(MAKE) --no-print-directory site PUBLISHED_KEYS=var/published
	@PATH=$(CURDIR)/$(BIN):$$PATH honcho --env var/settings.env --procfile deploy/demo/Procfile --app-root . start \
		|| [ $$? = 130 ]

inbox: .venv/run.stamp ## show what the demo advisers received, decrypted
	@$(BIN)/python -m deploy.demo.inbox

keys: .venv/run.stamp ## judge the keys of the demo advisers (ARGS=--json)
	@[ -e var/settings.env ] || PATH=$(CURDIR)/$(BIN):$$PATH python -m deploy.demo.prepare $(PORT) >/dev/null
	@PATH=$(CURDIR)/$(BIN):$$PATH honcho --env var/settings.env run contact-service keys $(ARGS)

PARSERS = npm ci --prefix tests/support/parsers --ignore-scripts --omit=optional --silent --no-audit --no-fund

interop: .venv/test.stamp node_modules/stamp $(TRANSLATIONS).mo | mail-programs ## show which programs open our mails (needs root for Postfix)
	@$(PARSERS)
	@$(BIN)/python -m tests.support.interop
	@$(MAKE) --no-print-directory zoo

var/zoo/stamp: tests/support/zoo-requirements.txt | .venv/test.stamp
	@$(PIP_INSTALL) --target var/zoo --upgrade --require-hashes -r $<
	@touch $@

zoo: var/zoo/stamp node_modules/stamp | mail-programs ## judge, lock for and open with keys of every kind (RELEASE=trixie: also by the programs of Debian 13; needs root)
	@$(PARSERS)
	@$(if $(RELEASE),$(MAKE) --no-print-directory containers && deploy/zoo-of-both,$(BIN)/python -m tests.support.zoo_table)

claws: .venv/test.stamp node_modules/stamp $(TRANSLATIONS).mo ## open and answer one of our mails in Claws Mail, on a screen that nobody sees
	@$(call needs,claws-mail,claws-mail claws-mail-pgpmime dbus)
	@$(call needs,tesseract,xvfb xdotool imagemagick tesseract-ocr)
	@$(BIN)/python -m tests.support.claws

evolution: .venv/test.stamp node_modules/stamp $(TRANSLATIONS).mo ## open and answer one of our mails in Evolution, on a screen that nobody sees
	@$(call needs,evolution,--no-install-recommends evolution dbus)
	@$(call needs,tesseract,xvfb xdotool imagemagick tesseract-ocr)
	@$(BIN)/python -m tests.support.evolution

kmail: .venv/test.stamp node_modules/stamp $(TRANSLATIONS).mo ## open and answer one of our mails in KMail, on a screen that nobody sees
	@$(call needs,kmail,--no-install-recommends kmail kdepim-runtime akonadi-backend-sqlite dbus)
	@$(call needs,tesseract,xvfb xdotool imagemagick tesseract-ocr)
	@$(BIN)/python -m tests.support.kmail

roundcube: .venv/test.stamp node_modules/stamp $(TRANSLATIONS).mo ## open and answer one of our mails in Roundcube with Enigma (needs root for Dovecot)
	@[ -e /usr/share/roundcube/plugins/enigma ] || { $(call needs,no-roundcube-here,--no-install-recommends roundcube-core roundcube-sqlite3 roundcube-plugins php-cli php-crypt-gpg); }
	@PATH=$$PATH:/usr/sbin; $(call needs,dovecot,--no-install-recommends dovecot-imapd)
	@$(BIN)/python -m tests.support.roundcube

wkd: .venv/test.stamp node_modules/stamp | mail-programs ## ask for published keys over HTTPS as gpg, sq and OpenPGP.js do (needs root)
	@$(call needs,dirmngr,dirmngr)
	@$(call needs,sq,sq)
	@$(BIN)/python -m tests.support.wkd

spam: .venv/test.stamp ## print what SpamAssassin and rspamd, where it is installed, say of every mail of ours
	@$(call needs,spamassassin,--no-install-recommends spamassassin)
	@$(BIN)/python -m tests.support.spam

adviser-pictures: .venv/test.stamp node_modules/stamp $(TRANSLATIONS).mo ## renew the pictures of the advisers' handbook, from a real Thunderbird in Dutch
	@$(call needs,thunderbird,thunderbird thunderbird-l10n-nl)
	@$(BIN)/python -m tests.support.adviser_pictures

readme-pictures: .venv/test.stamp node_modules/stamp $(TRANSLATIONS).mo ## renew the pictures of the README, from the real pages
	@$(BIN)/python -m tests.support.readme_pictures

lint: .venv/test.stamp ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# One more than there are cores: many tests wait, for a lock, a pause or a page. `make test ARGS=... TEST_PROCESSES=0` for one process.
TEST_PROCESSES ?= $(shell expr $$(nproc) + 1)
test: .venv/test.stamp node_modules/stamp site $(TRANSLATIONS).mo lint ## set up and run every check and test
	$(BIN)/python -m pytest -p tests.support.nothing_skipped -n $(TEST_PROCESSES) $(ARGS)

QUICK = not browser and not server and not interop and not program
quick: .venv/test.stamp $(TRANSLATIONS).mo ## run the tests that need no browser, no server and no other program than gpg and git
	$(BIN)/python -m pytest -p tests.support.no_programs -m "$(QUICK)" -n $$(nproc) $(ARGS)

torture: .venv/test.stamp site $(TRANSLATIONS).mo | server-packages ## lose nothing under kill -9, two outages and a full disk (COUNT=5000)
	@$(BIN)/python -m tests.support.torture --count $(or $(COUNT),5000) --database $(or $(DATABASE),both) $(ARGS)
	@$(BIN)/python -m tests.support.unheard --count $(or $(UNHEARD),1000) --database $(or $(DATABASE),both)

outages: .venv/test.stamp site $(TRANSLATIONS).mo | server-packages ## lose nothing while standby, primary, pool or counter are away (COUNT=300)
	@$(BIN)/python -m tests.support.outages --count $(or $(COUNT),300)

measure-site: .venv/test.stamp ## measure the site against the design's numbers on every page (ARGS=--part=1/2)
	@$(call needs,brotli,brotli)
	@npm ci --prefix benchmarks --silent --no-audit --no-fund
	@$(BIN)/python -m benchmarks.site $(ARGS)

.PHONY: measure-search compare-search
measure-search: .venv/test.stamp node_modules/stamp ## measure the search: what strangers find, weight, speed
	@$(call needs,brotli,brotli)
	@$(BIN)/python -m benchmarks.search

compare-search: .venv/test.stamp site ## other search libraries next to our own, on a list of phrases (LIST=file.tsv)
	@npm ci --prefix benchmarks/libraries --ignore-scripts --silent --no-audit --no-fund
	@$(PIP_INSTALL) --target var/snowball --upgrade --require-hashes -r benchmarks/libraries/requirements.txt
	@PYTHONPATH=var/snowball PYTHON=$(BIN)/python node benchmarks/libraries/compare.mjs site $(or $(LIST),tests/strangers/*.tsv)

.PHONY: bench bench-against measure-paint wave mutants zensical measure-setup
measure-setup: .venv/test.stamp node_modules/stamp $(TRANSLATIONS).mo ## time make run in a fresh clone, and the test suite
	@$(BIN)/python -m benchmarks.setup

bench: .venv/tools.stamp site $(TRANSLATIONS).mo | server-packages ## measure everything that the design sets a number for, in ten minutes
	@$(call needs,brotli,brotli)
	@npm ci --prefix benchmarks --silent --no-audit --no-fund
	@$(BIN)/python -m benchmarks

bench-against: .venv/test.stamp node_modules/stamp $(TRANSLATIONS).mo ## measure this work tree against another commit, in turns (REV=ebecb2a, ONLY=paint or speed)
	@$(BIN)/python -m benchmarks.against $(or $(REV),ebecb2a) $(ONLY)

measure-paint: .venv/test.stamp node_modules/stamp | server-packages ## when a slow phone shows the first words, and what each step gave
	@$(call needs,brotli,brotli)
	@$(BIN)/python -m benchmarks.first_paint

wave: .venv/test.stamp site $(TRANSLATIONS).mo | server-packages ## a national wave on this machine, 10,000 submissions in ten minutes
	@$(BIN)/python -m benchmarks.wave

mutants: .venv/tools.stamp node_modules/stamp $(TRANSLATIONS).mo ## change the code at one place at a time and list what no test notices
	@$(BIN)/python -m benchmarks.mutants

zensical: .venv/tools.stamp node_modules/stamp ## see how far the successor of MkDocs gets with the same sources
	@$(BIN)/python -m benchmarks.zensical

measure-desk: .venv/test.stamp node_modules/stamp dictionaries $(TRANSLATIONS).mo ## time `make check`, a reload of the preview, and what the refusals cost a build
	@$(BIN)/python -m tests.support.measure_desk

.PHONY: vectors gpg-lines outages fuzz-ciphertext measure-browser measure-desk
vectors: .venv/test.stamp ## write the submissions to which Python and JavaScript are both held
	@$(BIN)/python -m tests.support.vectors

gpg-lines: .venv/test.stamp $(TRANSLATIONS).mo site ## show what each line in /etc/gnupg/gpg.conf does to the service here (needs root)
	@$(BIN)/python -m tests.support.gpg_lines

fuzz-ciphertext: .venv/test.stamp node_modules/stamp ## throw hostile ciphertexts at the check (COUNT=100000)
	@$(BIN)/python -m tests.support.fuzz_ciphertext $(or $(COUNT),100000)

measure-browser: .venv/test.stamp site $(TRANSLATIONS).mo ## time encryption in a browser on a CPU slowed down six times
	@$(BIN)/python -m benchmarks.browser

# The editors' desk. A shell says LANG=nl_NL.UTF-8 or the like by itself; only `make check LANG=en` asks for English.
# What stands behind a command, such as PAGE=nu, make itself hands on to it.
REPORT_LANGUAGE = $(if $(filter command,$(origin LANG)),$(LANG),nl)
DESK = REPORT_LANGUAGE=$(REPORT_LANGUAGE) $(BIN)/python -m editorial

.PHONY: dictionaries check new translated reviewed rename strangers worklist
check: .venv/run.stamp dictionaries ## tell what is wrong on which page (LANG=en, FORMAT=markdown)
	@$(DESK).check

dictionaries:
	@$(call needs,hunspell,hunspell hunspell-nl hunspell-en-gb)
test serve translated: dictionaries

new: .venv/run.stamp ## make a page in both languages (PAGE=name, AFTER=page, TITLE=…, TITLE_EN=…)
	@$(DESK).commands.new_page

translated: .venv/run.stamp ## confirm that the English page is right again (PAGE=name)
	@$(DESK).commands.confirm translated

reviewed: .venv/run.stamp ## note that a page was reviewed today (PAGE=name)
	@$(DESK).commands.confirm reviewed

rename: .venv/run.stamp ## give a page another address and keep the old one alive (PAGE=old, TO=new)
	@$(DESK).commands.rename

strangers: .venv/run.stamp site ## tell how well the search answers what strangers typed (LIST=file.tsv)
	@$(DESK).commands.strangers

worklist: .venv/run.stamp site ## list what must be verified, by whom and when, and what no page answers (LIST=file.tsv)
	@$(DESK).commands.worklist

.PHONY: serve release rollback
serve: .venv/run.stamp $(TRANSLATIONS).mo ## show both languages while you write, with what is wrong on the page (PORT=8000)
	@$(DESK).preview

release: check site ## put the built site online as a dated release (TARGET=folder, NOTE=…, NOTE_EN=…)
	@$(DESK).commands.release release

rollback: .venv/run.stamp ## go back to the release before this one (TARGET=folder)
	@$(DESK).commands.release rollback

# Of its own: 86 MB of packages that neither the site nor its tests need.
editorial/editor/node_modules/stamp: editorial/editor/package-lock.json node_modules/stamp
	@[ ! -L editorial/editor/node_modules ] || rm editorial/editor/node_modules
	npm ci --prefix editorial/editor --ignore-scripts --silent --no-audit --no-fund
	@touch $@

.PHONY: desk edit
desk: .venv/run.stamp editorial/editor/node_modules/stamp ## build the editor with buttons into desk/ (HOST=forgejo|gitlab|github, REPO=ot/site, URL=…, APP=id)
	@$(DESK).editor build

edit: .venv/run.stamp editorial/editor/node_modules/stamp ## edit the pages of this folder with buttons, in a browser on this machine (PORT=8001)
	@$(DESK).editor serve

.PHONY: pipelines
pipelines: .venv/test.stamp node_modules/stamp dictionaries ## run every step of the pipelines in a clean clone, and a release over sshd (CLEAN=1, needs root)
	@$(call needs,/usr/sbin/sshd,openssh-server)
	@$(call needs,rsync,rsync)
	@npm ci --prefix tests/support/gitlab --ignore-scripts --silent --no-audit --no-fund
	@$(BIN)/python -m tests.support.pipelines

.PHONY: edit-round-trip edit-tasks
edit-round-trip: .venv/test.stamp editorial/editor/node_modules/stamp ## edit a word of every page in the real editor, and compare all files
	@$(BIN)/python -m tests.support.editor_round_trip

edit-tasks: .venv/test.stamp editorial/editor/node_modules/stamp dictionaries ## do an editor's week in the real editor, up to the proposal (PICTURES=folder)
	@$(BIN)/python -m tests.support.editor_tasks $(PICTURES)

.PHONY: proposal proposal-summary release-on
proposal: .venv/test.stamp node_modules/stamp dictionaries ## report on what a proposal changes, with every page and pictures, in var/proposal (BASE=origin/main)
	@$(DESK).commands.proposal

proposal-summary: ## put that report where a code host shows it (SUMMARY=file)
	@[ -z "$(SUMMARY)" ] || [ ! -e var/proposal/report.md ] || cat var/proposal/report.md >> "$(SUMMARY)"

release-on: ## ask a server to put main online (SERVER=name, KEY=file, HOST_KEY=file)
	@deploy/ask-release

.PHONY: handbook-pictures
handbook-pictures: .venv/test.stamp $(TRANSLATIONS).mo ## take the screenshots of the editors' handbook anew
	@$(DESK).handbook.pictures

# What the tests in a clean Debian root need of this machine.
containers:
	@$(call needs,debootstrap,debootstrap)
	@$(call needs,systemd-nspawn,systemd-container)
	@$(call needs,curl,curl)

.PHONY: containers install-test readme-test cluster attack measure-flood leak-hunt
install-test: .venv/test.stamp containers tests/support/observatory/node_modules/stamp ## install in a clean Debian root, boot it, send a submission (RELEASE=trixie, UPGRADE=trixie; needs root)
	@deploy/install-test

readme-test: containers ## make run and make test in a clean Debian root, as a new user types them (RELEASE=trixie, MORE="interop attack", ONLY="reader-browsers"; needs root)
	@deploy/readme-test

cluster: .venv/test.stamp site $(TRANSLATIONS).mo | server-packages ## three web, three delivery, PostgreSQL, each cut off in turn (COUNT=2000)
	@CLUSTER_SUBMISSIONS=$(or $(COUNT),2000) $(BIN)/pytest -q -s tests/deploy/test_cluster.py

attack: .venv/tools.stamp site $(TRANSLATIONS).mo tests/support/observatory/node_modules/stamp | server-packages ## attack the production set-up on loopback, and fuzz it (SECONDS=15, CLIENTS=200)
	@SLOW_CLIENTS=$(or $(CLIENTS),200) $(BIN)/pytest -q -s tests/deploy/test_slow_clients.py tests/deploy/test_attacks.py tests/deploy/test_nginx.py tests/web/test_limits.py tests/web/test_timing.py tests/deploy/test_observatory.py
	@$(BIN)/python -m benchmarks.flood
	@$(BIN)/python -m benchmarks.inventions
	@$(BIN)/python -m tests.support.fuzz $(or $(SECONDS),15)

measure-flood: .venv/tools.stamp site $(TRANSLATIONS).mo ## what an adviser gets of a flood without work, and what more costs
	@$(BIN)/python -m benchmarks flood

# Without scripts: its own would fetch a list from elsewhere.
tests/support/observatory/node_modules/stamp: tests/support/observatory/package-lock.json
	@$(call needs,npm,--no-install-recommends npm)
	npm ci --prefix tests/support/observatory --ignore-scripts --omit=optional --silent --no-audit --no-fund
	@touch $@

leak-hunt: .venv/test.stamp site $(TRANSLATIONS).mo | server-packages ## look for typed text in every file, in all encodings
	@LEAK_ROUNDS=$(or $(COUNT),10) $(BIN)/pytest -q -s tests/deploy/test_leaks.py

# Exim is unpacked beside everything and installed nowhere; its libraries are those of any Debian.
.PHONY: foreign-reports
foreign-reports: .venv/test.stamp ## read reports as Exim and Haraka write them today (needs root and the network)
	@npm ci --prefix tests/support/foreign --ignore-scripts --omit=optional --silent --no-audit --no-fund
	@mkdir -p var/foreign/packages && cd var/foreign/packages && apt-get -qq download exim4-daemon-light \
		&& rm -rf ../exim && dpkg -x exim4-daemon-light_*.deb ../exim && rm *.deb
	@$(BIN)/python -m tests.support.foreign_reports

.PHONY: fuzz audit
fuzz: .venv/tools.stamp site $(TRANSLATIONS).mo ## fuzz form, ciphertext, armor and message (SECONDS=60 for each)
	@$(BIN)/python -m tests.support.fuzz $(or $(SECONDS),60)

audit: .venv/tools.stamp node_modules/stamp ## known holes, licences and a bill of materials of what we ship (needs the network)
	@$(BIN)/python -m deploy.audit

.PHONY: upgrade pythons
upgrade: ## renew all locks, run everything, and show what changed
	@$(MAKE) --no-print-directory lock UPGRADE=--upgrade
	npm update --save --package-lock-only --no-audit --no-fund
	@$(MAKE) --no-print-directory test audit
	@git diff --unified=0 -- '*.lock' package.json | grep -E '^[+-] *"?[a-z]' || echo "Nothing is newer."

# uv finds or fetches the interpreters; atheris and other tools are left out, since they do not run everywhere.
pythons: .venv/test.stamp node_modules/stamp $(TRANSLATIONS).mo ## run the fast tests on every supported Python that is here or can be fetched
	@faults=0; for version in 3.11 3.12 3.13 3.14; do \
		env=var/pythons/$$version; \
		$(BIN)/uv venv --quiet --clear --python $$version $$env || { echo "$$version: not here"; continue; }; \
		$(BIN)/uv pip install --quiet --python $$env --require-hashes -r requirements-test.lock || { echo "$$version: not installable"; continue; }; \
		$(BIN)/uv pip install --quiet --python $$env --no-deps --no-build-isolation --editable . || exit 1; \
		echo "$$version:"; \
		$$env/bin/python -m pytest -q -n $(TEST_PROCESSES) -m 'not browser and not server and not interop' > $$env/tests.log || faults=1; \
		grep -E '^(FAILED|ERROR)|[0-9]+ (passed|failed)' $$env/tests.log; \
	done; exit $$faults

.PHONY: old-browsers listen
listen: .venv/test.stamp node_modules/stamp $(TRANSLATIONS).mo | browsers ## hear what Orca speaks of lezer.html and the site, and walk at random without being led off it (COUNT=200; FROM=100 walks alone)
	@$(call needs,orca,--no-install-recommends orca)
	@$(call needs,dbus-daemon,dbus)
	@$(call needs,gsettings,libglib2.0-bin)
	@$(call needs,xdotool,xdotool)
	@$(if $(FROM),,$(BIN)/python -m tests.support.listen_reader)
	@$(BIN)/python -m tests.support.listen $(or $(COUNT),200) $(FROM)

old-browsers: .venv/test.stamp node_modules/stamp $(TRANSLATIONS).mo | browsers ## send the form with Lynx, w3m, Links, ELinks, NetSurf, Dillo and a WebKit without JIT
	@$(call needs,lynx,lynx)
	@$(call needs,w3m,w3m)
	@$(call needs,links,links)
	@$(call needs,elinks,elinks)
	@$(call needs,tmux,tmux)
	@$(call needs,netsurf-gtk,--no-install-recommends netsurf-gtk)
	@$(call needs,dillo,--no-install-recommends dillo)
	@$(call needs,xdotool,xdotool)
	@$(call needs,xclip,xclip)
	@$(call needs,import,--no-install-recommends imagemagick)
	@$(call needs,tesseract,--no-install-recommends tesseract-ocr)
	@$(BIN)/python -m tests.support.old_browsers

.PHONY: server-packages mail-programs browsers
test: tests/support/observatory/node_modules/stamp | server-packages mail-programs browsers
server-packages:
	@$(call needs,nginx,nginx libnginx-mod-http-brotli-static)
	@$(call needs,redis-server,redis-server)
	@$(call needs,strace,strace)
	@PATH=$$PATH:/usr/sbin; $(call needs,pgbouncer,pgbouncer)
	@PATH=$$PATH:/usr/sbin; $(call needs,dnsmasq,dnsmasq-base)
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { $(call needs,no-postgresql-here,postgresql); }

# Postfix would ask what mail this machine handles and then take port 25: none. The tests start one of their own.
mail-programs:
	@$(call needs,notmuch,--no-install-recommends notmuch)
	@$(call needs,neomutt,--no-install-recommends neomutt)
	@$(call needs,aerc,--no-install-recommends aerc)
	@$(call needs,less,less)
	@$(call needs,tmux,tmux)
	@$(call needs,rnp,rnp)
	@$(call needs,thunderbird,--no-install-recommends thunderbird)
	@PATH=$$PATH:/usr/lib/gnupg; $(call needs,gpg-wks-client,gpg-wks-client)
	@PATH=$$PATH:/usr/sbin; $(call needs,opendkim,--no-install-recommends opendkim opendkim-tools)
	@PATH=$$PATH:/usr/sbin; command -v postfix >/dev/null || [ "$$(id -u)" != 0 ] \
		|| echo "postfix postfix/main_mailer_type select No configuration" | debconf-set-selections; \
		$(call needs,postfix,--no-install-recommends postfix)

browsers:
	@$(call needs,firefox-esr,firefox-esr)
	@$(call needs,WebKitWebDriver,webkit2gtk-driver)
	@$(call needs,xvfb-run,xvfb xauth)
