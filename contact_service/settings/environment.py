"""Reading the environment: values or files that hold them, what each must look like, and all faults reported together."""

import os
import re
import shlex
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import SplitResult, parse_qsl, urlsplit

from environs import FileAwareEnv
from environs.exceptions import EnvError, EnvValidationError
from marshmallow import ValidationError
from marshmallow.validate import ContainsNoneOf, Length, Regexp

# An address that goes into a mail header: ASCII, no spaces, no line breaks, no display name.
MAIL_ADDRESS = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
ALLOWANCE_LIKE = Regexp(r"(\d+/(minute|hour|day)(,(?!\Z)|\Z)){3}", error="is not like 30/hour,60/hour,600/hour")
_COUNTER = Regexp(r"(memory|rediss?|valkeys?)://", error="must start with memory://, redis:// or valkey://")
# SQLite without a file keeps its mails in memory, where a restart loses them.
_DATABASE = Regexp(r"sqlite:///(?!:memory:).|postgresql\+psycopg://.", error="must be sqlite:///FILE or postgresql+psycopg://…")
# What else the library takes changes how it counts, or is refused by it at the first submission.
_COUNTER_OPTIONS = {"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname"}
_ENCODED = "and in a password %40 for @, %3A for :, %2F for /, %23 for # and %3F for ?"
PREFIX = "CONTACT_"
_asked: set[str] = set()
FILLED = Length(min=1, error="is empty")
NO_GAP = ContainsNoneOf([""], error="has an empty name in it")
# As a browser sends it, and as it stands in a link: an address like https://… would make every request a stranger's.
_HOST = r"(\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])(:\d+)?"
HOST = Regexp(rf"{_HOST}\Z", error="has a name that is not like hulp.example or hulp.example:8443, with commas between several")
MAIL_HOST = Regexp(
    r"[A-Za-z0-9._-]+\Z|[0-9A-Fa-f:.]+\Z", error="must be a name or an address alone; its port is CONTACT_SMTP_PORT"
)
PLAIN_ADDRESS = Regexp(rf"{MAIL_ADDRESS}\Z", error="is not a plain mail address like form@your-domain")


class SettingsInvalid(Exception):
    """One or more settings are missing or wrong; the message has one line for each."""


def add(found: Mapping[str, str | None]) -> None:
    """Put these settings into the environment, where they do not stand there yet."""
    for name, value in found.items():
        os.environ.setdefault(name, value or "")


def unknown_names() -> list[str]:
    """What looks like a setting of ours and is none that was asked for in this process: misspelt, or of an earlier version."""
    given = {name for name in os.environ if name.startswith(PREFIX)}
    return sorted(name for name in given - _asked if name.removesuffix("_FILE") not in _asked)


class Environment(FileAwareEnv):
    """The CONTACT_ variables; one that ends in _FILE names a file that holds the value (systemd credentials)."""

    def __init__(self) -> None:
        super().__init__(eager=False, prefix=PREFIX)

    # A value file that cannot be read is one fault among the others; environs would stop at it.
    def _get_value(self, env_key: str, default: Any) -> Any:
        _asked.add(env_key)
        try:
            value = super()._get_value(env_key, default)
            return value.strip() if isinstance(value, str) else value
        except ValueError as fault:
            self._errors[env_key].append(str(fault))
            return default

    def check(self) -> None:
        """Raise SettingsInvalid, which names everything that was asked for and is missing or wrong."""
        try:
            self.seal()
        except EnvValidationError as faults:
            messages = cast(dict[str, list[str]], faults.error_messages)
            lines = [f"{name}: {' '.join(texts)}" for name, texts in sorted(messages.items())]
            raise SettingsInvalid("\n".join(lines)) from None
        except EnvError as fault:
            raise SettingsInvalid(str(fault)) from None


def must_be_counter(url: str) -> None:
    """Found at start; a counter that cannot be found by its address would limit nobody."""
    _COUNTER(url)
    address = _taken_apart(url, "")
    if address.scheme != "memory" and not (address.hostname and re.fullmatch(r"/?\d*", address.path)):
        raise ValidationError(f"must be like valkey://:PASSWORD@HOST:6379/0, {_ENCODED}")
    options = {name for name, _ in parse_qsl(address.query, keep_blank_values=True)}
    if options - (_COUNTER_OPTIONS if address.scheme in ("rediss", "valkeys") else set()):
        raise ValidationError("may end in ?ssl_ca_certs=FILE and the like, after rediss:// or valkeys://, and nothing else")


def must_be_database(url: str) -> None:
    """Found at start, in words that hold nothing of the address: there may be a password in it."""
    _DATABASE(url)
    place = _taken_apart(url, "several hosts as USER:PASSWORD@/NAME?host=A:5432&host=B:5432, ")
    if url.startswith("postgresql") and (place.netloc.count("@") > 1 or "@" in place.path):
        raise ValidationError(f"must be like postgresql+psycopg://USER:PASSWORD@HOST:5432/NAME, {_ENCODED}")


def _taken_apart(url: str, several: str) -> SplitResult:
    try:
        address = urlsplit(url)
        address.port  # noqa: B018 (it is only read when asked for)
        if address.netloc.endswith(":"):
            raise ValueError("an empty one")
    except ValueError:
        raise ValidationError(f"has no port where one should be: write {several}HOST:PORT, {_ENCODED}") from None
    return address


def must_be_hosts(names: list[str]) -> None:
    """Found at start: no request would be for any other name."""
    for name in names:
        HOST(name)


def must_be_command(words: str) -> None:
    """Found at start, and not at the first alert."""
    try:
        shlex.split(words)
    except ValueError as fault:
        raise ValidationError(f"cannot be taken apart as a shell does: {fault}") from None


def must_be_given(path: Path) -> None:
    """An empty value would mean the current folder."""
    if path == Path():
        raise ValidationError("is empty")


def must_be_certificates(path: Path) -> None:
    """Found by `check` rather than by the first mail."""
    must_exist(path)
    try:
        ssl.create_default_context(cafile=path)
    except OSError as fault:
        raise ValidationError(f"names {path}, which cannot be used as certificates in PEM: {fault.strerror}") from None


def must_exist(path: Path) -> None:
    """Found at start rather than at the first submission."""
    must_be_given(path)
    if not path.exists():
        raise ValidationError(f"names {path}, which does not exist")
