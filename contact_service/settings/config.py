"""Settings of the service: which there are, what they must look like, and which process gets which."""

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from marshmallow.validate import Length, OneOf, Range

from contact_service.settings.environment import (
    ALLOWANCE_LIKE,
    FILLED,
    MAIL_HOST,
    NO_GAP,
    PLAIN_ADDRESS,
    Environment,
    SettingsInvalid,
    must_be_certificates,
    must_be_command,
    must_be_counter,
    must_be_database,
    must_be_given,
    must_be_hosts,
    must_exist,
)


@dataclass(frozen=True)
class KeySettings:
    """Where the advisers and their public keys are."""

    advisers: Path
    keys: Path


@dataclass(frozen=True)
class WebSettings(KeySettings):
    """What the web process needs; it knows nothing of the mail server."""

    site: Path
    keyring: Path
    outbox: str = field(repr=False)
    secret_key: str = field(repr=False)
    hosts: list[str]
    sender: str
    minimum_fill_seconds: int
    minimum_free_bytes: int
    late_minutes: int = 30
    limits: str = field(default="memory://", repr=False)
    allowance: str = "30/hour,60/hour,600/hour"


@dataclass(frozen=True)
class DeliverySettings:
    """What the delivery process needs; it knows neither the form's secret nor any key."""

    outbox: str = field(repr=False)
    bounces: str
    smtp_host: str
    smtp_port: int
    smtp_security: str
    smtp_user: str | None
    smtp_password: str | None = field(repr=False)
    smtp_ca_file: Path | None
    smtp_timeout_seconds: int
    late_minutes: int = 30
    alert_command: tuple[str, ...] = ()
    keep_days: int = 14
    unopened_hours: int = 24
    dkim_selector: str = "contact"


def web_settings() -> WebSettings:
    """The settings of the web process; raises SettingsInvalid."""
    env = Environment()
    found: dict[str, Any] = {
        **key_files(env),
        "site": env.path("SITE", validate=must_exist),
        "keyring": env.path("KEYRING", validate=must_be_given),
        "outbox": env.str("OUTBOX", validate=must_be_database),
        # 32 characters of a random generator: the token's signature is worth no more than its key.
        "secret_key": env.str("SECRET_KEY", validate=Length(min=32, error="needs at least 32 random characters")),
        "hosts": env.list("HOSTS", subcast=str.strip, validate=[FILLED, NO_GAP, must_be_hosts]),
        "sender": env.str("FROM", validate=PLAIN_ADDRESS),
        "minimum_fill_seconds": env.int("MINIMUM_FILL_SECONDS", 2, validate=Range(min=0)),
        # Delivery needs room to write its marks: new submissions stop first (SQLite cannot even drain a full disk).
        "minimum_free_bytes": env.int("MINIMUM_FREE_BYTES", 50_000_000, validate=Range(min=0)),
        "late_minutes": env.int("LATE_MINUTES", WebSettings.late_minutes, validate=Range(min=1)),
        "limits": env.str("LIMITS", WebSettings.limits, validate=must_be_counter),
        "allowance": env.str("ALLOWANCE", WebSettings.allowance, validate=ALLOWANCE_LIKE),
    }
    env.check()
    return WebSettings(**found)


def delivery_settings() -> DeliverySettings:
    """The settings of the delivery process; raises SettingsInvalid."""
    env = Environment()
    found: dict[str, Any] = {
        "outbox": env.str("OUTBOX", validate=must_be_database),
        "bounces": env.str("BOUNCES", validate=PLAIN_ADDRESS),
        "smtp_host": env.str("SMTP_HOST", validate=[FILLED, MAIL_HOST]),
        "smtp_port": env.int("SMTP_PORT", 587, validate=Range(1, 65535)),
        "smtp_security": env.str("SMTP_SECURITY", "starttls", validate=OneOf(("starttls", "implicit"))),
        "smtp_user": env.str("SMTP_USER", None),
        "smtp_password": env.str("SMTP_PASSWORD", None),
        "smtp_ca_file": env.path("SMTP_CA_FILE", None, validate=must_be_certificates),
        "smtp_timeout_seconds": env.int("SMTP_TIMEOUT_SECONDS", 30, validate=Range(1, 240)),
        "late_minutes": env.int("LATE_MINUTES", DeliverySettings.late_minutes, validate=Range(min=1)),
        "keep_days": env.int("KEEP_DAYS", DeliverySettings.keep_days, validate=Range(1, 90)),
        "unopened_hours": env.int("UNOPENED_HOURS", DeliverySettings.unopened_hours, validate=Range(min=1)),
        "dkim_selector": env.str("DKIM_SELECTOR", DeliverySettings.dkim_selector),
        "alert_command": env.str("ALERT_COMMAND", "", validate=must_be_command),
    }
    env.check()
    found["alert_command"] = tuple(shlex.split(found["alert_command"]))
    # The operator hears of it a quarter of that time after the advisers, and it's erased up to an hour before its end.
    if found["unopened_hours"] * 1.25 + 2 > found["keep_days"] * 24:
        hours = int((found["keep_days"] * 24 - 2) / 1.25)
        raise SettingsInvalid(
            f"CONTACT_UNOPENED_HOURS: with CONTACT_KEEP_DAYS={found['keep_days']} it may be {hours} at most, "
            "or a message would be erased before anybody hears that nobody opened it"
        )
    return DeliverySettings(**found)


def key_files(env: Environment) -> dict[str, Any]:
    """What whoever judges keys asks for."""
    return {"advisers": env.path("ADVISERS", validate=must_exist), "keys": env.path("KEYS", validate=must_exist)}
