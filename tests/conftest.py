"""The world of the fast tests: real keys in GnuPG homes, a small fake site, and a service used as readers use it."""

import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser as Chromium
from werkzeug.test import TestResponse

from contact_service.keys.advisers import Adviser, Association, read_associations
from contact_service.mail.submission import ROLES, Submission
from contact_service.settings.config import WebSettings
from contact_service.web.app import create_app
from contact_service.web.headers import STYLE
from deploy.demo.advisers import decrypt_in, make_key
from tests.support.built_site import SHARED, built
from tests.support.chromium import HEADLESS_SHELL, chromium
from tests.support.stack import Stack

HOST = "hulp.example"
STYLE_TEXT = "p{margin:0}"
SECRET_KEY = "secret-of-the-tests-0123456789abcdef"

PAGE = """<!doctype html>
<html lang="{language}"><head><title>{title}</title></head><body><a href="tel:112">112</a>
<main><!--page--><h1>{title}</h1><p>{{{{ config }}}}</p><!--form--><p>{closed}</p><!--/page--></main>
<footer>{language} footer <a href="../{twin}{name}/">twin</a></footer></body></html>"""


class Browser(FlaskClient):
    """A client that names the site's own host unless told otherwise."""

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        return super().open(*arguments, **{"base_url": f"https://{HOST}", **options})


@dataclass(frozen=True)
class Computer:
    """An adviser with the computer that holds the secret key."""

    adviser: Adviser
    home: Path
    public_key: bytes

    def opens(self, mail: bytes) -> bytes | None:
        """What the adviser reads of a mail or a ciphertext; None is for one that this computer cannot open."""
        return decrypt_in(self.home, mail)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        # The processes of the run are started after this, and have it from here.
        os.environ[SHARED] = tempfile.mkdtemp(prefix="tests-")
        config.add_cleanup(lambda: shutil.rmtree(os.environ.pop(SHARED), ignore_errors=True))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that drive browsers, then servers: what takes long must not be left to one process at the end.

    Within that, the order stays random.
    """
    heavy: dict[Path, int] = {}
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        rank = 0 if "browser" in marks else 1 if marks & {"server", "interop", "program"} else 2
        heavy[item.path] = min(rank, heavy.get(item.path, 2))
    items.sort(key=lambda item: heavy[item.path])


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Path]:
    """A folder with a short path: the socket of gpg-agent takes at most 107 characters."""
    folder = Path(tempfile.mkdtemp(prefix="ct-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def computers(short_folder: Path) -> Iterator[dict[str, Computer]]:
    """Three advisers, each with a key of their own (takes half a second). Their agents run as long as the tests do."""
    made = {}
    for name in ("anna", "bert", "cora"):
        address = f"{name}@advies.example"
        fingerprint, public_key = make_key(short_folder / name, address)
        made[name] = Computer(Adviser(name, address, (fingerprint,)), short_folder / name, public_key.encode())
    yield made
    for computer in made.values():
        subprocess.run(["gpgconf", "--homedir", str(computer.home), "--kill", "all"], check=True)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The few files of the built site that the service reads."""
    root = tmp_path_factory.mktemp("site")
    for folder, language, title, closed, missing in (
        ("", "nl", "Hoe schrijf ik veilig?", "Het formulier is dicht.", "Deze pagina bestaat niet"),
        ("en", "en", "How do I write safely?", "The form is closed.", "This page does not exist"),
    ):
        for name in ("contact", "gelezen"):
            (root / folder / name).mkdir(parents=True)
            page = PAGE.format(language=language, title=title, closed=closed, twin="../" if folder else "en/", name=name)
            (root / folder / name / "index.html").write_text(page, "utf-8")
        (root / folder / "404.html").write_text(f"<title>{missing}</title>", "utf-8")
    (root / "assets").mkdir()
    (root / STYLE).write_text(STYLE_TEXT, "utf-8")
    tel = {"alarm": '<a href="tel:112">112</a>', "ot": '<a href="tel:+31703738314">070-3738314</a>'}
    # The associations of `advisers_file`, under the names that an official reads.
    groups = {role: "Vereniging van raadslid" if role == "raadslid" else "Vereniging van wethouder" for role in ROLES}
    groups["burgemeester"] = "Vereniging van burgemeester"
    named = {
        "nl": {role: f"Vereniging van {role}s" for role in ROLES},
        "en": {role: f"Association of {role}" for role in ROLES},
    }
    facts = {"tel": tel, "team": "Ondersteuningsteam van de proef", "groups": groups, "associations": named}
    (root / "facts.json").write_text(json.dumps(facts), "utf-8")
    return root


