"""A flood may delay; it never closes the way for a person, and it never shows who anybody is."""

import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from contact_service.web.limits import PATIENCE_SECONDS, LimitReached, Limits
from tests.support.production import FORM, production, wait_for
from tests.support.stack import free_port, is_open


def take(
    limits: Limits, times: int, address: str = "192.0.2.1", adviser: str = "a", proven: bool = False, waited_seconds: float = 0
) -> int:
    """How many of so many submissions are taken."""
    taken = 0
    for _ in range(times):
        try:
            limits.take(address, [adviser], proven=proven, waited_seconds=waited_seconds)
            taken += 1
        except LimitReached:
            pass
    return taken


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(tmp_path)]
    server = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: is_open(port))
        yield f"valkey://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


def test_one_sender_is_limited_and_others_are_not() -> None:
    limits = Limits("memory://", "3/hour,100/hour,100/hour")
    assert take(limits, 5) == 3
    assert take(limits, 5, "192.0.2.2") == 3


def test_one_adviser_is_limited_and_others_are_not() -> None:
    limits = Limits("memory://", "100/hour,3/hour,100/hour")
    assert sum(take(limits, 1, f"192.0.2.{n}", "a") for n in range(5)) == 3
    assert take(limits, 1, adviser="b") == 1


def test_an_adviser_who_reads_for_several_associations_is_counted_once_for_all() -> None:
    limits = Limits("memory://", "100/hour,2/hour,100/hour")
    limits.take("192.0.2.1", ["a", "cora"], proven=False, waited_seconds=0)
    limits.take("192.0.2.1", ["b", "cora"], proven=False, waited_seconds=0)
    assert take(limits, 1, adviser="cora") == 0


def test_a_proof_opens_every_limit() -> None:
    for allowance in ("1/hour,9/hour,9/hour", "9/hour,1/hour,9/hour", "9/hour,9/hour,1/hour"):
        limits = Limits("memory://", allowance)
        assert take(limits, 3) == 1
        assert take(limits, 20, proven=True) == 20


def test_patience_opens_all_limits_but_the_senders_own() -> None:
    for allowance in ("9/hour,1/hour,9/hour", "9/hour,9/hour,1/hour"):
        limits = Limits("memory://", allowance)
        assert take(limits, 3) == 1
        assert take(limits, 3, waited_seconds=PATIENCE_SECONDS - 1) == 0
        assert take(limits, 20, waited_seconds=PATIENCE_SECONDS) == 8
        assert take(limits, 1, "192.0.2.2", waited_seconds=PATIENCE_SECONDS) == 1


def test_all_together_are_limited() -> None:
    limits = Limits("memory://", "100/hour,100/hour,3/hour")
    assert sum(take(limits, 1, f"192.0.2.{n}", str(n)) for n in range(5)) == 3


def test_who_is_refused_does_not_use_up_the_room_of_others() -> None:
    limits = Limits("memory://", "1/hour,3/hour,100/hour")
    assert take(limits, 50) == 1
    assert take(limits, 1, "192.0.2.2") == 1


def test_a_whole_ipv6_network_counts_as_one_sender() -> None:
    limits = Limits("memory://", "1/hour,100/hour,100/hour")
    assert take(limits, 1, "2001:db8::1") == 1
    assert take(limits, 1, "2001:db8::2") == 0
    assert take(limits, 1, "2001:db8:0:1::1") == 1


def test_the_name_of_a_sender_differs_from_day_to_day_and_from_process_to_process(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits("memory://", "1/hour,1/hour,1/hour")
    today = limits.hashed("192.0.2.1")
    assert today == limits.hashed("192.0.2.1") != Limits("memory://", "1/hour,1/hour,1/hour").hashed("192.0.2.1")
    monkeypatch.setattr("contact_service.web.limits.time", lambda: 10**10)
    assert limits.hashed("192.0.2.1") != today


def test_a_day_later_nothing_is_left_of_yesterdays_senders(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits("memory://", "1/day,100/day,100/day")
    assert sum(take(limits, 2, f"192.0.2.{n}") for n in range(50)) == 50
    monkeypatch.setattr("contact_service.web.limits.time", lambda: 10**10)
    assert take(limits, 2) == 1
    assert len(limits._storage.storage) == 3  # one sender, one adviser, all


def test_counting_a_submission_starts_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits("memory://", "100/hour,100/hour,100/hour")
    for ending in threading.enumerate():
        if isinstance(ending, threading.Timer):
            ending.join(5)  # the one that the library starts when it is opened
    started: list[threading.Thread] = []
    monkeypatch.setattr(threading.Thread, "start", started.append)
    take(limits, 20)
    assert not started


def test_the_minutes_to_wait_are_said() -> None:
    limits = Limits("memory://", "2/hour,1/hour,100/hour")
    take(limits, 1)
    with pytest.raises(LimitReached) as reached:
        limits.take("192.0.2.1", ["a"], proven=False, waited_seconds=5)
    assert reached.value.minutes == 1
    take(limits, 1, adviser="b")
    with pytest.raises(LimitReached) as reached:
        limits.take("192.0.2.1", ["c"], proven=False, waited_seconds=PATIENCE_SECONDS)
    assert 1 <= reached.value.minutes <= 60


@pytest.mark.server
def test_processes_count_together_in_valkey_and_no_address_stands_there(valkey: str) -> None:
    one, other = (Limits(valkey, "3/hour,100/hour,100/hour") for _ in range(2))
    assert take(one, 2) + take(other, 5) == 3
    keys = b" ".join(one._storage.storage.keys("*"))
    assert one.hashed("192.0.2.1").encode() in keys
    assert b"192.0.2" not in keys
    assert 0 < one._storage.storage.ttl("contact-salt") <= 24 * 3600


@pytest.mark.server
def test_a_counter_that_is_away_or_silent_limits_nobody(caplog: pytest.LogCaptureFixture) -> None:
    assert take(Limits(f"redis://127.0.0.1:{free_port()}/0", "1/hour,1/hour,1/hour"), 2) == 2
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert take(Limits(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", "1/hour,1/hour,1/hour"), 1) == 1
    assert "CONTACT_LIMITS cannot be reached" in caplog.text
    assert "192.0.2" not in caplog.text


@pytest.mark.server
def test_whoever_meets_a_limit_keeps_the_text_and_reads_the_phone_number(tmp_path: Path) -> None:
    with production(tmp_path, CONTACT_ALLOWANCE="2/hour,100/hour,100/hour") as machine:
        machine.start_web(workers=1)
        machine.start_nginx()
        wait_for(lambda: machine.ask("GET", "/contact/")[0] == 200)
        assert [machine.send(message=f"bericht {n}")[0] for n in range(2)] == [200, 200]
        # Whoever claims another address is still the same sender to us.
        body = urlencode(FORM | {"message": "Mijn hele verhaal", "token": machine.token()}).encode()
        claims = {"X_Real_IP": "198.51.100.7", "X_Forwarded_For": "198.51.100.7"}
        status, _headers, page = machine.ask(
            "POST", "/contact/", body, Content_Type="application/x-www-form-urlencoded", **claims
        )
        assert status == 429
        assert "nog niet ontvangen" in page.decode()
        assert "Mijn hele verhaal" in page.decode()
        assert re.search(r"tel:\+31703738314", page.decode())
        assert "127.0.0.1" not in machine.logs().replace("http://127.0.0.1", "")
