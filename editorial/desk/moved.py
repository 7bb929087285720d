"""Keeps old addresses alive: a page that got another name leaves a page behind that leads to it.

A page with a link, not a rule for one web server: it works on every server and CDN, without script, and the reader sees
where she is sent. An automatic jump would also empty the way back on a phone whose owner is watched.
"""

from collections.abc import Iterator
from pathlib import Path

import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, InclusionLevel

from editorial.desk.desk import MOVED
from editorial.desk.yaml_text import load_yaml, text_of

# The dates and the owner are those of the page itself.
BORROWED = ("owner", "reviewed", "review_by", "sources")
WORDS = {
    "nl": ("Verplaatst: {title}", "Deze pagina heeft een nieuw adres.", "Ga naar: [{title}]({new}.md)"),
    "en": ("Moved: {title}", "This page has a new address.", "Go to: [{title}]({new}.md)"),
}


def moved_pages(root: Path) -> dict[str, str]:
    """The old names with the new ones."""
    path = root / MOVED
    return dict(load_yaml(text_of(path)) or {}) if path.exists() else {}


def signposts(config: MkDocsConfig) -> Iterator[File]:
    """A page at every old address, in the language that is being built."""
    docs = Path(config.docs_dir)
    for old, new in moved_pages(docs.parent.parent).items():
        content = _signpost(docs / f"{new}.md", docs.name, new)
        yield File.generated(config, f"{old}.md", content=content, inclusion=InclusionLevel.NOT_IN_NAV)


def _signpost(target: Path, language: str, new: str) -> str:
    # A name that leads nowhere makes the strict build fail on the link below.
    meta = load_yaml(text_of(target).split("---")[1]) if target.exists() else {}
    title, description, way = (words.format(title=meta.get("title", new), new=new) for words in WORDS[language])
    above = {key: meta.get(key) for key in BORROWED} | {"title": title, "description": description}
    above |= {"related": [new], "keywords": [new]}
    return f"---\n{yaml.safe_dump(above, allow_unicode=True)}---\n# {title}\n\n{description} {way}\n"
