"""One page as the desk sees it: its front matter, its lines, and what stands in them."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from markdown.extensions.toc import slugify

from editorial.desk.shared import KEY

# What may stand above the text: what every page needs, and what some have.
REQUIRED = ("title", "description", "owner", "reviewed", "review_by", "related", "keywords")
LISTS = {"sources", "related", "keywords", "verify"}
DAYS = {"reviewed", "review_by"}
KNOWN = {*REQUIRED, "sources", "source_rev", "verify", "except", "template"}
# The templates for pages of their own, which alone may ask for them: the form, and the click of an adviser, "I have it".
TEMPLATES = {"contact.html": "contact", "opened.html": "gelezen"}
HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*(?:\{\s*#([\w-]+)[^}]*\})?\s*$")
FENCE = re.compile(r"\s*(```+|~~~+)")
LIST_ITEM = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
# The mark of a heading or a quotation, and what makes words stand out.
BEGINNING, STANDING_OUT = re.compile(r"^\s*(?:#{1,6}|>)\s+"), re.compile(r"\*\*|\*|`|__")
TABLE_RULE = re.compile(r"^\|?(?:\s*:?-+:?\s*\|)+\s*(?::?-+:?)?\s*$")
# Links and attributes end on their line, so both are found in one line and in many alike.
LINK = re.compile(r"(!?)\[((?:[^\[\]\n]++|\[[^\]\n]*\])*+)\]\([^\S\n]*([^)\s]*)[^)\n]*\)")
EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
ATTRIBUTES = re.compile(r"\{:?[^\S\n]*(?:[#.]|\w+=)[^}\n]*\}")
ANCHOR = re.compile(r"\{[^}]*#([\w-]+)[^}]*\}")
ON_DANGER = re.compile(r"[^{]*\{:?\s*(?:[#.][\w-]+\s+)*\.danger[\s}]")
SENTENCE_END = re.compile(r"(?<=[.?!:])['’”\")]*\s+(?=['‘“\"(]?[A-ZÀ-Ý0-9])")
ABBREVIATIONS = re.compile(r"\b(bijv|bv|o\.a|e\.g|i\.e|art|nr|mr|dr|blz|ca|St|Mr|Ms|Dr|No)\.", re.IGNORECASE)


@dataclass(frozen=True)
class Heading:
    """A heading with its depth, its words and the name that links use."""

    line: int
    level: int
    text: str
    anchor: str
    named: bool


@dataclass(frozen=True)
class Link:
    """A link or an image: what it says and where it leads."""

    line: int
    text: str
    target: str
    image: bool


# Known by what it is, not by what it says: what was found on a page is remembered with it.
@dataclass(frozen=True, eq=False)
class Page:
    """A page that could be read. Line numbers count from the top of the file, as an editor's screen shows them."""

    path: str
    language: str
    slug: str
    meta: Mapping[str, Any]
    meta_lines: tuple[str, ...]
    body_lines: tuple[str, ...]
    first_body_line: int

    def meta_line(self, key: str) -> int:
        """Where a key stands in the front matter; line 1 when it is absent."""
        found = (n for n, line in enumerate(self.meta_lines, 2) if line.startswith(f"{key}:"))
        return next(found, 1)

    @cached_property
    def body(self) -> str:
        """The text as a whole: to see in it at once that something is absent is the quickest way."""
        return "\n".join(self.body_lines)

    @property
    def on_danger(self) -> bool:
        """Whether the page says what to do in danger: it has the box with the number to call."""
        return ".danger" in self.body and any(ON_DANGER.match(line) for line in self.body_lines)

    @property
    def shown_meta(self) -> list[tuple[int, str]]:
        """The lines above the text that a reader gets to see."""
        return [(n, line) for n, line in enumerate(self.meta_lines, 2) if line.startswith(("title:", "description:"))]

    def numbered(self) -> Iterator[tuple[int, str]]:
        """Walk through the lines of the text."""
        return enumerate(self.body_lines, self.first_body_line)

    @cached_property
    def headings(self) -> list[Heading]:
        """All headings in order."""
        found, fence, marked = [], "", False
        fences = "```" in self.body or "~~~" in self.body
        for number, line in self.numbered():
            if fences:
                fence, marked = fenced(line, fence)
            if line[:1] == "#" and not marked and (match := HEADING.match(line)):
                text = plain(match[2])
                found.append(Heading(number, len(match[1]), text, match[3] or slugify(text, "-"), bool(match[3])))
        return found

    @cached_property
    def anchors(self) -> set[str]:
        """Every name on this page to which a link can lead."""
        named = {match[1] for line in self.body_lines if "{" in line for match in ANCHOR.finditer(line)}
        return named | {heading.anchor for heading in self.headings}

    @cached_property
    def links_by_line(self) -> dict[int, list[re.Match[str]]]:
        """The links and pictures of each line that has some, as they were typed."""
        lines = self.numbered() if "](" in self.body else ()
        return {number: found for number, line in lines if "](" in line and (found := [*links_in(line)])}

    @cached_property
    def links(self) -> list[Link]:
        """All links and images in order."""
        return [
            Link(number, LINK.sub(r"\2", match[2]), match[3], bool(match[1]))
            for number, found in self.links_by_line.items()
            for match in found
        ]

    @cached_property
    def keys(self) -> list[tuple[int, str]]:
        """All keys of facts in order, as `tel.ot`; those in the title and the description too."""
        lines = [(number, line) for number, line in [*self.shown_meta, *self.numbered()] if "{" in line]
        return [(number, match[1]) for number, line in lines for match in KEY.finditer(line)]

    @cached_property
    def prose(self) -> list[tuple[int, str]]:
        """What a reader reads, without markup, line by line; title and description included."""
        shown = [(self.meta_line(key), str(self.meta.get(key) or "")) for key in ("title", "description")]
        return shown + [(number, text) for number, line in self.numbered() if line and (text := plain(line))]

    @cached_property
    def sentences(self) -> list[tuple[int, str]]:
        """All sentences with the line on which they start."""
        return [(number, sentence) for number, block in _blocks(self) for sentence in split_sentences(block)]

    @cached_property
    def revision(self) -> str:
        """A short name for what a translator translates; it changes when title, description or text change."""
        shown = [str(self.meta.get("title")), str(self.meta.get("description")), *(line.rstrip() for line in self.body_lines)]
        return hashlib.sha256("\n".join(shown).strip().encode()).hexdigest()[:12]


