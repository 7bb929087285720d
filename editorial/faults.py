"""What can be wrong with a page, told in sentences that an editor can act on."""

from collections.abc import Collection, Iterator, Mapping
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

REQUIRED = ("title", "description", "owner", "reviewed", "review_by", "sources", "related", "keywords")


def missing_twins(docs: Path, languages: tuple[str, str] = ("nl", "en")) -> Iterator[str]:
    """Name every page that exists in one language only."""
    pages = {language: {p.relative_to(docs / language) for p in (docs / language).rglob("*.md")} for language in languages}
    for here, there in (languages, languages[::-1]):
        for page in sorted(pages[here] - pages[there]):
            yield f"docs/{there}/{page} is missing: it is the twin of docs/{here}/{page}"


def front_matter_faults(meta: Mapping[str, Any], sources: Collection[str], slugs: Collection[str]) -> Iterator[str]:
    """Tell which facts about a page are absent or name something unknown."""
    for key in REQUIRED:
        if key not in meta or meta[key] in (None, ""):
            yield f"front matter lacks '{key}'"
    for code in meta.get("sources") or ():
        if code not in sources:
            yield f"source '{code}' is not in docs/sources.yml"
    for slug in meta.get("related") or ():
        if slug not in slugs:
            yield f"related page '{slug}' does not exist"


class _Outline(HTMLParser):
    """Collects the heading levels and the images without a text alternative."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.silent_images: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.levels.append(int(tag[1]))
        if tag == "img" and not (dict(attrs).get("alt") or "").strip():
            self.silent_images.append(dict(attrs).get("src") or "?")


def content_faults(html: str) -> Iterator[str]:
    """Tell what a screen reader would stumble over in the text of a page."""
    outline = _Outline()
    outline.feed(html)
    if outline.levels.count(1) != 1 or outline.levels[0] != 1:
        yield "a page starts with its one '# ' heading and has no other"
    for above, below in pairwise(outline.levels):
        if below > above + 1:
            yield f"heading level jumps from {above} to {below}"
    for source in outline.silent_images:
        yield f"image '{source}' has no text alternative"