@pytest.fixture(scope="session")
def keys(computers: dict[str, Computer], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the public key of each adviser."""
    folder = tmp_path_factory.mktemp("keys")
    for name, computer in computers.items():
        (folder / f"{name}.asc").write_bytes(computer.public_key)
    return folder


@pytest.fixture(scope="session")
def advisers_file(computers: dict[str, Computer], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mayors write to Anna; councillors to Bert and Cora; all others to Cora."""
    path = tmp_path_factory.mktemp("advisers") / "advisers.toml"
    advisers = {name: computer.adviser for name, computer in computers.items()}
    path.write_text(advisers_toml(("burgemeester",), advisers["anna"]) + _others(advisers), "utf-8")
    return path


def _others(advisers: dict[str, Adviser]) -> str:
    cora = advisers["cora"]
    again = Adviser("cora-elders", cora.address, cora.fingerprints)
    return advisers_toml(("raadslid",), advisers["bert"], cora) + advisers_toml(("wethouder", "statenlid", "anders"), again)


def everything_below(folder: Path) -> bytes:
    """The bytes of every file in the folder and its subfolders, one after another."""
    files = [Path(place, name) for place, _folders, names in os.walk(folder) for name in names]
    return b"\n".join(str(file).encode() + file.read_bytes() for file in files if file.is_file())


def advisers_toml(roles: tuple[str, ...], *advisers: Adviser) -> str:
    """One association of these advisers, as it stands in `advisers.toml`."""
    lines = ["[[association]]", f'name = "Vereniging van {roles[0]}"', f"roles = {json.dumps(roles)}"]
    for adviser in advisers:
        pinned = json.dumps(adviser.fingerprints)
        lines += ["[[association.advisers]]", f'name = "{adviser.name}"', f'address = "{adviser.address}"']
        lines.append(f"fingerprints = {pinned}")
    return "\n".join([*lines, ""])


@pytest.fixture(scope="session")
def associations(advisers_file: Path) -> dict[str, Association]:
    return read_associations(advisers_file)


@pytest.fixture(scope="session")
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("state")
    (folder / "tmp").mkdir()
    return folder


@pytest.fixture
def state(state_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Everything that the service could write: its emptied outbox with its signals, and the temporary files of all it calls."""
    monkeypatch.setattr(tempfile, "tempdir", str(state_folder / "tmp"))
    monkeypatch.setenv("TMPDIR", str(state_folder / "tmp"))
    if (state_folder / "outbox.sqlite").exists():
        with sqlite3.connect(state_folder / "outbox.sqlite") as connection:
            connection.execute("DROP TRIGGER IF EXISTS full")
            # A command that needs only one of them makes only that.
            for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                connection.execute(f"DELETE FROM {table}")  # noqa: S608
        connection.close()
    return state_folder


@pytest.fixture(scope="session")
def settings(site: Path, advisers_file: Path, keys: Path, short_folder: Path, state_folder: Path) -> WebSettings:
    return WebSettings(
        site=site,
        advisers=advisers_file,
        keys=keys,
        # Shared: it is named after its content and never written to again.
        keyring=short_folder / "keyrings",
        outbox=f"sqlite:///{state_folder / 'outbox.sqlite'}",
        secret_key=SECRET_KEY,
        hosts=[HOST],
        sender="formulier@hulp.example",
        minimum_fill_seconds=0,
        minimum_free_bytes=0,
        allowance="100000/hour,100000/hour,100000/hour",  # all tests share one sender
    )


@pytest.fixture
def start(state: Path) -> Callable[[WebSettings], FlaskClient]:
    """Start the service with these settings and open a browser on it."""

    def started(settings: WebSettings) -> FlaskClient:
        app = create_app(settings)
        app.test_client_class = Browser
        return app.test_client()

    return started


@pytest.fixture(scope="session")
def running(settings: WebSettings) -> Flask:
    """The service as it runs for days: started once for all tests that need no other settings."""
    app = create_app(settings)
    app.test_client_class = Browser
    return app


@pytest.fixture
def client(running: Flask, state: Path) -> FlaskClient:
    # What it knows of the outbox it looks up every few seconds only.
    running.view_functions["contact_nl"].__self__._intake.notice.forget()  # type: ignore[attr-defined]
    return running.test_client()


@pytest.fixture
def app(client: FlaskClient) -> Flask:
    return client.application


@pytest.fixture
def outbox_rows(state: Path) -> Callable[[], list[sqlite3.Row]]:
    """What the outbox holds, read by another program than the service."""

    def read() -> list[sqlite3.Row]:
        connection = sqlite3.connect(state / "outbox.sqlite")
        connection.row_factory = sqlite3.Row
        try:
            return connection.execute("SELECT * FROM outbox ORDER BY adviser").fetchall()
        finally:
            connection.close()

    return read


@pytest.fixture
def submission() -> Submission:
    return Submission(
        language="nl",
        role="burgemeester",
        reach="06-12345678 Sterrenwacht",
        name="Jozefien Appelboom",
        when="dinsdag na het zwemmen",
        voicemail=True,
        topic="bedreiging",
        message="Er lag een kogelbrief op de mat.\nWat nu? 🙏",
    )


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def environment(settings: WebSettings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set the environment of a service that is in order, changed as asked; a value of None leaves that setting out."""
    for name in [name for name in os.environ if name.startswith("CONTACT_")]:
        monkeypatch.delenv(name)
    complete = {
        "SITE": settings.site,
        "ADVISERS": settings.advisers,
        "KEYS": settings.keys,
        "KEYRING": settings.keyring,
        "OUTBOX": settings.outbox,
        "SECRET_KEY": settings.secret_key,
        "HOSTS": HOST,
        "FROM": settings.sender,
        "MINIMUM_FREE_BYTES": 0,
        "BOUNCES": "bounces@hulp.example",
        "OPERATOR": "beheer@ict.example",
        "SMTP_HOST": "localhost",
        "SMTP_USER": "formulier",
        "SMTP_PASSWORD": "correct horse battery",
    }

    def put(**changes: object) -> None:
        for name, value in {**complete, **changes}.items():
            if value is None:
                monkeypatch.delenv(f"CONTACT_{name}", raising=False)
            else:
                monkeypatch.setenv(f"CONTACT_{name}", str(value))

    return put


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Web, delivery and mail server as `make run` starts them, on the real site."""
    stack = Stack(tmp_path_factory.mktemp("stack"), built())
    stack.start("mail", "web", "delivery")
    yield stack
    stack.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    """A Chromium without a screen, which asks nobody outside."""
    with chromium(program=HEADLESS_SHELL) as browser:
        yield browser
