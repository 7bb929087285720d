"""Faults of the machine itself: what readers see, and that delivery goes on."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import pytest

from contact_service.outbox.outbox import Mail, Outbox
from tests.support.disk import can_mount, mounted
from tests.support.production import Production, production, wait_for

pytestmark = pytest.mark.server
NEEDS_MOUNT = pytest.mark.skipif(not can_mount(), reason="mounts a small disk, which needs root")


@pytest.fixture
def disk() -> Iterator[Path]:
    with mounted(megabytes=4) as place:
        yield place


@contextlib.contextmanager
def started(folder: Path, **settings: str) -> Iterator[Production]:
    with production(folder, **settings) as machine:
        machine.start_web(workers=1)
        machine.start_nginx()
        wait_for(lambda: machine.ask("GET", "/contact/")[0] == 200)
        yield machine


def mails(number: int) -> list[Mail]:
    return [
        Mail(f"{n:064x}-a", "AAAA-BBBB", "a", f"a{n}@ngb.example", b"Message-ID: <%d@x>\r\n\r\nx" % n) for n in range(number)
    ]


@NEEDS_MOUNT
def test_a_full_disk_refuses_new_submissions_early_and_delivery_goes_on(disk: Path, tmp_path: Path) -> None:
    settings = {"CONTACT_OUTBOX": f"sqlite:///{disk}/outbox.sqlite", "CONTACT_MINIMUM_FREE_BYTES": "1500000"}
    with started(tmp_path, **settings) as machine:
        assert machine.send()[0] == 200
        (disk / "filler").write_bytes(b"x" * 2_800_000)
        status, page = machine.send(message="Mijn hele verhaal")
        assert status == 503
        assert "niet ontvangen" in page
        assert "Mijn hele verhaal" in page
        machine.post_office.start()
        machine.start_delivery()
        wait_for(lambda: len(machine.post_office.sink.mails) == 1)
        (disk / "filler").unlink()
        assert machine.send()[0] == 200


@NEEDS_MOUNT
def test_a_disk_that_became_read_only_refuses_and_keeps_the_text(disk: Path, tmp_path: Path) -> None:
    with started(tmp_path, CONTACT_OUTBOX=f"sqlite:///{disk}/outbox.sqlite", CONTACT_MINIMUM_FREE_BYTES="0") as machine:
        assert machine.send()[0] == 200
        machine.kill("web")
        # Once the killed workers have let go of their files.
        wait_for(lambda: subprocess.run(["mount", "-o", "remount,ro", disk], check=False, capture_output=True).returncode == 0)
        # The web process does not start on a disk on which it cannot keep its promise; the static page answers.
        machine.start_web(workers=1)
        status, page = wait_for(lambda: machine.ask("GET", "/contact/")[::2])
        assert status == 502
        assert b"tel:+31703738314" in page
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
        wait_for(lambda: machine.restart_the_ended() and machine.ask("GET", "/contact/")[0] == 200)
        assert machine.send()[0] == 200


def test_a_database_that_stays_locked_refuses_in_time_and_keeps_the_text(tmp_path: Path) -> None:
    with started(tmp_path) as machine:
        other = sqlite3.connect(tmp_path / "outbox.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        start = monotonic()
        status, page = machine.send(message="Mijn hele verhaal")
        assert status == 503
        assert monotonic() - start < 30
        assert "Mijn hele verhaal" in page
        other.execute("ROLLBACK")
        other.close()
        assert machine.send()[0] == 200


@pytest.mark.parametrize("language", ["", "en/"])
def test_a_request_that_gunicorn_ends_gives_back_what_was_typed(tmp_path: Path, language: str) -> None:
    # A gpg that hangs, from some moment on. gunicorn's own answer would be in English, without a number to call.
    gpg, started_hanging = tmp_path / "bin" / "gpg", tmp_path / "hangs"
    gpg.parent.mkdir()
    hang = f"[ -e {tmp_path}/hang ] && {{ touch {started_hanging}; exec sleep 60; }}"
    gpg.write_text(f'#!/bin/sh\n{hang}\nexec {shutil.which("gpg")} "$@"\n')
    gpg.chmod(0o755)
    with started(tmp_path, PATH=f"{gpg.parent}:{Path(sys.executable).parent}:/usr/sbin:{os.environ['PATH']}") as machine:
        token = machine.token()
        (tmp_path / "hang").touch()
        with ThreadPoolExecutor() as reader:
            answer = reader.submit(machine.send, f"/{language}contact/", token=token, message="Mijn hele verhaal")
            wait_for(started_hanging.exists)
            web = machine.processes["web"].pid
            for worker in Path(f"/proc/{web}/task/{web}/children").read_text().split():
                os.kill(int(worker), signal.SIGABRT)
            status, page = answer.result()
        assert status == 500
        assert all(part in page for part in ("Mijn hele verhaal", "tel:+31703738314", 'id="send"'))
        assert "Mijn hele verhaal" not in machine.logs()
        (tmp_path / "hang").unlink()
        wait_for(lambda: machine.send()[0] == 200)


def test_ten_thousand_waiting_mails_at_start_are_delivered_and_none_that_is_refused_stops_the_rest(tmp_path: Path) -> None:
    number = int(os.environ.get("WAITING_MAILS", "600"))
    with production(tmp_path) as machine:
        outbox = Outbox(machine.settings["CONTACT_OUTBOX"])
        outbox.create()
        outbox.put(mails(number))
        machine.post_office.sink.answer = lambda to: "550 No" if to == "a7@ngb.example" else "250 OK"
        machine.post_office.start()
        start = monotonic()
        machine.start_delivery()
        wait_for(lambda: len(machine.post_office.sink.mails) == number - 1, 120)
        rate = number / (monotonic() - start)
        wait_for(lambda: outbox.queue().held == 1)
        outbox.database._engine.dispose()
        # Far below the 150 a second that make torture measures: this machine runs other tests at the same time.
        assert rate > 20
