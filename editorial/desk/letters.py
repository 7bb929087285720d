"""Whether a file holds the letters that were typed: in UTF-8, read and saved in no other character set on the way."""

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import normalize

from editorial.desk.problem import Finding

# How files in two or four bytes a letter begin; without such a beginning every other byte is none.
WIDE = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
# What programs on Windows, on older Macs and in DOS take UTF-8 for.
TAKEN_FOR = ("cp1252", "mac_roman", "cp850", "cp437", "cp1250", "cp1257")
# The first byte of letters with accents, quotes, dashes, the euro and emoji in UTF-8.
FIRST_BYTES = b"\xc2\xc3\xc4\xc5\xe2\xef\xf0"
FIRSTS = "".join(FIRST_BYTES.decode(codec) for codec in TAKEN_FOR)
SEEMS_TWICE = re.compile(rf"[{re.escape(FIRSTS)}][^\x00-\x7f]{{1,3}}")
# Characters that nobody sees: they end lines, turn the order of letters round, or part what belongs together.
NEVER_SEEN = (
    "\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u1680\u2800\u3164\uffa0\ufeff\ufff9-\ufffc\ue000-\uf8ff\ufdd0-\ufdef"
)
# What joins and forms emoji, and spells flags, has no work between letters. One class first: that is quick to find.
UNSEEN = re.compile(
    f"[{NEVER_SEEN}\u200c\u200d\ufe00-\ufe0f\U000e0000-\U000e007f](?:(?<=[{NEVER_SEEN}])"
    r"|(?<=[\w.@-][\u200c\u200d])|(?<=[\u200c\u200d])(?=[\w.@-])|(?<=[^\W\d][\ufe00-\ufe0f])|(?<=[0-9][\ufe00-\ufe0f])(?!\u20e3)"
    "|(?<=[^\U0001f3f4\U000e0020-\U000e007f][\U000e0000-\U000e007f]))"
)
# Letters of two scripts in one word: one of them only looks like the letter that was meant, and is another address or number.
OTHERS = "\u0370-\u03ff\u0400-\u052f\u0531-\u058a\u13a0-\u13ff"
WIDER = "\uff21-\uff3a\uff41-\uff5a\U0001d400-\U0001d7cb"
ALIKE = re.compile(f"[{OTHERS}{WIDER}](?:(?<=[{WIDER}])|(?<=[A-Za-z\xc0-\u024f].)|(?=[A-Za-z\xc0-\u024f]))")
# Letters in circles, struck through, underlined or with marks upon marks: no search finds them, and no screen reader says them.
DECORATED = re.compile(
    "[\u0300-\u036f\u20d0-\u20f0\u249c-\u24e9\U0001f130-\U0001f189](?:(?<=[\u0305\u0332-\u0338\u033f\u20d0-\u20e2\u20e4-\u20f0])"
    "|(?<=[\u0300-\u036f]{2})|(?<=[\xc0-\u024f][\u0300-\u036f])|(?<=[\u249c-\u24e9\U0001f130-\U0001f189]{2}))"
)
# Letters as a mail, a program or another encoding writes them in plain ones: =C3=A9, =E9 at an end, \\u00e9, +AOk-.
ESCAPED = re.compile(
    r"\\x[89a-f][0-9a-f]|%u00[89A-F][0-9A-F]|u00(?<=[a-z]u00)[c-f][0-9a-f]|=C[23]=[89AB][0-9A-F]|=E2=80=[0-9A-F]{2}|\\u(?:00[89a-fA-F]|20)[0-9a-fA-F]|\+(?<=\w\+)A[A-P][0-9a-z]-\w"
)
# A capital within a word, or a sign at its letters: one byte that was read in the character set of another system.
ONE_BYTE = re.compile("[À-ÖØ-ÞŽŠŒŸ‚ƒ„†‡ˆ‰‹](?:(?<=[a-zß-öø-ÿ][À-ÖØ-ÞŽŠŒŸ‚])|(?<=[a-z].)(?=[a-z]))")
# A letter that became a question mark, or a sign and two digits; an end of line that a mail marks. So have addresses.
MAYBE = re.compile(r"\?(?<=[a-z]\?)(?=[a-z])|=(?<=[a-z]=)(?:[C-F][0-9A-F](?=[a-z\s.,])|20$)", re.MULTILINE)
OF_AN_ADDRESS = re.compile(r"[/@.:{=<(]\S*$")
ODD = re.compile(f"{UNSEEN.pattern}|{ESCAPED.pattern}")
LOST = "\ufffd"
CASES = ((UNSEEN, "unseen"), (ALIKE, "alike"), (DECORATED, "alike"), (ESCAPED, "twice"), (ONE_BYTE, "twice"))


# Most files are the same at the next look.
@lru_cache(maxsize=256)
def wrong_letters(content: bytes) -> tuple[Finding, ...]:
    """Where a file does not say what was typed, if so: the first place is enough, since one cause changes many letters."""
    if content.startswith(WIDE) or b"\0" in content:
        return (Finding(1, case="wide"),)
    try:
        # An accent that is a character of its own belongs to its letter.
        text = normalize("NFC", content.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        line = re.sub(rb"\r\n?", b"\n", content[: fault.start]).count(b"\n") + 1
        # Windows' own encoding reads any of its letters; what it leaves open is shown as a question mark.
        around = re.split(r"[\r\n]", content[max(0, fault.start - 12) : fault.start + 8].decode("cp1252", "replace"))
        return (Finding(line, {"near": next((part for part in around if not part.isascii()), "?").strip()}),)
    searched = (UNSEEN, ESCAPED, MAYBE)
    return () if text.isascii() and not any(one.search(text) for one in searched) else (*_first_odd(text),)


def _first_odd(text: str) -> Iterator[Finding]:
    for place, case in sorted(_odd(text))[:1]:
        line = len(re.split(r"\r\n|\r|\n", text[:place]))
        around = re.split(r"[\r\n]", text[max(0, place - 12) : place + 8])
        near = next((part for part in around if ODD.search(part) or not part.isascii()), max(around, key=len)).strip()
        yield Finding(line, {"near": near,
                             "code": f"U+{ord(text[place]):04X}"}, case)  # fmt: skip


def _odd(text: str) -> Iterator[tuple[int, str]]:
    if (place := text.find(LOST)) >= 0:
        yield place, "lost"
    for pattern, case in CASES:
        if found := pattern.search(text):
            yield found.start(), case
    for match in MAYBE.finditer(text):
        if not OF_AN_ADDRESS.search(text[max(0, match.start() - 200) : match.start()]):
            yield match.start(), "lost" if match[0] == "?" else "twice"
            return
    for match in SEEMS_TWICE.finditer(text):
        if _was_utf8(match[0]):
            yield match.start(), "twice"
            return


def _was_utf8(letters: str) -> bool:
    """Whether these letters are one letter that was read in another character set."""
    for codec in TAKEN_FOR:
        for end in range(2, len(letters) + 1):
            # What cp1252 leaves open, programs hand on as it is.
            content = b"".join(_byte(letter, codec) for letter in letters[:end])
            try:
                if content[:1] in (FIRST_BYTES[n : n + 1] for n in range(len(FIRST_BYTES))) and content.decode("utf-8"):
                    return True
            except UnicodeDecodeError:
                continue
    return False


def _byte(letter: str, codec: str) -> bytes:
    try:
        return letter.encode(codec)
    except UnicodeEncodeError:
        return bytes([ord(letter)]) if ord(letter) < 0x100 else b"\xff"
