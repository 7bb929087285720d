"""The operator's practice with an adviser: a mail to read aloud from, and who has shown that they can read."""

from collections.abc import Iterable
from datetime import UTC, datetime

import click

from contact_service.keys.advisers import everybody
from contact_service.keys.keyring import NoFitKey
from contact_service.mail.practice import practice_word
from contact_service.openpgp.gpg import EncryptionFailed
from contact_service.outbox.outbox import Outbox, OutboxUnavailable
from contact_service.outbox.practised import Practised
from contact_service.settings import commands, config
from contact_service.web.intake import Intake


@click.command()
@click.argument("adviser")
def test_mail(adviser: str) -> None:
    """Send ADVISER an encrypted practice mail, and print the word to hear back on the phone."""
    word, intake = practice_word(), Intake(config.web_settings())
    try:
        reference = intake.practise(adviser, word)
    except KeyError:
        names = ", ".join(person.name for person in everybody(intake.associations.values()))
        raise click.ClickException(f"nobody in advisers.toml is called {adviser!r}; the names are {names}") from None
    except (NoFitKey, EncryptionFailed):
        raise click.ClickException(f"{adviser} has no key that can be used; see: contact-service keys") from None
    click.echo(f"Practice mail {reference} for {adviser} is in the outbox. Once its link was used, `keys` shows the day.")
    click.echo(f"The word to hear back: {word}")


def read_with(fingerprints: Iterable[str]) -> dict[str, str]:
    """The day on which somebody last read a practice mail with each key; "?" without an outbox that can be asked."""
    fingerprints = list(fingerprints)
    try:
        url = commands.outbox_url_if_any()
        practised = Practised(Outbox(url).database) if url else None
        days = {found: practised.read_at(found) for found in fingerprints} if practised else {}
    except OutboxUnavailable:
        practised = None
    if not practised:
        return dict.fromkeys(fingerprints, "?")
    return {found: f"{datetime.fromtimestamp(day, UTC):%Y-%m-%d}" if day else "never" for found, day in days.items()}
