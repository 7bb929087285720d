"""Settings of single commands: each asks for what it needs, and no more."""

from dataclasses import dataclass
from pathlib import Path

from contact_service.settings.config import KeySettings, key_files
from contact_service.settings.environment import PLAIN_ADDRESS, Environment, must_be_database


@dataclass(frozen=True)
class WarningSettings(KeySettings):
    """What the daily check of the keys needs to write a warning."""

    sender: str
    operator: str


@dataclass(frozen=True)
class BounceSettings:
    """What a mail to the bounce address needs: where its mail is, and who hears of it when it is about none."""

    outbox: str
    operator: str
    bounces: str


def outbox_url() -> str:
    """The outbox alone, for commands that look into it; raises SettingsInvalid."""
    env = Environment()
    url = env.str("OUTBOX", validate=must_be_database)
    env.check()
    return str(url)


def outbox_url_if_any() -> str | None:
    """The outbox, for a command that has something to say without it too; raises SettingsInvalid."""
    env = Environment()
    url = env.str("OUTBOX", None, validate=must_be_database)
    env.check()
    return url


def key_settings() -> KeySettings:
    """The settings of a look at the keys; raises SettingsInvalid."""
    env = Environment()
    found = key_files(env)
    env.check()
    return KeySettings(**found)


def site_folder() -> Path | None:
    """The built site, for commands that can do without it."""
    env = Environment()
    folder: Path | None = env.path("SITE", default=None)
    env.check()
    return folder


def warning_settings() -> WarningSettings:
    """The settings of the daily check of the keys; raises SettingsInvalid."""
    env = Environment()
    found = key_files(env)
    found["sender"] = env.str("FROM", validate=PLAIN_ADDRESS)
    found["operator"] = env.str("OPERATOR", validate=PLAIN_ADDRESS)
    env.check()
    return WarningSettings(**found)


def bounce_settings() -> BounceSettings:
    """The settings of whoever takes a mail to the bounce address; raises SettingsInvalid."""
    env = Environment()
    outbox = env.str("OUTBOX", validate=must_be_database)
    operator, bounces = env.str("OPERATOR", validate=PLAIN_ADDRESS), env.str("BOUNCES", validate=PLAIN_ADDRESS)
    env.check()
    return BounceSettings(outbox, operator, bounces)
