"""The operator's commands: each reads what it needs, and no more. So delivery, which is one of them, has no key and no form."""

import logging
import sys
from importlib import import_module
from typing import Any

import click

from contact_service.operator.faults import FAULTS
from contact_service.settings.files import read_files

# Which module has which.
COMMANDS = {
    "bounced": "mails",
    "check": "check",
    "deliver": "deliver",
    "keys": "keys",
    "outbox": "mails",
    "publish-keys": "keys",
    "test-mail": "practice",
    "verify": "manifest",
    "warn-keys": "keys",
}


class Commands(click.Group):
    """Tells an operator which setting or file is at fault, where a program would show a traceback."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of this name, read now."""
        if name not in COMMANDS:
            return None
        found: click.Command = getattr(import_module(f"contact_service.operator.{COMMANDS[name]}"), name.replace("-", "_"))
        return found

    def invoke(self, context: click.Context) -> Any:
        """Run the chosen command."""
        try:
            return super().invoke(context)
        except FAULTS as fault:
            raise click.ClickException(str(fault)) from None


@click.group(cls=Commands)
@click.option(
    "--settings",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    help="A file of settings; may be given more than once.",
)
def main(settings: tuple[str, ...]) -> None:
    """Runs and watches the contact service. Settings come from the environment (CONTACT_...), or from files."""
    read_files(settings)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
