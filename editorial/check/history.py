"""Finds in git what a page said when its translation was last right."""

import subprocess
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

from editorial.desk.page import Page
from editorial.desk.reading import parse_page

# A page that changed more often than this since its translation was right must be compared as a whole.
FARTHEST = 200


def changes(root: Path, page: Page, revision: str) -> list[str]:
    """The lines that changed since a revision, as a diff; empty when git does not know that revision."""
    for old in _versions(root, page):
        if old.revision == revision:
            lines = list(unified_diff(_shown(old), _shown(page), lineterm="", n=0))[2:]
            return [line for line in lines if not line.startswith("@@")]
    return []


def _shown(page: Page) -> list[str]:
    return [f"title: {page.meta.get('title')}", f"description: {page.meta.get('description')}", *page.body_lines]


def _versions(root: Path, page: Page) -> Iterator[Page]:
    for commit in _git(root, "log", f"-{FARTHEST}", "--format=%H", "--", page.path).split():
        content = _git(root, "show", f"{commit}:./{page.path}")
        old = parse_page(content.encode(), page.path, page.language, page.slug)
        if isinstance(old, Page):
            yield old


def _git(root: Path, *arguments: str) -> str:
    run = subprocess.run(["git", "-C", root, *arguments], capture_output=True, check=False)  # noqa: S603, S607
    return run.stdout.decode("utf-8", "replace") if run.returncode == 0 else ""
