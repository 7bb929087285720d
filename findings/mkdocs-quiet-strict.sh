#!/usr/bin/env bash
# MkDocs 1.6.1: `--strict` refuses a site with a dead link, `--strict --quiet` builds it and ends with status 0.
#
# A good engineer takes `--quiet` for "say less". But strict mode counts the warnings that reach the log, and `--quiet` raises the
# level of that log above warnings: none reaches it, so there is nothing to refuse. Whoever wants a silent strict build has to
# count warnings with a log handler of their own, or throw the output away instead.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv environment
environment/bin/pip install --quiet --disable-pip-version-check mkdocs==1.6.1
mkdir docs
echo "site_name: Example" > mkdocs.yml
echo "[A page that is not there](gone.md)" > docs/index.md

status_of() { local status=0; environment/bin/mkdocs build "$@" > log 2>&1 || status=$?; echo "$status"; }

environment/bin/mkdocs --version
strict=$(status_of --strict)
warnings=$(grep -c "^WARNING" log)
quiet=$(status_of --strict --quiet)
echo "mkdocs build --strict:         status $strict, $warnings warning"
echo "mkdocs build --strict --quiet: status $quiet, $(wc -c < log) bytes of output, page built: $(test -f site/index.html && echo yes || echo no)"

[ "$strict $warnings $quiet $(wc -c < log)" = "1 1 0 0" ] && [ -f site/index.html ] || { echo "This has changed." >&2; exit 1; }
