"""`make edit-round-trip`: edits a word of every page in the real editor, in a browser, and compares all files byte for byte."""

import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page

from editorial.editor.__main__ import build
from editorial.editor.folder import Folder
from editorial.editor.server import serve
from tests.support.chromium import chromium
from tests.support.seeded_faults import copy_of_the_desk

WORD = "Proefwoord "


def contents(root: Path) -> dict[str, bytes]:
    """Every file of the folder that an editor can touch."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@contextmanager
def editor(root: Path, desk: Path, folder: Folder | None = None) -> Iterator[tuple[Page, list[str]]]:
    """The editor of a folder in a browser, and what it asked of anybody else and got."""
    server = serve(root, desk, 0, folder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    outside: list[str] = []
    with chromium() as browser:
        window = browser.new_page(viewport={"width": 1280, "height": 900}, locale="nl-NL")
        own = f"http://127.0.0.1:{server.server_port}/"
        window.on(
            "response", lambda answer: None if answer.url.startswith((own, "data:", "blob:")) else outside.append(answer.url)
        )
        window.goto(own)
        window.get_by_text("Hoe bewaar ik bewijs?").first.wait_for(timeout=60_000)
        yield window, outside
    server.shutdown()
    server.server_close()


def show(window: Page, kind: str, name: str, field: str) -> None:
    """Open a page or a list."""
    window.goto(f"{window.url.partition('#')[0]}#/collections/{kind}/entries/{name}")
    window.locator(f'[data-key-path="{field}"] textarea').first.wait_for(timeout=30_000)


def area(window: Page, field: str, language: str = "nl") -> Locator:
    """The box of a field in one language."""
    return window.locator(f'[data-locale="{language}"] [data-key-path="{field}"]').locator("textarea, input").first


def save(window: Page) -> int:
    """Press save, and tell what the host answered."""
    with window.expect_response(lambda answer: answer.url.endswith("/contents") and answer.request.method == "POST") as answer:
        window.get_by_role("button", name="Opslaan", exact=True).click()
    if answer.value.status == 201:
        # It goes back to the list by itself.
        window.wait_for_url(lambda url: "/entries/" not in url)
    return answer.value.status


def round_trip(window: Page, root: Path, slug: str) -> str:
    """Edit one word of a page; what is returned names what is wrong, if anything."""
    before = contents(root)
    show(window, "pages", slug, "body")
    if not window.get_by_role("button", name="Opslaan", exact=True).is_disabled():
        return f"{slug}: changed as soon as it was opened"
    box = area(window, "body")
    text = box.input_value()
    box.fill(text.replace("\n\n", f"\n\n{WORD}", 1))
    if save(window) != 201:
        return f"{slug}: not saved"
    name = f"docs/nl/{slug}.md"
    after = contents(root)
    before[name] = before[name].replace(text.encode(), text.replace("\n\n", f"\n\n{WORD}", 1).encode(), 1)
    odd = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    return f"{slug}: {', '.join(odd)}" if odd or WORD.encode() not in after[name] else ""


def main() -> int:
    """Print the count of pages that kept every other byte."""
    with tempfile.TemporaryDirectory() as folder:
        desk, root = Path(folder) / "desk", copy_of_the_desk(Path(folder) / "repository")
        build(desk)
        slugs = sorted(path.stem for path in root.glob("docs/nl/*.md"))
        with editor(root, desk) as (window, outside):
            wrong = [said for slug in slugs if (said := round_trip(window, root, slug))]
    print(
        f"{len(slugs) - len(wrong)} of {len(slugs)} pairs of pages kept every byte but the word that was typed.",
        *wrong,
        sep="\n",
    )
    print(f"Asked of others: {len(outside)}.", *outside, sep="\n")
    return int(bool(wrong or outside))


if __name__ == "__main__":
    sys.exit(main())
