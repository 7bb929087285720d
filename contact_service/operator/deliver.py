"""The command that hands mails over. It reads nothing of the keys and the form."""

import click

from contact_service.delivery.process import deliver as deliver_forever
from contact_service.settings import config


@click.command()
def deliver() -> None:
    """Hand the mails in the outbox to the next mail server, until stopped."""
    deliver_forever(config.delivery_settings())
