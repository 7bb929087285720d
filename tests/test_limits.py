"""A flood may delay; it never closes the way for a person, and it never shows who anybody is."""

import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from contact_service.limits import LimitReached, Limits
from tests.production import FORM, can_connect, free_port, production, wait_for


def take(limits: Limits, times: int, address: str = "192.0.2.1", association: str = "A") -> int:
    """How many of so many submissions are taken."""
    taken = 0
    for _ in range(times):
        try:
            limits.take(address, association)
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
        wait_for(lambda: can_connect(port))
        yield f"valkey://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)


def test_one_sender_is_limited_and_others_are_not() -> None:
    limits = Limits("memory://", "3/hour,100/hour,100/hour")
    assert take(limits, 5) == 3
    assert take(limits, 5, "192.0.2.2") == 3


def test_one_association_is_limited_and_others_are_not() -> None:
    limits = Limits("memory://", "100/hour,3/hour,100/hour")
    assert sum(take(limits, 1, f"192.0.2.{n}", "A") for n in range(5)) == 3
    assert take(limits, 1, association="B") == 1


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
    monkeypatch.setattr("contact_service.limits.time", lambda: 10**10)
    assert limits.hashed("192.0.2.1") != today


def test_the_minutes_to_wait_are_said() -> None:
    limits = Limits("memory://", "1/hour,100/hour,100/hour")
    limits.take("192.0.2.1", "A")
    with pytest.raises(LimitReached) as reached:
        limits.take("192.0.2.1", "A")
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
        assert "nog NIET ontvangen" in page.decode()
        assert "Mijn hele verhaal" in page.decode()
        assert re.search(r"tel:\+31703738314", page.decode())
        assert "127.0.0.1" not in machine.logs().replace("http://127.0.0.1", "")
