"""What an editor typed is what stands on the page: the text as the desk reads it, held against what Markdown made of it."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from html import unescape
from html.entities import html5
from itertools import groupby, zip_longest

from editorial.desk.desk import Desk
from editorial.desk.letters import LOST
from editorial.desk.outline import Item, Outline, Part, Text, outline_typed
from editorial.desk.page import LINK, Page
from editorial.desk.problem import Finding
from editorial.desk.shared import named

# Characters of Markdown that no text has by itself: what is left of them stands there for readers to see. "\x03" is one that an
# editor meant as such, with a backslash before it.
LEFT_OVER = re.compile(
    r"[*`|{}^]|(?<![:\w])\\|\\(?!\w)|(?<!\w)_|_(?!\w)|~~|==|%%|\]\s*[\[(]|\[\[|\[[\^!xX@ ]|!\[|!{3}|\?{3}|:{3}|\+{3}|/{3}|-{3}"
    r"|'{3}|\)\[|https?://|(?<![\w-])[\w-]+\.md\b|(?<![\w:]):[a-z0-9+][\w+-]*:(?!\w)|\[/\w+\]|(?<![\w:/])//(?=\w)|\+\+(?=\w)|~\w+~"
    r"|::(?!\w)|(?<!\w)(?:xref|link|image|kbd):\S*\[|\$\$"
)
# What no mark can have been meant by: a sum, a line to write on, and a sign on its own that stands there once in a paragraph.
SUM, BLANK = re.compile(r"(?<=\d) [*^] (?=\d)"), re.compile(r"(?<!\S)_{3,}(?![\w_*])")
ON_ITS_OWN = re.compile(r"(?<![^\s(])[*^|](?![^\s.,;:!?)])|(?<=\w)\^(?=\w)")
SIGNS = "*^|"
# Before the name of who said it.
DASHES = "–—"
# A letter by a name that no browser knows, or without its end, so that the name stands there; or one that nobody sees.
ENTITY = re.compile(r"&(?:amp;)?#?\w+;?")
# What begins an item, a quotation or a heading where a text begins on a line of its own.
AT_THE_START = re.compile(r"\s*(?:[-+•·▪◦‣●○■–—−](?!\d)|\d{1,3} ?[.)]\s*(?!\d)\S|[>:] |#+)")
# A character of Markdown in what stands above the text, where it means nothing.
IN_A_TITLE = re.compile(r"[*`|{}\\^\[\]]|(?<!\w)_|_(?!\w)|~~")
ABOVE = ("title", "description", "owner")


def as_typed(page: Page, desk: Desk) -> Iterator[Finding]:
    """Lists, headings, tables, links and pictures became what they look like in the text, and no mark and no word is left."""
    for key in ABOVE:
        if left := IN_A_TITLE.search(named(str(page.meta.get(key) or ""), desk.written[page.language])):
            yield Finding(page.meta_line(key), {"text": left[0]})
    try:
        made = desk.renderers[page.language].outline(page)
    except RecursionError:
        # The rule on markup tells of it.
        return
    yield from differences(made, page)


def differences(made: Outline, page: Page) -> Iterator[Finding]:
    """Where a page says something else than its text."""
    typed = outline_typed(page)
    lines = dict(page.numbered())
    end = max(lines, default=page.first_body_line)
    yield from _items(typed.items, made.items, lines, end)
    yield from _headings(typed.headings, made.headings, lines, end)
    yield from _parts("row", typed.rows, made.rows, lines, end)
    yield from _parts("link", typed.links, made.links, lines, end)
    yield from _parts("picture", typed.pictures, made.pictures, lines, end)
    for line in typed.run_on:
        yield Finding(line, {"text": _start(lines[line])}, "item")
    for line in typed.glued:
        yield Finding(line, {"text": _start(lines[line])}, "glued")
    if made.blocks:
        moved_in = next((number for number, text in lines.items() if re.match(r" {4,}\S", text)), page.first_body_line)
        yield Finding(moved_in, {"text": _start(lines.get(moved_in, ""))}, "block")
    yield from _entities(lines)
    yield from _left_over(made, lines, page)
    yield from _lost(typed, made, lines)


def _items(typed: Sequence[Item], made: Sequence[Item], lines: dict[int, str], end: int) -> Iterator[Finding]:
    for one, other in zip_longest(typed, made):
        if one is None or other is None or not one.like(other):
            line = one.line if one else end
            yield Finding(line, {"text": _start(lines.get(line, ""))}, "item")
            return
    # Whoever gives each step of a list a 1 leaves the counting to the computer.
    counted = {other.within for one, other in zip(typed, made, strict=True) if one.number != 1}
    for one, other in zip(typed, made, strict=True):
        if one.numbered and other.within in counted and one.number != other.number:
            yield Finding(one.line, {"typed": one.number, "shown": other.number}, "number")
            return


def _parts(case: str, typed: Sequence[Part], made: Sequence[Part], lines: dict[int, str], end: int) -> Iterator[Finding]:
    for one, other in zip_longest(typed, made):
        if one is None or other is None or one.count != other.count:
            line = one.line if one else end
            yield Finding(line, {"text": _start(lines.get(line, ""))}, case)
            return


def _headings(typed: Sequence[Part], made: Sequence[Part], lines: dict[int, str], end: int) -> Iterator[Finding]:
    if len(made) > len(typed):
        # A line that nobody would take for a heading: it has no hash sign, or no space behind it.
        known = [lines[part.line] for part in typed]
        more = next((part.text for part in made if not any(part.text in line for line in known)), "")
        line = next((number for number, text in lines.items() if more and more in text), end)
        yield Finding(line, {"text": more[:40]}, "heading")
    else:
        yield from _parts("heading", typed, made, lines, end)


def _entities(lines: dict[int, str]) -> Iterator[Finding]:
    for line, text in lines.items():
        for match in ENTITY.finditer(LINK.sub(r"\2", text)) if "&" in text else ():
            if _unclear(match[0]):
                yield Finding(line, {"text": match[0]})
                return


def _unclear(entity: str) -> bool:
    letter = unescape(entity)
    if not entity.endswith(";"):
        return entity.removeprefix("&") in html5 and len(entity) > len("&lt")
    named = entity[1:-1].islower() or entity[1] == "#"
    shown = letter == "\xa0" or letter.isprintable()
    return not letter or not shown or letter == LOST or bool(ENTITY.fullmatch(letter) and named)


def _left_over(made: Outline, lines: dict[int, str], page: Page) -> Iterator[Finding]:
    dashes = sum(one.starts and one.text.lstrip()[:1] in DASHES for one in made.texts)
    for text, starts in [*_without_signs(made.texts), *((text, False) for text in made.within_words)]:
        said = dashes == 1 and text.lstrip()[:1] in DASHES
        left = (AT_THE_START.match(text) if starts and not said else None) or LEFT_OVER.search(text)
        if left:
            yield Finding(*_place(text, left, lines, page))
            return


def _without_signs(texts: Sequence[Text]) -> Iterator[tuple[str, bool]]:
    """Every text, and whether it begins a line; what was meant as a sign has become spaces."""
    for _, block in groupby(texts, key=lambda one: one.block):
        parts = [(_spaced(BLANK, _spaced(SUM, one.text)), one.starts) for one in block]
        whole = "".join(text for text, _ in parts)
        lonely = {sign for sign in SIGNS if whole.count(sign) == 1}
        for text, starts in parts:
            # At the start of a line it begins a list that has nothing in it.
            meant = lonely and not (starts and text.strip() in lonely)
            yield (_spaced(ON_ITS_OWN, text, lonely) if meant else text), starts


def _spaced(pattern: re.Pattern[str], text: str, some: Collection[str] = ()) -> str:
    return pattern.sub(lambda match: " " * len(match[0]) if not some or match[0] in some else match[0], text)


def _place(text: str, left: re.Match[str], lines: dict[int, str], page: Page) -> tuple[int, dict[str, str]]:
    """Where the same words stand in the text, and these words."""
    near = text[max(0, left.start() - 10) : left.end() + 10].strip().replace("\x03", "")
    whole = text.strip()
    line = next((n for n, typed in lines.items() if typed.strip() == whole), 0)
    line = line or next((n for n, typed in lines.items() if near in typed.replace("\\", "") or near in typed), 0)
    line = line or next((n for n, typed in lines.items() if left[0].strip() in typed), page.first_body_line)
    return line, {"text": near}


def _lost(typed: Outline, made: Outline, lines: dict[int, str]) -> Iterator[Finding]:
    left = Counter(word for word, _ in typed.words)
    left.subtract(word for word, _ in made.words)
    for word, line in typed.words:
        if left[word] > 0:
            yield Finding(line, {"text": word}, "lost")
            return


def _start(line: str) -> str:
    return line.strip()[:40]
