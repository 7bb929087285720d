"""The preview shows both languages, the form, and what is wrong, as soon as a file changes."""

import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from built_site import REPO, built
from seeded_faults import copy_of_the_desk

from editorial.preview import serve

pytestmark = pytest.mark.server
# What a machine that runs other tests at the same time may take.
PATIENCE_SECONDS = 5.0


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Callable[[str], str]]]:
    root = copy_of_the_desk(tmp_path_factory.mktemp("desk"))
    for name in ("editorial", "contact_service"):
        (root / name).symlink_to(REPO / name)
    (root / "overrides").mkdir()
    for path in (REPO / "overrides").rglob("*"):
        place = root / "overrides" / path.relative_to(REPO / "overrides")
        place.mkdir(parents=True, exist_ok=True) if path.is_dir() else place.write_bytes(path.read_bytes())
    server = serve(root, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def get(address: str) -> str:
        return urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{address}").read().decode()  # noqa: S310

    get("/")
    yield root, get
    server.shutdown()
    server.server_close()


def seconds_until_shown(get: Callable[[str], str], address: str, change: Callable[[], object], expected: str) -> float:
    """How long after a change the open page knows of it and shows it, as its own script does it."""
    seen = int(re.search(r"/-desk/(\d+)", get(address))[1])
    start = time.monotonic()
    change()
    while time.monotonic() - start < PATIENCE_SECONDS:
        seen = int(get(f"/-desk/{seen}"))
        if expected in get(address):
            return time.monotonic() - start
    raise AssertionError(f"{expected} was never shown")


@pytest.mark.parametrize(
    ("file", "address", "old", "new"),
    [
        ("docs/nl/nu.md", "/nu/", "## ", "## Nieuwe kop "),
        ("docs/en/later.md", "/en/later/", "## ", "## New heading "),
        ("docs/facts.yml", "/en/bewijs/", "alarm: 112", "alarm: 1124"),
        ("overrides/main.html", "/stalking/", "<!doctype html>", "<!doctype html><!--nieuw-->"),
        ("mkdocs.yml", "/online/", "Verlaat", "Weg van"),
    ],
)
def test_a_change_shows_on_the_open_page(shown, file: str, address: str, old: str, new: str) -> None:
    root, get = shown
    path = root / file
    text = path.read_text("utf-8")
    assert old in text
    took = seconds_until_shown(
        get, address, lambda: path.write_text(text.replace(old, new), "utf-8"), new.removeprefix("alarm: ").strip("# ")
    )
    assert took < PATIENCE_SECONDS
    path.write_text(text, "utf-8")


def test_the_problems_of_a_page_stand_on_the_page_in_dutch(shown) -> None:
    root, get = shown
    path = root / "docs/nl/gezin.md"
    text = path.read_text("utf-8")
    change = lambda: path.write_text(text.replace("## ", "Bel 0900-8844.\n\n## ", 1), "utf-8")  # noqa: E731
    seconds_until_shown(get, "/gezin/", change, "met de hand getypt")
    path.write_text(text, "utf-8")


@pytest.mark.parametrize("content", [b"\xe9", b"", b"---\ntitle: [\n---\n", b"---\na: b\n---\n{{ tel.nix }} {% if"])
def test_a_page_that_cannot_be_shown_says_why(shown, content: bytes) -> None:
    root, get = shown
    path = root / "docs/nl/vrouwen.md"
    text = path.read_bytes()
    seconds_until_shown(get, "/vrouwen/", lambda: path.write_bytes(content), "<b>Fout, regel")
    path.write_bytes(text)


# A word of WTForms to the service's form, not to the preview of it.
@pytest.mark.filterwarnings("ignore:Passing SelectField choices:DeprecationWarning")
@pytest.mark.parametrize("address", ["/contact/", "/en/contact/"])
def test_the_form_stands_on_the_contact_page_as_it_will_look(shown, address: str) -> None:
    _, get = shown
    page = get(address)
    assert 'name="message"' in page and "<!--form-->" not in page


@pytest.mark.parametrize("address", ["/assets/../mkdocs.yml", "/assets/../../../etc/passwd", "/docs/facts.yml", "/nergens/"])
def test_the_preview_hands_out_nothing_but_the_site(shown, address: str) -> None:
    _, get = shown
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(address)


def test_nothing_of_the_desk_is_in_a_build() -> None:
    shipped = "".join(path.read_text("utf-8", "ignore") for path in built().rglob("*.html"))
    assert "Alleen voor de redactie" not in shipped and "/-desk/" not in shipped
    assert not [path for path in built().rglob("*") if "handbook" in path.name or "panel" in path.name]
