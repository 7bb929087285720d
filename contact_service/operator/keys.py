"""The operator's commands about keys."""

import json
import logging
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import click

from contact_service.delivery.post_office import Delayed, PostOffice, Refused, Unreachable
from contact_service.keys.advisers import Association, everybody, read_associations
from contact_service.keys.judgement import judge
from contact_service.keys.publication import publish
from contact_service.keys.verdict import FIT, Verdict
from contact_service.keys.warnings import warnings
from contact_service.openpgp.key_files import grouped, other_files, read_key_files
from contact_service.operator.practice import read_with
from contact_service.settings import commands, config

log = logging.getLogger(__name__)

SOON_DAYS = 30


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For machines.")
@click.option(
    "--before-reload", is_flag=True, help="Fail only when a reload would stop the service or close the form for a role."
)
def keys(as_json: bool, before_reload: bool) -> None:
    """Judge every pinned key; exit status 1 when one is unfit, 2 when one becomes unfit within 30 days."""
    settings, now = commands.key_settings(), datetime.now(UTC)
    associations = _associations(settings)
    files = read_key_files(settings.keys)
    # A reload changes nothing of what browsers can do.
    verdicts = judge(everybody(associations), files, None if before_reload else commands.site_folder())
    if before_reload:
        _refuse_to_close(associations, {verdict.adviser for verdict in verdicts if verdict.is_usable(now)})
        return
    pinned = {verdict.fingerprint for verdict in verdicts}
    unpinned = {file.name: file.fingerprint for file in files if file.fingerprint and file.fingerprint not in pinned}
    read = read_with(pinned)
    rows = [{**_row(verdict, associations, now), "practised": read.get(verdict.fingerprint)} for verdict in verdicts]
    if as_json:
        click.echo(json.dumps({"keys": rows, "unpinned": unpinned}, ensure_ascii=False, indent=1))
    else:
        _print_table(rows)
        for name, fingerprint in unpinned.items():
            click.echo(f"{name} holds {grouped(fingerprint)}, which nobody in {settings.advisers} has.")
        for file in files:
            if not file.fingerprint:
                click.echo(f"{file.name} holds no key that can be read: {file.fault}.")
        for name in other_files(settings.keys):
            click.echo(f"{name} is not looked at: a key is a file NAME.asc.")
    days = [verdict.days_left(now) if verdict.is_fit(now) else -1 for verdict in verdicts]
    sys.exit(1 if -1 in days else 2 if min(days) <= SOON_DAYS else 0)


@click.command()
def warn_keys() -> None:
    """Mail a warning about keys that are unfit or end soon, to the adviser and to CONTACT_OPERATOR; meant to run daily."""
    settings, post_office = commands.warning_settings(), PostOffice(config.delivery_settings())
    associations = _associations(settings)
    verdicts, now = judge(everybody(associations), read_key_files(settings.keys), commands.site_folder()), datetime.now(UTC)
    # Unfit for browsers alone: no letter, since what our server encrypts is read.
    for verdict in (verdict for verdict in verdicts if verdict.is_usable(now) and not verdict.is_fit(now)):
        log.warning("key %s of %s: %s", verdict.fingerprint, verdict.adviser, verdict.sentence)
    failed = False
    for mail in warnings(associations, verdicts, settings.sender, settings.operator, now):
        try:
            post_office.send(mail)
            log.info("warning about keys handed over for %s", mail.adviser)
        except (Unreachable, Delayed, Refused) as answer:
            failed = True
            log.error("warning about keys for %s not handed over: %s", mail.adviser, answer)
    post_office.close()
    sys.exit(1 if failed else 0)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--domain", help="Also publish this domain's addresses by the direct method: the domain of the site itself.")
def publish_keys(folder: Path, domain: str | None) -> None:
    """Write the keys in force to FOLDER as a site serves them: Web Key Directory, downloads, and keys.json for the page."""
    settings = commands.key_settings()
    if (folder / "keys").resolve() == settings.keys.resolve():
        raise click.ClickException(f"{settings.keys} holds the service's own keys; choose another folder")
    for name, where in publish(_associations(settings), settings.keys, folder, domain, datetime.now(UTC)):
        click.echo(f"{name}: {where}")


def _associations(settings: config.KeySettings) -> list[Association]:
    return list(dict.fromkeys(read_associations(settings.advisers).values()))


def _refuse_to_close(associations: Iterable[Association], fit: set[str]) -> None:
    groups = [group for group in associations if not fit & {person.name for person in (*group.advisers, *group.reserves)}]
    if closed := [role for group in groups for role in group.roles]:
        raise click.ClickException(
            f"not reloaded: nobody would have a usable key for {', '.join(closed)}. The service goes on with the keys that it "
            "has. Mend the keys (contact-service keys), or close the form on purpose: systemctl restart contact-web"
        )


def _row(verdict: Verdict, associations: Iterable[Association], now: datetime) -> dict[str, str | float | None]:
    advisers = {person.name: group.name for group in associations for person in group.advisers}
    reserves = {person.name: "(reserve)" for group in associations for person in group.reserves}
    days = verdict.days_left(now)
    return {
        "association": (reserves | advisers)[verdict.adviser],
        "adviser": verdict.adviser,
        "fingerprint": verdict.fingerprint,
        "usable_until": verdict.usable_until.isoformat() if verdict.usable_until else None,
        "days_left": None if days == float("inf") else days,
        "code": "expired" if verdict.code == FIT and not verdict.is_fit(now) else verdict.code,
        "sentence": verdict.sentence,
    }


def _print_table(rows: list[dict[str, str | float | None]]) -> None:
    shown = [("ASSOCIATION", "ADVISER", "FINGERPRINT", "USABLE UNTIL", "PRACTISED", "VERDICT")]
    for row in rows:
        until = str(row["usable_until"] or "-")[:10] if row["usable_until"] or row["code"] != "fit" else "no end"
        association, adviser, fingerprint, read = (
            str(row[name]) for name in ("association", "adviser", "fingerprint", "practised")
        )
        shown.append((association, adviser, grouped(fingerprint), until, read, f"{row['code']}: {row['sentence']}"))
    widths = [max(len(line[column]) for line in shown) for column in range(5)]
    for line in shown:
        click.echo("  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[5]]))
