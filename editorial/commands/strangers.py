"""`make strangers LIST=FILE`: how well the search answers what strangers typed, and which phrases it misses."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from editorial.commands.command import Refused, run
from editorial.desk.desk import LANGUAGES, Desk

SEARCH = Path(__file__).with_name("strangers.mjs")
# The lists that we keep: written by people who had seen no more than the titles of the pages.
LISTS = "tests/strangers/*.tsv"
FORM = "taal, tab, zin, tab, pagina's met | ertussen, zoals: nl⇥hij staat voor mijn deur⇥aan-de-deur|nu"
NO_SITE = "De site is nog niet gebouwd. Typ eerst ‘make site’."
FIRST = 3


@dataclass(frozen=True)
class Phrase:
    """What a stranger typed, and the pages that answer it; none when the list says that no page does."""

    language: str
    typed: str
    right: frozenset[str]


@dataclass(frozen=True)
class Score:
    """How the search did on the phrases of one language: shares of 1, and what it missed with what it showed instead."""

    phrases: int
    in_first_three: float
    first: float
    nothing: int
    misses: tuple[tuple[Phrase, tuple[str, ...]], ...]


def read_list(path: Path) -> list[Phrase]:
    """The phrases of a list. Raises Refused, with the line and what belongs there."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except FileNotFoundError:
        raise Refused(f"{path} bestaat niet. Zeg erbij welke lijst: make strangers LIST=lijst.tsv") from None
    except (UnicodeDecodeError, OSError):
        raise Refused(f"{path} is geen tekst in UTF-8. Bewaar de lijst opnieuw als tekst met de codering UTF-8.") from None
    phrases = [_phrase(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line.strip() and line[0] != "#"]
    if not phrases:
        raise Refused(f"{path} is leeg. Een regel is: {FORM}")
    return phrases


def _phrase(line: str, place: str) -> Phrase:
    language, typed, right = (*(cell.strip() for cell in line.split("\t")), "", "")[:3]
    if language not in LANGUAGES or not typed:
        raise Refused(f"{place}: deze regel is niet te lezen. Een regel is: {FORM}")
    return Phrase(language, typed, frozenset(slug.strip() for slug in right.split("|")) - {"", "-"})


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


def score(site: Path, phrases: Iterable[Phrase], language: str) -> Score:
    """Ask the search everything that strangers typed in a language."""
    asked = [phrase for phrase in phrases if phrase.language == language and phrase.right]
    answers = [tuple(answer["pages"]) for answer in found(site, language, [phrase.typed for phrase in asked])]
    pairs = list(zip(asked, answers, strict=True))
    misses = tuple((phrase, pages) for phrase, pages in pairs if not phrase.right & set(pages[:FIRST]))
    return Score(
        len(pairs),
        1 - len(misses) / max(1, len(pairs)),
        sum(pages[0] in phrase.right for phrase, pages in pairs if pages) / max(1, len(pairs)),
        sum(not pages for pages in answers),
        misses,
    )


def unanswered(site: Path, phrases: Iterable[Phrase], desk: Desk, language: str) -> list[Phrase]:
    """The phrases that no page answers: the list names none, or none that exists, or the search finds nothing at all."""
    asked = [phrase for phrase in phrases if phrase.language == language]
    answers = found(site, language, [phrase.typed for phrase in asked])
    here = desk.slugs[language]
    return [phrase for phrase, answer in zip(asked, answers, strict=True) if not (phrase.right & here and answer["pages"])]


def lists(desk: Desk) -> list[Path]:
    """The list that was asked for, or those that we keep."""
    named = os.environ.get("LIST", "").strip()
    return [Path(named).expanduser()] if named else sorted(desk.root.glob(LISTS))


def strangers(desk: Desk) -> str:
    """The figures of one list or of all, every phrase that was missed, and every phrase that no page answers."""
    phrases = [phrase for path in lists(desk) for phrase in read_list(path)]
    site = desk.root / "site"
    scores = {language: score(site, phrases, language) for language in LANGUAGES}
    missed = [_miss(phrase, pages) for one in scores.values() for phrase, pages in one.misses]
    gaps = [phrase.typed for language in LANGUAGES for phrase in unanswered(site, phrases, desk, language)]
    parts = [
        *figures(scores),
        *(["", "Missed:", *missed] if missed else []),
        *(["", "No page answers:", *gaps] if gaps else []),
    ]
    return "\n".join(parts)


def figures(scores: dict[str, Score]) -> list[str]:
    """A table: each language, and all phrases together."""
    rows = [f"{'':4}{'phrases':>9}{'first three':>13}{'first':>8}{'nothing':>9}"]
    for name, one in {**scores, "all": together(scores.values())}.items():
        rows.append(f"{name:4}{one.phrases:>9}{one.in_first_three:>13.1%}{one.first:>8.1%}{one.nothing:>9}")
    return rows


def together(scores: Iterable[Score]) -> Score:
    """One score over the phrases of several languages."""
    parts = list(scores)
    total = sum(one.phrases for one in parts)
    three, first = (
        sum(share * one.phrases for one, share in zip(parts, shares, strict=True)) / max(1, total)
        for shares in ([one.in_first_three for one in parts], [one.first for one in parts])
    )
    return Score(total, three, first, sum(one.nothing for one in parts), tuple(miss for one in parts for miss in one.misses))


def _miss(phrase: Phrase, pages: tuple[str, ...]) -> str:
    return f"{phrase.language}  {phrase.typed}  ({' '.join(sorted(phrase.right))})  ->  {' '.join(pages[:FIRST]) or 'nothing'}"


if __name__ == "__main__":
    sys.exit(run(strangers))
