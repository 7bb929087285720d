"""Reports of mail servers further on (RFC 3464, RFC 6533): which of our mails they are about, and what became of it.

Whoever knows the address can write one. So a report changes nothing but that a mail which left is said to have come back.
"""

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Any

from contact_service.delivery.answers import plain_line

# More of a report is not read: its parts that count stand at the beginning.
MAX_REPORT_BYTES = 500_000

_MESSAGE_KIND = re.compile(rb"(?i)(content-type:\s*)message/")
# No pattern here may look at one place again and again: whoever likes writes half a megabyte of it.
_LINE_END = re.compile(rb"\r{1,2}\n|\r")
_STATUS = re.compile(r"text/x-(global-)?delivery-status")
_SENT_BACK = re.compile(r"text/(x-)?(rfc822|global)(-headers)?")
# Whatever a server made of it: in capitals, in brackets, with a comment behind it.
_OWN_ID = re.compile(r"\W*([0-9a-f]{32})(?!\w)", re.IGNORECASE)
# Also as it is kept by a server that gives every mail an id of its own.
_MESSAGE_ID = re.compile(r"^(?:X-)?(?:[\w-]*Original-)?Message-ID\s*:\s*\W?([0-9a-f]{32})@", re.IGNORECASE | re.MULTILINE)
_QUOTED_ID = re.compile(r"\b([0-9a-f]{32})@[\w.-]", re.IGNORECASE)
# What becomes of a mail (RFC 3464 section 2.3.3), the worst last.
_ACTIONS = ("delivered", "expanded", "relayed", "delayed", "failed")

# Servers that know no RFC 3464 (qmail for one) write to people alone: their words in their language, a line, and the mail.
_SERVER = re.compile(r"mailer-daemon|postmaster@|mail delivery", re.IGNORECASE)
_LINE = re.compile(r"^[ \t]{0,9}--", re.MULTILINE)
_REASON = re.compile(r"^[ \t]{0,9}<?[^\s<>@]{1,64}@[^\s<>@]{1,255}", re.MULTILINE)
_REFUSAL = re.compile(r"\b[45]\.\d{1,3}\.\d{1,3}\b|\b[45]\d\d\b|\bundeliver|\bfail", re.IGNORECASE)
_ONLY_LATE = re.compile(
    r"warning message|\bdelayed\b|not yet been|will (?:continue|keep|be retried)|still being", re.IGNORECASE
)


@dataclass(frozen=True)
class Report:
    """What a server says of the mail with one of these ids: that it failed for good, or else how far it is."""

    mail_ids: tuple[str, ...]
    failed: bool
    words: str


def read_report(content: bytes) -> Report | None:
    """What a mail to the bounce address reports; None when it is no report on one mail of ours, such as an auto-reply."""
    # As text a part is decoded by the library, whatever its encoding (RFC 6533 allows base64 for them); as "message" it would
    # be taken apart before, and its fields for those of a mail.
    content = _MESSAGE_KIND.sub(rb"\1text/x-", _LINE_END.sub(b"\n", content[:MAX_REPORT_BYTES]))
    try:
        mail = email.message_from_bytes(content)
        # Whatever stands around them: on the way a report may be signed, or get a footer.
        parts = [(part.get_content_type(), _text(part)) for part in mail.walk() if not part.is_multipart()]
        from_server = _SERVER.search(str(mail["From"]))
    except (RecursionError, ValueError, LookupError):
        # The library on thousands of parts inside each other, and on character sets that are none.
        return None
    statuses = [text for kind, text in parts if _STATUS.fullmatch(kind)]
    heads = [_head(text) for kind, text in parts if _SENT_BACK.fullmatch(kind)]
    words = next((text for kind, text in parts if kind in ("text/plain", "text/html")), "")
    if statuses:
        return _report(statuses, heads, words)
    # A report of another kind has no status either: read, complained about.
    in_words = from_server and mail.get_content_type() != "multipart/report"
    return _report_in_words(words, heads) if in_words else None


def _report(statuses: list[str], heads: list[str], words: str) -> Report | None:
    blocks = [fields for text in statuses for fields in _blocks(text)]
    envelope = {own[1].lower() for fields in blocks if (own := _OWN_ID.match(fields.get("original-envelope-id", "")))}
    # Or the Message-ID of the mail that is sent back, whole or as headers alone; not of one that is quoted inside it.
    message = _message_ids(*statuses, *heads) or _quoted_ids(words)
    about = [(word, fields) for fields in blocks if (word := _first_word(fields.get("action", ""))) in _ACTIONS]
    if len(envelope) > 1 or len(message) > 1 or not about:
        return None
    action, worst = max(about, key=lambda found: _ACTIONS.index(found[0]))
    said = re.sub(r"^[\w-]+\s*;", "", worst.get("diagnostic-code", "")) or ("no reason given" if action == "failed" else "")
    return _about_ours([*envelope, *message], action, f"{worst.get('status', '')} {said}")


def _report_in_words(words: str, heads: list[str]) -> Report | None:
    message = _message_ids(words, *heads) or (_quoted_ids(words) if _REFUSAL.search(words) else set())
    if len(message) != 1:
        return None
    if copy := _MESSAGE_ID.search(words):
        ends = [line.start() for line in _LINE.finditer(words, 0, copy.start())]
        words = words[: ends[-1] if ends else copy.start()]
    # What comes before the address is for any mail.
    reason = _REASON.search(words)
    said = words[reason.start() :] if reason else words
    return _about_ours([*message], "delayed" if _ONLY_LATE.search(words) else "failed", said)


def _about_ours(ids: list[str], action: str, said: str) -> Report | None:
    # A server may write envelope ids of its own that look like ours: whoever knows our mails tries one after the other.
    return Report(tuple(dict.fromkeys(ids)), action == "failed", plain_line(f"{action}: {said}")) if ids else None


def _message_ids(*texts: str) -> set[str]:
    return {found.lower() for text in texts for found in _MESSAGE_ID.findall(text)}


def _quoted_ids(words: str) -> set[str]:
    """Where nothing of the mail is sent back, it is named among the words; none where several are."""
    found = {found.lower() for found in _QUOTED_ID.findall(words)}
    return found if len(found) == 1 else set()


def _head(mail: str) -> str:
    return mail.lstrip().partition("\n\n")[0]


def _first_word(text: str) -> str:
    """Without the comment that may stand behind it (RFC 3464 section 2.1.1)."""
    return text.lower().partition("(")[0].strip()


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """The fields of the message, and of each recipient, as RFC 3464 section 2 parts them."""
    for block in re.split(r"\n[ \t]*\n", text):
        lines = re.sub(r"\n[ \t]+", " ", block).splitlines()
        yield {name.strip().lower(): value.strip() for name, colon, value in (line.partition(":") for line in lines) if colon}


def _text(part: Message) -> str:
    content: Any = part.get_payload(decode=True) or b""
    charset = str(part.get_content_charset("utf-8"))
    return str(content, charset if charset.startswith("utf-16") else "utf-8", "replace").replace("\r\n", "\n")
