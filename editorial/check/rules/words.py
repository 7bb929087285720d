"""Rules on the lists of everyday words by which the search finds pages."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from editorial.check.rules.facts import nearest
from editorial.desk.desk import Desk
from editorial.desk.everyday_words import FILES, Concept
from editorial.desk.everyday_words import everyday_words as everyday_words_of
from editorial.desk.problem import Finding
from editorial.desk.yaml_text import text_of


def everyday_words(language: str, desk: Desk) -> Iterator[Finding]:
    """Every concept leads to pages that exist, and no word stands there twice."""
    path = desk.root / FILES[language]
    if path.exists():
        lines = text_of(path).splitlines()
        concepts = everyday_words_of(desk.root, language).concepts
        yield from _leading_nowhere(concepts, lines, language, desk)
        yield from _twice(concepts, lines)


def _leading_nowhere(concepts: Iterable[Concept], lines: list[str], language: str, desk: Desk) -> Iterator[Finding]:
    calls: Any = desk.frames["nl"]["extra"]["words"].get("search_calls") or {}
    for concept in concepts:
        if not concept.pages or not concept.words:
            yield Finding(_line(lines, concept.name), {"name": concept.name}, "empty")
        for slug in concept.pages:
            if slug not in desk.slugs[language]:
                line = _line(lines, concept.name, "pages")
                yield Finding(line, {"name": concept.name, "slug": slug, "near": nearest(slug, desk.slugs[language])})
        if concept.call and concept.call not in calls:
            line = _line(lines, concept.name, "call")
            yield Finding(line, {"name": concept.name, "call": concept.call, "known": ", ".join(calls)}, "call")


def _twice(concepts: Iterable[Concept], lines: list[str]) -> Iterator[Finding]:
    words = [word.lower() for concept in concepts for word in concept.words]
    if len({*words}) == len(words):
        return
    first: dict[str, str] = {}
    for concept in concepts:
        for word in concept.words:
            if (before := first.setdefault(word.lower(), concept.name)) is not concept.name:
                yield Finding(_line(lines, concept.name, word), {"word": word, "one": before, "other": concept.name}, "twice")
        for word in sorted(word for word, times in Counter(concept.words).items() if times > 1):
            line = _line(lines, concept.name, word)
            yield Finding(line, {"word": word, "one": concept.name, "other": concept.name}, "twice")


def _line(lines: list[str], name: str, part: str = "") -> int:
    """Where a concept stands, or a part of it; line 1 when it cannot be found."""
    start = next((n for n, line in enumerate(lines) if re.match(rf"\s+['\"]?{re.escape(name)}['\"]?\s*:", line)), 0)
    return next((n for n, line in enumerate(lines[start + 1 :], start + 2) if part and part in line), start + 1)
