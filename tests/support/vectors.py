"""Writes vectors.json: submissions with the sum of their inner text, to which Python and JavaScript are both held.

An answer stands as a browser reads it from its field, or as [text, how many times].
"""

import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contact_service.mail.message import BUCKETS_BYTES, blank_entity, inner_entity
from contact_service.mail.submission import MAX_LINE_CHARACTERS, MAX_MESSAGE_CHARACTERS, ROLES, TOPICS, Submission, as_typed

FILE = Path(__file__).with_suffix(".json")
NONCE = "0123456789abcdef0123456789abcdef"
ADDRESS = "https://hulp.example/"
SENDER, ASSOCIATION, TEAM = "formulier@hulp.example", "Vereniging van {role}", "Ondersteuningsteam Weerbaar Bestuur"
PLAIN = {
    "language": "nl",
    "role": "burgemeester",
    "reach": "06-12345678",
    "name": "",
    "when": "",
    "voicemail": False,
    "topic": "",
    "message": "",
}
WRITING = {
    "line breaks of every kind": "a\nb\r\nc\rd\u2028e\u2029f\x85g\n\n\nh\n",
    "control characters": "".join(map(chr, range(160))),
    "emoji": "👮🏽‍♀️ 👨‍👩‍👧‍👦 🏳️‍🌈 🙏",
    "right to left": "שלום \u202eعنوان\u202c \u2066مرحبا\u2069",
    "combining": "e\u0301 ﷽ Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢ jőzsef ß ı İ",
    "looks like a blank": "{role} {message} {unknown} {} $& $1 %s \\n",
    "looks like mail": "--inner-\r\n.\r\nSubject: x\r\nBcc: a@b.example\r\n=20",
    "spaces": "  twee \u00a0\ufeff\t eind  ",
    "lines of spaces": " \n  \n\t\n",
}


def cases() -> Iterator[dict[str, Any]]:
    """Every role, topic and language, every kind of writing, the longest answers, and the edge of every bucket."""
    for language in ("nl", "en"):
        for role in ROLES:
            for topic in ("", *TOPICS):
                yield {**PLAIN, "language": language, "role": role, "topic": topic, "voicemail": topic == "nazorg"}
    for text in WRITING.values():
        yield {**PLAIN, "reach": text, "name": text, "when": text, "voicemail": True, "message": text}
    for unit in ("a", "é", "€", "🙏", "\n", "\r\n", "\x00", "\u202e"):
        yield {**PLAIN, "name": [unit, MAX_LINE_CHARACTERS], "message": [unit, MAX_MESSAGE_CHARACTERS]}
    shortest = len(_trimmed(inner(PLAIN)))
    for bucket in BUCKETS_BYTES[:2]:
        for more in (-1, 0, 1):
            # An unanswered message takes the bytes of "(niet ingevuld)".
            yield {**PLAIN, "message": ["x", bucket - shortest + len("(niet ingevuld)") + more]}
    for more in (-1, 0, 1):
        yield {**PLAIN, "message": ["€", 4900], "name": ["x", 16384 - shortest - 4900 * 3 + 30 + more]}
    chance = random.Random(5)
    letters = ["\r\n", "\n", "x", "{topic}", "€", "🙏", "\u200f", "\x1b", "ש", " "]
    for _ in range(60):
        yield {**PLAIN, **{name: "".join(chance.choices(letters, k=chance.randrange(80))) for name in ("reach", "message")}}


def inner(answers: dict[str, Any]) -> bytes:
    """The inner text of a case, as the service makes it."""
    typed = {name: text[0] * text[1] if isinstance(text, list) else text for name, text in answers.items()}
    typed = {name: as_typed(text) if isinstance(text, str) else text for name, text in typed.items()}
    names = {"team": TEAM, "association": ASSOCIATION, "sender": SENDER}
    return inner_entity(Submission(**typed), **names, address=ADDRESS, nonce=NONCE)


def _trimmed(entity: bytes) -> bytes:
    end = entity.rindex(b"--\r\n") + 4
    return entity[:end]


def document() -> str:
    """The whole file, one case a line."""
    readers = {role: {"association": ASSOCIATION} for role in ROLES}
    blanks = {**blank_entity(team=TEAM, address=ADDRESS, sender=SENDER, nonce=NONCE), "readers": readers}
    lines = []
    for answers in cases():
        entity = inner(answers)
        case = {"answers": answers, "bytes": len(entity), "sha256": hashlib.sha256(entity).hexdigest()}
        lines.append(json.dumps(case))
    return f'{{"blanks": {json.dumps(blanks)},\n"cases": [\n' + ",\n".join(lines) + "\n]}\n"


if __name__ == "__main__":
    FILE.write_text(document(), "ascii")
