"""Spelling with Hunspell: all words of a language in one call."""

import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from editorial.page import Page

DICTIONARIES = {"nl": "nl_NL", "en": "en_GB"}
OWN_WORDS = Path(__file__).with_name("words.txt")
WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
NO_WORD = re.compile(r"https?://\S+|\b[\w-]+(?:\.[\w-]+)+\b|\S+@\S+|\b\w*\d\w*(?:-\w+)?")
# The glossary gives each word in the other language too.
OTHER_LANGUAGE = {"nl": "In het Engels:", "en": "In Dutch:"}
# On an English page, names and what stands in brackets may be Dutch.
MAYBE_DUTCH = re.compile(r"\([^)]*\)|[A-Z][^\W\d_]+(?:[-'’][^\W\d_]+)*")
EITHER = "either"


class NoDictionary(Exception):
    """Hunspell or a dictionary is not on this machine."""


def words_of(page: Page) -> Iterator[tuple[int, str, str]]:
    """Every word with its line and the language in which it must be right."""
    other = "en" if page.language == "nl" else "nl"
    for number, text in page.prose:
        own, mark, foreign = NO_WORD.sub(" ", text).partition(OTHER_LANGUAGE[page.language])
        if page.language == "en":
            for part in MAYBE_DUTCH.findall(own):
                yield from ((number, word, EITHER) for word in _words(part))
            own = MAYBE_DUTCH.sub(" ", own)
        yield from ((number, word, page.language) for word in _words(own + mark))
        yield from ((number, word, other) for word in _words(foreign))


def _words(text: str) -> Iterator[str]:
    """The words of a text; abbreviations in capitals are none."""
    return (match[0].replace("’", "'") for match in WORD.finditer(text) if not match[0].isupper())


def misspelled(pages: Iterable[Page]) -> dict[str, set[str]]:
    """The words of all pages that no dictionary knows, by the language in which they must be right."""
    words: dict[str, set[str]] = {language: set() for language in (*DICTIONARIES, EITHER)}
    for page in pages:
        for _, word, language in words_of(page):
            words[language].add(word)
    own = {word.lower() for line in OWN_WORDS.read_text("utf-8").splitlines() if (word := line.partition("#")[0].strip())}
    unknown = {language: _unknown(words[language] | words[EITHER], language) for language in DICTIONARIES}
    unknown[EITHER] = unknown["nl"] & unknown["en"]
    return {
        language: {word for word in unknown[language] & found if word.lower() not in own} for language, found in words.items()
    }


def _unknown(words: set[str], language: str) -> set[str]:
    command = ["hunspell", "-i", "utf-8", "-d", DICTIONARIES[language], "-l"]
    try:
        run = subprocess.run(command, input="\n".join(sorted(words)).encode(), capture_output=True, check=False)  # noqa: S603
    except FileNotFoundError as fault:
        raise NoDictionary("hunspell") from fault
    if run.returncode:
        raise NoDictionary(DICTIONARIES[language])
    # Hunspell looks at the parts of a word with a hyphen; a word is wrong when one of its parts is.
    unknown = set(run.stdout.decode().split())
    return {word for word in words if word in unknown or set(re.split("[-']", word)) & unknown}
