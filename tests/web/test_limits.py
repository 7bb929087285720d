"""A flood may delay; it never closes the way for a person, and it never shows who anybody is."""

import os
import re
import signal
import socket
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from time import time
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from benchmarks.flood import accepted
from contact_service.outbox.outbox import Outbox, OutboxUnavailable
from contact_service.settings.config import WebSettings
from contact_service.web.counts import _SLOT, _SLOTS, SharedCounts
from contact_service.web.limits import PATIENCE_SECONDS, LimitReached, Limits
from tests.support.built_site import built
from tests.support.production import FORM, production, wait_for
from tests.support.stack import Stack, free_port, is_open


def take(
    limits: Limits, times: int, address: str = "192.0.2.1", adviser: str = "a", waited_seconds: float = 0, nonce: str = ""
) -> int:
    """How many of so many submissions are taken, each from a form of its own unless one is named."""
    taken = 0
    for number in range(times):
        try:
            limits.take(address, [adviser], nonce=nonce or f"{number} {adviser}", waited_seconds=waited_seconds)
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
    assert take(limits, 5, "198.51.100.2") == 3


def test_one_adviser_is_limited_and_others_are_not() -> None:
    limits = Limits("memory://", "100/hour,6/hour,100/hour")
    assert sum(take(limits, 1, f"192.0.{n}.1", "a", PATIENCE_SECONDS, str(n)) for n in range(9)) == 6
    assert take(limits, 1, adviser="b") == 1


def test_an_adviser_who_reads_for_several_associations_is_counted_once_for_all() -> None:
    limits = Limits("memory://", "100/hour,4/hour,100/hour")
    limits.take("192.0.2.1", ["a", "cora"], nonce="1", waited_seconds=0)
    limits.take("192.0.2.1", ["b", "cora"], nonce="2", waited_seconds=0)
    assert take(limits, 1, adviser="cora") == 0


def test_the_second_half_is_for_those_who_took_a_minute() -> None:
    for allowance in ("9/hour,4/hour,90/hour", "9/hour,90/hour,4/hour"):
        limits = Limits("memory://", allowance)
        assert take(limits, 3) == 2
        assert take(limits, 3, waited_seconds=PATIENCE_SECONDS - 1) == 0
        assert take(limits, 20, waited_seconds=PATIENCE_SECONDS) == 2


def test_patience_is_good_for_one_text_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    limits, minute = Limits("memory://", "90/hour,40/hour,90/hour"), int(time()) // 60
    assert take(limits, 25) == 20
    for later in range(1, 4):
        monkeypatch.setattr("contact_service.web.counts.time", lambda later=later: (minute + later) * 60)
        assert take(limits, 5, waited_seconds=PATIENCE_SECONDS, nonce="the same form") == 1


