"""What an official sends: the only type that holds plaintext. It never prints itself and is never stored."""

import re
from dataclasses import dataclass

ROLES = ("burgemeester", "wethouder", "raadslid", "statenlid", "anders")
TOPICS = (
    *("bedreiging", "online", "stalking", "druk", "onveilig", "beveiliging"),
    *("rechtshulp", "vrouwen", "gezin", "nazorg", "anders"),
)

# The longest submission these limits allow fits the largest bucket of `message`: all emoji, or all line breaks.
MAX_MESSAGE_CHARACTERS = 5000
MAX_REACH_CHARACTERS = 500
MAX_LINE_CHARACTERS = 200

_LINE_BREAKS = re.compile("\r\n|\r|\u2028|\u2029|\x85")
_CONTROLS = {code: 0x2400 + code for code in range(32) if code not in (9, 10)} | {127: 0x2421}
# The second set of control characters (U+009B opens a command just as ESC [ does) has no pictures.
_CONTROLS |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)


@dataclass(frozen=True, repr=False)
class Submission:
    """One filled-in form. Its repr names the role alone, so that no traceback or log can carry the rest."""

    language: str
    role: str
    reach: str
    name: str
    when: str
    voicemail: bool
    topic: str
    message: str

    def __repr__(self) -> str:
        return f"Submission(role={self.role!r}, ...)"


def as_typed(text: str | None) -> str:
    """The text with one kind of line break and visible control characters; all else stays exactly as typed.

    A control character has no place in a text body (RFC 2045 section 2.7) and could command the terminal of an adviser
    who decrypts by hand; its picture (U+2400 and on, or U+FFFD) shows that it was there.
    """
    return _LINE_BREAKS.sub("\n", text or "").translate(_CONTROLS)
