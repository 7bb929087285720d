"""MkDocs hook: puts the keys in force on the page `sleutels` and their files into the site.

`contact-service publish-keys FOLDER` writes them; PUBLISHED_KEYS names that folder at build time. Without it the page says
that it has no keys, and the site builds all the same.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from contact_service.openpgp.key_files import grouped

PAGE, SECTION = "sleutels.md", "{ #sleutels }"
# MkDocs looks for the targets of links among its own files, and these come from outside: until it has looked they lead here.
OUTSIDE = "published-key:"
WORDS = {
    "nl": {
        "fingerprint": "Vingerafdruk",
        "download": "Download de sleutel voor",
        "none": "Er staan nu geen sleutels op deze pagina. Gebruik [het formulier](contact.md).",
    },
    "en": {
        "fingerprint": "Fingerprint",
        "download": "Download the key for",
        "none": "There are no keys on this page now. Please use [the form](contact.md).",
    },
}


def folder() -> Path | None:
    """Where the published keys are, if there are any."""
    name = os.environ.get("PUBLISHED_KEYS")
    return Path(name) if name else None


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str | None:
    """List the keys at the end of the section that is named after them."""
    if page.file.src_uri != PAGE:
        return None
    source = folder()
    entries = json.loads((source / "keys.json").read_text("utf-8")) if source else []
    words = WORDS[str(config.theme["language"])]
    keys = "\n".join(listed(entries, words, config.extra["naam"])) or words["none"]
    sections = re.split(r"(?m)^(?=## )", markdown)
    return "".join(f"{section}{keys}\n\n" if SECTION in section else section for section in sections)


@event_priority(50)
def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str | None:
    """Let the links lead to the key files, before anybody judges them."""
    if page.file.src_uri != PAGE:
        return None
    return re.sub(rf'href="{OUTSIDE}([^"]*)"', rf'href="../{config.extra["to_root"]}\1" download', html)


def listed(entries: Sequence[Mapping[str, Any]], words: Mapping[str, str], names: Mapping[str, str]) -> Iterator[str]:
    """The keys as Markdown, under the name of each association."""
    for association, group in groupby(entries, key=lambda entry: entry["association"]):
        yield f"### {names.get(association, association)}\n"
        for entry in group:
            yield f"- [{words['download']} {entry['address']}]({OUTSIDE}{entry['file']})"
            for fingerprint in entry["fingerprints"]:
                yield f"- {words['fingerprint']}: {grouped(fingerprint)}"
        yield ""


def on_post_build(config: MkDocsConfig) -> None:
    """Bring the key files into the site, once for both languages."""
    source = folder()
    if source and not config.extra["to_root"]:
        shutil.copytree(source, config.site_dir, dirs_exist_ok=True)
