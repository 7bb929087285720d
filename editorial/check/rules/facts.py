"""Rules on what a page states: numbers, keys, sources, and what nobody may promise."""

import re
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import Any

from contact_service.mail.submission import ROLES
from contact_service.mail.words import PLAIN_NAME
from editorial.check.wording import any_word, patterns
from editorial.desk.desk import Desk
from editorial.desk.newspapers import is_newspaper
from editorial.desk.page import ATTRIBUTES, EXPRESSION, Page
from editorial.desk.problem import Finding
from editorial.desk.shared import ADDRESS, GROUPS, KEY, is_number

# As people write numbers: 070-373 83 14, 0900-8844, +31 70 373 83 14, (070) 3738314, and the bare 112.
PHONE = re.compile(
    r"(?<![\w./:-])(?:\+31|0031|\(?0\d{1,3}\)?)[- ]?(?:\d[ -]?){4,9}\d(?![\w/])|(?<![\w.,:/€-])112(?!\w|[.,-]?\d)"
)
COMMAND = re.compile(r"\{\{.*?(?:\}\}|$)|\{%.*?(?:%\}|$)|\{#(?!\s*[\w-]+\s*\}).*?(?:#\}|$)")
# The client's own text, in docs/sources.yml: it speaks of the team, not of danger.
CLIENT = "seed"


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that somebody probably meant."""
    return (get_close_matches(name, sorted(known), 1, 0.0) or ["?"])[0]


def typed_phone(page: Page, desk: Desk) -> Iterator[Finding]:
    """Numbers are typed in one file only."""
    numbers = {_digits(fact): key for key, fact in desk.keys[page.language].items() if key.startswith("tel.")}
    for number, line in [*page.shown_meta, *page.numbered()]:
        for match in PHONE.finditer(EXPRESSION.sub("", line)):
            key = numbers.get(_digits(match[0]))
            values = {"number": match[0].strip(), "key": f"{{{{ {key} }}}}"}
            yield Finding(number, values, "" if key else "unknown")


def _digits(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    return re.sub(r"^(?:0031|31)(?=\d{9}$)", "0", digits)


def typed_name(page: Page, desk: Desk) -> Iterator[Finding]:
    """A name or an address that several pages share is typed in one file only."""
    keys = {fact.lower(): key for key, fact in reversed(desk.keys[page.language].items()) if not key.startswith("tel.")}
    # Of two names in one place, the longer one is meant.
    pattern = any_word(tuple(sorted(keys, key=len, reverse=True)))
    for number, line in [*page.shown_meta, *page.numbered()]:
        for match in pattern.finditer(ATTRIBUTES.sub("", EXPRESSION.sub("", line))):
            yield Finding(number, {"text": match[0], "key": f"{{{{ {keys[match[0].lower()]} }}}}"})


def fact(desk: Desk) -> Iterator[Finding]:
    """The list of facts itself: numbers that dial, addresses that open a mail, and an association for each role."""
    for group in GROUPS:
        for key, value in (desk.facts.get(group) or {}).items():
            if not SOUND[group](value, desk):
                yield Finding(desk.fact_line(group, key), {"key": f"{group}.{key}", "value": value}, group)
    for role in sorted(set(ROLES) ^ set(desk.facts.get("vereniging") or {})):
        yield Finding(desk.fact_line("vereniging", role), {"key": role, "roles": ", ".join(ROLES)}, "role")


def _sound_name(name: Any, desk: Desk) -> bool:
    """A name, or one for each language."""
    texts = [name.get("nl"), name.get("en")] if isinstance(name, dict) else [name]
    return all(isinstance(text, str) and text.strip() and not re.search(r"[{}<>|*_`\[\]\\\n]", text) for text in texts)


def _sound_association(key: Any, desk: Desk) -> bool:
    """A known name that can stand in the header of a mail."""
    return bool(re.fullmatch(PLAIN_NAME, desk.written["nl"]["naam"].get(str(key), "")))


SOUND: dict[str, Callable[[Any, Desk], bool]] = {
    "tel": lambda number, desk: is_number(str(number)),
    "mail": lambda address, desk: bool(ADDRESS.fullmatch(str(address))),
    "naam": _sound_name,
    "vereniging": _sound_association,
}


def unknown_key(page: Page, desk: Desk) -> Iterator[Finding]:
    """A key must be in the list of facts."""
    for number, key in page.keys:
        if key not in desk.keys[page.language]:
            yield Finding(number, {"key": key, "near": nearest(key, set(desk.keys[page.language]))})


def template_expression(page: Page, desk: Desk) -> Iterator[Finding]:
    """Only keys of numbers, names and addresses: whoever types another expression expects what no page does."""
    yield from expressions([*enumerate(page.meta_lines, 2), *page.numbered()])


def expressions(lines: Iterable[tuple[int, str]]) -> Iterator[Finding]:
    """What looks like a command of a template engine; the name of a heading, such as {#daarna}, does not."""
    for number, line in lines:
        for match in COMMAND.finditer(line):
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


def newspaper_only(page: Page, desk: Desk) -> Iterator[Finding]:
    """A page that says what to do in danger rests on more than a newspaper; the client's own text is no source for that."""
    codes = page.meta.get("sources")
    known = (
        [(str(code), desk.sources[str(code)]) for code in codes if str(code) in desk.sources] if isinstance(codes, list) else []
    )
    news = [code for code, source in known if is_newspaper(source)]
    if page.on_danger and news and not [code for code, _ in known if code not in news and code != CLIENT]:
        yield Finding(page.meta_line("sources"), {"codes": ", ".join(news)})


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
