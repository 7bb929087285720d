"""Reads a page file, or tells in the editor's words why it cannot be read."""

import re
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from editorial.desk.page import KNOWN, LISTS, Page, repository_path
from editorial.desk.problem import Finding, Problem, problems
from editorial.desk.yaml_text import LOADER, aliases, load_yaml, too_deep

# The base that diff3 adds too; a longer mark is one within another.
CONFLICT = re.compile(r"^(<{7,}|={7}|>{7,}|\|{7,})( |$)")
NO_TEXT = (dict, list, set, bytes)
# Four times the longest page that there is, and seven times the most that stand in one paragraph or table.
MOST_CHARACTERS, MOST_BRACKETS = 60_000, 300
FILE_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.md")


def read_page(path: Path, language: str) -> Page | tuple[Problem, ...]:
    """Read one page; what comes instead of a page is never empty."""
    return parse_page(path.read_bytes(), repository_path(path), language, path.stem)


# The same bytes are the same page: a preview reads all pages at each change, and one of them is new.
@lru_cache(maxsize=4096)
def parse_page(content: bytes, where: str, language: str, slug: str) -> Page | tuple[Problem, ...]:
    """Understand the bytes of a page file."""
    if broken := undecodable(content):
        return tuple(problems("encoding", where, broken))
    text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    if too_much := _too_much(lines):
        return tuple(problems("page-size", where, [too_much]))
    conflicts = [number for number, line in enumerate(lines, 1) if CONFLICT.match(line)]
    if conflicts:
        return tuple(problems("merge-conflict", where, [Finding(conflicts[0])]))
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if lines[0].rstrip() != "---" or end is None:
        return tuple(problems("front-matter", where, [Finding(1, case="absent")]))
    meta = _front_matter(lines[1:end])
    if isinstance(meta, Finding):
        return tuple(problems("front-matter", where, [meta]))
    return Page(where, language, slug, meta, tuple(lines[1:end]), tuple(lines[end + 1 :]), end + 2)


@lru_cache(maxsize=64)
def unreadable_yaml(text: str) -> tuple[Finding, ...]:
    """Where a file of settings breaks, if it does."""
    lines = text.splitlines()
    if deep := too_deep(text):
        return (Finding(deep[0] + 1, {"text": _line(lines, deep[0])[:60]}),)
    try:
        # `!ENV` and the like are for MkDocs; here only the shape counts.
        readable = isinstance(yaml.compose(text, LOADER), yaml.MappingNode)
        return () if readable else (Finding(1, {"text": _line(lines, 0)}),)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        return (Finding((mark.line if mark else 0) + 1, {"text": _line(lines, mark.line if mark else 0)}),)
    except yaml.YAMLError:
        return (Finding(1, {"text": _line(lines, 0)}),)


def undecodable(content: bytes) -> tuple[Finding, ...]:
    """Where a file is not in UTF-8, if so."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as fault:
        line = content[: fault.start].count(b"\n") + 1
        # Windows' own encoding reads any of its letters; what it leaves open is shown as a question mark.
        around = content[max(0, fault.start - 12) : fault.start + 8].decode("cp1252", "replace").split("\n")
        return (Finding(line, {"near": next((part for part in around if not part.isascii()), "?").strip()}),)
    return ()


def _too_much(lines: list[str]) -> Finding | None:
    """What would keep the computer busy for minutes: Markdown looks for the end of each bracket anew."""
    if sum(map(len, lines)) > MOST_CHARACTERS:
        return Finding(1, {"most": MOST_CHARACTERS})
    brackets = 0
    for number, line in enumerate(lines, 1):
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
        for line_number in too_deep(text) or aliases(text):
            return Finding(line_number + 2, {"text": _line(lines, line_number)})
        meta = load_yaml(text)
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        return Finding((mark.line if mark else 0) + 2, {"text": _line(lines, mark.line if mark else 0)})
    except (yaml.YAMLError, ValueError):
        # ValueError: a date that does not exist, such as 2026-02-30.
        return _date_fault(lines)
    if not isinstance(meta, dict):
        return Finding(2, {"text": _line(lines, 0)})
    return _wrong_kind(meta, lines) or meta


def _wrong_kind(meta: dict[str, Any], lines: list[str]) -> Finding | None:
    """A text where a list belongs, or the other way round; what is empty, a rule tells."""
    for key in sorted((KNOWN - {"except"}) & meta.keys()):
        value, line = meta[key], next((n for n, text in enumerate(lines, 2) if text.startswith(f"{key}:")), 2)
        entries = value if isinstance(value, list) and key in LISTS else [value]
        if value is not None and isinstance(value, list) != (key in LISTS) or any(isinstance(one, NO_TEXT) for one in entries):
            return Finding(line, {"key": key}, "list" if key in LISTS else "text")
        if isinstance(value, datetime):
            # A day with a time of day, which is no day to compare with.
            return Finding(line, {"text": _line(lines, line - 2)})
    return None


def _date_fault(lines: list[str]) -> Finding:
    for number, line in enumerate(lines, 2):
        try:
            load_yaml(line)
        except ValueError:
            return Finding(number, {"text": line.strip()})
        except yaml.YAMLError:
            continue
    return Finding(2, {"text": _line(lines, 0)})


def _line(lines: list[str], index: int) -> str:
    return lines[min(index, len(lines) - 1)].strip() if lines else ""
