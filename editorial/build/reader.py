"""`make reader`, and a MkDocs hook: one HTML file with which an adviser reads messages and makes keys in a browser alone.

Its parts lie in `overrides/reader/`. The file holds script and style itself and a policy that allows these and no request, so
it opens from a disk as well as from the site. The same sources give the same bytes on every machine: its SHA-256 stands in
the advisers' handbook, and the headers of the site let exactly these scripts run.
"""

import base64
import hashlib
import json
import re
import subprocess
import sys
from html import escape
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files

from contact_service.openpgp.key_files import grouped
from contact_service.web.headers import READER

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCES, MODULES = ROOT / "overrides" / "reader", ROOT / "node_modules"
NAME = "lezer.html"
# What is written down of it: for the headers, and for advisers who compare.
NUMBERS = ROOT / "contact_service" / "web" / "reader.json"
GUIDE = ROOT / "deploy" / "handboek-adviseurs" / "alleen-browser.md"
WORDS = 2048
# Old enough for the browsers of four years ago.
TARGET = "es2021"
# What nobody wants to find in a passphrase.
_UNWANTED = re.compile("kut|lul|neuk|hoer|moord|dood|verkracht|klote|schijt|sex|seks|kanker|nazi|auschwitz|bom|wapen")
# Spellings that Dutch words hardly have: names from films, and English.
_FOREIGN = re.compile("^th|sh|ck|[qxy]|c(?!h)|ph|ea|oul|ow|ew|wh|wr|igh|ll$|ss$|ia$|[io]us$")


class NotBuilt(Exception):
    """The file cannot be made, or is another than the one that is written down."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Keep the parts out of the site: they lie in the theme's folder, and only the whole file is published."""
    for file in [file for file in files if Path(file.abs_src_path or "").is_relative_to(SOURCES)]:
        files.remove(file)
    return files


def reader_page() -> bytes:
    """The whole file; raises NotBuilt when a package is not there or the script cannot be made."""
    try:
        library = (MODULES / "openpgp/dist/openpgp.min.js").read_text("utf-8")
        licence = (MODULES / "openpgp/LICENSE").read_text("utf-8")
        version = json.loads((MODULES / "openpgp/package.json").read_text("utf-8"))["version"]
        script = _script(passphrase_words())
    except OSError as fault:
        raise NotBuilt(f"{fault.filename} is not there: run 'npm ci' first") from None
    style = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", _source("reader.css"), flags=re.DOTALL)).strip()
    parts = {
        "policy": _policy([library, script], style),
        "style": style,
        "library": library,
        "script": script,
        "version": version,
        "licence": escape(licence),
        **{f"passphrase:{name}": _source("passphrase.html").replace("{{id}}", name) for name in ("make", "manage")},
    }
    return re.sub(r"\{\{([\w:]+)\}\}", lambda name: parts[name[1]], _source("reader.html")).encode() + b"\n"


def numbers_of(page: bytes) -> dict[str, str]:
    """The SHA-256 of the file, and the policy that it carries."""
    found = re.search(rb'"Content-Security-Policy" content="([^"]+)"', page)
    return {"sha256": hashlib.sha256(page).hexdigest(), "policy": found[1].decode() if found else ""}


def checked_page() -> bytes:
    """The file for the site; raises NotBuilt when it is not the one whose numbers are written down."""
    page = reader_page()
    if numbers_of(page) != READER:
        raise NotBuilt(f"{NAME} is another than the one in the handbook: type 'make reader' and commit what it changes")
    return page


def passphrase_words() -> list[str]:
    """The most frequent Dutch words of four to nine letters that are no names, in the order of the alphabet."""
    package = MODULES / "@zxcvbn-ts/language-nl-be/src"
    lists = {path.stem: json.loads(path.read_text("utf-8")) for path in package.glob("*.json")}
    if not lists:
        raise NotBuilt(f"{package} is not there: run 'npm ci' first")
    names = {name for kind in ("boysFirstnames", "girlsFirstnames", "lastnames") for name in lists[kind]}
    # Subtitles alone hold much that is not Dutch; an encyclopaedia alone is dry. What stands in both is common and Dutch.
    written = set(lists["wikipedia"]) - names
    common = {word: None for word in lists["commonWords"] if word in written}
    fit = [word for word in common if re.fullmatch("[a-z]{4,9}", word)]
    return sorted([word for word in fit if not _UNWANTED.search(word) and not _FOREIGN.search(word)][:WORDS])


def _script(words: list[str]) -> str:
    """Our modules and the mail parser as one script, with the words of passphrases in it."""
    command = [str(MODULES / ".bin/esbuild"), str(SOURCES / "main.js"), "--bundle", "--minify", "--format=iife"]
    command += [f"--target={TARGET}", "--charset=utf8", "--legal-comments=none"]
    command += [f"--define:WORDS={json.dumps(' '.join(words))}"]
    run = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)  # noqa: S603 - no text from outside
    # The one text that means something to HTML inside of a script; written so, it is the same text in strings and patterns.
    script = run.stdout.strip().replace("<!--", r"\x3C!--")
    if run.returncode or re.search("</script", script, re.IGNORECASE):
        raise NotBuilt(run.stderr or "the script of the reader would end the element that it stands in")
    return script


def _policy(scripts: list[str], style: str) -> str:
    """Run these scripts, look like this, and ask nobody for anything."""
    return f"default-src 'none'; script-src {_hash(*scripts)}; style-src {_hash(style)}; form-action 'none'; base-uri 'none'"


def _hash(*texts: str) -> str:
    sums = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
    return " ".join(f"'sha256-{found}'" for found in sums)


def _source(name: str) -> str:
    return (SOURCES / name).read_text("utf-8").strip()


def main() -> None:
    """Make the file in `var/`, and write down its numbers where the site and advisers find them."""
    page = reader_page()
    numbers = numbers_of(page)
    NUMBERS.write_text(json.dumps(numbers, indent=1) + "\n", "utf-8")
    number = numbers["sha256"]
    guide = re.sub("[0-9a-f]{64}", number, GUIDE.read_text("utf-8"))
    GUIDE.write_text(re.sub("(?:[0-9a-f]{4} ){15}[0-9a-f]{4}", grouped(number), guide), "utf-8")
    place = ROOT / "var" / NAME
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(page)
    print(f"{place.relative_to(ROOT)}  {len(page)} bytes\nSHA-256 {grouped(numbers['sha256'])}")


if __name__ == "__main__":
    try:
        main()
    except NotBuilt as fault:
        sys.exit(str(fault))
