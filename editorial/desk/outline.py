"""What a page is made of, told twice: as the desk reads it in the text, and as Markdown made it. Both should be the same.

A list that is none, a table without its lines, a link with a space too many: the text shows it and the page does not.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import NamedTuple
from xml.etree.ElementTree import Element

from markdown.util import AtomicString

from editorial.desk.page import ATTRIBUTES, HEADING, LINK, LIST_ITEM, TABLE_RULE, Page, fenced, links_in
from editorial.desk.shared import KEY

# Fewer spaces than these do not belong to the item above; a longer number than this counts no steps.
LITTLE, LONGEST_MARK = 3, 4
# A line across the page.
ACROSS = re.compile(r" {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})")
CODE = re.compile(r"(?<!\\)(`+)(?!`).+?(?<!`)\1(?!`)")
QUOTED = re.compile(r"^ {0,3}(?:> ?)+")
ADDRESS_AS_LINK = re.compile(r"<[^<>\s]*[:@][^<>\s]*>")
ENTITY = re.compile(r"&#?\w+;")
# What begins a point for a reader, though it is none: "a.", "(1)", "1 -", "1.1", "Stap 1:", "Naam:", "✓" or a letter that was
# Word's. A letter may stand right behind a bracket, a colon and a picture.
POINT = re.compile(
    r"\s*[*_]*(?:(?:(?P<word>(?:[^\W\d_]+ )?)[(\[]?"
    r"(?:(?P<number>\d{1,3})|(?P<small>[a-z]|[ivx]{2,4})|(?P<capital>[A-Z]|[IVX]{2,4}))"
    r"(?P<mark> ?[.):–-]|[\])][.:]?|[>/])|(?P<sign>[^\w\s|<>#{}€$£§…]{1,2}|[oØüqv\u2460-\u24ff\u2776-\u2793])"
    r"|(?P<dotted>\d{1,2}(?:\.\d{1,2})+)\.?|(?P<counted>\d{1,3}[eº°])[.):]?|(?P<label>[A-ZÀ-Þ]\w*(?: \w+){0,2}:))[*_]*"
    r"(?:\s|(?<=[)\]:])(?=[^\W\d_])|(?<=[a-z]\.)(?=[^\W\d_]{2,}(?!\.)))"
    r"|(?P<picture>(?:[\u203c\u2049\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff]\ufe0f?){1,2}|\d\ufe0f?\u20e3)\s?\w)"
)
# Two spaces or a backslash at the end break a line.
BROKEN = re.compile(r"(?: {2}|\\)$")
# How Python-Markdown keeps what a backslash protects, and what it sets aside until the end.
PROTECTED, SET_ASIDE = re.compile("\x02(\\d+)\x03"), re.compile("\x02[^\x02\x03]*\x03")
# Where a text begins on a line of its own; in a cell or a heading, what begins a list is a mark like any other.
BLOCKS = {"p", "li", "blockquote", "div"}
# What stands within a text.
WITHIN = {"em", "strong", "a", "code", "img", "br"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
# What makes words stand out.
MARKS = {"em": "*", "strong": "**", "code": "`"}
SIGNS = ("*", "_", "`")
WORD, NO_DIGIT = re.compile(r"[^\W_]+"), re.compile(r"\D")
# Every sign of a keyboard is a space; a letter of more than one byte has none of theirs.
NO_SIGNS = bytes(byte if byte > ord("\x7f") or chr(byte).isalnum() else ord(" ") for byte in range(256))
# What no reader sees of a line, by a character without which it is not there, in this order; of a link, its words stay.
HIDDEN = (("&", ENTITY, " "), ("<", ADDRESS_AS_LINK, " "), ("{", KEY, " "), ("[", LINK, r" \2 "), ("{", ATTRIBUTES, " "))
MAY_HIDE = re.compile(r"[&<{\[]")


class OnlyWords(AtomicString):  # type: ignore[misc]
    """A text in which Markdown has nothing to look for. Any other of its kind is code or a fact, and no text of the page."""


class Item(NamedTuple):
    """One item of a list: numbered or not, how deep in other items, and the number that stands before it."""

    numbered: bool
    depth: int
    number: int
    # Where it was typed, or which of the lists that were made it is in, and how it begins there.
    line: int = 0
    within: int = 0
    text: str = ""
    # How many headings stand above it.
    section: int = 0

    def like(self, other: "Item") -> bool:
        """Whether both are the same kind of item in the same place."""
        return (self.numbered, self.depth) == (other.numbered, other.depth)


class Part(NamedTuple):
    """A heading with its level, a row with its number of cells, a link, a picture or a grey block, with its line or text.

    The text of a link or picture is where it leads.
    """

    size: int
    line: int = 0
    text: str = ""
    section: int = 0


class Text(NamedTuple):
    """A line of text between two marks: whether it begins a line of a paragraph or item, and which paragraph it is of."""

    text: str
    starts: bool = False
    block: int = 0
    # Whether a tap on it leads somewhere.
    linked: bool = False


@dataclass
class Outline:
    """The parts of a page in order, the lines of text between them, and all words."""

    items: list[Item] = field(default_factory=list)
    headings: list[Part] = field(default_factory=list)
    rows: list[Part] = field(default_factory=list)
    links: list[Part] = field(default_factory=list)
    pictures: list[Part] = field(default_factory=list)
    # Grey blocks of text that was moved in; those between marks are no part of the tree that is looked at.
    blocks: list[Part] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    # What a reader reads, in pieces with the line of each where it was typed.
    shown: list[tuple[str, int]] = field(default_factory=list)
    # Text that begins at the margin right under an item, and so becomes a part of it.
    glued: list[int] = field(default_factory=list)
    # Lines that look like points and run on in one, and text that was moved in too little to belong to the item above.
    run_on: list[int] = field(default_factory=list)
    # Text that begins at the margin right under a quotation, and so becomes a part of it.
    quoted: list[int] = field(default_factory=list)
    # A part of a word that stands out, or the space between two words: the marks around it were meant as signs.
    within_words: list[str] = field(default_factory=list)
    # A bracket stands right before or behind a link.
    beside_link: bool = False
    lists: int = 0
    # Paragraphs, items, headings and cells.
    blocks_of_text: int = 0
    in_link: bool = False

    @property
    def words(self) -> list[str]:
        """All words in order."""
        return WORD.findall("\n".join(text for text, _ in self.shown))

    @property
    def pieces(self) -> list[bytes]:
        """What stands between the signs of a keyboard, in order: words, with other signs. Much quicker than words."""
        return "\n".join(text for text, _ in self.shown).encode().translate(NO_SIGNS).split()


def outline_typed(page: Page) -> Outline:
    """What an editor reads in the text of a page: a line that looks like an item is one, and so on."""
    typed = Outline()
    margins: list[int] = []
    above, above_raw = "", ""
    for number, raw in _lines(page):
        if not raw:
            above = above_raw = ""
            continue
        line = QUOTED.sub("", raw) if ">" in raw else raw
        if ">" in above_raw and _joins_quotation(above_raw, raw):
            typed.quoted.append(number)
        plain = CODE.sub("0", line) if "`" in line else line
        _count(plain, number, page.links_by_line.get(number, ()) if plain is raw else links_in(plain), typed)
        item = LIST_ITEM.match(line)
        typed.shown.append((_shown(line[item.end() :] if item else line), number))
        if item and not _goes_on(item[0], above) and not ACROSS.fullmatch(line):
            margins = _item(line, item[0], number, margins, typed)
        elif margins and line[:1] == " " and not above.strip() and len(line) - len(line.lstrip()) <= LITTLE:
            typed.run_on.append(number)
        elif line.strip() and line[0] not in " \t|#" and not ATTRIBUTES.match(line):
            if LIST_ITEM.match(above):
                typed.glued.append(number)
            elif not above.strip():
                margins = []
        if above and _run_on(above, line):
            typed.run_on.append(number)
        above, above_raw = line, raw
    return typed


def _lines(page: Page) -> Iterator[tuple[int, str]]:
    """The lines of the text; those of a block between marks are no Markdown, and empty here."""
    if "```" not in page.body and "~~~" not in page.body:
        yield from page.numbered()
        return
    fence = ""
    for number, line in page.numbered():
        marked = False
        if line:
            fence, marked = fenced(line, fence)
        yield number, "" if marked else line


def _joins_quotation(above: str, raw: str) -> bool:
    """Whether a line without the mark of a quotation becomes a part of the one above."""
    marked = QUOTED.match(above)
    goes_on = bool(marked and above[marked.end() :].strip())
    return goes_on and bool(raw.strip()) and not QUOTED.match(raw) and not ATTRIBUTES.match(raw)


def _goes_on(mark: str, above: str) -> bool:
    """Whether a sentence goes on with a number, such as a year, that happens to begin a line."""
    return bool(above.strip()) and not LIST_ITEM.match(above) and len(mark.strip()) > LONGEST_MARK


def _run_on(above: str, line: str) -> bool:
    """Whether a reader takes both lines for points of one list. Markdown makes one line of them."""
    other = POINT.match(line)
    one = POINT.match(above) if other else None
    if not one or not other or LIST_ITEM.match(line) or BROKEN.search(above):
        return False
    # Two names may begin with an initial.
    initials = "".join(match["capital"] or "" for match in (one, other))
    if len(initials) == len("AB") and ord(initials[0]) + 1 != ord(initials[1]):
        return False
    # And two amounts may begin a line; of points, the last number goes on by one.
    dotted = [[int(part) for part in match["dotted"].split(".")] for match in (one, other) if match["dotted"]]
    if len(dotted) == len("12") and dotted[1] != [*dotted[0][:-1], dotted[0][-1] + 1]:
        return False
    kinds = [
        (match["word"], match["mark"], *(part for part, text in match.groupdict().items() if text)) for match in (one, other)
    ]
    return kinds[0] == kinds[1]


def _item(line: str, mark: str, number: int, margins: list[int], typed: Outline) -> list[int]:
    indent = len(line) - len(line.lstrip())
    kept = [margin for margin in margins if margin < indent]
    digits = NO_DIGIT.sub("", mark)
    typed.items.append(Item(bool(digits), len(kept), int(digits or 0), number, section=len(typed.headings)))
    return [*kept, indent]


def _count(line: str, number: int, links: Iterable[re.Match[str]], typed: Outline) -> None:
    if line.startswith("#") and (heading := HEADING.match(line)) and heading[2]:
        typed.headings.append(Part(len(heading[1]), number))
    if line.lstrip().startswith("|") and not TABLE_RULE.match(line.strip()):
        typed.rows.append(Part(_cells(line), number, section=len(typed.headings)))
    for link in links:
        # A link without words is none that anybody can see, or hear.
        if link[1] or WORD.search(unescape(link[2])):
            (typed.pictures if link[1] else typed.links).append(Part(1, number, link[3], len(typed.headings)))


def _cells(line: str) -> int:
    return len(re.findall(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))) + 1


def _shown(line: str) -> str:
    """A line without what no reader sees: where a link leads, marks, and the table's rule."""
    if "|" in line and TABLE_RULE.match(line.strip()):
        return ""
    # Most lines have none of these, and looking for a character is quick.
    if MAY_HIDE.search(line):
        for mark, pattern, by in HIDDEN:
            if mark in line:
                line = pattern.sub(by, line)
        if "![" in line:
            line = LINK.sub(r" \2 ", line)
    return line


