"""What happens to a mail when the next mail server takes it, delays it, refuses it, or is not there."""

import asyncio
import logging
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep, time
from typing import Any

import pytest
import trustme
from aiosmtpd.smtp import AuthResult, LoginPassword

from contact_service.delivery import post_office
from contact_service.delivery import process as delivery
from contact_service.delivery.post_office import PostOffice, Unreachable
from contact_service.delivery.process import deliver_next
from contact_service.mail.date import to_the_hour
from contact_service.outbox import outbox as outbox_module
from contact_service.outbox.kept import Kept
from contact_service.outbox.outbox import HELD, WAITING, Mail, Outbox, OutboxUnavailable
from contact_service.outbox.signals import Signals
from contact_service.settings.config import DeliverySettings
from tests.support.mails import claimed, execute, unsent
from tests.support.production import MailServer
from tests.support.stack import free_port, wait_until

# A real mail server answers here, and some of its answers take their time.
pytestmark = pytest.mark.server

CONTENT = b"Subject: [...]\r\n\r\n.a line that starts with a dot\r\nciphertext\r\n"


class Server:
    """A real SMTP server on this machine that answers as it is told."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.envelopes: list[Any] = []
        self.names: list[str] = []
        self.offers: list[str] = []
        self.answering = threading.Event()
        self.answering.set()
        self.asked = threading.Event()

    async def handle_EHLO(self, _server: Any, session: Any, _envelope: Any, name: str, responses: list[str]) -> list[str]:  # noqa: N802
        session.host_name = name
        self.names.append(name)
        return [*responses[:1], *self.offers, *responses[1:]]

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.asked.set()
        await asyncio.to_thread(self.answering.wait, 20)
        if self.answers.get("DATA") == "drop":
            server.transport.abort()
        if self.answers.get("DATA", "250 OK").startswith("250"):
            self.envelopes.append(envelope)
        return self.answers.get("DATA", "250 OK")


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def post(authority: trustme.CA, tmp_path: Path) -> Iterator[Callable[..., tuple[Server, DeliverySettings]]]:
    """Open a mail server; what it saw, and the settings to reach it."""
    controllers: list[MailServer] = []

    def opened(
        implicit: bool = False, name: str = "localhost", port: int = 0, **changes: Any
    ) -> tuple[Server, DeliverySettings]:
        server, port = Server(), port or free_port()
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(name).configure_cert(tls)
        options = {"ssl_context": tls} if implicit else {"tls_context": tls, "require_starttls": True}
        controller = MailServer(
            server,
            hostname="127.0.0.1",
            port=port,
            authenticator=lambda *a: AuthResult(success=a[-1] == LoginPassword(b"formulier", b"secret"), handled=False),
            auth_require_tls=not implicit,
            **options,
        )
        controller.start()
        controllers.append(controller)
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        settings = {
            "outbox": f"sqlite:///{tmp_path / 'outbox.sqlite'}",
            "bounces": "beheer@hulp.example",
            "smtp_host": "localhost",
            "smtp_port": port,
            "smtp_security": "implicit" if implicit else "starttls",
            "smtp_user": None,
            "smtp_password": None,
            "smtp_ca_file": tmp_path / "ca.pem",
            "smtp_timeout_seconds": 1,
        }
        return server, DeliverySettings(**{**settings, **changes})

    yield opened
    for controller in controllers:
        controller.stop()


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    outbox = Outbox(f"sqlite:///{tmp_path / 'outbox.sqlite'}")
    outbox.create()
    outbox.put([Mail(id="key-1", reference="ABCD-EFGH", adviser="anna", address="anna@ngb.example", mail=CONTENT)])
    return outbox


def attempt(outbox: Outbox, settings: DeliverySettings) -> None:
    office = PostOffice(settings)
    try:
        assert deliver_next(outbox, office)
    finally:
        office.close()


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "implicit"])
def test_a_mail_arrives_once_and_byte_for_byte(post: Any, outbox: Outbox, implicit: bool) -> None:
    server, settings = post(implicit)

    attempt(outbox, settings)

    (envelope,) = server.envelopes
    assert envelope.content == CONTENT
    assert (envelope.mail_from, envelope.rcpt_tos) == ("beheer@hulp.example", ["anna@ngb.example"])
    assert unsent(outbox) == []
    assert not deliver_next(outbox, PostOffice(settings))


def test_the_server_learns_our_domain_and_not_the_machines_name(post: Any, outbox: Outbox) -> None:
    server, settings = post()

    attempt(outbox, settings)

    assert set(server.names) == {"hulp.example"}
    assert socket.gethostname() not in server.names


def test_a_login_is_used_where_it_is_set(post: Any, outbox: Outbox) -> None:
    server, settings = post(smtp_user="formulier", smtp_password="secret")

    attempt(outbox, settings)

    assert server.envelopes


@pytest.mark.parametrize("offer", ["250-DSN", "250-dsn", "250-SIZE 10", "250-", "250-X-ODD =?\x01 é"])
def test_what_a_server_offers_and_then_does_not_take_keeps_no_mail_waiting(post: Any, outbox: Outbox, offer: str) -> None:
    # As behind a firewall that reads along: this server knows no option, and says 555 to each.
    server, settings = post()
    server.offers = [offer]

    attempt(outbox, settings)

    assert [envelope.rcpt_tos for envelope in server.envelopes] == [["anna@ngb.example"]]


@pytest.mark.parametrize("word", ["RCPT", "DATA"])
def test_a_mail_that_is_delayed_waits(post: Any, outbox: Outbox, word: str) -> None:
    server, settings = post()
    server.answers[word] = "451 busy"

    attempt(outbox, settings)

    (mail,) = unsent(outbox)
    assert (mail.state, mail.last_answer) == (WAITING, "451 busy")
    assert outbox.claim(1) is None


@pytest.mark.parametrize("word", ["RCPT", "DATA"])
def test_a_mail_that_is_refused_is_held_and_never_dropped(
    post: Any, outbox: Outbox, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    server, settings = post()
    hosts = "[192.0.2.7] 192.0.2.7 [IPv6:2001:db8::7] 2001:db8::7 ::1"
    server.answers[word] = f"550 <anna@ngb.example> unknown at {hosts} today"

    attempt(outbox, settings)

    (mail,) = unsent(outbox)
    assert mail.state == HELD
    assert Kept(outbox.database).retry() == 1
    (again,) = [outbox.claim(1)]
    assert again and again.mail == CONTENT
    assert [record.levelno for record in caplog.records if record.name == "contact_service.delivery.process"] == [logging.ERROR]
    for text in (caplog.text, mail.last_answer):
        assert "unknown at" in text and "today" in text
        assert not [personal for personal in ("anna@ngb", "192.0.2", "2001", "db8", "::") if personal in text]


def test_an_answer_is_kept_as_one_short_line_of_plain_characters(
    post: Any, outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    server, settings = post()
    server.answers["RCPT"] = "550-first\r\n550 second \x1b[31m\x00 " + 300 * "x"

    attempt(outbox, settings)

    (mail,) = unsent(outbox)
    assert mail.last_answer.startswith("550 first second ") and len(mail.last_answer) == 200
    assert mail.last_answer.isprintable() and "\x1b" not in caplog.text


def test_a_connection_that_breaks_half_way_delays_the_mail(post: Any, outbox: Outbox) -> None:
    server, settings = post()
    server.answers["DATA"] = "drop"

    attempt(outbox, settings)

    assert [mail.state for mail in unsent(outbox)] == [WAITING]


def test_a_server_that_stalls_half_way_delays_the_mail(post: Any, outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post_office, "FINAL_DOT", 1)
    server, settings = post()
    server.answering.clear()

    attempt(outbox, settings)
    server.answering.set()

    assert [(mail.state, mail.attempts) for mail in unsent(outbox)] == [(WAITING, 1)]


def test_a_server_that_takes_long_over_the_final_dot_gets_one_copy(post: Any, outbox: Outbox) -> None:
    server, settings = post()
    server.answering.clear()
    late = threading.Timer(3 * settings.smtp_timeout_seconds, server.answering.set)
    late.start()

    attempt(outbox, settings)

    assert len(server.envelopes) == 1
    assert [mail.state for mail in Kept(outbox.database).unopened()] == ["handed over"]


def test_a_server_that_greets_late_is_waited_for(post: Any, outbox: Outbox) -> None:
    _server, settings = post()

    def relay(listener: socket.socket) -> None:
        near, _address = listener.accept()
        sleep(2 * settings.smtp_timeout_seconds)
        with near, socket.create_connection(("localhost", settings.smtp_port)) as far:
            ends = [(near, far), (far, near)]
            threads = [threading.Thread(target=_carry, args=pair, daemon=True) for pair in ends]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=relay, args=(listener,), daemon=True)
        thread.start()
        attempt(outbox, replace(settings, smtp_port=listener.getsockname()[1]))
        thread.join(10)

    assert unsent(outbox) == []


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("answer", ["553 sender not owned by user", "530 Authentication required", "452 4.3.1 no storage"])
def test_a_sender_that_is_refused_is_the_connections_fault_and_found_before_the_first_mail(
    post: Any, outbox: Outbox, answer: str
) -> None:
    server, settings = post()
    server.answers["MAIL"] = answer

    for way in (lambda office: deliver_next(outbox, office), PostOffice.visit):
        with pytest.raises(Unreachable, match=answer):
            way(PostOffice(settings))

    assert [(mail.state, mail.attempts, mail.last_answer) for mail in unsent(outbox)] == [(WAITING, 0, answer)]
    server.answers.clear()
    attempt(outbox, settings)
    assert len(server.envelopes) == 1


@pytest.mark.parametrize(("age", "renewed"), [(timedelta(hours=1), False), (timedelta(hours=9), True), (timedelta(14), True)])
def test_a_mail_that_waited_long_leaves_with_the_date_of_now(post: Any, outbox: Outbox, age: timedelta, renewed: bool) -> None:
    server, settings = post()
    written, now = to_the_hour(datetime.now(UTC) - age), datetime.now(UTC)
    content = f"Date: {written}\r\n".encode() + CONTENT
    Kept(outbox.database).resend(unsent(outbox)[0], "anna@ngb.example", content)

    attempt(outbox, settings)

    (envelope,) = server.envelopes
    assert envelope.content == (f"Date: {to_the_hour(now)}\r\n".encode() + CONTENT if renewed else content)


def test_the_librarys_own_sentence_is_kept_where_no_server_spoke(post: Any, outbox: Outbox) -> None:
    server, settings = post(smtp_security="starttls")
    server.answers["DATA"] = "drop"
    attempt(outbox, settings)
    assert unsent(outbox)[0].last_answer.startswith(("Connection unexpectedly closed", "Server not connected"))

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def plain() -> None:
            connection, _address = listener.accept()
            with connection, suppress(OSError):
                connection.sendall(b"220 here\r\n")
                connection.recv(1000)
                connection.sendall(b"250 here\r\n")
                connection.recv(1000)

        threading.Thread(target=plain, daemon=True).start()
        with pytest.raises(Unreachable, match="STARTTLS extension not supported by server"):
            PostOffice(replace(settings, smtp_port=listener.getsockname()[1])).visit()


def test_a_server_that_answers_a_letter_at_a_time_is_left_before_another_process_may_claim_the_mail(
    post: Any, outbox: Outbox
) -> None:
    def dawdle(listener: socket.socket) -> None:
        connection, _address = listener.accept()
        with connection, suppress(OSError):
            while True:
                connection.sendall(b"220-wait\r\n")
                sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=dawdle, args=(listener,), daemon=True)
        thread.start()
        office = PostOffice(post(smtp_port=listener.getsockname()[1])[1])
        assert office._longest_seconds < office.lease_seconds
        office._longest_seconds = 0.3
        start = monotonic()
        with pytest.raises(Unreachable):
            deliver_next(outbox, office)
        assert monotonic() - start < 2
        thread.join()
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
    assert [(mail.state, mail.attempts) for mail in unsent(outbox)] == [(WAITING, 0)]


UNREACHABLE = ["nobody listens", "foreign authority", "foreign name", "wrong password", "password with an accent", "silence"]


@pytest.fixture
def unreachable(request: pytest.FixtureRequest, post: Any, tmp_path: Path) -> Iterator[DeliverySettings]:
    """Settings that lead to no mail server, or to one that cannot be trusted with a mail."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        trustme.CA().cert_pem.write_to_path(str(tmp_path / "foreign.pem"))
        changes: dict[str, dict[str, Any]] = {
            "nobody listens": {"smtp_port": free_port()},
            "foreign authority": {"smtp_ca_file": tmp_path / "foreign.pem"},
            "foreign name": {"name": "mail.example"},
            "wrong password": {"smtp_user": "formulier", "smtp_password": "wrong"},
            "password with an accent": {"smtp_user": "formulier", "smtp_password": "secrét"},
            "silence": {"smtp_port": silent.getsockname()[1]},
        }
        yield post(**changes[request.param])[1]


