"""The next mail server: handing a mail over, and what its answers mean."""

import signal
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from contact_service.delivery.connection import (
    FAULTS,
    FINAL_DOT,
    GREETING,
    allow,
    answer_of,
    ask_with,
    code_of,
    connect,
    must_be_well,
)
from contact_service.mail.date import renewed
from contact_service.outbox.outbox import Mail
from contact_service.settings.config import DeliverySettings


class Unreachable(Exception):
    """No mail can be handed over at this moment: no connection, wrong certificate, refused login."""


class Delayed(Exception):
    """The next mail server did not take this mail for now (4xx, or the connection broke)."""


class Refused(Exception):
    """The next mail server refused this mail (5xx)."""


class PostOffice:
    """A connection to the next mail server, kept open for as many mails as it will take."""

    def __init__(self, settings: DeliverySettings) -> None:
        self._settings = settings
        self._tls = ssl.create_default_context(cafile=settings.smtp_ca_file)
        self._connection: smtplib.SMTP | None = None
        # Besides those two: two addresses to connect to, EHLO twice, TLS twice, login three times, and six steps of a mail.
        # Each may take its time limit, but not a letter of an answer: no claim ends before its attempt.
        self._longest_seconds = (15.0 + GREETING + FINAL_DOT) * settings.smtp_timeout_seconds
        self.lease_seconds = self._longest_seconds + settings.smtp_timeout_seconds

    def send(self, mail: Mail) -> None:
        """Hand over one mail; returns once the server has answered 250 for all of it.

        Raises Unreachable, Delayed or Refused, with the server's answer as far as it says nothing personal.
        """
        with _at_most(self._longest_seconds):
            self._offer(mail)

    def visit(self) -> None:
        """See whether the server would take mail of ours; raises Unreachable."""
        with _at_most(self._longest_seconds):
            try:
                self._begin().rset()
            except FAULTS as fault:
                self.close()
                raise Unreachable(answer_of(fault)) from None

    def _offer(self, mail: Mail) -> None:
        connection = self._begin(f"ENVID={mail.id}", "RET=HDRS")
        try:
            notify = ["NOTIFY=FAILURE,DELAY"] if connection.has_extn("dsn") else []
            must_be_well(*ask_with(notify, lambda options: connection.rcpt(mail.address, options)))
            allow(connection, FINAL_DOT * self._settings.smtp_timeout_seconds)
            must_be_well(*connection.data(renewed(mail.mail, datetime.now(UTC))))
            allow(connection, self._settings.smtp_timeout_seconds)
        except FAULTS as fault:
            self.close()
            raise (Refused if code_of(fault) >= 500 else Delayed)(answer_of(fault)) from None

    def _begin(self, *envelope: str) -> smtplib.SMTP:
        """Name the sender. Whatever goes wrong up to here says nothing about a mail: a 5xx here is a setting."""
        try:
            self._connection = connection = self._connection or connect(self._settings, self._tls)
            offered = envelope if connection.has_extn("dsn") else ()
            must_be_well(*ask_with(offered, lambda options: connection.mail(self._settings.bounces, options)))
        except FAULTS as fault:
            self.close()
            raise Unreachable(answer_of(fault)) from None
        return self._connection

    def close(self) -> None:
        """Leave politely where that is still possible."""
        if self._connection:
            try:
                self._connection.quit()
            except FAULTS:
                self._connection.close()
            self._connection = None


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Break off what takes longer, in the main thread: each answer has its time limit, but one may come a letter at a time."""

    def end(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except TimeoutError:
        raise Unreachable("took too long") from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
