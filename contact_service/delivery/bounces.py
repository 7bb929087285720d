"""Reports of mail servers further on (RFC 3464, RFC 6533): which of our mails they are about, and what became of it.

Whoever knows the address can write one. So a report changes nothing but that a mail which left is said to have come back.
"""

import email
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from typing import Any

from contact_service.delivery.answers import plain_line
from contact_service.mail.notices import plain_mail
from contact_service.outbox.mails import NOTICE, Mail
from contact_service.outbox.outbox import Outbox
from contact_service.outbox.signals import Signals

# More of a report is not read: its parts that count stand at the beginning.
MAX_REPORT_BYTES = 1_000_000

# A flood of invented mails must not become a flood in the operator's mailbox, nor go round and round.
PASSED_ON, PASSED_ON_A_DAY, MAX_PASSED_ON_BYTES = "passed on ", 20, 50_000
PASSED_ON_TEXT = """A mail came to the bounce address of the contact form that reports on no mail of
ours: an auto-reply, a report about something else, or an invention. Nothing was
changed. Its beginning is attached.
"""

_MESSAGE_KIND = re.compile(rb"(?i)(content-type:\s*)message/")
_STATUS, _SENT_BACK = r"text/x-(global-)?delivery-status", r"text/(x-rfc822|x-global|x-global-headers|rfc822-headers)"
_OWN_ID = re.compile(r"[0-9a-f]{32}")
_MESSAGE_ID = re.compile(r"^Message-ID:\s*<([0-9a-f]{32})@", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Report:
    """What a server says of a mail with this id: that it failed for good, or else that it takes long."""

    mail_id: str
    failed: bool
    words: str


def read_report(content: bytes) -> Report | None:
    """What a mail to the bounce address reports; None when it is no report on one mail of ours, such as an auto-reply."""
    # As text a part is decoded by the library, whatever its encoding (RFC 6533 allows base64 for them); as "message" it would
    # be taken apart before, and its fields for those of a mail.
    content = _MESSAGE_KIND.sub(rb"\1text/x-", content[:MAX_REPORT_BYTES])
    try:
        mail = email.message_from_bytes(content)
        held: Any = mail.get_payload()
        parts = held if mail.get_content_type() == "multipart/report" and isinstance(held, list) else []
        status = [_text(part) for part in parts if re.fullmatch(_STATUS, part.get_content_type())]
        heads = [_text(part).partition("\n\n")[0] for part in parts if re.fullmatch(_SENT_BACK, part.get_content_type())]
    except (RecursionError, ValueError, LookupError):
        # The library on thousands of parts inside each other, and on character sets that are none.
        return None
    return _report([fields for text in status for fields in _blocks(text)], heads)


def _report(blocks: list[dict[str, str]], heads: list[str]) -> Report | None:
    ids = {fields["original-envelope-id"] for fields in blocks if "original-envelope-id" in fields}
    # Or the Message-ID of the mail that is sent back, whole or as headers alone; not of one that is quoted inside it.
    ids = {found for found in ids if _OWN_ID.fullmatch(found)} or {
        found for head in heads for found in _MESSAGE_ID.findall(head)
    }
    about = [fields for fields in blocks if fields.get("action", "").lower() in ("failed", "delayed")]
    if len(ids) != 1 or not about:
        return None
    worst = max(about, key=lambda fields: fields["action"].lower() == "failed")
    said = worst.get("diagnostic-code", "").partition(";")[2] or "no reason given"
    action = worst["action"].lower()
    return Report(ids.pop(), action == "failed", plain_line(f"{action}: {worst.get('status', '')} {said}"))


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """The fields of the message, and of each recipient, as RFC 3464 section 2 parts them."""
    for block in re.split(r"\n[ \t]*\n", text):
        lines = re.sub(r"\n[ \t]+", " ", block).splitlines()
        yield {name.strip().lower(): value.strip() for name, colon, value in (line.partition(":") for line in lines) if colon}


def _text(part: Message) -> str:
    content: Any = part.get_payload(decode=True) or b""
    return str(content, "utf-8", "replace").replace("\r\n", "\n")


def pass_on(content: bytes, outbox: Outbox, *, sender: str, operator: str) -> bool:
    """Put what is no report on a mail of ours into the outbox for the operator; False when too many came today."""
    # Nothing is written past that: whoever waits for the lock would wait for a process that lets everything else go first.
    signals = Signals(outbox.database)
    today = f"{PASSED_ON}{datetime.now(UTC):%Y-%m-%d}"
    passed = signals.latest(today)
    count = int(passed.text) if passed else 0
    if count >= PASSED_ON_A_DAY:
        return False
    signals.give(today, str(count + 1))
    notice_id = hashlib.sha256(content).hexdigest()[:32]
    subject, now, beginning = "A mail to the bounce address", datetime.now(UTC), content[:MAX_PASSED_ON_BYTES]
    about = {"mail_id": notice_id, "address": operator, "sender": sender}
    mail = plain_mail(subject, PASSED_ON_TEXT, now=now, attached=beginning, **about)
    outbox.put([Mail(notice_id, "bounce", "operator", operator, mail, kind=NOTICE)])
    return True
