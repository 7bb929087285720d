"""The preview shows both languages, the form, and what is wrong, as soon as a file changes."""

import json
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from editorial.preview.server import serve
from tests.support.built_site import REPO, built
from tests.support.seeded_faults import copy_of_the_desk

pytestmark = pytest.mark.server
# What a machine that runs other tests at the same time may take.
PATIENCE_SECONDS = 5.0


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Callable[[str], str]]]:
    with preview_of(tmp_path_factory.mktemp("desk")) as shown:
        yield shown


@contextmanager
def preview_of(folder: Path) -> Iterator[tuple[Path, Callable[[str], str]]]:
    """A copy of the desk in this folder with its preview; how to ask the preview for an address."""
    root = copy_of_the_desk(folder)
    for name in ("editorial", "contact_service"):
        (root / name).symlink_to(REPO / name)
    (root / "overrides").mkdir()
    for path in (REPO / "overrides").rglob("*"):
        place = root / "overrides" / path.relative_to(REPO / "overrides")
        place.mkdir(parents=True, exist_ok=True) if path.is_dir() else place.write_bytes(path.read_bytes())
    server = serve(root, 0)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def get(address: str, host: str | None = None) -> str:
        headers = {} if host is None else {"Host": host}
        asked = urllib.request.Request(f"http://127.0.0.1:{server.server_port}{address}", headers=headers)  # noqa: S310
        return urllib.request.urlopen(asked).read().decode()  # noqa: S310

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


# What an editor changes, the page that is open, and what she writes there.
CHANGES = {
    "a Dutch page": ("docs/nl/nu.md", "/nu/", "## ", "## Nieuwe kop "),
    "an English page": ("docs/en/later.md", "/en/later/", "## ", "## New heading "),
    "a phone number": ("docs/facts.yml", "/en/bewijs/", "alarm: 112", "alarm: 1124"),
    "the theme": ("overrides/main.html", "/stalking/", "<!doctype html>", "<!doctype html><!--nieuw-->"),
    "a word of the frame": ("mkdocs.yml", "/online/", "Verlaat", "Weg van"),
}


def seconds_to_reload(root: Path, get: Callable[[str], str], file: str, address: str, old: str, new: str) -> float:
    """How long a change takes to show; the file is as before when it is known."""
    path = root / file
    text = path.read_text("utf-8")
    assert old in text
    expected = new.removeprefix("alarm: ").strip("# ")
    try:
        return seconds_until_shown(get, address, lambda: path.write_text(text.replace(old, new), "utf-8"), expected)
    finally:
        path.write_text(text, "utf-8")


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_shows_on_the_open_page(shown, change: tuple[str, str, str, str]) -> None:
    assert seconds_to_reload(*shown, *change) < PATIENCE_SECONDS


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
    assert "(StatenlidNu)" in page


@pytest.mark.parametrize(("folder", "slug", "word"), [("", "gezin", "zonnebloem"), ("en/", "later", "lighthouses")])
def test_the_search_finds_what_was_just_written(shown, folder: str, slug: str, word: str) -> None:
    root, get = shown
    path = root / f"docs/{folder.strip('/') or 'nl'}/{slug}.md"
    text = path.read_text("utf-8")
    assert word not in get(f"/{folder}search/search_index.json")
    seconds_until_shown(get, f"/{folder}{slug}/", lambda: path.write_text(f"{text}\n\nEen {word}.\n", "utf-8"), word)
    index = json.loads(get(f"/{folder}search/search_index.json"))
    place = dict(zip(index["written"]["words"].split(" "), index["written"]["pages"].split(" "), strict=True))[word]
    assert [index["pages"][ord(letter) - 35][0] for letter in place] == [f"{slug}/"]
    path.write_text(text, "utf-8")


def test_a_fault_in_the_shared_facts_stands_on_every_page(shown) -> None:
    root, get = shown
    path = root / "docs/facts.yml"
    text = path.read_text("utf-8")
    change = lambda: path.write_text(text.replace("0900-8844", "bel maar"), "utf-8")  # noqa: E731
    seconds_until_shown(get, "/en/nu/", change, "van docs/facts.yml.</b> ‘bel maar’ achter tel.politie is geen telefoonnummer")
    seconds_until_shown(get, "/en/nu/", lambda: path.write_text(text, "utf-8"), "Geen fouten gevonden")


def test_settings_that_cannot_be_read_are_named_in_dutch_on_every_page(shown) -> None:
    root, get = shown
    path = root / "docs/facts.yml"
    text = path.read_text("utf-8")
    change = lambda: path.write_text(text.replace("alarm: 112", "alarm: [112"), "utf-8")  # noqa: E731
    seconds_until_shown(get, "/nu/", change, "docs/facts.yml")
    assert "Dit bestand is niet te lezen bij" in get("/nu/")
    seconds_until_shown(get, "/nu/", lambda: path.write_text(text, "utf-8"), "<main")


@pytest.mark.parametrize(
    "address", ["/assets/../mkdocs.yml", "/assets/../../../etc/passwd", "/docs/facts.yml", "/nergens/", f"/assets/{'a' * 3000}"]
)
def test_the_preview_hands_out_nothing_but_the_site(shown, address: str) -> None:
    _, get = shown
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get(address)


def test_nothing_of_the_desk_is_in_a_build() -> None:
    shipped = "".join(path.read_text("utf-8", "ignore") for path in built().rglob("*.html"))
    assert "Alleen voor de redactie" not in shipped and "/-desk/" not in shipped
    assert not [path for path in built().rglob("*") if "handbook" in path.name or "panel" in path.name]


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "", "[::ffff:127.0.0.1]"])
def test_a_site_that_lets_its_name_lead_here_reads_nothing(shown, host: str) -> None:
    _, get = shown
    with pytest.raises(urllib.error.HTTPError) as refused:
        get("/nu/", host)
    assert refused.value.code == 421 and b"127.0.0.1" in refused.value.read()


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:1234", "localhost"])
def test_the_preview_answers_to_the_names_of_this_machine(shown, host: str) -> None:
    _, get = shown
    assert "<main" in get("/nu/", host)


@pytest.mark.parametrize("address", ["/-desk/x", "/-desk/", "/-desk/-1", "/-desk/\u0661", f"/-desk/{'9' * 5000}"])
def test_an_address_of_the_desk_that_is_none_gets_a_sentence(shown, address: str) -> None:
    _, get = shown
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(urllib.parse.quote(address))
    assert refused.value.code == 404 and b"bestaat niet" in refused.value.read()
