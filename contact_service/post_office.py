"""The next mail server, and the only module that knows SMTP."""

import re
import smtplib
import ssl

from contact_service.config import DeliverySettings
from contact_service.outbox import Mail

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
        # Connect, TLS, login and the five steps of a mail, each at its time limit: no claim may end before its attempt.
        self.longest_attempt_seconds = 10.0 * settings.smtp_timeout_seconds

    def send(self, mail: Mail) -> None:
        """Hand over one mail; returns once the server has answered 250 for all of it.

        Raises Unreachable, Delayed or Refused, with the server's answer as far as it says nothing personal.
        """
        # Whatever goes wrong before the mail is named says nothing about the mail: a 5xx here is a setting.
        connection = self.visit()
        try:
            connection.sendmail(self._settings.bounces, [mail.address], mail.mail)
        except _FAULTS as fault:
            self.close()
            raise (Refused if _code(fault) >= 500 else Delayed)(_answer(fault)) from None

    def visit(self) -> smtplib.SMTP:
        """See whether the server would take mail; raises Unreachable."""
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
