"""Rules on what a page states: numbers, keys, sources, and what nobody may promise."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from editorial.desk import Desk
from editorial.page import EXPRESSION, KEY, Page
from editorial.problem import Finding
from editorial.wording import patterns

# As people write numbers: 070-373 83 14, 0900-8844, +31 70 373 83 14, (070) 3738314, and the bare 112.
PHONE = re.compile(
    r"(?<![\w./:-])(?:\+31|0031|\(?0\d{1,3}\)?)[- ]?(?:\d[ -]?){4,9}\d(?![\w/])|(?<![\w.,:/€-])112(?![\w.,-]?\d)"
)
ROUND_NAME = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


def nearest(name: str, known: set[str]) -> str:
    """The known name that somebody probably meant."""
    return (get_close_matches(name, sorted(known), 1, 0.0) or ["?"])[0]


def typed_phone(page: Page, desk: Desk) -> Iterator[Finding]:
    """Numbers are typed in one file only. The description cannot hold a key, so there 112 is typed."""
    numbers = {_digits(link): key for key, link in desk.keys.items()}
    lines = [(n, line) for n, line in enumerate(page.meta_lines, 2) if line.startswith(("title:", "description:"))]
    for number, line in [*lines, *page.numbered()]:
        for match in PHONE.finditer(EXPRESSION.sub("", line)):
            key = numbers.get(_digits(match[0]))
            if key == "tel.alarm" and (number, line) in lines:
                continue
            values = {"number": match[0].strip(), "key": f"{{{{ {key} }}}}"}
            yield Finding(number, values, "" if key else "unknown")


def _digits(text: str) -> str:
    digits = re.sub(r"\D", "", re.sub(r"<[^>]*>", "", text))
    return re.sub(r"^(?:0031|31)(?=\d{9}$)", "0", digits)


def unknown_key(page: Page, desk: Desk) -> Iterator[Finding]:
    """A key must be in the list of facts."""
    for number, key in page.keys:
        if key not in desk.keys:
            yield Finding(number, {"key": key, "near": nearest(key, set(desk.keys))})


def template_expression(page: Page, desk: Desk) -> Iterator[Finding]:
    """Only keys of numbers and addresses: any other expression could print what is secret."""
    for number, line in page.numbered():
        for match in re.finditer(r"\{\{.*?(?:\}\}|$)|\{%.*?(?:%\}|$)|\{#(?=\s*[^\w#}-]).*?#\}", line):
            if not KEY.fullmatch(match[0]):
                yield Finding(number, {"text": match[0][:40]})


def source(page: Page, desk: Desk) -> Iterator[Finding]:
    """A page rests on known sources."""
    line, codes = page.meta_line("sources"), page.meta.get("sources")
    if not codes or not isinstance(codes, list):
        yield Finding(line, case="absent")
        return
    for code in codes:
        if str(code) not in desk.sources:
            yield Finding(line, {"code": code, "near": nearest(str(code), desk.sources)})


def promise(page: Page, desk: Desk) -> Iterator[Finding]:
    """Nothing that the OT did not confirm in writing."""
    yield from _said(page, "promises")


def no_crime(page: Page, desk: Desk) -> Iterator[Finding]:
    """Nobody here decides that something is no offence."""
    yield from _said(page, "no-crime")


def _said(page: Page, group: str) -> Iterator[Finding]:
    for number, text in page.prose:
        for match in patterns(group, page.language).finditer(text):
            yield Finding(number, {"text": match[0]})
