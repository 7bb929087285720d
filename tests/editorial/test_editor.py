"""The editor with buttons changes nothing but what was edited, and nobody but the editor's own page can save through it."""

import base64
import http.client
import json
import shutil
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from editorial.desk.page import Page
from editorial.desk.reading import parse_page
from editorial.editor.config import HOSTS, LISTS, configuration
from editorial.editor.folder import Folder, blob
from editorial.editor.server import MOST_BYTES, serve
from tests.support.built_site import REPO
from tests.support.seeded_faults import copy_of_the_desk

FORMAT = Path(__file__).with_name("page_format.mjs")
PAGES = sorted(REPO.glob("docs/??/*.md"))


def saved(*pages: dict[str, Any]) -> list[dict[str, str]]:
    """What the editor would write of these pages, each a text with what is changed in it."""
    run = subprocess.run(["node", FORMAT], input="\n".join(map(json.dumps, pages)), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.program
def test_every_page_of_both_languages_keeps_each_byte_and_its_revision() -> None:
    texts = [path.read_text("utf-8") for path in PAGES]
    for path, text, after in zip(PAGES, texts, saved(*({"text": text} for text in texts)), strict=True):
        page = parse_page(text.encode(), "", path.parent.name, path.stem)
        assert isinstance(page, Page)
        assert (after["text"], after["revision"]) == (text, page.revision), path
    assert len(PAGES) >= 116


HEAD = """---
# een opmerking
title: "Wat is ""doxing""?"
description: >
  Een zin die
  doorloopt.
keywords: [112, 0900, no, 'ja, nee', "a: b"]  # van de site
eigen: {a: b}
verify:
  - "Vraag (jurist)"
leeg:
---
"""
ODD = [
    HEAD.replace('""doxing""', '\\"doxing\\"') + "\n# Kop\n\nTekst  \nmet een einde.\n",
    "---\ntitle: x\n---\n# Kop\n\n* a\n    * b\n\n| a |\n|---|\n| |\n",
    "---\ntitle: x\n---\n\n\n    code\n\n\n",
    "---\ntitle: 'x'   \nowner: y\n---\nEen ---\n---\nlijn\n",
]


@pytest.mark.program
@pytest.mark.parametrize("text", ODD)
def test_comments_quotes_order_and_unknown_keys_stay(text: str) -> None:
    [after] = saved({"text": text})
    assert after["text"] == text


@pytest.mark.program
@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ({"title": 'Wat is "nu"? #2: \\'}, "title: x", 'title: "Wat is \\"nu\\"? #2: \\\\"'),
        ({"title": "Gewoon een titel?"}, "title: x", "title: Gewoon een titel?"),
        ({"keywords": ["112", "een, twee", "no"]}, "keywords: [112, oud]", 'keywords: [112, "een, twee", no]'),
        ({"keywords": []}, "keywords: [112, oud]\n", ""),
        ({"verify": ["Klopt dit? (OT)"]}, "verify:\n  - a\n  - b", "verify:\n  - Klopt dit? (OT)"),
        ({"reviewed": "2027-01-05"}, "reviewed: 2026-11-24", "reviewed: 2027-01-05"),
        ({"description": "Twee\nregels"}, "", "description: Twee regels\n"),
        ({"body": "# Anders"}, "# Kop\n\nTekst.", "# Anders"),
    ],
)
def test_an_edit_changes_its_own_lines_and_reads_back_as_it_was_typed(change: dict[str, Any], old: str, new: str) -> None:
    text = "---\ntitle: x\nreviewed: 2026-11-24\nkeywords: [112, oud]\nverify:\n  - a\n  - b\n---\n\n# Kop\n\nTekst.\n"
    expected = text.replace(old, new, 1) if old else text.replace("---\n\n#", f"{new}---\n\n#", 1)
    [after] = saved({"text": text, "change": change})
    assert after["text"] == expected
    page = parse_page(after["text"].encode(), "", "nl", "x")
    assert isinstance(page, Page)
    for key, value in change.items():
        if key in ("title", "keywords", "verify"):
            assert (page.meta.get(key) or []) == value


@pytest.mark.parametrize("host", HOSTS)
def test_the_settings_for_each_host_are_what_the_editor_expects(host: str) -> None:
    told = configuration(host, "ot/site", "https://code.example", "app", "https://hulp.example/")
    assert told["backend"]["branch"] != "main" or told["publish_mode"] == "editorial_workflow"
    assert [path for path in LISTS if not (REPO / path).exists()] == []
    assert "token" not in json.dumps(told)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_of_the_desk(tmp_path, "nu", "later")


