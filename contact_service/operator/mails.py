"""The operator's commands about mails: what nobody has yet, sending it again, and what comes back."""

import logging
import re
import sys
import tempfile
from datetime import UTC, datetime
from os import EX_TEMPFAIL
from pathlib import Path
from time import time

import click

from contact_service.delivery.bounces import MAX_REPORT_BYTES, read_report
from contact_service.delivery.passed_on import is_own_return, pass_on
from contact_service.keys.advisers import Adviser, everybody, read_associations
from contact_service.keys.keyring import Keyring
from contact_service.mail.receipt import as_read_out, mark_of
from contact_service.outbox.kept import Kept
from contact_service.outbox.mails import NOTICE, SUBMISSION
from contact_service.outbox.outbox import Mail, Outbox, OutboxUnavailable
from contact_service.settings import commands
from contact_service.settings.environment import SettingsInvalid

log = logging.getLogger(__name__)

_ARMORED = re.compile("-----BEGIN PGP MESSAGE-----.*-----END PGP MESSAGE-----", re.DOTALL)
_TO = re.compile(rb"^To: \S+", re.MULTILINE)


@click.group(invoke_without_command=True)
@click.pass_context
def outbox(context: click.Context) -> None:
    """List the mails that nobody has yet: for whom, how old, and what a mail server last said. Never what is in them."""
    if context.invoked_subcommand:
        return
    mails = _kept().unopened()
    for mail in mails:
        age_minutes = max(0, int((time() - mail.accepted_at) / 60))
        # What stands behind [...] in its open subject: an adviser who cannot open it knows no more.
        mark = mark_of(mail.code) if mail.code else "-"
        state = mail.state if mail.kind == SUBMISSION else f"{mail.kind}, {mail.state}"
        about = (mail.reference, mark, mail.adviser, state, f"{age_minutes} min", f"{mail.attempts} attempts")
        click.echo("  ".join((*about, mail.last_answer)))
    click.echo(f"{sum(mail.kind != NOTICE for mail in mails)} not opened")


@outbox.command()
def retry() -> None:
    """Try every mail that waits, is held or came back again now."""
    click.echo(f"{_kept().retry()} due now")


@outbox.command()
@click.argument("reference")
def resend(reference: str) -> None:
    """Send what nobody has of REFERENCE again, to the addresses of now, if it is locked for keys of now."""
    kept = _kept()
    mails = [mail for mail in kept.unopened(as_read_out(reference)) if mail.kind != NOTICE]
    if not mails:
        raise click.ClickException(f"nothing of {reference} is here: somebody has it, its time is over, or it was misheard")
    settings = commands.key_settings()
    groups = dict.fromkeys(read_associations(settings.advisers).values())
    with tempfile.TemporaryDirectory(prefix="contact-resend-") as home:
        keyring = Keyring(groups, settings.keys, Path(home))
        people = {person.name: person for person in everybody(groups)}
        faults = [(mail.adviser, _sent_again(keyring, people.get(mail.adviser), kept, mail)) for mail in mails]
    for adviser, fault in faults:
        click.echo(f"{adviser}: {f'NOT sent: {fault}' if fault else 'is sent again'}")
    sys.exit(1 if any(fault for _, fault in faults) else 0)


@click.command()
def bounced() -> None:
    """Take a mail that came to CONTACT_BOUNCES on standard input; status 75 asks the mail server to bring it again."""
    content = sys.stdin.buffer.read(MAX_REPORT_BYTES)
    while sys.stdin.buffer.read(MAX_REPORT_BYTES):
        pass
    report = read_report(content)
    try:
        settings = commands.bounce_settings()
        outbox = Outbox(settings.outbox)
        kept = Kept(outbox.database)
        if report and any(kept.answered(mail_id, report.words, failed=report.failed) for mail_id in report.mail_ids):
            log.warning("a mail server reports: %s", report.words)
        elif report and is_own_return(report):
            log.error("a mail to CONTACT_OPERATOR came back and was dropped: %s", report.words)
        elif not pass_on(content, outbox, sender=settings.bounces, operator=settings.operator):
            log.warning("a mail that reports on no mail of ours was dropped: too many came today")
    except (SettingsInvalid, OutboxUnavailable) as fault:
        log.error("not taken, to be brought again: %s", fault)
        sys.exit(EX_TEMPFAIL)


def _kept() -> Kept:
    return Kept(Outbox(commands.outbox_url()).database)


def _sent_again(keyring: Keyring, adviser: Adviser | None, kept: Kept, mail: Mail) -> str:
    """Let the mail leave again under its own Message-ID; the reason where that would help nobody."""
    content = kept.content(mail.id)
    if not adviser:
        return "nobody in advisers.toml has this name any more"
    armored = _ARMORED.search(content.decode("ascii", "replace"))
    if not armored:
        return "nothing of it is left"
    if not keyring.opens(adviser, armored[0], datetime.now(UTC)):
        return (
            "it is locked for other keys than those that are pinned and fit now. Only who has the old key can open it; "
            "ask all advisers of the association by phone"
        )
    addressed = _TO.sub(b"To: " + adviser.address.encode(), content, count=1)
    return "" if kept.resend(mail, adviser.address, addressed) else "somebody has it meanwhile"