@pytest.mark.parametrize("unreachable", UNREACHABLE, indirect=True)
def test_without_a_safe_connection_the_mail_keeps_its_place(unreachable: DeliverySettings, outbox: Outbox) -> None:
    outbox.put([Mail(id="key-2", reference="ABCD-EFGH", adviser="anna", address="anna@ngb.example", mail=CONTENT)])

    with pytest.raises(Unreachable) as answer:
        attempt(outbox, unreachable)

    first, _second = unsent(outbox)
    assert (first.state, first.attempts, first.last_answer) == (WAITING, 0, str(answer.value))
    assert not [secret for secret in ("anna@", "127.0.0.1", "secr", "wrong") if secret in first.last_answer]
    again = outbox.claim(1)
    assert again and again.id == "key-1"


def test_after_a_long_outage_a_server_that_delays_is_soon_asked_again(
    post: Any, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, settings = post()
    _server, outage = post(smtp_port=free_port())
    for _ in range(50):
        with pytest.raises(Unreachable):
            attempt(outbox, outage)
    server.answers["RCPT"] = "450 greylisted"

    attempt(outbox, settings)

    soon = time() + 1.2 * delivery.FIRST_DELAY_SECONDS
    monkeypatch.setattr(outbox_module, "time", lambda: soon)
    assert outbox.claim(1)


def test_a_held_mail_stays_held_through_an_outage(post: Any, outbox: Outbox) -> None:
    server, settings = post()
    server.answers["RCPT"] = "550 no"
    attempt(outbox, settings)
    Kept(outbox.database).retry()

    with pytest.raises(Unreachable):
        attempt(outbox, post(smtp_port=free_port())[1])

    assert [mail.state for mail in unsent(outbox)] == [HELD]


def test_pauses_double_up_to_a_limit_and_are_spread() -> None:
    assert 0.8 <= delivery._pause(0, 1, 60) <= 1.2
    for failures, expected in ((1, 1), (2, 2), (5, 16), (7, 60), (10_000, 60)):
        assert 0.8 * expected <= delivery._pause(failures, 1, 60) <= 1.2 * expected
    assert len({delivery._pause(3, 1, 60) for _ in range(20)}) > 1


@dataclass
class Process:
    """The delivery process in a thread, with the signals that it listens to."""

    thread: threading.Thread
    handlers: dict[int, Callable[..., None]] = field(default_factory=dict)

    def end(self) -> None:
        """SIGTERM, and wait until it has ended."""
        self.handlers[signal.SIGTERM]()
        self.thread.join(10)
        assert not self.thread.is_alive()


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Callable[[DeliverySettings], Process]:
    monkeypatch.setattr(delivery, "IDLE_SECONDS", 0.01)

    def started(settings: DeliverySettings) -> Process:
        process = Process(threading.Thread(target=delivery.deliver, args=(settings,), daemon=True))
        monkeypatch.setattr(delivery.signal, "signal", lambda number, act: process.handlers.setdefault(number, act))
        process.thread.start()
        wait_until(lambda: signal.SIGTERM in process.handlers)
        return process

    return started


def test_delivery_starts_before_the_mail_server_and_ends_when_asked(post: Any, outbox: Outbox, start: Any) -> None:
    port = free_port()
    _server, settings = post(smtp_port=port)
    process = start(settings)
    wait_until(lambda: unsent(outbox)[0].last_answer, what="a failed attempt")

    server, _settings = post(port=port)

    wait_until(lambda: server.envelopes, what="the mail")
    process.end()
    assert unsent(outbox) == []


def test_the_mail_under_way_is_finished_before_delivery_ends(post: Any, outbox: Outbox, start: Any) -> None:
    outbox.put([Mail(id="key-2", reference="ABCD-EFGH", adviser="anna", address="anna@ngb.example", mail=CONTENT)])
    server, settings = post(smtp_timeout_seconds=20)
    server.answering.clear()
    process = start(settings)
    assert server.asked.wait(10)

    process.handlers[signal.SIGTERM]()
    server.answering.set()
    process.end()

    assert len(server.envelopes) == 1
    assert [mail.id for mail in unsent(outbox)] == ["key-2"]


@pytest.mark.parametrize(("hours", "erased"), [(None, True), (1, True), (30 * 24, False)])
def test_a_machine_that_starts_with_a_clock_far_ahead_erases_nothing_at_once(
    post: Any, outbox: Outbox, start: Any, hours: int | None, erased: bool
) -> None:
    _server, settings = post()
    outbox.record_handed_over(claimed(outbox), 3600)
    execute(outbox, "UPDATE outbox SET left_at = 1, due_at = NULL")
    signals = Signals(outbox.database)
    signals.create()
    if hours:
        signals.give("delivery before")
        execute(outbox, f"UPDATE signals SET given_at = given_at - {hours * 3600}")  # noqa: S608

    process = start(settings)
    # The first sign of life comes after the round that erases.
    wait_until(lambda: (sign := signals.latest("delivery ")) and sign.given_at > time() - 60, what="a sign of life")
    process.end()

    assert (Kept(outbox.database).unopened() == []) == erased


def test_delivery_makes_an_outbox_that_went_missing_anew(post: Any, outbox: Outbox, start: Any, tmp_path: Path) -> None:
    server, settings = post()
    process = start(settings)
    wait_until(lambda: server.envelopes, what="the first mail")

    for file in tmp_path.glob("outbox.sqlite*"):
        file.unlink()

    def put() -> bool:
        with suppress(OutboxUnavailable):
            outbox.put([Mail(id="key-2", reference="ABCD-EFGH", adviser="anna", address="anna@ngb.example", mail=CONTENT)])
            return True
        return False

    wait_until(put, what="a new outbox")
    wait_until(lambda: len(server.envelopes) == 2, what="the second mail")
    process.end()
