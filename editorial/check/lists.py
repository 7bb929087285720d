"""What may stand in the lists that editors write: facts, sources, moved pages, words, and the settings with words and menu.

They are judged before anything else reads them, since MkDocs would run what a setting names. So a list holds text and nothing
else: no tag such as `!ENV`, no alias, no key that is not known here, no expression.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from editorial.check.rules.facts import expressions
from editorial.check.rules.links import DETOUR, OWN
from editorial.desk.desk import BASES, FACTS, MOVED, SETTINGS, SOURCES, Desk
from editorial.desk.everyday_words import FILES
from editorial.desk.files import FILE_NAME, NOTES
from editorial.desk.letters import wrong_letters
from editorial.desk.problem import Finding, Problem, problems
from editorial.desk.reading import left_of_a_merge, unreadable_yaml
from editorial.desk.shared import HOST
from editorial.desk.yaml_text import PLAIN_TAGS, composed, load_list, text_of

# A shape is a pattern for a text, a list with the shape of its entries, a dict with the shapes behind its keys ("" stands for
# any other key, a pattern for those that fit), a question to a node, or a tuple of shapes of which one must fit.
# No list knows letters by a name or a number, as a page and an address do, and nobody makes bold or a link of what it says.
# Each sign is looked at where it stands: a look ahead through a whole list of words takes long.
NO_LETTER = r"&(?!#?\w+;)|%(?![C-F][0-9A-F]%|(?<=[^\W\d_]%)[2-7][0-9A-F][^\W\d_])"
NO_MARK = r"\*(?!\*|\w(?:[^*]*\w)?\*)|_(?!_)|\](?!\()"
TEXT = re.compile(rf"(?:[^<>&%]++|{NO_LETTER})*")
UNMARKED = rf"[^<>&%*_`\]]++|{NO_LETTER}|{NO_MARK}"
PLAIN = re.compile(rf"(?=.*\w)(?:{UNMARKED})*", re.DOTALL)
WORD = re.compile(rf'(?=.*\S)(?:{UNMARKED}|<span class="wide">(?:{UNMARKED})*</span>)*', re.DOTALL)
# A number takes the place of the sign, which stands there once.
COUNT = re.compile(rf"(?=[^#]*#[^#]*$)(?=.*\w)(?:{UNMARKED})*", re.DOTALL)
CODE = re.compile("[A-Za-z0-9]+")
PAGE_NAME = re.compile(FILE_NAME.pattern.removesuffix(r"\.md"))
ADDRESS = re.compile(rf"https?://{HOST}(:\d+)?(/[^\s<>\"'`\\]*)?")
DAY, MONTHS = re.compile(r"\d{4}(-\d\d){0,2}", re.ASCII), 12
# A phrase to look for: a pattern with a handful of choices and one repetition, or a page could keep the check busy for ever.
PART, REPEATED = r"(?:[^\\*+{}]|\\[bdw\[\]])*", r"(?:\\d|\[(?:[^\[\]\\]|\\.)*\])[*+]"
PHRASE = re.compile(rf"(?!(?:[^?|]*[?|]){{17}}){PART}(?:{REPEATED}{PART})?", re.DOTALL)
# What a fact may say, the rule [fact] tells in words of its own.
FACT = re.compile(".*", re.DOTALL)
NAME = (FACT, {"nl": FACT, "en": FACT})
FACT_LISTS = {"extra": {"tel": {"": FACT}, "mail": {"": FACT}, "naam": {"": NAME}, "vereniging": {"": FACT}}}


def _day(node: Any) -> bool:
    """The day, month or year of a source: one that the calendar has, and that has begun."""
    if not isinstance(node, yaml.ScalarNode) or not DAY.fullmatch(node.value):
        return False
    try:
        # Days begin earlier elsewhere.
        return date.fromisoformat(f"{node.value}-01-01"[:10]) <= date.today() + timedelta(days=1)  # noqa: DTZ011
    except ValueError:
        return False


def _straight(node: Any) -> bool:
    """An address of another site that leads straight there."""
    address = node.value if isinstance(node, yaml.ScalarNode) else ""
    return bool(ADDRESS.fullmatch(address)) and not OWN.match(address) and not DETOUR.search(address)


SOURCE = {"title": PLAIN, "publisher": PLAIN, "date": _day, "url": _straight, "lang": re.compile("[a-z]{2}")}
# What stands in the menu is text: nobody makes bold of it, and no fact is filled in.
LABEL = re.compile(rf"(?:[^<>{{}}*_`|\[\]\\&%]++|{NO_LETTER})+")
MENU: tuple[Any, ...] = (FILE_NAME, {LABEL: FILE_NAME})
MENU = (*MENU, {LABEL: [MENU]}, {LABEL: [(*MENU, {LABEL: [MENU]})]})


def _twelve(node: Any) -> bool:
    """The names of the months; with one too few, every day would fall into another month."""
    names = [one.value for one in node.value] if isinstance(node, yaml.SequenceNode) else []
    return (
        len({name for name in names if isinstance(name, str) and name.strip() and TEXT.fullmatch(name)}) == len(names) == MONTHS
    )


def _phrase(node: Any) -> bool:
    """A phrase that pages are searched for."""
    try:
        return isinstance(node, yaml.ScalarNode) and bool(PHRASE.fullmatch(node.value) and re.compile(node.value))
    except re.error:
        return False


def _settings(base: str) -> dict[str, Any]:
    words = {"words": {"months": _twelve, "search_calls": {"": WORD}, "search_many": COUNT, "": WORD}}
    return {"INHERIT": re.compile(re.escape(base)), "site_name": LABEL, "site_description": TEXT, "extra": words, "nav": [MENU]}


EVERYDAY_WORDS = {"silent": PLAIN, "concepts": {"": {"pages": TEXT, "words": TEXT, "call": TEXT}}}
SHAPES: dict[str, Any] = {
    FACTS: FACT_LISTS,
    SOURCES: {CODE: SOURCE},
    MOVED: {PAGE_NAME: PAGE_NAME},
    FILES["nl"]: EVERYDAY_WORDS,
    FILES["en"]: EVERYDAY_WORDS,
    SETTINGS["nl"]: _settings(BASES["nl"]),
    SETTINGS["en"]: _settings(BASES["en"]),
}
WORDS = {"": TEXT}
PHRASES = {"nl": [_phrase], "en": [_phrase]}
SHAPES["editorial/wording.yml"] = {
    "promises": PHRASES,
    "no-crime": PHRASES,
    "unfinished": [_phrase],
    "address": WORDS,
    "avoid": {"nl": WORDS, "en": WORDS},
}
MAY_BE_ABSENT = {MOVED, *FILES.values(), "editorial/wording.yml"}
# Text without a shape.
TEXTS = ("editorial/words.txt", "editorial/newspapers.txt", f"docs/nl/{NOTES}", f"docs/en/{NOTES}")
# Where a shape names one of these, it must be there.
NEEDED = {"INHERIT", "site_name", "site_description", "extra", "words", "nav", "title", "publisher", "nl", "en"}
NEEDED |= {"silent", "concepts", "pages", "promises", "no-crime", "unfinished", "address", "avoid"}
KINDS: dict[type, Any] = {dict: yaml.MappingNode, list: yaml.SequenceNode, re.Pattern: yaml.ScalarNode}
# A line, from 0 on, and the key that is absent there, if that is what is wrong.
Odd = tuple[int, str]


def list_problems(desk: Desk) -> Iterator[Problem]:
    """Why a list cannot be read, or what stands in it that does not belong there."""
    for name in SHAPES:
        path = desk.root / name
        if not path.exists():
            if name not in MAY_BE_ABSENT:
                yield from problems("settings", name, [Finding(1, {"name": name}, "gone")])
            continue
        text = text_of(path)
        if broken := [*not_as_typed(path, name, text)]:
            yield from broken
        elif unreadable := unreadable_yaml(text):
            yield from problems("settings", name, unreadable)
        else:
            yield from problems("settings", name, _odd(text, name))
            yield from problems("template-expression", name, expressions(enumerate(text.splitlines(), 1)))
    yield from _other_words(desk)
    for name in TEXTS:
        if (path := desk.root / name).exists():
            yield from not_as_typed(path, name, text_of(path))


def _other_words(desk: Desk) -> Iterator[Problem]:
    """Words around the pages that one language has and the other one lacks: where they belong, nothing would stand."""
    texts = {name: text_of(desk.root / name) for name in SETTINGS.values() if (desk.root / name).exists()}
    if len(texts) < len(SETTINGS) or any(unreadable_yaml(text) or _odd(text, name) for name, text in texts.items()):
        return
    words = {name: load_list(text)["extra"]["words"].keys() for name, text in texts.items()}
    for name, text in texts.items():
        for other in words.keys() - {name}:
            line = next((n for n, one in enumerate(text.splitlines(), 1) if one.strip() == "words:"), 1)
            yield from problems("settings", name, (Finding(line, {"key": key}, "absent") for key in words[other] - words[name]))


def not_as_typed(path: Path, name: str, text: str) -> Iterator[Problem]:
    """Letters that went wrong, or what is left of a merge, in a file that editors save."""
    if broken := wrong_letters(path.read_bytes()):
        yield from problems("encoding", name, broken)
    elif conflict := left_of_a_merge(text, text.splitlines()):
        yield from problems("merge-conflict", name, conflict)


@lru_cache(maxsize=64)
def _odd(text: str, name: str) -> tuple[Finding, ...]:
    lines = text.splitlines()
    odd = sorted(set(_unfit(composed(text), SHAPES[name])))
    return tuple(
        Finding(line + 1, {"key": key}, "absent") if key else Finding(line + 1, {"text": lines[line].strip()[:60]}, "odd")
        for line, key in odd
    )


def _unfit(node: Any, shape: Any) -> Iterator[Odd]:
    line = node.start_mark.line
    if isinstance(shape, tuple):
        # What fits best says best what is wrong.
        yield from min(([*_unfit(node, one)] for one in shape), key=lambda found: (len(found), -max(found, default=(0, ""))[0]))
    elif callable(shape):
        yield from [] if shape(node) else [(line, "")]
    elif node.tag not in PLAIN_TAGS or not isinstance(node, KINDS[type(shape)]):
        yield line, ""
    elif isinstance(shape, dict):
        yield from _unfit_keys(node, shape)
    elif isinstance(shape, list):
        for entry in node.value:
            yield from _unfit(entry, shape[0])
    elif not shape.fullmatch(node.value):
        yield line, ""


def _unfit_keys(node: Any, shape: dict[Any, Any]) -> Iterator[Odd]:
    if LABEL in shape and len(node.value) > 1:
        # Without its dash, a line of the menu is a part of the one above.
        yield node.value[1][0].start_mark.line, ""
    for key, value in node.value:
        inner = _behind(key, shape)
        if inner is None:
            yield key.start_mark.line, ""
        else:
            yield from _unfit(value, inner)
    for name in (shape.keys() & NEEDED) - {str(key.value) for key, _ in node.value}:
        yield node.start_mark.line, name


def _behind(key: Any, shape: dict[Any, Any]) -> Any:
    """The shape of what may stand behind this key; None where the key does not belong."""
    if [*_unfit(key, TEXT)]:
        return None
    fitting = (inner for name, inner in shape.items() if isinstance(name, re.Pattern) and name.fullmatch(key.value))
    return shape.get(key.value) or shape.get("") or next(fitting, None)
