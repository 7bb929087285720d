"""From the outbox to the next mail server, and the only module that knows SMTP. Runs as a process of its own."""

import logging
import random
import re
import signal
import smtplib
import ssl
import threading
from time import monotonic

from contact_service.config import DeliverySettings
from contact_service.outbox import HELD, WAITING, Mail, Outbox, OutboxUnavailable

log = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
HOUSEKEEPING_SECONDS = 3600.0

FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 15.0, 3600.0
LONGEST_SILENCE_SECONDS = 60.0
MAX_ANSWER_CHARACTERS = 200

# What a server says may quote an address or a host; the operator needs the rest of the sentence.
_PERSONAL = re.compile(r"\S+@\S+|\[?\b\d{1,3}(?:\.\d{1,3}){3}\b\]?|\[[0-9a-fA-F:]+\]")


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
        try:
            connection = self._connection = self._connection or self._connect()
        except (OSError, smtplib.SMTPException) as fault:
            # Whatever goes wrong before the mail is named says nothing about the mail: a 5xx here is a setting.
            raise Unreachable(_answer(fault)) from None
        try:
            connection.sendmail(self._settings.bounces, [mail.address], mail.mail)
        except (OSError, smtplib.SMTPException) as fault:
            self.close()
            raise (Refused if _code(fault) >= 500 else Delayed)(_answer(fault)) from None

    def close(self) -> None:
        """Leave politely where that is still possible."""
        if self._connection:
            try:
                self._connection.quit()
            except (OSError, smtplib.SMTPException):
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
            connection.starttls(context=self._tls)
        if settings.smtp_user:
            connection.login(settings.smtp_user, settings.smtp_password or "")
        return connection


def deliver_next(outbox: Outbox, post_office: PostOffice) -> bool:
    """Try the mail that is due longest; False when none is due.

    Raises Unreachable, and OutboxUnavailable: a mail that was sent but could not be recorded is sent again, with the same
    Message-ID. A refused mail is never dropped: one wrong setting once had every mail refused (crypto research 3.3).
    """
    mail = outbox.claim(post_office.longest_attempt_seconds)
    if mail is None:
        return False
    try:
        post_office.send(mail)
    except Unreachable as answer:
        # The server's fault and not the mail's: it keeps its place, and goes out as soon as the server is back.
        outbox.record_unsent(mail, WAITING, str(answer), 0)
        raise
    except Delayed as answer:
        outbox.record_unsent(mail, WAITING, str(answer), _pause(mail.attempts, FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS))
        log.warning("%s for %s delayed (attempt %d): %s", mail.reference, mail.adviser, mail.attempts, answer)
    except Refused as answer:
        outbox.record_unsent(mail, HELD, str(answer), LONGEST_DELAY_SECONDS)
        log.error("%s for %s refused (attempt %d): %s", mail.reference, mail.adviser, mail.attempts, answer)
    else:
        outbox.record_sent(mail)
        log.info("%s for %s delivered (attempt %d)", mail.reference, mail.adviser, mail.attempts)
    return True


def deliver(settings: DeliverySettings) -> None:
    """Deliver until SIGTERM or SIGINT; the mail under way is finished first."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    outbox, post_office = Outbox(settings.outbox), PostOffice(settings)
    failures, housekeeping_at = 0, 0.0
    log.info("delivery started")
    while not stop.is_set():
        try:
            if monotonic() >= housekeeping_at:
                outbox.create()
                outbox.forget_traces()
                housekeeping_at = monotonic() + HOUSEKEEPING_SECONDS
            while not stop.is_set() and deliver_next(outbox, post_office):
                failures = 0
        except (OutboxUnavailable, Unreachable) as fault:
            failures += 1
            log.error("%s (failure %d): %s", type(fault).__name__, failures, fault)
        post_office.close()
        stop.wait(_pause(failures, IDLE_SECONDS, LONGEST_SILENCE_SECONDS))
    log.info("delivery stopped")


def _pause(failures: int, first_seconds: float, longest_seconds: float) -> float:
    """A pause that doubles with each failure, spread by a fifth so that many processes do not come back at once."""
    return min(first_seconds * 2.0 ** max(0, min(failures - 1, 20)), longest_seconds) * random.uniform(0.8, 1.2)


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
    return _PERSONAL.sub("…", f"{_code(fault) or ''} {text}".strip())[:MAX_ANSWER_CHARACTERS]
