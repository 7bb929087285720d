"""A mail that nobody has, sent once more: to the adviser's address of now, if a key of now still opens it."""

import re
from datetime import UTC, datetime

from contact_service.keys.advisers import everybody
from contact_service.outbox.kept import Kept
from contact_service.outbox.outbox import Mail
from contact_service.settings.config import WebSettings
from contact_service.web.intake import Intake

SENT_AGAIN = "is sent again"
_ARMORED = re.compile("-----BEGIN PGP MESSAGE-----.*-----END PGP MESSAGE-----", re.DOTALL)


def sent_again(settings: WebSettings, kept: Kept, mail: Mail) -> str:
    """Let the mail leave again under its own Message-ID, or say why that would help nobody."""
    intake, content = Intake(settings), kept.content(mail.id)
    adviser = next((person for person in everybody(intake.associations.values()) if person.name == mail.adviser), None)
    if not adviser:
        return "NOT sent: nobody in advisers.toml has this name any more. Phone whoever had it, or the official's association."
    if not content:
        return "NOT sent: nothing of it is left to send."
    armored = _ARMORED.search(content.decode("ascii"))
    if not (armored and intake.keyring.opens(adviser, armored[0], datetime.now(UTC))):
        return (
            "NOT sent: it is locked for other keys than those that are pinned and fit now. Who has the old key opens the mail "
            "that came before; nobody else can. Ask the association to phone all its advisers about this reference."
        )
    to = re.sub(rb"^To: \S+", b"To: " + adviser.address.encode(), content, count=1, flags=re.MULTILINE)
    return SENT_AGAIN if kept.resend(mail, adviser.address, to) else "not sent: somebody has it"
