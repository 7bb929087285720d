"""A rotation under load: keys change, the service reloads, and no submission is lost or locked for nobody."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
from itsdangerous import URLSafeTimedSerializer

from tests.support.built_site import REPO
from tests.support.key_maker import Maker
from tests.support.stack import wait_until

ROLES = ("burgemeester", "wethouder", "raadslid", "statenlid", "anders")
SUBMISSIONS = 500
SECRET_KEY = "s" * 40


class RunningService:
    """gunicorn with the project's own configuration, on a free port."""

    def __init__(self, folder: Path, site: Path) -> None:
        self.folder, self.keys = folder, folder / "keys"
        self.keys.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.host = f"127.0.0.1:{free.getsockname()[1]}"
        settings = {"SITE": site, "ADVISERS": folder / "advisers.toml", "KEYS": self.keys, "KEYRING": folder / "keyring"}
        settings |= {"OUTBOX": f"sqlite:///{folder / 'outbox.sqlite'}", "SECRET_KEY": SECRET_KEY, "HOSTS": self.host}
        settings |= {"FROM": "formulier@hulp.example", "MINIMUM_FILL_SECONDS": 0, "MINIMUM_FREE_BYTES": 0}
        # All clients of this test share one address.
        settings |= {"ALLOWANCE": "100000/hour,100000/hour,100000/hour"}
        self.env = os.environ | {f"CONTACT_{name}": str(value) for name, value in settings.items()}
        self.env["PYTHONPATH"] = str(REPO)
        self.log = folder / "log"

    def pins(self, *fingerprints: str) -> None:
        pinned = ", ".join(f'"{fingerprint}"' for fingerprint in fingerprints)
        text = f'[[association]]\nname = "Vereniging"\nroles = {list(ROLES)}\n[[association.advisers]]\nname = "adviseur"\n'
        text += f'address = "adviseur@vereniging.example"\nfingerprints = [{pinned}]\n'
        (self.folder / "advisers.toml").write_text(text.replace("'", '"'), encoding="utf-8")

    def start(self) -> None:
        (self.folder / "starter.py").write_text(
            "from contact_service.settings.config import web_settings\n"
            "from contact_service.web.app import create_app\n"
            "app = create_app(web_settings())\n",
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "gunicorn", "--config", str(REPO / "deploy" / "gunicorn.conf.py"), "--bind", self.host]
        with self.log.open("w") as log:
            self.process = subprocess.Popen([*command, "starter:app"], env=self.env, cwd=self.folder, stderr=log)

    def submit(self, token: str, message: str) -> bool:
        fields = {"token": token, "role": "wethouder", "reach": "06-12345678", "message": message}
        content = urllib.parse.urlencode(fields).encode()
        with urllib.request.urlopen(f"http://{self.host}/contact/", content, timeout=30) as answer:
            return bool(answer.status == 200)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)


def wait_for_workers(service: RunningService) -> None:
    while service.log.read_text("utf-8").count("Booting worker") < 3:
        with suppress(subprocess.TimeoutExpired):
            service.process.wait(0.05)
            pytest.fail(service.log.read_text("utf-8"))


@pytest.fixture
def old_and_new(tmp_path: Path) -> Iterator[tuple[Maker, Maker]]:
    makers = Maker(tmp_path / "old").primary().subkey(), Maker(tmp_path / "new").primary().subkey()
    yield makers
    for maker in makers:
        maker.close()


