"""What happens to a mail when the next mail server takes it, delays it, refuses it, or is not there."""

import gc
import logging
import signal
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from stack import free_port, wait_until

from contact_service import delivery
from contact_service.config import DeliverySettings
from contact_service.delivery import deliver_next
from contact_service.outbox import HELD, WAITING, Mail, Outbox
from contact_service.post_office import PostOffice, Unreachable

CONTENT = b"Subject: [...]\r\n\r\n.a line that starts with a dot\r\nciphertext\r\n"


class Server:
    """A real SMTP server on this machine that answers as it is told."""

    def __init__(self) -> None:
        self.answers: dict[str, str] = {}
        self.envelopes: list[Any] = []
        self.names: list[str] = []

    async def handle_EHLO(self, _server: Any, session: Any, _envelope: Any, name: str, responses: list[str]) -> list[str]:  # noqa: N802
        session.host_name = name
        self.names.append(name)
        return responses

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
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
    controllers: list[Controller] = []

    def opened(implicit: bool = False, name: str = "localhost", **changes: Any) -> tuple[Server, DeliverySettings]:
        server, port = Server(), free_port()
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert(name).configure_cert(tls)
        options = {"ssl_context": tls} if implicit else {"tls_context": tls, "require_starttls": True}
        controller = Controller(
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
    with warnings.catch_warnings():
        # aiosmtpd leaves the connections of a stopped server to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        for controller in controllers:
            controller.stop()
        controllers.clear()
        gc.collect()


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
    assert outbox.unsent() == []
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


@pytest.mark.parametrize("word", ["RCPT", "DATA"])
def test_a_mail_that_is_delayed_waits(post: Any, outbox: Outbox, word: str) -> None:
    server, settings = post()
    server.answers[word] = "451 busy"

    attempt(outbox, settings)

    (mail,) = outbox.unsent()
    assert (mail.state, mail.last_answer) == (WAITING, "451 busy")
    assert outbox.claim(1) is None


@pytest.mark.parametrize("word", ["RCPT", "DATA"])
def test_a_mail_that_is_refused_is_held_and_never_dropped(
    post: Any, outbox: Outbox, word: str, caplog: pytest.LogCaptureFixture
) -> None:
    server, settings = post()
    server.answers[word] = "550 <anna@ngb.example> unknown at [192.0.2.7] 192.0.2.7"

    attempt(outbox, settings)

    (mail,) = outbox.unsent()
    assert mail.state == HELD
    assert outbox.retry() == 1
    (again,) = [outbox.claim(1)]
    assert again and again.mail == CONTENT
    assert [record.levelno for record in caplog.records if record.name == "contact_service.delivery"] == [logging.ERROR]
    for text in (caplog.text, mail.last_answer):
        assert "anna@ngb" not in text and "192.0.2" not in text and "unknown at" in text


def test_a_connection_that_breaks_half_way_delays_the_mail(post: Any, outbox: Outbox) -> None:
    server, settings = post()
    server.answers["DATA"] = "drop"

    attempt(outbox, settings)

    assert [mail.state for mail in outbox.unsent()] == [WAITING]


def unreachable_cases(post: Any) -> dict[str, DeliverySettings]:
    other_authority = trustme.CA()
    _server, good = post()
    wrong = Path(good.smtp_ca_file or "").with_name("other.pem")
    other_authority.cert_pem.write_to_path(str(wrong))
    return {
        "nobody listens": post(smtp_port=free_port())[1],
        "signed by somebody else": post(smtp_ca_file=wrong)[1],
        "certificate of another name": post(name="mail.example")[1],
        "wrong password": post(smtp_user="formulier", smtp_password="wrong")[1],
    }


def test_without_a_safe_connection_the_mail_keeps_its_place(post: Any, outbox: Outbox) -> None:
    for case, settings in unreachable_cases(post).items():
        with pytest.raises(Unreachable):
            attempt(outbox, settings)

        (mail,) = outbox.unsent()
        assert mail.state == WAITING, case
        again = outbox.claim(0)
        assert again, f"{case}: the mail is not due at once"
        outbox.record_unsent(again, WAITING, "", 0)


def test_a_server_that_says_nothing_is_left_after_the_time_limit(post: Any, outbox: Outbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        _server, settings = post(smtp_port=silent.getsockname()[1])

        with pytest.raises(Unreachable):
            attempt(outbox, settings)

    assert [mail.state for mail in outbox.unsent()] == [WAITING]


def test_pauses_double_up_to_a_limit_and_are_spread() -> None:
    assert 0.8 <= delivery._pause(0, 1, 60) <= 1.2
    for failures, expected in ((1, 1), (2, 2), (5, 16), (7, 60), (10_000, 60)):
        assert 0.8 * expected <= delivery._pause(failures, 1, 60) <= 1.2 * expected
    assert len({delivery._pause(3, 1, 60) for _ in range(20)}) > 1


def test_delivery_goes_on_after_an_outage_and_stops_when_asked(
    post: Any, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, settings = post()
    handlers: dict[int, Callable[..., None]] = {}
    monkeypatch.setattr(delivery.signal, "signal", lambda number, handler: handlers.setdefault(number, handler))
    monkeypatch.setattr(delivery, "IDLE_SECONDS", 0.01)
    process = threading.Thread(target=delivery.deliver, args=(settings,))
    process.start()

    wait_until(lambda: server.envelopes, what="the mail")
    handlers[signal.SIGTERM]()
    process.join(10)

    assert not process.is_alive()
    assert outbox.unsent() == []
