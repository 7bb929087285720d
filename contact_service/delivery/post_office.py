"""The next mail server, and the only module that knows SMTP."""

import re
import signal
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from contact_service.outbox.outbox import Mail
from contact_service.settings.config import DeliverySettings

MAX_ANSWER_CHARACTERS = 200

# What a server says may quote an address or a host; the operator needs the rest of the sentence.
_PERSONAL = re.compile(r"\S+@\S+|\[\S+\]|\b\d{1,3}(?:\.\d{1,3}){3}\b|(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F.]*")
# smtplib raises ValueError for what SMTP cannot carry, such as a password with an accent.
_FAULTS = (OSError, smtplib.SMTPException, ValueError)


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
        # Fifteen steps: two addresses to connect to, greeting, EHLO twice, TLS twice, login three times, and the five of a
        # mail. Each may take its time limit, but not a letter of an answer: no claim ends before its attempt.
        self._longest_seconds = 15.0 * settings.smtp_timeout_seconds
        self.lease_seconds = 16.0 * settings.smtp_timeout_seconds

    def send(self, mail: Mail) -> None:
        """Hand over one mail; returns once the server has answered 250 for all of it.

        Raises Unreachable, Delayed or Refused, with the server's answer as far as it says nothing personal.
        """
        with _at_most(self._longest_seconds):
            self._offer(mail)

    def visit(self) -> None:
        """See whether the server would take mail; raises Unreachable."""
        with _at_most(self._longest_seconds):
            self._visit()

    def _offer(self, mail: Mail) -> None:
        # Whatever goes wrong before the mail is named says nothing about the mail: a 5xx here is a setting.
        connection = self._visit()
        try:
            connection.sendmail(self._settings.bounces, [mail.address], mail.mail)
        except _FAULTS as fault:
            self.close()
            raise (Refused if _code(fault) >= 500 else Delayed)(_answer(fault)) from None

    def _visit(self) -> smtplib.SMTP:
        try:
            self._connection = self._connection or self._connect()
        except _FAULTS as fault:
            raise Unreachable(_answer(fault)) from None
        return self._connection

    def close(self) -> None:
        """Leave politely where that is still possible."""
        if self._connection:
            try:
                self._connection.quit()
            except _FAULTS:
                self._connection.close()
            self._connection = None

    def _connect(self) -> smtplib.SMTP:
        settings, timeout = self._settings, self._settings.smtp_timeout_seconds
        # Without a name of our own, EHLO would tell the machine's.
        own_name = settings.bounces.rpartition("@")[2]
        connection: smtplib.SMTP
        if settings.smtp_security == "implicit":
            connection = smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, own_name, timeout=timeout, context=self._tls)
        else:
            connection = smtplib.SMTP(settings.smtp_host, settings.smtp_port, own_name, timeout=timeout)
        try:
            if settings.smtp_security == "starttls":
                connection.starttls(context=self._tls)
            if settings.smtp_user:
                connection.login(settings.smtp_user, settings.smtp_password or "")
        except _FAULTS:
            connection.close()
            raise
        return connection


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


def _code(fault: Exception) -> int:
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return min(code for code, _text in fault.recipients.values())
    return fault.smtp_code if isinstance(fault, smtplib.SMTPResponseException) else 0


def _answer(fault: Exception) -> str:
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        words: bytes | str = next(iter(fault.recipients.values()))[1]
    else:
        words = getattr(fault, "smtp_error", None) or getattr(fault, "strerror", None) or type(fault).__name__
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    # One line of plain characters: it goes into a log and onto a terminal, and PostgreSQL takes no NUL.
    line = "".join(character if character.isprintable() else " " for character in f"{_code(fault) or ''} {text}")
    return _PERSONAL.sub("…", " ".join(line.split()))[:MAX_ANSWER_CHARACTERS]
