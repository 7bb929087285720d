"""The environment, read so that an operator sees every fault at once. `config` says which settings there are."""

from pathlib import Path
from typing import Any, cast

from environs import FileAwareEnv
from environs.exceptions import EnvError, EnvValidationError
from marshmallow import ValidationError


class SettingsInvalid(Exception):
    """One or more settings are missing or wrong; the message has one line for each."""


class Environment(FileAwareEnv):
    """The variables that start with CONTACT_; one that ends in _FILE names a file that holds the value."""

    def __init__(self) -> None:
        super().__init__(eager=False, prefix="CONTACT_", strip_whitespace=True)

    # A value file that cannot be read is one fault among the others; environs would stop at it.
    def _get_value(self, env_key: str, default: Any) -> Any:
        try:
            return super()._get_value(env_key, default)
        except ValueError as fault:
            self._errors[env_key].append(str(fault))
            return default

    def check(self) -> None:
        """Raise SettingsInvalid with all faults found while reading."""
        try:
            self.seal()
        except EnvValidationError as faults:
            messages = cast(dict[str, list[str]], faults.error_messages)
            lines = [f"{name}: {' '.join(texts)}" for name, texts in sorted(messages.items())]
            raise SettingsInvalid("\n".join(lines)) from None
        except EnvError as fault:
            raise SettingsInvalid(str(fault)) from None


def must_be_given(path: Path) -> None:
    """A path that is not empty."""
    if path == Path():
        raise ValidationError("is empty")


def must_exist(path: Path) -> None:
    """A path at which there is something."""
    must_be_given(path)
    if not path.exists():
        raise ValidationError(f"names {path}, which does not exist")
