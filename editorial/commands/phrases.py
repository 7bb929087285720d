"""Lists of what strangers typed: read with care, and asked of the search of a built site."""

import json
import os
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from editorial.commands.command import Refused
from editorial.desk.desk import LANGUAGES, Desk
from editorial.desk.moved import moved_pages

SEARCH = Path(__file__).with_name("strangers.mjs")
# The lists that we keep: written by people who had seen no more than the titles of the pages.
LISTS = "tests/strangers/*.tsv"
FORM = "taal, tab, zin, tab, pagina's met | ertussen, zoals: nl⇥hij staat voor mijn deur⇥aan-de-deur|nu"
NO_SITE = "De site is nog niet gebouwd. Typ eerst ‘make site’."
NONE = "-"


@dataclass(frozen=True)
class Phrase:
    """What a stranger typed, and the pages that answer it. Not `judged` when the list leaves open which pages those are."""

    language: str
    typed: str
    right: frozenset[str]
    judged: bool = True


def read_list(path: Path) -> list[Phrase]:
    """The phrases of a list. Raises Refused, with the line and what belongs there."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except FileNotFoundError:
        raise Refused(f"{path} bestaat niet. Zeg erbij welke lijst, bijvoorbeeld: LIST=lijst.tsv") from None
    except (UnicodeDecodeError, OSError):
        raise Refused(f"{path} is geen tekst in UTF-8. Bewaar de lijst opnieuw als tekst met de codering UTF-8.") from None
    phrases = [_phrase(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip() and line[0] != "#"]
    if not phrases:
        raise Refused(f"{path} is leeg. Een regel is: {FORM}")
    return phrases


def _phrase(line: str, place: str) -> Phrase:
    language, typed, right = (*map(_cell, line.split("\t")), "", "")[:3]
    if language.lower() not in LANGUAGES or not typed:
        raise Refused(f"{place}: deze regel is niet te lezen. Een regel is: {FORM}")
    return Phrase(language.lower(), typed, frozenset(map(_slug, right.split("|"))) - {"", NONE}, bool(right))


def _cell(written: str) -> str:
    """A cell of a spreadsheet, which puts quotation marks around one that holds some."""
    cell = written.strip()
    quoted = len(cell) > 1 and cell[0] == cell[-1] == '"' and ('""' in cell[1:-1] or "|" in cell)
    return cell[1:-1].replace('""', '"') if quoted else cell


def _slug(written: str) -> str:
    """A page as people write it: `nu`, `nu.md`, `/en/nu/`, an address with the name of a heading."""
    page = written.partition("#")[0].strip().strip("/").rpartition("/")[2]
    return page.lower().removesuffix(".md")


def asked_lists(desk: Desk) -> list[Phrase]:
    """The phrases of the list that was asked for, or of those that we keep; pages under the name that they have today."""
    moved = moved_pages(desk.root)
    named = os.environ.get("LIST", "").strip()
    paths = [Path(named).expanduser()] if named else sorted(desk.root.glob(LISTS))
    phrases = (phrase for path in paths for phrase in read_list(path))
    return [replace(phrase, right=frozenset(moved.get(slug, slug) for slug in phrase.right)) for phrase in phrases]


def found(site: Path, language: str, queries: list[str]) -> list[dict[str, Any]]:
    """What the search of a built site finds: for each query its pages, best first, and the numbers to call."""
    asked = json.dumps(queries)
    answer = subprocess.run(searching(site, language), input=asked, capture_output=True, text=True, check=True)  # noqa: S603
    return list(json.loads(answer.stdout))


def searching(site: Path, language: str) -> list[str]:
    """The command that answers a line of queries with a line of what is found, as long as it is asked."""
    here, there = (site / ("" if one == "nl" else one) / "search/search_index.json" for one in LANGUAGES)
    if not (here.exists() and there.exists()):
        raise Refused(NO_SITE)
    return ["node", str(SEARCH), *map(str, (here, there) if language == "nl" else (there, here))]
