"""What the machine itself gives away: `check` sees it by itself, and shows nothing of it."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from contact_service.keys.advisers import Adviser
from contact_service.operator import machine
from contact_service.operator.machine import NotLookedAt, addresses_in_journal, look_around

pytestmark = pytest.mark.program

Journal = Callable[..., None]


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Journal:
    """A journalctl that gives these lines, as systemd 252 and 257 write them."""

    def holds(*lines: tuple[str, Any], status: int = 0) -> None:
        entries = [{"_SYSTEMD_UNIT": unit, "MESSAGE": message, "__CURSOR": "s=1"} for unit, message in lines]
        (tmp_path / "lines").write_text("".join(f"{json.dumps(entry)}\n" for entry in entries))
        program = tmp_path / "journalctl"
        program.write_text(f"#!/bin/sh\ncat {tmp_path}/lines\nexit {status}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    return holds


@pytest.mark.parametrize("unit", ["postfix@-.service", "postfix.service", "postfix-next-name.service", "exim4.service"])
def test_an_address_in_the_lines_of_a_mail_server_is_seen_whatever_its_unit_is_called(journal: Journal, unit: str) -> None:
    journal(("cron.service", "a word"), (unit, "A3D0E30C021: to=<iemand@ngb.example>, relay=none, status=deferred"))
    assert addresses_in_journal([]) == [unit]


def test_an_address_of_an_adviser_is_seen_wherever_it_stands(journal: Journal, tmp_path: Path) -> None:
    journal(("someones-own.service", list(b"bytes \xff for ANNA@ngb.example")), ("cron.service", "mail to root"))
    assert addresses_in_journal(["anna@ngb.example"]) == ["someones-own.service"]
    faults, _notes = look_around("hulp.example:1", tmp_path, [Adviser("anna", "anna@ngb.example", ())])
    assert len(faults) == 1
    assert "someones-own.service" in faults[0]
    assert "anna@" not in "".join(faults).lower()


@pytest.mark.parametrize(
    "message",
    [
        ["first", "to=<iemand@ngb.example>"],
        ["first", list(b"to=<iemand@ngb.example> \xff")],
        "x" * 5000 + " to=<iemand@ngb.example>",
    ],
)
def test_an_address_is_seen_in_every_form_of_a_line(journal: Journal, message: Any) -> None:
    journal(("postfix.service", []), ("postfix.service", None), ("postfix.service", message))

    assert addresses_in_journal([]) == ["postfix.service"]


def test_long_lines_without_an_address_take_no_time(journal: Journal) -> None:
    journal(*[("postfix.service", "a" * 48_000 + "@")] * 10)
    start = process_time()

    assert addresses_in_journal([]) == []
    assert process_time() - start < 5  # a hundredth of a second here


def test_long_lines_are_asked_for_whole(journal: Journal, tmp_path: Path) -> None:
    journal(("cron.service", "a word"))
    program = tmp_path / "journalctl"
    program.write_text(program.read_text().replace("\n", '\necho "$@" > "$0.asked"\n', 1))
    addresses_in_journal([])

    assert "--all" in (tmp_path / "journalctl.asked").read_text().split()


def test_names_of_units_and_of_kernel_writers_are_no_addresses_of_ours(journal: Journal) -> None:
    journal(
        ("kernel", "pps_core: Copyright Someone <someone@linux.example>"),
        ("init.scope", "Started getty@tty1.service - Getty on tty1."),
        ("contact-web.service", "Stopping contact-failed@contact-check.service, user@1000.service"),
        ("postfix.service", "postfix@-.service: Deactivated"),
    )
    assert addresses_in_journal(["anna@ngb.example"]) == []


@pytest.mark.parametrize("status", [0, 1])
def test_a_journal_that_may_not_be_read_is_said_and_is_no_all_clear(journal: Journal, status: int) -> None:
    journal(status=status)
    with pytest.raises(NotLookedAt, match="may not read it"):
        addresses_in_journal([])


@pytest.mark.parametrize("installed", [True, False])
def test_a_site_that_does_not_answer_is_a_fault_where_its_web_server_was_installed(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    journal(("cron.service", "a word"))
    monkeypatch.setattr(machine, "OUR_NGINX", tmp_path if installed else tmp_path / "none")
    told = look_around("hulp.example:1", tmp_path, [])[0 if installed else 1]
    assert len(told) == 1 and "https://hulp.example:1 on this machine" in told[0]