@pytest.mark.parametrize("networks", [256, 1500])
@pytest.mark.parametrize(
    "address", ["2001:db8:7:{:x}::1", "2001:db8:{:x}::1", "10.7.{}.{}"], ids=["one /48", "many /48", "many IPv4 networks"]
)
def test_no_number_of_networks_and_forms_gets_an_adviser_more_than_the_limit(address: str, networks: int) -> None:
    limits = Limits("memory://", WebSettings.allowance)
    one_form, many_forms = (
        sum(take(limits, 1, address.format(n % 256, n // 256), "a", 61, nonce or str(n)) for n in range(networks))
        for nonce in ("the same", "")
    )
    assert one_form <= 31
    assert one_form + many_forms == 60


@pytest.mark.parametrize(
    ("within", "elsewhere"),
    [("2001:db8:7:{:x}::1", "2001:db8:8::1"), ("192.0.2.{}", "192.0.3.1"), ("::ffff:192.0.2.{}", "192.0.3.1")],
)
def test_a_wider_network_gets_twice_what_one_sender_gets(within: str, elsewhere: str) -> None:
    limits = Limits("memory://", "3/hour,100/hour,100/hour")
    assert take(limits, 9, within.format(1)) == 3
    assert sum(take(limits, 1, within.format(n)) for n in range(2, 50)) == 3
    assert take(limits, 9, elsewhere) == 3


def test_all_together_are_limited() -> None:
    limits = Limits("memory://", "100/hour,100/hour,3/hour")
    assert sum(take(limits, 1, f"192.0.{n}.1", str(n), PATIENCE_SECONDS) for n in range(5)) == 3


def test_who_is_refused_does_not_use_up_the_room_of_others() -> None:
    limits = Limits("memory://", "1/hour,6/hour,100/hour")
    assert take(limits, 50) == 1
    assert take(limits, 1, "198.51.100.2") == 1
    # Who did not wait uses up nothing either, and neither does whoever waited for another text.
    assert take(limits, 1, "198.51.101.2") == 1
    assert take(limits, 50, "198.51.102.2") == 0
    assert take(limits, 1, "198.51.102.2", waited_seconds=PATIENCE_SECONDS) == 1


@pytest.mark.parametrize("shared", [True, pytest.param(False, marks=pytest.mark.program)])
def test_what_is_given_back_is_as_if_it_had_not_been_sent(shared: bool, request: pytest.FixtureRequest) -> None:
    limits = Limits("memory://" if shared else request.getfixturevalue("valkey"), "2/hour,2/hour,9/hour")
    for _ in range(5):
        # The same form, and the second half of what the adviser gets: patience is given back as well.
        taken = limits.take("192.0.2.1", ["a"], nonce="same", waited_seconds=PATIENCE_SECONDS)
        limits.give_back(taken)
        taken = limits.take("192.0.2.1", ["a"], nonce="same", waited_seconds=PATIENCE_SECONDS)
        limits.give_back(taken)
    assert take(limits, 5, waited_seconds=PATIENCE_SECONDS) == 2


def test_a_submission_that_fails_here_does_not_count_against_its_sender(
    settings: WebSettings, start: Callable[[WebSettings], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = start(replace(settings, allowance="1/hour,90/hour,90/hour"))
    token = re.search(r'name="token" value="([^"]+)"', client.get("/contact/").text)[1]

    def away(*_mails: object) -> None:
        raise OutboxUnavailable("away")

    with monkeypatch.context() as fault:
        fault.setattr(Outbox, "put", away)
        assert [client.post("/contact/", data=FORM | {"token": token}).status_code for _ in range(3)] == [503] * 3
    assert client.post("/contact/", data=FORM | {"token": token}).status_code == 200
    other = FORM | {"token": token, "message": "Nog een bericht"}
    assert client.post("/contact/", data=other).status_code == 429


def test_a_whole_ipv6_network_counts_as_one_sender() -> None:
    limits = Limits("memory://", "1/hour,100/hour,100/hour")
    assert take(limits, 1, "2001:db8::1") == 1
    assert take(limits, 1, "2001:db8::2") == 0
    assert take(limits, 1, "2001:db8:0:1::1") == 1


def test_what_is_no_address_counts_as_one_sender() -> None:
    limits = Limits("memory://", "1/hour,100/hour,100/hour")
    assert [take(limits, 1, address) for address in ("", "unix:", "x" * 9999)] == [1, 0, 0]


def names(limits: Limits) -> list[str]:
    return [name for _limit, name in limits._senders("192.0.2.1")]


def test_the_name_of_a_sender_differs_from_day_to_day_and_from_service_to_service(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits("memory://", "1/hour,1/hour,1/hour")
    today = names(limits)
    assert today == names(limits) != names(Limits("memory://", "1/hour,1/hour,1/hour"))
    monkeypatch.setattr("contact_service.web.counts.time", lambda: 10**10)
    assert not set(names(limits)) & set(today)


def test_as_many_senders_as_an_hour_takes_never_count_for_each_other() -> None:
    limits = Limits("memory://", "1/hour,9000/hour,9000/hour")
    addresses = [f"10.{n >> 8}.{n & 255}.1" for n in range(3000)]
    assert [take(limits, 2, address) for address in addresses] == [1] * len(addresses)


def test_a_day_later_nothing_is_left_of_yesterdays_senders(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = SharedCounts()
    limits = Limits("memory://", "1/day,200/day,200/day", counts)
    assert sum(take(limits, 2, f"192.0.{n}.1") for n in range(50)) == 50
    monkeypatch.setattr("contact_service.web.counts.time", lambda: 10**10)
    assert take(limits, 2) == 1
    filled = sum(count == 1 for *_, count in _SLOT.iter_unpack(counts._memory[: _SLOTS * _SLOT.size]))
    assert filled == 4  # a sender at two sizes, one adviser, all


def test_counting_a_submission_starts_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits("memory://", "100/hour,100/hour,100/hour")
    started: list[threading.Thread] = []
    monkeypatch.setattr(threading.Thread, "start", started.append)
    take(limits, 20)
    assert not started


def test_processes_that_are_forked_count_together_and_one_that_is_killed_stops_nobody() -> None:
    counts = SharedCounts()
    limits = Limits("memory://", "500/hour,200/hour,1000/hour", counts)
    read, write = os.pipe()
    for worker in range(4):
        if os.fork() == 0:
            os.write(write, take(limits, 200, "192.0.2.1", "a", PATIENCE_SECONDS, "").to_bytes(2) if worker else b"")
            with counts._alone():
                os.kill(os.getpid(), signal.SIGKILL)
    os.close(write)
    for _ in range(4):
        os.wait()
    with os.fdopen(read, "rb") as answers:
        taken = [int.from_bytes(answers.read(2)) for _ in range(3)]
    # Each of them waited over two hundred texts of its own, under the same names: a form's patience is shared as well.
    assert 100 <= sum(taken) <= 200
    assert take(limits, 300, "198.51.100.1", "a", PATIENCE_SECONDS, "") + sum(taken) <= 200
    assert take(limits, 1, "198.51.100.1", "b") == 1


def test_the_minutes_to_wait_are_said() -> None:
    limits = Limits("memory://", "2/hour,2/hour,100/hour")
    take(limits, 1)
    with pytest.raises(LimitReached) as reached:
        limits.take("192.0.2.1", ["a"], nonce="1", waited_seconds=5)
    assert reached.value.minutes == 1
    take(limits, 1, adviser="b")
    with pytest.raises(LimitReached) as reached:
        limits.take("192.0.2.1", ["c"], nonce="1", waited_seconds=PATIENCE_SECONDS)
    assert 1 <= reached.value.minutes <= 60


@pytest.mark.server
def test_the_workers_of_the_service_count_together(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "stack", built(), CONTACT_ALLOWANCE="100/hour,30/hour,100/hour")
    try:
        stack.start("web")
        assert wait_for(lambda: len(stack.workers()) == 3)
        assert accepted(stack, 60) == 16
    finally:
        stack.stop()


@pytest.mark.server
def test_processes_count_together_in_valkey_and_no_address_stands_there(valkey: str) -> None:
    one, other = (Limits(valkey, "3/hour,100/hour,100/hour") for _ in range(2))
    assert take(one, 2) + take(other, 5) == 3
    keys = b" ".join(one._storage.storage.keys("*"))
    assert all(name.encode() in keys for name in names(one))
    assert b"192.0.2" not in keys
    assert 0 < one._storage.storage.ttl("contact-salt") <= 24 * 3600


@pytest.mark.server
def test_a_host_or_password_called_valkey_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch, valkey: str) -> None:
    # As in every compose file. The name is known on this machine alone while the test lasts.
    real = socket.getaddrinfo
    known = {"valkey": "127.0.0.1"}
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: real(known.get(host, host), *rest, **more))
    for url in (valkey.replace("127.0.0.1", "valkey"), valkey.replace("127.0.0.1", "valkey").replace("valkey:", "redis:", 1)):
        limits = Limits(url, "1/hour,90/hour,90/hour")
        assert [*limits.faults()] == []
        assert take(limits, 3, adviser=url) <= 1
    assert take(limits, 1) == 0

    with socket.create_connection(("127.0.0.1", int(valkey.split(":")[2].split("/")[0]))) as line:
        line.sendall(b"CONFIG SET requirepass valkey-geheim\r\n")
        assert line.recv(100).startswith(b"+OK")
    assert [*Limits(valkey.replace("//", "//:valkey-geheim@"), "1/hour,90/hour,90/hour").faults()] == []
    assert [*Limits(valkey.replace("//", "//:redis-geheim@"), "1/hour,90/hour,90/hour").faults()] == ["limits-away"]
    assert [*Limits(valkey, "1/hour,90/hour,90/hour").faults()] == ["limits-away"]
    assert [*Limits(valkey.replace("valkey", "rediss").replace("//", "//:valkey-geheim@"), WebSettings.allowance).faults()] == [
        "limits-away"
    ]


def test_a_counter_that_is_away_is_an_attention_and_the_form_stays_open(
    settings: WebSettings, start: Callable[[WebSettings], FlaskClient]
) -> None:
    client = start(replace(settings, limits=f"valkey://127.0.0.1:{free_port()}"))
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert "limits-away" in answer.json["faults"]
    assert answer.json["status"] == "attention"


def test_a_counter_that_is_away_or_silent_limits_nobody(caplog: pytest.LogCaptureFixture) -> None:
    assert take(Limits(f"redis://127.0.0.1:{free_port()}/0", "1/hour,1/hour,1/hour"), 2) == 2
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert take(Limits(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", "1/hour,1/hour,1/hour"), 1) == 1
    assert "CONTACT_LIMITS cannot be reached" in caplog.text
    assert "192.0.2" not in caplog.text


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"+OK\r\n" * 20, b":1\r\n" * 20, b"*1\r\n" * 3000])
def test_something_else_in_the_place_of_the_counter_limits_nobody_and_is_told(said: bytes) -> None:
    class Else(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(4096)
            self.request.sendall(said)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Else) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        limits = Limits(f"redis://127.0.0.1:{server.server_address[1]}", "1/hour,1/hour,1/hour")
        assert [*limits.faults()] == ["limits-away"]
        assert take(limits, 2) == 2
        server.shutdown()


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
