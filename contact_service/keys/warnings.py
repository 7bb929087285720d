"""The mails that warn about keys before an official could notice. Nothing is remembered: what is due follows from the date."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from contact_service.keys.advisers import Adviser, Association, everybody
from contact_service.keys.verdict import BROWSER, Verdict
from contact_service.mail.notices import plain_mail
from contact_service.openpgp.key_files import grouped
from contact_service.outbox.outbox import Mail

FIRST_DAYS, DAILY_DAYS = 60, 7

PROLONG = """1. Open Thunderbird. Kies in het menu Extra: OpenPGP-sleutelbeheerder.
   (Outlook met Gpg4win: open het programma Kleopatra.)
2. Dubbelklik op uw eigen sleutel. Kies Vervaldatum wijzigen, en dan twee jaar.
3. Kies in het menu Bestand: Publieke sleutel(s) exporteren naar bestand.
4. Mail dat bestand als bijlage aan {operator}."""
RENEW = """1. Maak een nieuwe sleutel. In de handleiding voor adviseurs staat hoe dat gaat.
2. Mail uw nieuwe publieke sleutel als bijlage aan {operator}.
3. De beheerder belt u. U leest dan samen de vingerafdruk voor.
4. Bewaar uw oude sleutel: daarmee leest u oude berichten."""
# What the adviser can mend; anything else is the operator's to mend.
STEPS = {"fit": PROLONG, "expired": PROLONG} | dict.fromkeys(
    (
        BROWSER,
        "revoked",
        "future",
        "no-encryption",
        "weak",
        "too-new",
        "curve",
        "name",
        "long-name",
        "other-format",
        "secret",
        "no-user-id",
    ),
    RENEW,
)

ADVISER_TEXT = """Beste adviseur,

Met uw sleutel leest u berichten van het contactformulier van
{site}. Er is iets met die sleutel:

    {sentence}
    Vingerafdruk: {fingerprint}

{consequence}

Wat moet u doen?

{steps}

Stuur nooit uw geheime sleutel, en geef niemand uw wachtwoord.
Twijfelt u of deze mail echt is? Bel de beheerder op een nummer dat u al had.
"""
AHEAD = "Doet u niets, dan kunt u na die datum geen nieuwe berichten meer lezen."
TOO_LATE = "U krijgt nu geen nieuwe berichten. Een ander vangt ze op, zolang dat lukt."

OPERATOR_TEXT = """These keys of the contact form need attention:

{keys}
{closed}
See everything:      contact-service keys
After a new file:    compare the fingerprint on the phone, then reload the service
"""


def is_due(days_left: float) -> bool:
    """True on the days on which a warning goes out: weekly from 60 days ahead, daily from 7 and while a key is unfit."""
    return days_left <= DAILY_DAYS or (days_left <= FIRST_DAYS and (FIRST_DAYS - days_left) % 7 == 0)


def warnings(
    associations: Sequence[Association], verdicts: Sequence[Verdict], sender: str, operator: str, now: datetime
) -> list[Mail]:
    """The mails of today: one for each adviser whose best key is due and can be mended there, and one for the operator."""
    people = everybody(associations)
    letters = [_letter(person, best, sender, operator, now) for person in people if (best := _best(person, verdicts, now))]
    due = [verdict for verdict in verdicts if is_due(verdict.days_left(now))]
    if due:
        keys = "".join(f"{v.adviser}  {grouped(v.fingerprint)}\n    {v.code}: {v.sentence}\n" for v in due)
        closed = "".join(f"No adviser of {name} can read a message now.\n" for name in _unread(associations, verdicts, now))
        unfit = sum(not verdict.is_usable(now) for verdict in due)
        subject = f"Keys of the contact form: {unfit} unfit, {len(due) - unfit} to prolong"
        letters.append(_mail("operator", operator, sender, subject, OPERATOR_TEXT.format(keys=keys, closed=closed), now))
    return letters


def _best(person: Adviser, verdicts: Iterable[Verdict], now: datetime) -> Verdict | None:
    """The person's key that lasts longest, if it is due for a warning that the person can act on."""
    best = max((v for v in verdicts if v.adviser == person.name), key=lambda v: (v.days_left(now), v.code in STEPS))
    return best if is_due(best.days_left(now)) and best.code in STEPS else None


def _letter(person: Adviser, verdict: Verdict, sender: str, operator: str, now: datetime) -> Mail:
    usable = verdict.is_usable(now)
    text = ADVISER_TEXT.format(
        site=sender.rpartition("@")[2],
        sentence=verdict.sentence,
        fingerprint=grouped(verdict.fingerprint),
        consequence=AHEAD if usable else TOO_LATE,
        steps=STEPS[verdict.code].format(operator=operator),
    )
    days = int(verdict.days_left(now)) if usable else 0
    end = "vandaag" if days == 0 else "morgen" if days == 1 else f"over {days} dagen"
    do = "Verleng" if STEPS[verdict.code] is PROLONG else "Vervang"
    subject = f"{do} uw sleutel: die verloopt {end}" if usable else "Uw sleutel werkt niet meer"
    return _mail(person.name, person.address, sender, subject, text, now, reply_to=operator)


def _unread(associations: Iterable[Association], verdicts: Iterable[Verdict], now: datetime) -> list[str]:
    able = {verdict.adviser for verdict in verdicts if verdict.is_usable(now)}
    return [group.name for group in associations if not able & {adviser.name for adviser in group.advisers}]


def _mail(name: str, address: str, sender: str, subject: str, text: str, now: datetime, reply_to: str = "") -> Mail:
    # The same on one day: a mailbox can drop the copy of a run that was repeated.
    identity = hashlib.sha256(f"{now:%Y-%m-%d} {name}".encode()).hexdigest()[:32]
    content = plain_mail(subject, text, mail_id=identity, address=address, sender=sender, now=now, reply_to=reply_to)
    return Mail(id=identity, reference="keys", adviser=name, address=address, mail=content)
