"""`make strangers LIST=FILE`: how well the search answers what strangers typed, and which phrases it misses."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from editorial.commands.command import run
from editorial.commands.phrases import Phrase, asked_lists, found
from editorial.desk.desk import LANGUAGES, Desk

FIRST = 3


@dataclass(frozen=True)
class Score:
    """How the search did on the phrases of one language: shares of 1, and what it missed with what it showed instead."""

    phrases: int
    in_first_three: float
    first: float
    nothing: int
    misses: tuple[tuple[Phrase, tuple[str, ...]], ...]


def score(site: Path, phrases: Iterable[Phrase], language: str) -> Score:
    """Ask the search everything that strangers typed in a language and that a page answers."""
    asked = answerable(phrases, language)
    answers = found(site, language, [phrase.typed for phrase in asked])
    return judged((phrase, tuple(answer["pages"])) for phrase, answer in zip(asked, answers, strict=True))


def answerable(phrases: Iterable[Phrase], language: str) -> list[Phrase]:
    """The phrases of one language that a page answers."""
    return [phrase for phrase in phrases if phrase.language == language and phrase.right]


def judged(answered: Iterable[tuple[Phrase, tuple[str, ...]]]) -> Score:
    """The score of these phrases, each with the pages that the search gave, best first."""
    pairs = list(answered)
    misses = tuple((phrase, pages) for phrase, pages in pairs if not phrase.right & set(pages[:FIRST]))
    return Score(
        len(pairs),
        1 - len(misses) / max(1, len(pairs)),
        sum(pages[0] in phrase.right for phrase, pages in pairs if pages) / max(1, len(pairs)),
        sum(not pages for _phrase, pages in pairs),
        misses,
    )


def strangers(desk: Desk) -> str:
    """The figures of one list or of all, every phrase that was missed, and every phrase that no page answers."""
    phrases = asked_lists(desk)
    scores = {language: score(desk.root / "site", phrases, language) for language in LANGUAGES}
    missed = [_miss(phrase, pages) for one in scores.values() for phrase, pages in one.misses]
    gaps = [phrase.typed for phrase in phrases if phrase.judged and not phrase.right & desk.slugs[phrase.language]]
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
