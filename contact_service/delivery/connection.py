"""The way to the next mail server, and the only module that opens one."""

import smtplib
import socket
import ssl
from collections.abc import Callable, Sequence

from contact_service.delivery.answers import plain_line
from contact_service.settings.config import DeliverySettings

# How long a server may take, in time limits: as RFC 5321 section 4.5.3.2 has it where a limit is the usual 30 seconds. A
# shorter one for the answer to the final dot makes copies: the server has the mail, and nobody here knows.
GREETING, FINAL_DOT = 10.0, 20.0

# A firewall that reads along may offer what the server behind it has, and let no option through.
_NOT_TAKEN = (501, 504, 555)

# smtplib raises ValueError for what SMTP cannot carry, such as a password with an accent.
FAULTS = (OSError, smtplib.SMTPException, ValueError)


def connect(settings: DeliverySettings, tls: ssl.SSLContext) -> smtplib.SMTP:
    """An encrypted connection to the next mail server, logged in; raises one of FAULTS."""
    # Without a name of our own, EHLO would tell the machine's.
    own_name, timeout = settings.bounces.rpartition("@")[2], settings.smtp_timeout_seconds
    connection: smtplib.SMTP
    if settings.smtp_security == "implicit":
        connection = _PatientOverTLS(settings.smtp_host, settings.smtp_port, own_name, timeout=timeout, context=tls)
    else:
        connection = _Patient(settings.smtp_host, settings.smtp_port, own_name, timeout=timeout)
    try:
        allow(connection, timeout)
        if settings.smtp_security == "starttls":
            connection.starttls(context=tls)
        if settings.smtp_user:
            connection.login(settings.smtp_user, settings.smtp_password or "")
        connection.ehlo_or_helo_if_needed()
    except FAULTS:
        connection.close()
        raise
    return connection


class _Patient(smtplib.SMTP):
    """Lets a server greet later than it may take for anything else."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connected: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        connected.settimeout(GREETING * timeout)
        return connected


class _PatientOverTLS(_Patient, smtplib.SMTP_SSL):
    pass


def allow(connection: smtplib.SMTP, seconds: float) -> None:
    """Give the server this long for its next answers."""
    if connection.sock:
        connection.sock.settimeout(seconds)


def ask_with(options: Sequence[str], ask: Callable[[Sequence[str]], tuple[int, bytes]]) -> tuple[int, bytes]:
    """Ask with these options; without them where the server offers them, and then does not take them (RFC 5321 4.1.1.11)."""
    code, words = ask(options)
    return ask(()) if options and code in _NOT_TAKEN else (code, words)


def must_be_well(code: int, words: bytes) -> None:
    """Raise what the server answered, where it is no yes."""
    if not 200 <= code < 300:
        raise smtplib.SMTPResponseException(code, words)


def code_of(fault: Exception) -> int:
    """The three digits of an answer; 0 where there was none."""
    return fault.smtp_code if isinstance(fault, smtplib.SMTPResponseException) else 0


def answer_of(fault: Exception) -> str:
    """The server's words, or what the library says of a connection that failed."""
    words = getattr(fault, "smtp_error", None) or getattr(fault, "strerror", None) or str(fault) or type(fault).__name__
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    # smtplib's own code for what has none.
    code = {0: "", -1: "this is no answer of a mail server:"}.get(code_of(fault), str(code_of(fault)))
    return plain_line(f"{code} {text}")
