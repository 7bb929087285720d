"""Rules on what a page states: numbers, keys, sources, and what nobody may promise."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from html import unescape
from typing import Any

from contact_service.mail.submission import ROLES
from contact_service.mail.words import PLAIN_NAME
from editorial.check.wording import any_word, phrases
from editorial.desk.desk import Desk
from editorial.desk.newspapers import is_newspaper
from editorial.desk.page import ATTRIBUTES, EXPRESSION, Page, matches
from editorial.desk.phones import phones
from editorial.desk.problem import Finding
from editorial.desk.shared import ADDRESS, GROUPS, KEY, is_number

# More digits than this are a number wherever they stand; fewer may count people or name a law.
SHORT = 3
COMMAND = re.compile(r"\{\{.*?(?:\}\}|$)|\{%.*?(?:%\}|$)|\{#(?!\s*[\w-]+\s*\}).*?(?:#\}|$)")
SOME_KEY = re.compile(rf"(?:{'|'.join(GROUPS)})\.\w")
TO_DIAL = re.compile("tel:", re.IGNORECASE)
# The client's own text, in docs/sources.yml: it speaks of the team, not of danger.
CLIENT = "seed"


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that somebody probably meant."""
    return (get_close_matches(name, sorted(known), 1, 0.0) or ["?"])[0]


def typed_phone(page: Page, desk: Desk) -> Iterator[Finding]:
    """Numbers are typed in one file only."""
    yield from phones_typed(_shown(page), desk.keys[page.language])
    for link in page.links:
        # What it dials is not what stands there, or stands there twice.
        if TO_DIAL.match(unescape(link.target)):
            yield _typed(link.line, link.target.partition(":")[2] or link.target, _by_digits(desk.keys[page.language]))


def phones_typed(lines: Iterable[tuple[int, str]], keys: Mapping[str, str]) -> Iterator[Finding]:
    """The phone numbers in these lines, whether or not the facts know them."""
    numbers, words = _by_digits(keys), " ".join(keys.values()).split()
    # "113" is also what an organisation is called.
    short = {digits for digits in numbers if len(digits) <= SHORT and words.count(digits) == 1}
    yield from (_typed(line, number, numbers) for line, number in phones(lines, short))


def long_phones_typed(lines: Iterable[tuple[int, str]], keys: Mapping[str, str]) -> Iterator[Finding]:
    """The same where nothing fills in a fact, as in a menu or a drawing: 112 may stand there, since it never changes."""
    numbers = _by_digits(keys)
    yield from (_typed(line, number, numbers) for line, number in phones(lines) if len(_digits(number)) > SHORT)


def _by_digits(keys: Mapping[str, str]) -> Mapping[str, str]:
    return _numbers(tuple(item for item in keys.items() if item[0].startswith("tel.")))


@lru_cache(maxsize=8)
def _numbers(facts: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    return {_digits(fact): key for key, fact in facts}


def _typed(line: int, number: str, numbers: Mapping[str, str]) -> Finding:
    key = numbers.get(_digits(number))
    return Finding(line, {"number": number, "key": f"{{{{ {key} }}}}"}, "" if key else "unknown")


def _digits(text: str) -> str:
    digits = re.sub(r"\D", "", re.sub(r"\(0\)", "", text) if "+" in text else text)
    return re.sub(r"^(?:0031|31)(?=\d{9}$)", "0", digits)


def typed_name(page: Page, desk: Desk) -> Iterator[Finding]:
    """A name or an address that several pages share is typed in one file only."""
    keys = {fact.lower(): key for key, fact in reversed(desk.keys[page.language].items()) if not key.startswith("tel.")}
    # Of two names in one place, the longer one is meant.
    names = any_word(tuple(sorted(keys, key=len, reverse=True)))
    lines = _shown(page)
    without_marks = ATTRIBUTES.sub("", EXPRESSION.sub("", "\n".join(line for _, line in lines))).split("\n")
    for number, match in names.found((number, text) for (number, _), text in zip(lines, without_marks, strict=False)):
        yield Finding(number, {"text": match[0], "key": f"{{{{ {keys[match[0].lower()]} }}}}"})


def _shown(page: Page) -> list[tuple[int, str]]:
    return [*page.shown_meta, *page.numbered()]


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
    return all(
        isinstance(text, str) and re.search(r"\w", text) and not re.search(r"[{}<>|*_`\[\]\\\n]|&#?\w+;", text)
        for text in texts
    )


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
    known = desk.keys[page.language]
    yield from _unknown(page.keys, known)
    text = "\n".join((KEY.sub("", page.body), *page.meta_lines))
    if any(f"{group}." in text for group in GROUPS) and SOME_KEY.search(text):
        lines = [(n, KEY.sub("", line) if "{" in line else line) for n, line in _shown(page)]
        for number, match in matches(any_key(tuple(known)), lines):
            yield Finding(number, {"key": match[0]}, "bare")


def unknown_key_in(lines: Iterable[tuple[int, str]], desk: Desk, language: str) -> Iterator[Finding]:
    """The same for the words around the pages."""
    found = ((number, match[1]) for number, line in lines if "{" in line for match in KEY.finditer(line))
    yield from _unknown(found, desk.keys[language])


def _unknown(keys: Iterable[tuple[int, str]], known: Mapping[str, str]) -> Iterator[Finding]:
    return (Finding(line, {"key": key, "near": nearest(key, set(known))}) for line, key in keys if key not in known)


@lru_cache(maxsize=8)
def any_key(keys: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for the keys of facts where nothing fills them in."""
    return re.compile(rf"(?<![\w.@/-])(?:{'|'.join(map(re.escape, keys))})(?![\w@/-]|[.]\w)")


def template_expression(page: Page, desk: Desk) -> Iterator[Finding]:
    """Only keys of numbers, names and addresses: whoever types another expression expects what no page does."""
    yield from expressions([*enumerate(page.meta_lines, 2), *page.numbered()])


def expressions(lines: Iterable[tuple[int, str]]) -> Iterator[Finding]:
    """What looks like a command of a template engine; the name of a heading, such as {#daarna}, does not."""
    for number, line in lines:
        for match in COMMAND.finditer(line) if "{" in line else ():
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
    return (Finding(number, {"text": match[0]}) for number, match in phrases(group, page.language).found(page.prose))
