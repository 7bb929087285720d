"""Reads YAML as text: what stands behind a name is what somebody typed there.

YAML itself takes the phone number 0703731312 for 118469322 and the word "no" for false. Nothing here knows a number.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from unicodedata import normalize

import yaml
from yaml.constructor import BaseConstructor

DEEPEST = 30
# Lists in lists can begin on one line; indents as deep stand behind as many spaces.
ROW_OF_MARKS = re.compile(rf"^(?:(?: *[-?:] +){{{DEEPEST}}}| {{{20 * DEEPEST}}})", re.MULTILINE)
# The fast reader where there is one: ten times as fast, and all pages begin with YAML.
LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
TYPED_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "map", "seq")}
# "&" and "*" name a place of the file and repeat it.
NAMED_PLACE = re.compile(r"[&*](?<![^\s\[{,:-][&*])[\w-]")
# A remark that nobody takes for a part of the text: two spaces before it, and one behind the "#".
REMARK = re.compile(r" {2,}#(?: |$)")
# Behind a number, an address or a day one space is enough.
NO_PROSE = re.compile(r"[\d +-]+|\S+@\S+")
# What a backslash may stand before: quotes and itself, and nothing that becomes another character.
ESCAPE = re.compile(r'\\(?:["\\]|(?P<other>.|\n))')


class _SettingsLoader(TYPED_LOADER):  # type: ignore[misc, valid-type]
    """Leaves out what only MkDocs understands, such as `!ENV`."""


_SettingsLoader.add_multi_constructor("", lambda _loader, _tag, _node: None)


@dataclass(frozen=True)
class Unclear:
    """Something that YAML would read as another thing than what stands there: its line from 0 on, its text, and the case."""

    line: int
    text: str
    case: str = ""


def text_of(path: Path) -> str:
    """A list as text, whatever its line ends; what is no UTF-8 is replaced, since a rule tells of it."""
    return normalize("NFC", path.read_text("utf-8-sig", "replace"))


@lru_cache(maxsize=32)
def composed(text: str) -> Any:
    """The nodes of a file, all scalars as text. To be read only: they are remembered. Raises yaml.YAMLError."""
    return yaml.compose(text, LOADER)


def built(node: Any) -> Any:
    """What the nodes hold: dicts, lists and texts."""
    return BaseConstructor().construct_document(node) if node else None


def load_yaml(text: str) -> Any:
    """What a file of facts, rules or words, or the top of a page says, every scalar as text. Raises yaml.YAMLError."""
    return built(composed(text))


@lru_cache(maxsize=64)
def load_list(text: str) -> dict[str, Any]:
    """A list of the desk. To be read only: it is remembered."""
    return dict(load_yaml(text))


def load_build_settings(text: str) -> dict[str, Any]:
    """How the site is built: a file of programmers, in which true is no word."""
    return dict(yaml.load(text, Loader=_SettingsLoader))  # noqa: S506 - derived from a safe one


def too_deep(text: str) -> list[int]:
    """The line, from 0 on, where things stand deeper in each other than any list needs: the reader would never come back."""
    depth = 0
    for mark in re.finditer(r"[\[{\]}]", text):
        depth += 1 if mark[0] in "[{" else -1
        if depth > DEEPEST:
            return [text.count("\n", 0, mark.start())]
    return [text.count("\n", 0, mark.start()) for mark in (ROW_OF_MARKS.search(text),) if mark]


def named_places(text: str) -> list[int]:
    """The lines, from 0 on, that name or repeat a place of the file: a few can fill all memory, and a name is eaten."""
    if not NAMED_PLACE.search(text):
        return []
    return [event.start_mark.line for event in yaml.parse(text, LOADER) if getattr(event, "anchor", None)]


def unclear(node: Any, text: str) -> Iterator[Unclear]:
    """Where what stands in the file is not what a person reads there."""
    lines = text.split("\n")
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one.tag not in PLAIN_TAGS:
            yield Unclear(one.start_mark.line, lines[one.start_mark.line].strip())
        if isinstance(one, yaml.MappingNode):
            yield from _twice(one)
            waiting += [part for pair in one.value for part in pair]
        elif isinstance(one, yaml.SequenceNode):
            waiting += one.value
        else:
            yield from _changed(one, text, lines)


def _twice(node: Any) -> Iterator[Unclear]:
    """Of two lines with one name, YAML keeps the last and says nothing."""
    seen: set[str] = set()
    for key, _ in node.value:
        name = str(key.value)
        if name in seen:
            yield Unclear(key.start_mark.line, name, "twice")
        seen.add(name)


def _changed(node: Any, text: str, lines: list[str]) -> Iterator[Unclear]:
    """A text that loses its end to a remark, or in which a backslash makes another character."""
    start, end = node.start_mark, node.end_mark
    if node.style == '"':
        escapes = ESCAPE.finditer(text[start.index : end.index])
        if any(match["other"] for match in escapes):
            yield Unclear(start.line, lines[start.line].strip())
    elif not node.style and node.value:
        rest = lines[end.line][end.column :] if end.line < len(lines) else ""
        lost = rest.lstrip().startswith("#") and not REMARK.match(rest)
        if lost and not (NO_PROSE.fullmatch(node.value) and re.match(r"\s+#(?: |$)", rest)):
            yield Unclear(end.line, f"{node.value}{rest}".strip(), "cut")
