"""All pages of both languages and the facts they lean on: what a rule may look at."""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from editorial.desk.files import Contents, contents
from editorial.desk.page import Page
from editorial.desk.problem import Problem
from editorial.desk.reading import read_page, unreadable_yaml
from editorial.desk.rendering import Renderer
from editorial.desk.shared import written
from editorial.desk.spelling import Spelling
from editorial.desk.yaml_text import load_list, load_yaml, text_of

LANGUAGES = ("nl", "en")
SETTINGS = {"nl": "mkdocs.yml", "en": "mkdocs.en.yml"}
# What they inherit, which is no file of editors.
BASES = {"nl": "editorial/build/mkdocs.base.yml", "en": "editorial/build/mkdocs.base.en.yml"}
# Words with a number behind them, whether or not somebody kept the space at their end: YAML keeps it in quotes alone.
BEFORE_A_NUMBER = (
    "danger", "call", "confer", "form_closed_text", "form_closed_danger", "form_closed_other", "form_closed_other_danger",
)  # fmt: skip
FACTS, SOURCES, MOVED = "docs/facts.yml", "docs/sources.yml", "docs/moved.yml"


@dataclass
class Desk:
    """The pages as they lie on the desk today."""

    root: Path
    today: date
    spelling: Spelling = field(default_factory=Spelling)

    @cached_property
    def contents(self) -> Contents:
        """What lies in the folder of pages."""
        return contents(self.root / "docs")

    @cached_property
    def _read(self) -> tuple[dict[tuple[str, str], Page], list[Problem]]:
        pages: dict[tuple[str, str], Page] = {}
        unreadable: list[Problem] = []
        for path in self.contents.pages:
            page = read_page(path, path.parent.name)
            if isinstance(page, Page):
                pages[page.language, page.slug] = page
            else:
                unreadable += page
        return pages, unreadable

    @property
    def pages(self) -> dict[tuple[str, str], Page]:
        """Every page that could be read, by language and name."""
        return self._read[0]

    @property
    def unreadable(self) -> list[Problem]:
        """Why the other files could not be read."""
        return self._read[1]

    @cached_property
    def slugs(self) -> dict[str, set[str]]:
        """The names of all page files, those that cannot be read included."""
        pages = self.contents.pages
        return {language: {path.stem for path in pages if path.parent.name == language} for language in LANGUAGES}

    def twin(self, page: Page) -> Page | None:
        """The same page in the other language."""
        return self.pages.get(("en" if page.language == "nl" else "nl", page.slug))

    @cached_property
    def titles(self) -> dict[str, dict[str, list[Page]]]:
        """The pages of each language by their title."""
        found: dict[str, dict[str, list[Page]]] = {language: {} for language in LANGUAGES}
        for page in self.pages.values():
            found[page.language].setdefault(str(page.meta.get("title")), []).append(page)
        return found

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Phone numbers, addresses and names that pages share."""
        return dict(load_yaml(text_of(self.root / FACTS)).get("extra") or {})

    @cached_property
    def written(self) -> dict[str, dict[str, dict[str, str]]]:
        """The facts as each language writes them."""
        return {language: written(self.facts, language) for language in LANGUAGES}

    @cached_property
    def renderers(self) -> dict[str, Renderer]:
        """What makes HTML of the pages of each language."""
        return {language: Renderer(facts) for language, facts in self.written.items()}

    @cached_property
    def keys(self) -> dict[str, dict[str, str]]:
        """Every key that a page of a language may use, as `tel.ot`, with its fact."""
        return {
            language: {f"{group}.{key}": fact for group, facts in groups.items() for key, fact in facts.items()}
            for language, groups in self.written.items()
        }

    def fact_line(self, group: str, key: str) -> int:
        """Where a fact stands in the list; line 1 when it is absent."""
        lines = text_of(self.root / FACTS).splitlines()
        start = next((n for n, line in enumerate(lines) if line.startswith(f"  {group}:")), 0)
        return next((n for n, line in enumerate(lines[start:], start + 1) if line.startswith(f"    {key}:")), start + 1)

    @cached_property
    def sources(self) -> dict[str, dict[str, str]]:
        """Every known source by its code; none when the list cannot be read, which the check says."""
        text = text_of(self.root / SOURCES)
        return {} if unreadable_yaml(text) else load_list(text)

    @cached_property
    def frames(self) -> dict[str, dict[str, Any]]:
        """What stands around the pages of each language, its name, its words and its menu. To be read only."""
        return {language: frame_of(self.root, language) for language in SETTINGS}

    @cached_property
    def menus(self) -> dict[str, list[str]]:
        """The pages in the menu of each language, in order."""
        return {language: _slugs(self.frames[language].get("nav") or []) for language in LANGUAGES}

    @property
    def images(self) -> list[Path]:
        """All pictures among the pages."""
        return self.contents.pictures


def frame_of(root: Path, language: str) -> dict[str, Any]:
    """What stands around the pages of a language, as its settings say."""
    frame = deepcopy(load_list(text_of(root / SETTINGS[language])))
    words = frame["extra"]["words"]
    words |= {name: f"{words[name].rstrip()} " for name in BEFORE_A_NUMBER if name in words}
    return frame


def _slugs(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav.removesuffix(".md")] if nav.endswith(".md") else []
    entries = nav.values() if isinstance(nav, dict) else nav
    return [slug for entry in entries for slug in _slugs(entry)]
