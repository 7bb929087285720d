"""How the text of a page becomes HTML: Markdown, in which a key becomes its fact and everything else stays what was typed.

No page is ever read as a template, and HTML on a page is text.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from re import Match
from typing import Any
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from editorial.desk.outline import OnlyWords, Outline, outline_of
from editorial.desk.page import Page
from editorial.desk.shared import KEY, address_of
from editorial.desk.yaml_text import load_build_settings, text_of

BASE = Path(__file__).parents[1] / "build" / "mkdocs.base.yml"
# What MkDocs adds to the extensions that its settings name.
ALWAYS = ("toc", "tables", "fenced_code")
# After code and what a backslash protects, before links: a link may have a name in its words.
KEY_PRIORITY = 175
# Before Markdown looks for marks in the texts of blocks.
WORDS_PRIORITY = 25
# What every mark within a text has: without one, there is nothing to look for.
SOME_MARK = re.compile(r"[\\`\[<&*_{\x02]|  \n")
# After marks such as { .danger } have found their place, before what a backslash protected is a character like any other.
OUTLINE_PRIORITY = 2


class PagesAreText(Extension):  # type: ignore[misc]  # Markdown has no types
    """Fills in the facts of one language, leaves raw HTML to be seen as it was typed, and remembers what became of a page."""

    def __init__(self, facts: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__()
        self._facts = facts
        # Of the page that was made last.
        self.outline = Outline()

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the name of the base class
        """Put our keys in, and take out what lets HTML through."""
        md.preprocessors.deregister("html_block")
        md.inlinePatterns.deregister("html")
        md.inlinePatterns.register(_Keys(self._facts), "key", KEY_PRIORITY)
        md.treeprocessors.register(_Words(), "words", WORDS_PRIORITY)
        md.treeprocessors.register(_Look(self), "outline", OUTLINE_PRIORITY)


class _Keys(InlineProcessor):  # type: ignore[misc]
    def __init__(self, facts: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(KEY.pattern)
        self._facts = facts

    def handleMatch(self, m: Match[str], data: str) -> Any:  # noqa: N802 - the name of the base class
        """A number dials, an address opens a mail, a name is text; an unknown key stays, to be seen."""
        group, _, key = m[1].partition(".")
        fact = self._facts[group].get(key)
        if fact is None:
            return None, None, None
        target = address_of(group, fact)
        if not target:
            return fact, m.start(0), m.end(0)
        link = Element("a", href=target)
        link.text = AtomicString(fact)
        return link, m.start(0), m.end(0)


class _Words(Treeprocessor):  # type: ignore[misc]
    def run(self, root: Element) -> None:
        """Let Markdown look for each of its marks only in texts that may have one: nearly half of them have none."""
        for element in root.iter():
            if type(element.text) is str and not SOME_MARK.search(element.text):
                element.text = OnlyWords(element.text)


class _Look(Treeprocessor):  # type: ignore[misc]
    def __init__(self, pages: PagesAreText) -> None:
        super().__init__()
        self._pages = pages

    def run(self, root: Element) -> None:
        """Keep what was made; change nothing."""
        self._pages.outline = outline_of(root)


class Renderer:
    """Makes HTML of pages of one language as a build does, but for the links, which MkDocs leads to their addresses."""

    def __init__(self, facts: Mapping[str, Mapping[str, str]]) -> None:
        settings = load_build_settings(text_of(BASE))["markdown_extensions"]
        options = {name: values for entry in settings if isinstance(entry, dict) for name, values in entry.items()}
        names = [*ALWAYS, *(name for entry in settings for name in ([entry] if isinstance(entry, str) else entry))]
        self._pages_are_text = PagesAreText(facts)
        self._markdown = Markdown(extensions=[*names, self._pages_are_text], extension_configs=options)
        self._last: tuple[Page | None, str] = (None, "")

    def html(self, page: Page) -> str:
        """The text of a page as HTML. Raises RecursionError where things stand in each other without end."""
        # Several rules look at one page before the next.
        if self._last[0] is not page:
            self._last = page, str(self._markdown.reset().convert(page.body))
        return self._last[1]

    def outline(self, page: Page) -> Outline:
        """What became of the text of a page. Raises RecursionError likewise."""
        self.html(page)
        return self._pages_are_text.outline
