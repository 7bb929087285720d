"""What the mail programs with windows share: an adviser's home, one of our mails, and a mail server that remembers."""

from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from contact_service.mail.submission import Submission
from tests.support.key_maker import Maker
from tests.support.reader_page import encrypted, entity, mail

ADVISER, WORDS = "jo@vereniging.example", "Er lag één kogelbrief op de mat."


class Sink:
    """A mail server that takes everything, and remembers for whom and whether a text came."""

    def __init__(self) -> None:
        self.asked_for: list[str] = []
        self.texts: list[bytes] = []

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Every address is one."""
        self.asked_for.append(address)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Kept."""
        self.texts.append(envelope.original_content or b"")
        return "250 OK"


def adviser_and_mail(home: Path, folder: Path) -> bytes:
    """Make a key in this GnuPG home, and give one of our mails that is locked for it."""
    fields = {"reach": "06-12345678", "name": "Zoë", "when": "", "voicemail": False, "topic": "bedreiging"}
    submission = Submission(language="nl", role="wethouder", message=WORDS, **fields)
    maker = Maker(home).primary(address=ADVISER).subkey()
    (folder / "public.asc").write_bytes(maker.public())
    return mail(encrypted(entity(submission), folder / "public.asc", folder), datetime.now(UTC))
