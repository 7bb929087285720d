"""The short mails about a submission. They hold its reference and nothing else, so they need no lock."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

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

1. Zoek in uw postvak de versleutelde mail, met als onderwerp [...].
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


def notice(words: tuple[str, str], reference: str, *, notice_id: str, address: str, sender: str, now: datetime) -> bytes:
    """One of these notices as a finished mail."""
    subject, text = words
    domain = sender.rpartition("@")[2]
    text = text.format(reference=reference, site=domain) + END
    return plain_mail(subject.format(reference=reference), text, mail_id=notice_id, address=address, sender=sender, now=now)


def plain_mail(
    subject: str, text: str, *, mail_id: str, address: str, sender: str, now: datetime, attached: bytes = b""
) -> bytes:
    """A mail that anybody may read; under the same id it is the same mail, and a mailbox can drop the copy."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"], message["Date"] = sender, address, subject, format_datetime(now)
    message["Message-ID"] = f"<{mail_id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte="quoted-printable")
    if attached:
        message.add_attachment(attached, maintype="application", subtype="octet-stream", filename="mail.eml")
    return message.as_bytes()
