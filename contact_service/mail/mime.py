"""MIME, built in one way: every mail that leaves, and the text inside the encrypted ones.

The library `email` folds and writes headers as its version likes, and a browser has to make the same bytes.
"""

from collections.abc import Iterable
from datetime import datetime

from contact_service.mail.date import to_the_hour

# A group without members (RFC 5322 section 3.4): a reply has nobody to go to. The empty comment is for aerc 0.14: where a group
# holds nothing at all it goes by From, and sends in clear. To NeoMutt, words in it are a recipient (measured with both).
# An address that does not exist would let the decrypted text travel as far as the adviser's own mail server.
# It costs a point in rspamd 3.4 (REPLYTO_UNPARSEABLE): worth it where a reply would hold what was decrypted, and nowhere else.
NOBODY = "Niet beantwoorden:();"
# The same in few letters for KMail, which goes by this one. Evolution goes by From, whatever stands here, and refuses to send.
NO_FOLLOW_UP = ("Mail-Followup-To", "no:;")


def entity(headers: Iterable[tuple[str, str]], content: str) -> str:
    """Headers and what they describe, in lines that end with "\\n". Raises ValueError for a header of more than one line."""
    lines = [f"{name}: {value}" for name, value in headers]
    if any(len(line.splitlines()) != 1 for line in lines):
        raise ValueError("a header of more than one line")
    return "\n".join([*lines, "", content])


def multipart(boundary: str, *parts: str) -> str:
    """The content of an entity that consists of these entities."""
    return "".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--\n"


def letter(
    headers: Iterable[tuple[str, str]],
    content: str,
    *,
    subject: str,
    mail_id: str,
    address: str,
    sender: str,
    now: datetime,
    reply_to: str = "",
) -> bytes:
    """A finished mail with this content; under the same id it is the same mail, and a mailbox can drop the copy."""
    outer = [
        ("From", sender),
        ("To", address),
        *([("Reply-To", reply_to)] if reply_to else []),
        ("Subject", subject),
        ("Date", to_the_hour(now)),
        ("Message-ID", f"<{mail_id}@{sender.rpartition('@')[2]}>"),
        ("Auto-Submitted", "auto-generated"),
        ("MIME-Version", "1.0"),
    ]
    return entity([*outer, *headers], content).replace("\n", "\r\n").encode("ascii")
