"""What an editor typed is what stands on the page: the text as the desk reads it, held against what Markdown made of it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from html import unescape
from html.entities import html5
from typing import Any

from editorial.check.rules.left_over import left_over
from editorial.desk.desk import Desk
from editorial.desk.letters import LOST
from editorial.desk.outline import CODE, WORD, Item, Outline, Part, outline_typed
from editorial.desk.page import HEADING, LINK, LIST_ITEM, Page
from editorial.desk.problem import Finding
from editorial.desk.shared import named

# A letter by a name that no browser knows, or without its end, so that the name stands there; or one that nobody sees.
ENTITY = re.compile(r"&(?:amp;)?#?\w+;?")
# A character of Markdown in what stands above the text, where it means nothing.
IN_A_TITLE = re.compile(r"[*`|{}\\^\[\]]|(?<!\w)_|_(?!\w)|~~")
# A heading without a word.
NO_WORDS = re.compile(r"#+\s*")
# A sign that means more than, and becomes the mark of a quotation.
NO_QUOTATION = re.compile(r" {0,3}>(?=[\d=€])")
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
    for line in typed.quoted:
        yield Finding(line, {"text": _start(lines[line])}, "quoted")
    for block in made.blocks[:1]:
        first = next(iter(block.text.strip().splitlines()), "")
        moved_in = next((n for n, text in lines.items() if first and text.strip() == first.strip()), page.first_body_line)
        yield Finding(moved_in, {"text": _start(lines.get(moved_in, ""))}, "block")
    for line, text in lines.items():
        if text[:4].lstrip()[:1] == ">" and NO_QUOTATION.match(text):
            yield Finding(line, {"text": _start(text)}, "quotation")
        # Two signs with a part of a sentence between them, and not what two pieces of code have between them.
        for code in CODE.finditer(text) if "`" in text else ():
            if code[1] == "`" and code[0][1:2] == code[0][-2:-1] == " ":
                yield Finding(line, {"text": code[0]})
    yield from _entities(lines)
    yield from left_over(made, lines)
    yield from _lost(typed, made)


def _items(typed: Sequence[Item], made: Sequence[Item], lines: dict[int, str], end: int) -> Iterator[Finding]:
    if len(typed) != len(made) or not all(one.like(other) for one, other in zip(typed, made, strict=True)):
        known = [(one.line, (one.section, one.numbered, one.depth, _word(LIST_ITEM.sub("", lines[one.line])))) for one in typed]
        found = [(one.text, (one.section, one.numbered, one.depth, _word(one.text))) for one in made]
        line = _without_partner(known, found, lines) or end
        yield Finding(line, {"text": _start(lines.get(line, ""))}, "item")
        return
    # Whoever gives each step of a list a 1 leaves the counting to the computer.
    counted = {other.within for one, other in zip(typed, made, strict=True) if one.number != 1}
    for one, other in zip(typed, made, strict=True):
        if one.numbered and other.within in counted and one.number != other.number:
            yield Finding(one.line, {"typed": one.number, "shown": other.number}, "number")
            return


def _parts(case: str, typed: Sequence[Part], made: Sequence[Part], lines: dict[int, str], end: int) -> Iterator[Finding]:
    if [one.size for one in typed] != [one.size for one in made]:
        # A link by where it leads, all else by how it begins.
        by = str if case in ("link", "picture") else _word
        known = [(one.line, (one.section, one.size, by(one.text or HEADING.sub(r"\2", lines[one.line])))) for one in typed]
        line = _without_partner(known, [(one.text, (one.section, one.size, by(one.text))) for one in made], lines) or end
        yield Finding(line, {"text": _start(lines.get(line, ""))}, case)


def _without_partner(typed: Sequence[tuple[int, Any]], made: Sequence[tuple[str, Any]], lines: dict[int, str]) -> int:
    """The line of the first that was typed and not made, or made and not typed; each is given with its line or its text."""
    compared = SequenceMatcher(None, [known for _, known in typed], [known for _, known in made], autojunk=False)
    for step, start, end, place, _ in compared.get_opcodes():
        if step == "insert":
            above, known = typed[start - 1] if start else (0, made[place][1])
            below = typed[start][0] if start < len(typed) else max(lines) + 1
            # In the line of the one above, if that is of the same section, or between the two that it stands between.
            same = known[0] == made[place][1][0]
            places = sorted(range(above, below), key=lambda number: number == above and not same)
            text = made[place][0].strip()
            return next((number for number in places if text and text in lines.get(number, "")), 0)
        if start < end and step != "equal":
            return typed[start][0]
    return 0


def _word(text: str) -> str:
    """The first word, by which a line is known."""
    found = WORD.search(text)
    return found[0] if found else ""


def _headings(typed: Sequence[Part], made: Sequence[Part], lines: dict[int, str], end: int) -> Iterator[Finding]:
    if len(made) > len(typed):
        # A line that nobody would take for a heading: it has no hash sign, or no space behind it.
        known = [lines[part.line] for part in typed]
        more = next((part.text for part in made if not any(part.text in line for line in known)), "")
        line = next((n for n, text in lines.items() if (more and more in text) or (not more and NO_WORDS.fullmatch(text))), end)
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


def _lost(typed: Outline, made: Outline) -> Iterator[Finding]:
    # Nearly always one stands behind the other as it was typed, and to see that takes no counting.
    following = iter(made.pieces)
    if all(piece in following for piece in typed.pieces):
        return
    words, shown = typed.words, made.words
    left = Counter(words)
    left.subtract(shown)
    if +left:
        lines = [line for text, line in typed.shown for _ in WORD.findall(text)]
        steps = SequenceMatcher(None, words, shown, autojunk=False).get_opcodes()
        apart = [place for step, start, end, *_ in steps if step != "equal" for place in range(start, end)]
        place = next(place for place in [*apart, *range(len(words))] if left[words[place]] > 0)
        yield Finding(lines[place], {"text": words[place]}, "lost")


def _start(line: str) -> str:
    return line.strip()[:40]