@pytest.mark.server
def test_a_reload_under_load_loses_no_submission_and_each_opens_with_the_old_or_the_new_key(
    tmp_path: Path, site: Path, old_and_new: tuple[Maker, Maker]
) -> None:
    old, new = old_and_new
    service = RunningService(tmp_path, site)
    (service.keys / "adviseur.asc").write_bytes(old.public())
    service.pins(old.fingerprint)
    service.start()
    try:
        wait_for_workers(service)
        signer = URLSafeTimedSerializer(SECRET_KEY, salt="form token")
        tokens = [signer.dumps(f"{number:032x}") for number in range(SUBMISSIONS)]
        with ThreadPoolExecutor(4) as officials:
            answers = [officials.submit(service.submit, token, f"nummer {n}") for n, token in enumerate(tokens)]
            answers[SUBMISSIONS // 5].result()
            (service.keys / "adviseur-nieuw.asc").write_bytes(new.public())
            service.pins(new.fingerprint)
            service.process.send_signal(signal.SIGHUP)
            assert [answer.result() for answer in answers] == [True] * SUBMISSIONS
    finally:
        service.stop()
    with closing(sqlite3.connect(tmp_path / "outbox.sqlite")) as connection:
        mails = [mail for (mail,) in connection.execute("SELECT mail FROM outbox")]
    by_old, by_new = opened_by(mails, old), opened_by(mails, new)
    assert len(mails) == SUBMISSIONS == len(by_old | by_new)
    assert by_old and by_new


def opened_by(mails: list[bytes], maker: Maker) -> set[int]:
    """Which of the mails this key opens. One gpg for all of them: one for each takes half of the test."""
    files = [maker.home / f"{number}.asc" for number in range(len(mails))]
    for file, mail in zip(files, mails, strict=True):
        file.write_bytes(mail)
    subprocess.run(
        ["gpg", "--homedir", maker.home, "--batch", "--quiet", "--decrypt-files", *files], capture_output=True, check=False
    )
    opened = [file.with_suffix("") for file in files]
    return {number for number, file in enumerate(opened) if file.exists() and b"nummer" in file.read_bytes()}


@pytest.mark.server
def test_a_reload_that_cannot_be_done_changes_nothing_and_the_next_one_that_can_is_done(
    tmp_path: Path, site: Path, old_and_new: tuple[Maker, Maker]
) -> None:
    old, new = old_and_new
    service = RunningService(tmp_path, site)
    (service.keys / "adviseur.asc").write_bytes(old.public())
    (service.keys / "adviseur-nieuw.asc").write_bytes(new.public())
    service.pins(old.fingerprint)
    service.start()
    try:
        wait_for_workers(service)
        before = worker_ids(service)
        (service.folder / "advisers.toml").write_text("[[association", "utf-8")
        service.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "The reload changed nothing" in service.log.read_text("utf-8"), what="the refusal of the reload")
        wait_until(lambda: worker_ids(service).isdisjoint(before) and len(worker_ids(service)) == 3, what="new workers")
        assert pinned_in(service) == {old.fingerprint}

        service.pins(new.fingerprint)
        service.process.send_signal(signal.SIGHUP)

        wait_until(lambda: pinned_in(service) == {new.fingerprint}, what="the new key")
        # Whoever holds a keyring keeps its folder from being removed.
        held = [name for name in open_files(service.process.pid) if name.startswith(str(service.folder / "keyring"))]
        assert len(held) == 1
    finally:
        service.stop()


@pytest.mark.server
def test_a_worker_that_is_killed_comes_back_and_serves_without_the_connections_of_another_process(
    tmp_path: Path, site: Path, old_and_new: tuple[Maker, Maker]
) -> None:
    service = RunningService(tmp_path, site)
    (service.keys / "adviseur.asc").write_bytes(old_and_new[0].public())
    service.pins(old_and_new[0].fingerprint)
    service.start()
    try:
        wait_for_workers(service)
        database = str(tmp_path / "outbox.sqlite")
        assert not [name for name in open_files(service.process.pid) if name.startswith(database)]
        signer = URLSafeTimedSerializer(SECRET_KEY, salt="form token")
        killed: set[int] = set()
        for number in range(6):
            for worker in worker_ids(service) - killed:
                os.kill(worker, signal.SIGKILL)
                killed.add(worker)
            # Those that were killed stand in the list until gunicorn has heard of it.
            wait_until(lambda: len(worker_ids(service) - killed) == 3, what="three new workers")
            assert service.submit(signer.dumps(f"{number:032x}"), f"nummer {number}")
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("SELECT count(DISTINCT reference) FROM outbox").fetchone() == (6,)
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        service.stop()


def open_files(process: int) -> list[str]:
    found = []
    for link in Path(f"/proc/{process}/fd").iterdir():
        with suppress(OSError):
            found.append(os.readlink(link))
    return found


def worker_ids(service: RunningService) -> set[int]:
    pid = service.process.pid
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def pinned_in(service: RunningService) -> set[str]:
    """The keys for which a form that is shown now has a browser encrypt."""
    with urllib.request.urlopen(f"http://{service.host}/contact/", timeout=30) as answer:
        return set(re.findall(r"[0-9A-F]{40}", answer.read().decode()))
