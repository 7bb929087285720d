"""The short mails about a submission. They hold its reference and nothing else, so they need no lock."""

import base64
import quopri
from datetime import datetime

from contact_service.mail.mime import entity, letter, multipart
from contact_service.mail.receipt import digest

TAKEN = (
    "Bericht {reference}: iemand heeft het",
    """Iemand van uw vereniging zegt over bericht {reference}: ik heb dit bericht.

Was u dat? Dan hoeft u niets te doen.
Was u dat niet? Bel de inzender dan niet voordat u met uw collega
heeft afgesproken wie verder gaat.
""",
)
UNOPENED = (
    "Bericht {reference} wacht op u",
    """Niemand heeft nog gezegd: ik heb bericht {reference}.

1. Zoek in uw postvak de versleutelde mail, met als onderwerp:
   {subject}
   Kijk ook bij ongewenste mail.
2. Open die mail. Boven in de tekst staat een link: Ik heb dit bericht.
3. Klik op die link en druk op de knop.

Ziet u de mail niet, of opent die niet? Bel de beheerder.
""",
)
RESERVE = (
    "Bericht {reference} is door niemand geopend",
    """U bent reserve voor het contactformulier van {site}.
Geen adviseur heeft gezegd: ik heb bericht {reference}.

U krijgt de tekst niet. Bel de adviseurs of de beheerder, zodat
iemand het bericht opent.
""",
)
END = "\nDit is een automatische mail. Een antwoord leest niemand.\n"


def notice(
    words: tuple[str, str], reference: str, *, notice_id: str, address: str, sender: str, now: datetime, about: str = ""
) -> bytes:
    """One of these notices as a finished mail; `about` is the open subject of the mail that it tells of."""
    subject, text = words
    domain = sender.rpartition("@")[2]
    text = text.format(reference=reference, site=domain, subject=about) + END
    return plain_mail(subject.format(reference=reference), text, mail_id=notice_id, address=address, sender=sender, now=now)


def plain_mail(
    subject: str,
    text: str,
    *,
    mail_id: str,
    address: str,
    sender: str,
    now: datetime,
    reply_to: str = "",
    attached: bytes = b"",
) -> bytes:
    """A mail that anybody may read."""
    about = {"subject": subject, "mail_id": mail_id, "address": address, "sender": sender, "reply_to": reply_to}
    kind = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Transfer-Encoding", "quoted-printable")]
    content = quopri.encodestring(text.encode()).decode("ascii")
    if not attached:
        return letter(kind, content, now=now, **about)
    boundary = "plain-" + digest("plain boundary", mail_id)
    file = [
        ("Content-Type", "application/octet-stream"),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Disposition", 'attachment; filename="mail.eml"'),
    ]
    parts = entity(kind, content), entity(file, base64.encodebytes(attached).decode("ascii"))
    return letter([("Content-Type", f'multipart/mixed; boundary="{boundary}"')], multipart(boundary, *parts), now=now, **about)