def outline_of(root: Element) -> Outline:
    """What Markdown made of a page, before the last step in which protected characters become like any other."""
    made = Outline()
    _look(root, made, 0, _Numbers())
    return made


class _Numbers:
    """What the items of a list count from; 0 where they have no number."""

    def __init__(self, of: Element | None = None, place: int = 0) -> None:
        self.place = place
        self.next = int(of.get("start") or 1) if of is not None and of.tag == "ol" else 0


def _look(element: Element, made: Outline, depth: int, numbers: _Numbers) -> None:
    tag = element.tag
    made.blocks_of_text += tag not in WITHIN
    if tag in ("ol", "ul"):
        made.lists += 1
        numbers = _Numbers(element, made.lists)
    elif tag == "li":
        made.items.append(Item(numbers.next > 0, depth, numbers.next, 0, numbers.place, _begins(element), len(made.headings)))
        numbers.next += numbers.next > 0
        depth += 1
    elif tag == "tr":
        made.rows.append(Part(len(element), 0, _begins(element), len(made.headings)))
    elif tag in HEADINGS:
        made.headings.append(Part(int(tag[1]), text=(element.text or "").strip()))
    elif tag == "pre":
        made.blocks.append(Part(1, text=_begins(element)))
    elif tag == "img":
        made.pictures.append(Part(1, 0, element.get("src") or "", len(made.headings)))
        made.shown.append((element.get("alt") or "", 0))
    elif tag == "a" and not isinstance(element.text, AtomicString):
        made.links.append(Part(1, 0, element.get("href") or "", len(made.headings)))
    made.in_link = made.in_link or tag == "a"
    # An address that leads where it says needs no mark.
    _text(element.text, made, first=tag in BLOCKS, code=tag == "code" or element.get("href") == element.text)
    before = element.text or ""
    for child in element:
        _look(child, made, depth, numbers)
        made.in_link = tag == "a" or (made.in_link and child.tag != "a")
        _text(child.tail, made, first=child.tag == "br", code=False)
        made.beside_link |= child.tag == "a" and (before[-1:] == "]" or (child.tail or "x")[0] in "()")
        if child.tag in MARKS and _meant_as_signs(before, child):
            made.within_words.append(f"{(before.split() or [''])[-1]}{MARKS[child.tag]}{child.text or ''}")
        before = child.tail or ""


