"""The command that says whether all is in order."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar

import click

from contact_service.keys.advisers import everybody
from contact_service.keys.judgement import judge
from contact_service.openpgp.gpg import machine_options
from contact_service.openpgp.key_files import read_key_files
from contact_service.operator.faults import FAULTS
from contact_service.operator.machine import look_around
from contact_service.operator.sending import sending_faults
from contact_service.outbox.faults import KEY_FAULTS
from contact_service.settings import commands, config
from contact_service.settings.environment import unknown_names
from contact_service.web.intake import Intake
from contact_service.web.limits import Limits
from contact_service.web.page import read_site

T = TypeVar("T")


@click.command()
def check() -> None:
    """Say whether settings, site, keys and outbox are in order; exit status 1 when one is not."""
    faults: list[str] = []
    web = _result(config.web_settings, faults)
    delivery = _result(config.delivery_settings, faults)
    _result(commands.bounce_settings, faults)
    if web:
        _result(lambda: read_site(web.site), faults)
        intake = _result(lambda: Intake(web), faults)
        now = datetime.now(UTC)
        people = everybody(intake.associations.values()) if intake else []
        # Asked anew: the service itself asks no browser's library.
        for verdict in _result(lambda: judge(people, read_key_files(web.keys), web.site), faults) or []:
            click.echo(f"key {verdict.fingerprint} of {verdict.adviser}: {verdict.sentence}")
            if not verdict.is_fit(now):
                what = "is refused by browsers: only our server encrypts" if verdict.is_usable(now) else "cannot be used"
                faults.append(f"the key {verdict.fingerprint} of {verdict.adviser} {what}: {verdict.code}")
        faults += intake.strangers() if intake else []
        for role in intake.closed_roles() if intake else []:
            faults.append(f"the form is closed for {role}: no adviser has a usable key")
        # Keys and roles are named above, one by one.
        health = intake.health(*Limits(web.limits, web.allowance).faults()) if intake else None
        faults += [text for code, text in (health.sentences() if health else []) if code not in KEY_FAULTS]
        more, notes = look_around(web.hosts[0], web.site, people)
        more_faults, more_notes = sending_faults(delivery, web.sender) if delivery else ([], [])
        faults += more + more_faults
        click.echo("".join(f"NOTE {note}\n" for note in notes + more_notes), nl=False)
    faults += [f"{name} is no setting of this version: is it misspelt?" for name in unknown_names()]
    click.echo("".join(f"NOTE every gpg of this machine obeys {line}\n" for line in machine_options()), nl=False)
    # One fault may come up twice, in the settings of web and of delivery.
    for fault in dict.fromkeys(faults):
        click.echo(f"FAULT {fault}")
    click.echo("Not in order." if faults else "All in order.")
    sys.exit(1 if faults else 0)


def _result(read: Callable[[], T], faults: list[str]) -> T | None:
    try:
        return read()
    except FAULTS as fault:
        faults += str(fault).splitlines()
        return None
