"""What Postfix says of its queue, in the forms that its versions and the servers far away make of it."""

import json
import logging
from pathlib import Path
from time import time
from typing import Any

import pytest

from contact_service.delivery.queue import late_in_queue

pytestmark = pytest.mark.program

OURS = "bounces@hulp.example"


def line(**changes: Any) -> bytes:
    """One mail of ours as Postfix 3.5 to 3.10 list it, that came an hour ago."""
    entry = {"queue_name": "deferred", "queue_id": "4Zx", "arrival_time": int(time()) - 3600, "message_size": 5000}
    entry |= {"forced_expire": False, "sender": OURS, "recipients": [{"address": "anna@ngb.example", "delay_reason": "busy"}]}
    return json.dumps({name: value for name, value in {**entry, **changes}.items() if value is not None}).encode() + b"\n"


@pytest.fixture
def postqueue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let `postqueue -j` print this and end so."""

    def says(content: bytes, status: int = 0) -> None:
        (tmp_path / "said").write_bytes(content)
        program = f'#!/bin/sh\n[ "$*" = -j ] || exit 64\ncat {tmp_path}/said\nexit {status}\n'
        (tmp_path / "postqueue").write_text(program, "ascii")
        (tmp_path / "postqueue").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return says


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (b"", 0),
        (line(), 1),
        (line(forced_expire=None) * 3, 3),
        (line(queue_name="hold") + line(queue_name="active"), 2),
        (line(sender="MAILER-DAEMON") + line(sender="somebody@hulp.example"), 0),
        (line(arrival_time=int(time())) + line(arrival_time=int(time()) + 86400), 0),
        (line(recipients=[]), 1),
    ],
)
def test_what_waits_too_long_is_counted(content: bytes, count: int, postqueue: Any) -> None:
    postqueue(content)

    assert late_in_queue(OURS, 1800) == count


@pytest.mark.parametrize(
    "spoiled",
    [
        line().replace(b"busy", b"postvak vol \xe9\xff"),  # as a server far away said it
        line()[:40] + b"\n",
        b"postqueue: warning: mail system is busy\n",
        b"[]\n",
        b"5\n",
        b"\n",
        line(arrival_time=None),
        line(arrival_time="soon"),
        line(arrival_time=[]),
        line(sender=None),
    ],
)
def test_a_line_that_cannot_be_read_hides_none_of_the_others(
    spoiled: bytes, postqueue: Any, caplog: pytest.LogCaptureFixture
) -> None:
    postqueue(line() + spoiled + line())

    assert late_in_queue(OURS, 1800) in (2, 3)
    assert all("@" not in record.getMessage() for record in caplog.records)


def test_a_queue_that_says_nothing_of_what_waits_is_told_in_the_log(postqueue: Any, caplog: pytest.LogCaptureFixture) -> None:
    postqueue(b"", status=69)  # as when Postfix does not run

    assert late_in_queue(OURS, 1800) == 0
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
