"""The facts that pages, form and mail share (docs/facts.yml), as each language shows them."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

GROUPS = ("tel", "mail", "naam", "vereniging")
# What a page may say between braces. Plain: a name is the same in the text and in what stands above it.
KEY = re.compile(rf"\{{\{{ ?((?:{'|'.join(GROUPS)})\.\w+) ?\}}\}}")
# Digits as people group them, and as many as a phone in this country dials: 112 or 116 123, 14 070, 0800 and 0900 with four or
# seven digits more, any other number with ten, and one from abroad with its +.
NUMBER = re.compile(r"\+?\d+(?:[ -]\d+)*", re.ASCII)
DIALS = re.compile(
    r"1\d\d|116\d{3}|140\d{1,3}|18\d\d|0(?:800|90[069])(?:\d{4}|\d{7})|0(?!0|800|90[069])\d{9}|\+31\d{9}|\+(?!31)[1-9]\d{6,14}",
    re.ASCII,
)
DIALLING = re.compile(r'(<a href="tel:[^"]*">)([^<]+)(?=</a>)')
# The name of a site or of a mail server. Letters of other scripts can look like ours, and would hide behind "xn--".
HOST = r"(?:(?!xn--)[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?\.)+(?!xn--)[a-zA-Z]{2,}"
ADDRESS = re.compile(rf"[\w+-]+(\.[\w+-]+)*@{HOST}", re.ASCII)


def written(extra: Mapping[str, Any], language: str) -> dict[str, dict[str, str]]:
    """Every fact as a reader of this language reads it, by group and key."""
    groups: dict[str, Mapping[str, Any]] = {group: extra.get(group) or {} for group in GROUPS}
    names = {key: str(name[language] if isinstance(name, dict) else name) for key, name in groups["naam"].items()}
    return {
        "tel": {key: str(number) for key, number in groups["tel"].items()},
        "mail": {key: str(address) for key, address in groups["mail"].items()},
        "naam": names,
        # A key that leads nowhere shows itself; the desk says what is wrong with it.
        "vereniging": {role: names.get(str(key), str(key)) for role, key in groups["vereniging"].items()},
    }


def linked(extra: Mapping[str, Any], language: str) -> dict[str, dict[str, str]]:
    """The same as HTML, for the templates: a number dials, an address opens a mail."""
    return {
        group: {key: _linked(fact, address_of(group, fact)) for key, fact in facts.items()}
        for group, facts in written(extra, language).items()
    }


def _linked(fact: str, address: str) -> str:
    return as_it_is(f'<a href="{escape(address)}">{escape(fact)}</a>') if address else escape(fact)


def as_it_is(html: str) -> str:
    """Keep each number the one that it is, whatever a browser translates around it.

    Behind an Arabic letter 070-3738314 would be shown as 3738314-070 (Unicode Bidirectional Algorithm, rules W2 and W4).
    """
    return DIALLING.sub(r'\1<bdi dir="ltr" translate="no">\2</bdi>', html)


def address_of(group: str, fact: str) -> str:
    """Where a fact leads when somebody taps it; nowhere for a name, and for what is no number or address."""
    if group == "tel" and is_number(fact):
        return f"tel:{dialled(fact)}"
    return f"mailto:{fact}" if group == "mail" and ADDRESS.fullmatch(fact) else ""


def is_number(text: str) -> bool:
    """Tell whether a phone reaches somebody when it dials this: a digit too few or too many is another number, or none."""
    return bool(NUMBER.fullmatch(text) and DIALS.fullmatch(re.sub("[ -]", "", text)))


def dialled(number: str) -> str:
    """A number as a phone dials it, from abroad too; 112 and numbers such as 0900-8844 work within the country only."""
    digits = re.sub(r"[^\d+]", "", number)
    return "+31" + digits[1:] if re.fullmatch(r"0(?!800|90[069])\d{9}", digits) else digits


def named(text: str, facts: Mapping[str, Mapping[str, str]]) -> str:
    """A text with its keys filled in; an unknown key stays, to be seen."""

    def fact(match: re.Match[str]) -> str:
        group, _, key = match[1].partition(".")
        return facts[group].get(key, match[0])

    return KEY.sub(fact, text)
