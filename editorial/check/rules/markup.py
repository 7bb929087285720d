"""What Markdown made of a page, judged as a browser reads it: these elements, attributes and addresses, and no other.

No list of dangerous words: whatever way something got onto the page, what is not named here is refused.
"""

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser

from editorial.desk.desk import Desk
from editorial.desk.outline import HEADINGS
from editorial.desk.page import TEMPLATES, Page
from editorial.desk.problem import Finding
from editorial.desk.shared import HOST, KEY

ELEMENTS = {
    *HEADINGS, "p", "br", "hr", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "a", "img",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
# Most of a page's marks: elements that say nothing more of themselves need no look. A space stands in their place, which no
# address may hold.
BARE = re.compile(rf"</?(?:{'|'.join(sorted(ELEMENTS - {'a', 'img'}))})>")
# The marks that the stylesheet has for pages; any other could make a page look like a part of the frame.
CLASSES = {"danger", "note", "trust", "alarm", "call", "tick"}
CONTENTS = "[TOC]"
BLOCKS, MARK = {*HEADINGS, "p", "ul", "ol", "li", "blockquote"}, re.compile(rf"(({'|'.join(CLASSES)})( |$))+")
# What the frame around each page calls its own parts.
TAKEN = {"main", "menu", "menu-title", "siblings-title", "q"}
# And the form on its page, whose script and labels would find a heading of that name in its place.
OF_THE_FORM = re.compile("(role|reach|name|when|voicemail|topic|message|website|way|send)(-.*)?")
SIZE, WORDS = re.compile(r"\d{1,4}"), re.compile(r"[^{}]*", re.DOTALL)
PLACE = re.compile(r"(?!/)[\w./~-]*(#[\w-]*)?")
LINK = re.compile(
    rf"https?://{HOST}(:\d+)?([/?#][^\s<>\"`\\]*)?|mailto:[\w.+-]+@{HOST}(\?subject=[\w%.,!'-]*)?|tel:\+?\d+|{PLACE.pattern}",
    re.ASCII,
)
ATTRIBUTES = {
    "": {"id": re.compile(rf"(?!({'|'.join(TAKEN)})$)[\w-]+")},
    "a": {"href": LINK, "title": WORDS, "download": re.compile("")},
    "img": {"src": PLACE, "alt": WORDS, "title": WORDS, "width": SIZE, "height": SIZE},
    "ol": {"start": SIZE},
    "th": {"align": re.compile("left|right|center")},
    "td": {"align": re.compile("left|right|center")},
}
# The same rules as patterns, for marks with one attribute in which nothing stands for another character.
ID, CLASS = ATTRIBUTES[""]["id"].pattern.replace("$", '"'), "|".join(CLASSES)
PLAIN_MARK = re.compile(rf'{BARE.pattern}|<h[1-6] id="{ID}">|<(?:p|ul|ol|li|blockquote) class="(?:{CLASS})">')
PLAIN_LINK = re.compile(rf'<a href="(?=[^&"]*")(?:{LINK.pattern})">[^<]*</a>', re.ASCII)


def markup(page: Page, desk: Desk) -> Iterator[Finding]:
    """Nothing on a page but text, headings, lists, tables, links and pictures."""
    try:
        yield from judged(desk.renderers[page.language].html(page), page)
    except RecursionError:
        # Quotations or lists in each other without end.
        yield Finding(page.first_body_line, {"text": "…"})


def judged(html: str, page: Page) -> Iterator[Finding]:
    """What is not allowed in the HTML that was made of a page."""
    # Of nearly all pages nothing is left then that a browser could take for a mark, and a parser has nothing to look at.
    text = PLAIN_LINK.sub(" ", PLAIN_MARK.sub(" ", html))
    if "<" not in text and page.slug != TEMPLATES["contact.html"] and not KEY.search(unescape(text)):
        return
    judge = _Judge()
    for found in judge.unfit(html):
        # The one mark that becomes an element of another name.
        typed = CONTENTS if found == "<div>" else found.strip("<>")
        line = next((number for number, text in page.numbered() if typed in text), page.first_body_line)
        yield Finding(line, {"text": found[:60]})
    for name in judge.names if page.slug == TEMPLATES["contact.html"] else ():
        if OF_THE_FORM.fullmatch(name):
            headings = (number for number, text in page.numbered() if text.startswith("#") and name in text.lower())
            yield Finding(next(headings, page.first_body_line), {"text": name}, "name")


class _Judge(HTMLParser):
    def unfit(self, html: str) -> list[str]:
        """Every element, attribute or address that is not allowed, as it stands there."""
        self._found: list[str] = []
        self.names: list[str] = []
        self._links = 0
        self.feed(BARE.sub(" ", html))
        self.close()
        return self._found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element with what stands in it; a link within a link leads a reader astray."""
        self._links += tag == "a"
        if tag not in ELEMENTS or self._links > 1:
            self._found.append(f"<{tag}>")
        self.names += [value for name, value in attrs if name == "id" and value]
        for name, value in attrs:
            allowed = ATTRIBUTES.get(tag, {}).get(name) or ATTRIBUTES[""].get(name)
            allowed = MARK if name == "class" and tag in BLOCKS else allowed
            if not allowed:
                self._found.append(name)
            elif not allowed.fullmatch(value or ""):
                self._found.append(value or name)

    def handle_endtag(self, tag: str) -> None:
        """The end of a link."""
        self._links -= tag == "a"

    def handle_data(self, data: str) -> None:
        """A key that nobody filled in, because it stands in code or behind a backslash."""
        self._found += [match[0] for match in KEY.finditer(data)]

    def handle_comment(self, data: str) -> None:
        """The service looks for comments of its own on the page with the form."""
        self._found.append(f"<!--{data}")

    def handle_decl(self, decl: str) -> None:
        """No declaration."""
        self._found.append(f"<!{decl}")

    def unknown_decl(self, data: str) -> None:
        """Nor one of another kind."""
        self._found.append(f"<![{data}")

    def handle_pi(self, data: str) -> None:
        """No instruction to a program."""
        self._found.append(f"<?{data}")
