"""Finds phone numbers that somebody typed, in whatever writing a reader would dial them from."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from html import unescape

from editorial.desk.page import EXPRESSION

# As many as a number within the country has; what is longer counts cases or letters.
MOST_DIGITS = 11
BETWEEN = r"(?: ?[-./·•∙] ?|\s)?"
# As people write them: 070-373 83 14, 0900.8844, +31 (0)70 373 83 14, (070) 3738314, +32 2 123 45 67.
NUMBER = re.compile(
    r"(?<![\w./:-])(?:tel:)?(?:(?:\+|\+ (?=31)|00)[1-9]\d{0,2} ?(?:\(0\))?|\(?0\d{1,3}\)?(?! ?/)|\(0\)|0\d{2,3}(?= ?/)"
    r"|06(?= ?/ ?\d{8}(?![\w/-])))"
    rf"(?:{BETWEEN}\d){{5,11}}(?![\w/])|\(0[89]00\)(?:{BETWEEN}\d){{4}}(?!\w)"
)
# What each of them has; and what each of those that somebody is told to call has before it.
ENOUGH_DIGITS, SPACED = re.compile(rf"\d(?:{BETWEEN}\d){{4}}|\(0[89]00\)"), (" 1", " 9")
# A day, two times of a day, and the number of an account.
NO_NUMBER = re.compile(r"\d{1,2}([-./ ])\d{1,2}\1\d{4}|\d\d\.\d\d ?- ?\d\d\.\d\d|0\.\d+", re.ASCII)
ACCOUNT = re.compile(r"[A-Z]{2}\d\d ?[A-Z]{4} ?$")
# A short number is one where it is among the facts, or where somebody is told to call it.
SHORT = r"(?<![\w.,:/€-]){}(?!\w| ?%|[.,-]?\d|[.-]\w)"
OF_A_LAW = re.compile(
    r"\b(?:artikel|artikelen|art\.?|articles?|lid|section|nr\.?|no\.?|blz\.?|pagina|pages?|p\.|(?:Stb|Stcrt|Trb)\.? \d{4},?) $",
    re.IGNORECASE,
)
# Behind a number that counts them: "112 mensen", "113 euro". Whoever dials has another word there.
COUNTED = re.compile(
    r" (?!(?:bell|draai|kie|toets|alarm|waarschuw|app|kom|kunn|mog|moet|zull|will|zijn|hebb|word|gaan|doen|help|vrag|stur)\w*"
    r"|(?:calls|answers|works|helps|sends|asks|comes|dials)\b)"
    r"(?:[a-z]{2,}(?:en|ers?|[^s]s)|euro|procent|percent|uur|jaar|keer|meter|kilo|km|m|kg|people|women|men|children)\b"
)
CALLED = re.compile(
    r"\b(?:bel|belt|bellen|call|dial|phone|ring|telefoon|telefoonnummer|tel\.?|sms)"
    r"(?: op| naar| met| het nummer| to| the number)?:? "
    rf"(1{BETWEEN}\d{BETWEEN}\d|911|999|14 ?0\d{{1,3}}|116 ?\d{{3}}|18\d\d)"
    r"(?= ?[.,;:!?)]|$| (?:of|en|or|and|als|if|bij|voor)\b)",
    re.IGNORECASE,
)
# Digits of any script, raised, lowered or in circles, or by number.
SOME_DIGIT = re.compile("[\\d\u00b2\u00b3\u00b9\u2070-\u2089\u2460-\u24ff\u2776-\u2793]")
# A letter that looks like a digit, within a number.
NEARLY = re.compile(r"(?<![^\W\dOoIl])[\dOo](?:[ -]?[\dOoIl]){5,}(?!\w)")
DIGITS = str.maketrans("OoIl", "0011")
DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
# Marks around a word, and where a link leads; what it is called by stays.
MARKS = re.compile(r"\]\(\s*[^)\s]*([^)]*)\)|[\[*`_]|\\(?=[^\w\s])")


def phones(lines: Iterable[tuple[int, str]], known: Collection[str] = ()) -> Iterator[tuple[int, str]]:
    """Every phone number in these lines with its line; `known` are the digits of short ones to look for."""
    numbered = [(number, as_read(line)) for number, line in lines]
    text = "\n".join(line for _, line in numbered)
    found = [*_long(text), *_called(text), *(_short(text, known) if any(number in text for number in known) else ())]
    for start, written in sorted(dict(reversed(found)).items()):
        yield numbered[text.count("\n", 0, start)][0], written


def as_read(line: str) -> str:
    """What a reader reads of a line that may hold a number, in plain digits and hyphens; nothing for one that holds none."""
    if not line or not SOME_DIGIT.search(line):
        return ""
    if "&" in line:
        line = unescape(line)
    if not line.isascii():
        line = DASHES.sub("-", UNSEEN.sub("", line))
        line = "".join(_plain(letter) for letter in line)
    if "{" in line:
        line = EXPRESSION.sub("{}", line)
    line = MARKS.sub(r"\1", line)
    return NEARLY.sub(lambda match: match[0].translate(DIGITS) if _mostly_digits(match[0]) else match[0], line)


def _plain(letter: str) -> str:
    """A digit of any script, size or form as a digit; a space of any width as a space."""
    if letter.isascii():
        return letter
    plain = unicodedata.normalize("NFKC", letter)
    return "".join(str(unicodedata.decimal(one)) if one.isdecimal() else one for one in plain)


def _mostly_digits(text: str) -> bool:
    return sum(letter.isdigit() for letter in text) >= 4  # noqa: PLR2004 - half of the shortest number


def _long(text: str) -> Iterator[tuple[int, str]]:
    for match in NUMBER.finditer(text) if ENOUGH_DIGITS.search(text) else ():
        counted = re.sub(r"\D", "", match[0])
        too_long = re.match("0[1-9]", counted) and len(counted) > MOST_DIGITS
        if (
            not too_long
            and not NO_NUMBER.fullmatch(match[0])
            and not ACCOUNT.search(text[max(0, match.start() - 10) : match.start()])
        ):
            yield match.start(), match[0].strip()


def _called(text: str) -> Iterator[tuple[int, str]]:
    if any(before in text for before in SPACED):
        yield from ((match.start(1), match[1]) for match in CALLED.finditer(text))


def _short(text: str, known: Collection[str]) -> Iterator[tuple[int, str]]:
    for match in re.finditer(SHORT.format(f"(?:{'|'.join(sorted(known))})"), text):
        of_a_law = OF_A_LAW.search(text[max(0, match.start() - 20) : match.start()])
        if not of_a_law and not COUNTED.match(text, match.end()):
            yield match.start(), match[0]
