"""What the mail programs with windows share: an adviser's home, one of our mails, windows, a mail server that remembers."""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from contact_service.mail.submission import Submission
from tests.support.key_maker import Maker
from tests.support.reader_page import encrypted, entity, mail
from tests.support.replies import Seen
from tests.support.screens import TOOLS, Screen, Word
from tests.support.stack import wait_until

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


@contextmanager
def adviser_home(program: str) -> Iterator[Path]:
    """A home folder for an adviser with this program; where that is absent, says what to install and ends. Pictures stay."""
    missing = [name for name in (program, "dbus-run-session", *TOOLS) if not shutil.which(name)]
    if missing:
        sys.exit(f"Please install first: {', '.join(missing)}")
    folder = Path(tempfile.mkdtemp(prefix=f"{program}-"))
    try:
        yield folder
    finally:
        subprocess.run(["gpgconf", "--homedir", str(folder / ".gnupg"), "--kill", "all"], check=True)


def adviser_and_mail(home: Path, folder: Path) -> bytes:
    """Make a key in this GnuPG home, and give one of our mails that is locked for it."""
    fields = {"reach": "06-12345678", "name": "Zoë", "when": "", "voicemail": False, "topic": "bedreiging"}
    submission = Submission(language="nl", role="wethouder", message=WORDS, **fields)
    maker = Maker(home).primary(address=ADVISER).subkey()
    (folder / "public.asc").write_bytes(maker.public())
    return mail(encrypted(entity(submission), folder / "public.asc", folder), datetime.now(UTC))


def window(shown: Screen, title: str) -> str:
    """The id of the window with this title, made large, since nobody else gives windows a size here; "" for none."""
    found = shown.use("search", "--onlyvisible", "--name", title).split()
    if found:
        shown.use("windowmove", found[-1], "0", "0", "windowsize", found[-1], "1200", "1000")
    return found[-1] if found else ""


def word(shown: Screen, title: str, text: str) -> Word:
    """The place of this text, once it is to be read in the window with this title."""
    found = wait_until(lambda: window(shown, title) and shown.find(text), 120, f"{text} in {title}")
    assert isinstance(found, Word)
    return found


def read(shown: Screen) -> str:
    """All that is to be read on the screen."""
    return " ".join(one.text for one in shown.words())


def answer(shown: Screen, text: str, subject: str) -> Seen:
    """What stands in the reply that is open now; nothing was sent."""
    word(shown, "^Re: ", "Subject")
    to = re.search(r"formulier@[\w.]+", read(shown))
    title = shown.use("getwindowname", window(shown, "^Re: ")).strip()
    return Seen(text, subject, to[0] if to else "nobody", title.partition(" \u2014 ")[0], False)
