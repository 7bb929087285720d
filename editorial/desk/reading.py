"""Reads a page file, or tells in the editor's words why it cannot be read."""

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unicodedata import normalize

import yaml

from editorial.desk.letters import wrong_letters
from editorial.desk.page import DAYS, KNOWN, LISTS, Page, repository_path
from editorial.desk.problem import Finding, Problem, problems
from editorial.desk.yaml_text import built, composed, named_places, too_deep, unclear

# The marks of git and Mercurial, those of jj, and the base that diff3 adds; a longer mark is one within another. And a patch.
CONFLICT = re.compile(
    r"([+ -]{0,2}(<{7,}|>{7,}|\|{7,})|={7,}|%{7,}|\+{7,}|-{7,})( |$)|@@ -\d+(,\d+)? \+\d+(,\d+)? @@|diff --git "
)
MAYBE_CONFLICT = (*(mark * 7 for mark in "<>|=%+-"), "@@ -", "diff --git ")
# What would be a line across a page or a table elsewhere; jj writes words behind its marks.
NO_CONFLICT = re.compile(r"[-+%]+ *")
NO_TEXT = (dict, list)
JOINED = re.compile("[\ufb00-\ufb06]")
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# Four times the longest page that there is, and seven times the most that stand in one paragraph or table.
MOST_CHARACTERS, MOST_BRACKETS = 60_000, 300


def read_page(path: Path, language: str) -> Page | tuple[Problem, ...]:
    """Read one page; what comes instead of a page is never empty."""
    return parse_page(path.read_bytes(), repository_path(path), language, path.stem)


# The same bytes are the same page: a preview reads all pages at each change, and one of them is new. So nobody may write on it.
@lru_cache(maxsize=4096)
def parse_page(content: bytes, where: str, language: str, slug: str) -> Page | tuple[Problem, ...]:
    """Understand the bytes of a page file."""
    if broken := wrong_letters(content):
        return tuple(problems("encoding", where, broken))
    # Some keyboards and the files of a Mac give an accent a character of its own, and what comes from a PDF joins f and i: the
    # search would not find such a word.
    text = (
        JOINED.sub(lambda match: normalize("NFKC", match[0]), normalize("NFC", content.decode("utf-8-sig")))
        .replace("\r\n", "\n")
        .replace("\r", "\n")
    )
    lines = text.split("\n")
    if too_much := _too_much(text, lines):
        return tuple(problems("page-size", where, [too_much]))
    if conflict := left_of_a_merge(text, lines):
        return tuple(problems("merge-conflict", where, conflict))
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if lines[0].rstrip() != "---" or end is None:
        return tuple(problems("front-matter", where, [Finding(1, case="absent")]))
    meta = _front_matter(lines[1:end])
    if isinstance(meta, Finding):
        return tuple(problems("front-matter", where, [meta]))
    return Page(where, language, slug, MappingProxyType(meta), tuple(lines[1:end]), tuple(lines[end + 1 :]), end + 2)


def left_of_a_merge(text: str, lines: Iterable[str]) -> tuple[Finding, ...]:
    """Where two versions of a file stand together, or what is left of that; the first place is enough."""
    numbered = enumerate(lines if any(mark in text for mark in MAYBE_CONFLICT) else (), 1)
    marks = (number for number, line in numbered if CONFLICT.match(line) and not NO_CONFLICT.fullmatch(line))
    return tuple(Finding(number) for number in marks)[:1]


@lru_cache(maxsize=64)
def unreadable_yaml(text: str) -> tuple[Finding, ...]:
    """Where a list breaks, or does not say what stands there, if so."""
    lines = text.splitlines()
    if deep := too_deep(text):
        return (Finding(deep[0] + 1, {"text": _line(lines, deep[0])[:60]}),)
    try:
        node = composed(text)
        if not isinstance(node, yaml.MappingNode):
            return (Finding(1, {"text": _line(lines, 0)}),)
        odd = [*_unclear(node, text)] or [(line, _line(lines, line), "odd") for line in named_places(text)]
        return tuple(Finding(line + 1, {"text": words[:60]}, case or "odd") for line, words, case in odd)
    except yaml.YAMLError as fault:
        line = _broken_line(fault, text)
        return (Finding(line + 1, {"text": _line(lines, line)}),)


