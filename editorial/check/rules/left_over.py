"""What is left of marks, addresses and programs in the text that readers see.

A sign that stands there as it was typed is no fault: a lone * or {, 5 euro*, x^2. It is one where it was half of a pair, or
where some program would have made something of it that this site does not.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

from editorial.desk.outline import WORD, Outline, Text
from editorial.desk.page import KNOWN
from editorial.desk.problem import Finding
from editorial.desk.shared import HOST

# What is looked for begins with a letter or sign of its own, and with no look at what stands before it: so a page without it
# is quickly known.
# An address that nobody can tap. The name of a site alone, such as politie.nl, is a name.
ADDRESS = re.compile(
    r"https?://|HTTPS?://|Https?://|www\.(?<![\w@./-]www\.)(?=\w)|WWW\.(?=\w)|Www\.(?=\w)"
    rf"|@(?<=[\w+-]@)(?={HOST})|\.(?<=\w\.)(?:nl|com|org|net|eu|be|de|uk)(?=/\w)"
)
# Half of a link, a picture or a note. The name of a file of ours is a word, unless brackets are left around it.
FILE = r"[\w/-]+\.(?:md|png|jpe?g|webp|svg)(?:#[\w-]*)?"
LINKS = (
    rf"\]\(|\]\[|\]\s*(?:\(\s*<?(?:{FILE}\b|https?:|mailto:|tel:|www\.|[#/]\w)|{FILE}\b)|\)\[|!\["
    rf"|\({FILE}\)|\[(?:[^\[\]\n]*[ |])?{FILE}\]"
    r"|\[\[|\[[\^!@](?=\S)|\^\[|\[(?<=[\w.,;:!?)]\[)(?:[a-z]|\d{1,3})\]"
)
# What other languages of marks have: smileys, blocks, commands, raised and struck letters.
ELSEWHERE = (
    r"\{[^{}\n]*\}|\{\{|\}\}|\[/\w+\]|:(?<![\w:]:)(?!\d+:)[a-z0-9+][\w+-]*:(?!\w)|::(?<=\w::)(?!\w)|xref:\S*\[|link:\S*\[|image:\S*\[|kbd:\S*\["
    r"|//(?<![\w:/]//)(?=\w)|\+\+(?<!\w\+\+)(?=\w)|~\w+~|\^\w+\^|----|\\(?<![\w:]\\)(?=\w)|\\(?=[^\w\s]|[nrt]\b|\s*$)"
)
# What programs leave: sources of a chat, letters in an address, fields to fill in.
PROGRAMS = (
    r"【|‡|turn\d+(?:search|view|news|image|file)\d+|<[%?]"
    r"|%(?<=[^\W\d_]%)[2-7][0-9A-F](?=[^\W\d_])|%[C-F][0-9A-F]%[89AB][0-9A-F]|%(?<![\w%]%)[^\W\d]+%"
)
# No text has these by itself. "\x03" is a sign that was meant as such, with a backslash before it.
NEVER = re.compile(f"{LINKS}|{ELSEWHERE}|{PROGRAMS}", re.MULTILINE)
# What begins an item, a quotation, a heading, a block or a line of a program where a text begins on a line of its own.
AT_THE_START = re.compile(
    r"^\s*(?:\[[ xX]?\]"
    r"|[-+•·▪◦‣●○■–—−](?!\d)|\d{1,3} ?[.)]\s*(?!\d)\S|[>:] |#+|[!?:]{3}\+? ?\w|\+{3}|/{3}|-{3}|={3}|~{3}|`{3}|%%|\|)",
    re.MULTILINE,
)
# Before the name of who said it.
DASHES = "–—"
# Data that belong above the text, on this site and on others.
FRONT_MATTER = re.compile(
    rf"^\s*(?:{'|'.join(sorted(KNOWN))}|layout|author|tags|slug|permalink|categor(?:y|ies)|draft): ", re.MULTILINE
)
# Signs that make something of what stands between two of them, here or elsewhere.
SIGN = re.compile(r"\*\**|``*|~~~*|===*|%%%*|\$\$\$*|\^\^*|\|\|*|'''*|__*|\{|\}")
# A sum and a line to write on.
SUM, BLANK = re.compile(r"(?<=\d) [*^] (?=\d)"), re.compile(r"(?<!\S)_{3,}(?![\w_*])")
# Behind a word, these lead to a note or raise what follows; within one, they count or leave a choice.
BEHIND, WITHIN = "*^", "*^|`"
NOTE = re.compile(r"(?<=\w)\*+(?!\w)")


def left_over(made: Outline, lines: dict[int, str]) -> Iterator[Finding]:
    """The first mark, address or line of a program that stands on the page for readers to see."""
    whole = "\n".join(one.text for one in made.texts)
    begun = "\n".join(one.text for one in made.texts if one.starts)
    within_words = [(text, text.index(sign)) for text in made.within_words for sign in "*`" if sign in text][:1]
    found: tuple[int, int, str] | None = None
    if (
        made.beside_link
        or any(pattern.search(whole) for pattern in (ADDRESS, NEVER, SIGN))
        or FRONT_MATTER.search(begun)
        or AT_THE_START.search(begun)
    ):
        found = next(_found(made.texts), None)
    if found:
        number, place, case = found
        text = made.texts[number].text
        near = text[max(0, place - 10) : place + 12].strip().replace("\x03", "")
        yield Finding(_line(made.texts, number, text[place : place + 1], lines), {"text": near}, case)
    elif within_words:
        text, place = within_words[0]
        ways = (text, text[place:].strip("*`"))
        line = next((n for way in ways for n, typed in lines.items() if way and way in typed), min(lines))
        yield Finding(line, {"text": text[max(0, place - 10) : place + 10].strip()})


def _found(texts: Sequence[Text]) -> Iterator[tuple[int, int, str]]:
    """Which text holds one, where in it, and of which case it is."""
    dashes = sum(one.starts and one.text.lstrip()[:1] in DASHES for one in texts)
    number, notes = 0, {match[0] for one in texts for match in NOTE.finditer(one.text)}
    for _, block in groupby(texts, key=lambda one: one.block):
        parts = [*block]
        for place, one in enumerate(parts):
            said = dashes == 1 and one.text.lstrip()[:1] in DASHES
            begins = AT_THE_START.match(one.text) if one.starts and not said else None
            if one.starts and (above := FRONT_MATTER.match(one.text)):
                yield number + place, above.start(), "above"
            elif begins or (begins := NEVER.search(one.text)):
                yield number + place, begins.end() - len(begins[0].lstrip()), ""
            elif not one.linked and (address := ADDRESS.search(one.text)):
                yield number + place, address.start(), "address"
            elif not one.linked and (bracket := _beside_a_link(parts, place)):
                yield number + place, bracket - 1, ""
        yield from ((number + part, place, "") for part, place in _halves(parts, notes))
        number += len(parts)


def _beside_a_link(parts: Sequence[Text], place: int) -> int:
    """Where a bracket of a link is left right before or behind it, from 1 on; 0 where none is."""
    text, following, before = parts[place].text, parts[place + 1 : place + 2], parts[:place]
    if text.endswith("]") and following and following[0].linked:
        return len(text)
    opened = sum(one.text.count("(") - one.text.count(")") for one in before)
    return int(bool(before) and before[-1].linked and (text.startswith("(#") or (text.startswith(")") and opened < 1)))


def _halves(parts: Sequence[Text], notes: Collection[str]) -> Iterator[tuple[int, int]]:
    """Signs of one paragraph that were meant as a pair: the part that holds the first, and where in it."""
    kinds: dict[str, list[tuple[int, int, str, str]]] = {}
    for number, one in enumerate(parts):
        text = BLANK.sub(lambda line: " " * len(line[0]), SUM.sub("   ", one.text))
        for match in SIGN.finditer(text):
            # What stands beside a mark that became something is a word to it.
            before = text[match.start() - 1] if match.start() else " " if one.starts or not number else "x"
            ended = number + 1 == len(parts) or parts[number + 1].starts
            behind = text[match.end()] if match.end() < len(text) else " " if ended else "x"
            how = "start" if one.starts and not text[: match.start()].strip() else _stands(before, behind)
            kinds.setdefault(match[0][0], []).append((number, match.start(), match[0], how))
    for sign, found in kinds.items():
        lines = len({number for number, *_ in found})
        if not _as_it_is(sign, [(mark, how) for *_, mark, how in found], notes) or (sign == "|" and lines > 1):
            yield found[0][:2]


def _stands(before: str, behind: str) -> str:
    """How a sign stands to the words around it."""
    joined = before.isalnum() or before == ")", behind.isalnum() or behind in "([“‘\"'"
    return {(True, True): "within", (True, False): "behind", (False, True): "before", (False, False): "alone"}[joined]


def _as_it_is(sign: str, found: Sequence[tuple[str, str]], notes: Collection[str]) -> bool:
    """Whether signs of one kind can only have been meant as what stands there; `notes` are stars behind a word."""
    stand = [how for _, how in found]
    mark = found[0][0]
    if sign == "_":
        return {*stand} == {"within"} or stand == ["alone"]
    if sign == "*" and any(mark != "*" for mark, _ in found) and "*" not in notes:
        # A second note comes behind a first one.
        return stand == ["alone"]
    if len(stand) == 1:
        fits = {"alone", *(["behind"] if sign not in "`{}" else []), *(["within"] if sign not in "{}" else [])}
        # The note that a star behind a word leads to.
        return stand[0] in fits or (sign == "*" and stand[0] == "start" and mark in notes)
    return (sign in BEHIND and {*stand} == {"behind"}) or (sign in WITHIN and {*stand} == {"within"})


def _line(texts: Sequence[Text], number: int, sign: str, lines: dict[int, str]) -> int:
    """Where a text was typed: the texts before it stand above, so each is looked for behind the one before."""
    typed = [(line, text, {*WORD.findall(text)}) for line, text in lines.items()]
    at = 0
    for text in texts[:number]:
        words = {*WORD.findall(text.text)}
        at = next((n for n in range(at, len(typed)) if words and words <= typed[n][2]), at)
    words = {*WORD.findall(texts[number].text)}
    fitting = [line for line, text, known in typed[at:] if sign in text and words <= known]
    return (fitting or [line for line, text, _ in typed[at:] if sign in text] or [min(lines)])[0]