@pytest.fixture
def editor(root: Path) -> Iterator[ThreadingHTTPServer]:
    desk = root / "desk"
    desk.mkdir()
    shutil.copy(REPO / "editorial/editor/index.html", desk)
    server = serve(root, desk, 0)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def asked(server: ThreadingHTTPServer, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
    data = json.dumps(body).encode() if body is not None else None
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(f"http://127.0.0.1:{server.server_port}{path}", data, named)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def token(server: ThreadingHTTPServer) -> str:
    return f"token {json.loads(asked(server, '/config.json')[1])['here']['token']}"


USER = "/api/v1/user"


def test_the_editor_s_own_page_reads_and_saves(editor: ThreadingHTTPServer, root: Path) -> None:
    page = root / "docs/nl/nu.md"
    change = update(page, b"nieuw")
    status, told = asked(editor, "/api/v1/repos/here/site/contents", change, Authorization=token(editor))
    assert (status, page.read_bytes()) == (201, b"nieuw") and json.loads(told)["files"][0]["sha"] == blob(b"nieuw")


def update(path: Path, content: bytes, name: str = "docs/nl/nu.md", **more: str) -> dict[str, Any]:
    sha = blob(path.read_bytes()) if path.is_file() else ""
    file = {"operation": "update", "path": name, "sha": sha, "content": base64.b64encode(content).decode(), **more}
    return {"files": [file], "message": "x"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "token x"},
        {"Authorization": "token \xe9"},
        {"Host": "elders.example"},
        {"Host": "elders.example:80"},
        {"Origin": "https://elders.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
    ids=str,
)
def test_another_page_of_the_same_browser_reads_and_saves_nothing(
    headers: dict[str, str], editor: ThreadingHTTPServer, root: Path
) -> None:
    key = {} if "Authorization" in headers or not headers else {"Authorization": token(editor)}
    before = (root / "docs/nl/nu.md").read_bytes()
    change = update(root / "docs/nl/nu.md", b"kwaad")
    assert asked(editor, USER, **key, **headers)[0] in (401, 403, 421)
    assert asked(editor, "/api/v1/repos/here/site/contents", change, **key, **headers)[0] in (401, 403, 421)
    if headers and "Authorization" not in headers:
        assert asked(editor, "/config.json", **headers)[0] in (403, 421)
    assert (root / "docs/nl/nu.md").read_bytes() == before


@pytest.mark.parametrize("target", [f"/{'a' * 3000}", "http://[::1"])
def test_what_no_browser_asks_for_gets_a_sentence_and_no_traceback(target: str, editor: ThreadingHTTPServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", editor.server_port)
    connection.putrequest("GET", target, skip_host=True)
    connection.putheader("Host", "127.0.0.1")
    connection.endheaders()
    assert connection.getresponse().status == 404
    connection.close()


def test_a_save_from_an_older_version_is_refused_whole(root: Path) -> None:
    dutch, english = root / "docs/nl/nu.md", root / "docs/en/nu.md"
    both = update(dutch, b"mijn", "docs/nl/nu.md")["files"] + update(english, b"mine", "docs/en/nu.md")["files"]
    english.write_bytes(b"van een ander")
    before = dutch.read_bytes()
    status, _, told = Folder(root).answer("POST", "/api/v1/repos/here/site/contents", json.dumps({"files": both}).encode())
    assert status == HTTPStatus.CONFLICT and "docs/en/nu.md" in json.loads(told)["message"]
    assert (dutch.read_bytes(), english.read_bytes()) == (before, b"van een ander")


@pytest.mark.parametrize(
    "name",
    [
        "Makefile",
        "../x.md",
        "docs/../Makefile",
        "docs/nl/../../x.md",
        "docs/nl/x.py",
        "docs/nl/X.md",
        ".gitlab-ci.yml",
        "overrides/main.html",
        "editorial/build/mkdocs.base.yml",
        "docs/nl/img/x.js",
        "docs/nl/map/x.md",
        "docs/nl/nu (1).md",
        "/etc/passwd",
        "docs/nl/img/../x.md",
    ],
)
def test_only_pages_pictures_and_lists_can_be_read_or_written(name: str, root: Path) -> None:
    change = {"files": [{"operation": "create", "path": name, "content": ""}]}
    status, _, _ = Folder(root).answer("POST", "/api/v1/repos/here/site/contents", json.dumps(change).encode())
    assert status == HTTPStatus.BAD_REQUEST
    assert Folder(root).answer("GET", f"/api/v1/repos/here/site/raw/{name}", b"")[0] == HTTPStatus.BAD_REQUEST


def test_a_link_out_of_the_folder_is_not_followed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "geheim.md"
    secret.write_text("geheim", "utf-8")
    (root / "docs/nl/geheim.md").symlink_to(secret)
    change = update(secret, b"x", "docs/nl/geheim.md")
    assert (
        Folder(root).answer("POST", "/api/v1/repos/here/site/contents", json.dumps(change).encode())[0]
        == HTTPStatus.BAD_REQUEST
    )
    assert secret.read_text("utf-8") == "geheim"


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"null", b'{"files": [{}]}', b'{"files": 3}', b"\xff", b'{"files": [{"path": 3, "operation": "x"}]}'],
)
def test_what_no_editor_sends_is_refused_without_a_traceback(body: bytes, root: Path) -> None:
    assert Folder(root).answer("POST", "/api/v1/repos/here/site/contents", body)[0] == HTTPStatus.BAD_REQUEST


def test_a_file_that_is_too_large_is_refused_before_it_is_read(editor: ThreadingHTTPServer) -> None:
    request = urllib.request.Request(
        f"http://127.0.0.1:{editor.server_port}/api/v1/x", b"", {"Content-Length": str(MOST_BYTES + 1)}, method="POST"
    )
    with pytest.raises(urllib.error.HTTPError, match="413"):
        urllib.request.urlopen(request)


def test_no_page_may_frame_the_editor_and_nothing_comes_from_elsewhere(editor: ThreadingHTTPServer) -> None:
    with urllib.request.urlopen(f"http://127.0.0.1:{editor.server_port}/") as answer:
        policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy and "https:" not in policy and "unsafe-eval" not in policy


def test_the_editor_is_in_no_built_site() -> None:
    assert not [line for line in (REPO / ".gitignore").read_text("utf-8").splitlines() if line == "!/desk/"]
    assert "/desk/" in (REPO / ".gitignore").read_text("utf-8")
    assert not [path for path in (REPO / "site").rglob("*") if "sveltia" in path.name or path.name == "config.json"]