def _unclear(node: Any, text: str) -> list[tuple[int, str, str]]:
    return sorted((one.line, one.text, one.case) for one in unclear(node, text))


def _broken_line(fault: yaml.YAMLError, text: str) -> int:
    """The line, from 0 on, at which YAML gave up; of a text in quotes that never ends, the one on which it begins."""
    quoted = "quoted scalar" in str(getattr(fault, "context", ""))
    marks = [getattr(fault, name, None) for name in ("context_mark", "problem_mark")]
    mark = next(filter(None, marks if quoted else reversed(marks)), None)
    return int(mark.line) if mark else text[: getattr(fault, "position", 0)].count("\n")


def _too_much(text: str, lines: list[str]) -> Finding | None:
    """What would keep the computer busy for minutes: Markdown looks for the end of each bracket anew."""
    if len(text) - text.count("\n") > MOST_CHARACTERS:
        return Finding(1, {"most": MOST_CHARACTERS})
    brackets = 0
    for number, line in enumerate(lines if text.count("[") + text.count("{") > MOST_BRACKETS else (), 1):
        brackets = brackets + line.count("[") + line.count("{") if line.strip() else 0
        if brackets > MOST_BRACKETS:
            return Finding(number, {"most": MOST_BRACKETS}, "brackets")
    return None


def _front_matter(lines: list[str]) -> dict[str, Any] | Finding:
    for number, line in enumerate(lines, 2):
        if "\t" in line:
            return Finding(number, case="tab")
    text = "\n".join(lines)
    try:
        for line_number in too_deep(text) or named_places(text):
            return Finding(line_number + 2, {"text": _line(lines, line_number)})
        node = composed(text)
        if not isinstance(node, yaml.MappingNode):
            return Finding(2, {"text": _line(lines, 0)})
        for line_number, words, case in _unclear(node, text):
            return Finding(line_number + 2, {"text": words[:60]}, case)
        meta: dict[str, Any] = built(node)
    except yaml.YAMLError as fault:
        line_number = _broken_line(fault, text)
        return Finding(line_number + 2, {"text": _line(lines, line_number)})
    return _wrong_kind(meta, lines) or _with_days(meta, lines)


def _wrong_kind(meta: dict[str, Any], lines: list[str]) -> Finding | None:
    """A text where a list belongs, or the other way round; what is empty, a rule tells."""
    for key in sorted((KNOWN - {"except"}) & meta.keys()):
        value = meta[key]
        entries = value if isinstance(value, list) and key in LISTS else [value]
        if value != "" and isinstance(value, list) != (key in LISTS) or any(isinstance(one, NO_TEXT) for one in entries):
            return Finding(_line_of(key, lines), {"key": key}, "list" if key in LISTS else "text")
    reasons = meta.get("except", {})
    if not isinstance(reasons, dict) or any(isinstance(reason, NO_TEXT) for reason in reasons.values()):
        return Finding(_line_of("except", lines), {"text": "except"}, "reasons")
    return None


def _with_days(meta: dict[str, Any], lines: list[str]) -> dict[str, Any] | Finding:
    """The days as days. What is written in words, a rule tells; a day that the calendar does not have is no day."""
    days: dict[str, date] = {}
    for key in DAYS & meta.keys():
        value = meta[key]
        try:
            if DAY.fullmatch(value):
                days[key] = date.fromisoformat(value)
            elif value[:1].isdigit():
                raise ValueError
        except ValueError:
            return Finding(_line_of(key, lines), {"text": f"{key}: {value}"}, "day")
    return meta | days


def _line_of(key: str, lines: list[str]) -> int:
    return next((number for number, text in enumerate(lines, 2) if text.startswith(f"{key}:")), 2)


def _line(lines: list[str], index: int) -> str:
    return lines[min(index, len(lines) - 1)].strip() if lines else ""