def fenced(line: str, fence: str) -> tuple[str, bool]:
    """The marks of the grey block that is still open behind this line, and whether the line is of one: it is no Markdown."""
    mark = FENCE.match(line)
    if not mark:
        return fence, bool(fence)
    # It ends at marks of the same kind.
    return "" if fence and mark[1].startswith(fence) else fence or mark[1], True


def matches(pattern: re.Pattern[str], lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, re.Match[str]]]:
    """Every match in these lines with the number of the line on which it begins: one search through all is the quickest."""
    numbered = [*lines]
    text = "\n".join(line for _, line in numbered)
    return ((numbered[text.count("\n", 0, match.start())][0], match) for match in pattern.finditer(text))


def links_in(line: str) -> Iterator[re.Match[str]]:
    """Every link and picture of a line, and each picture that is a link itself."""
    for match in LINK.finditer(line) if "[" in line else ():
        yield match
        if not match[1] and "![" in match[2]:
            yield from LINK.finditer(match[2])


def plain(line: str) -> str:
    """Leave only the words of a line."""
    # Most lines have none of these, and looking for a character is quick.
    if "{" in line:
        line = ATTRIBUTES.sub("", KEY.sub("0", line))
    if "[" in line:
        line = LINK.sub(lambda match: LINK.sub(r"\2", match[2]), line)
    if not line[:1].isalpha():
        if "|" in line and TABLE_RULE.match(line.strip()):
            return ""
        line = BEGINNING.sub("", LIST_ITEM.sub("", line))
    if "*" in line or "`" in line or "_" in line:
        line = STANDING_OUT.sub("", line)
    return line.strip()


def split_sentences(text: str) -> list[str]:
    """Cut running text into sentences."""
    # The full stop of an abbreviation ends nothing.
    kept = ABBREVIATIONS.sub(lambda match: match[0][:-1] + "\u2024", text)
    return [sentence.strip() for sentence in SENTENCE_END.split(kept) if sentence.strip()]


def _blocks(page: Page) -> Iterator[tuple[int, str]]:
    """Join the lines of a paragraph; list items, table cells and headings stand alone."""
    start, block = 0, ""
    for number, line in [*page.numbered(), (0, "")]:
        alone = HEADING.match(line) or line.lstrip().startswith("|")
        if block and (not line.strip() or alone or LIST_ITEM.match(line)):
            yield start, block
            block = ""
        if alone:
            for cell in plain(line).strip("|").split("|"):
                if cell.strip():
                    yield number, cell.strip()
        elif words := plain(line):
            start, block = (start, f"{block} {words}") if block else (number, words)


def repository_path(path: Path) -> str:
    """Name a file as an editor knows it: from `docs/` on."""
    parts = path.parts
    return "/".join(parts[len(parts) - 1 - parts[::-1].index("docs") :] if "docs" in parts else parts[-1:])