def _meant_as_signs(before: str, child: Element) -> bool:
    """Whether marks stand within words where they cannot have been meant to make anything stand out: 2*3*4, 5* or 6*."""
    text, behind = child.text or "", child.tail or ""
    edges = before[-1:].isalnum(), behind[:1].isalnum()
    # Whoever wants a part of a word to stand out has one word in mind.
    from_within = child.tag == "em" and edges[0] and " " in text
    loose = child.tag != "code" and (text[:1] == " " or (text[-1:] == " " and not len(child)))
    # One sign more at one end than at the other.
    uneven = before[-1:] in SIGNS or behind[:1] in SIGNS
    return all(edges) or from_within or loose or uneven


def _begins(element: Element) -> str:
    """The first text within."""
    while not (element.text or "").strip() and len(element):
        element = element[0]
    return element.text or ""


def _text(text: str | None, made: Outline, *, first: bool, code: bool) -> None:
    if not text or text.isspace():
        return
    plain = "\x02" not in text
    whole = text if plain else SET_ASIDE.sub(" ", PROTECTED.sub(lambda match: chr(int(match[1])), text))
    made.shown.append((whole, 0))
    if code or type(text) is AtomicString:
        return
    if plain and "\n" not in text:
        made.texts.append(Text(text, first, made.blocks_of_text, made.in_link))
    else:
        lines = (text if plain else SET_ASIDE.sub(" ", PROTECTED.sub("\x03", text))).split("\n")
        made.texts += (
            Text(line, first or place > 0, made.blocks_of_text, made.in_link)
            for place, line in enumerate(lines)
            if line.strip()
        )
