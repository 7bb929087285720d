"""Spelling with Hunspell: all words of a language in one call."""

import re
import subprocess
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from editorial.desk.page import Page
from editorial.desk.yaml_text import text_of

DICTIONARIES = {"nl": "nl_NL", "en": "en_GB"}
OWN_WORDS = Path(__file__).parent.with_name("words.txt")
WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
INSTALL = "Het woordenboek ontbreekt. Typ: sudo apt-get install hunspell hunspell-nl hunspell-en-gb"
NO_WORD = re.compile(r"https?://\S+|(?<![\w-])[\w-]+(?:\.[\w-]+)+\b|(?<!\S)\S+@\S+|\b\w*\d\w*(?:-\w+)?")
# The glossary gives each word in the other language too.
OTHER_LANGUAGE = {"nl": "In het Engels:", "en": "In Dutch:"}
# On an English page, names and what stands in brackets may be Dutch.
MAYBE_DUTCH = re.compile(r"\([^)]*\)|[A-Z][^\W\d_]+(?:[-'’][^\W\d_]+)*")
EITHER = "either"


class NoDictionary(Exception):
    """Hunspell or a dictionary is not on this machine."""


@lru_cache(maxsize=4096)
def words_of(page: Page) -> tuple[tuple[int, str, str], ...]:
    """Every word with its line and the language in which it must be right."""
    return tuple(_words_of(page))


def _words_of(page: Page) -> Iterator[tuple[int, str, str]]:
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


class Spelling:
    """Remembers what Hunspell said, so that each word is asked once and all words of a check in one call."""

    def __init__(self) -> None:
        self._asked: dict[str, set[str]] = {language: set() for language in DICTIONARIES}
        self._unknown: dict[str, set[str]] = {language: set() for language in DICTIONARIES}
        self._own: set[str] = set()

    def learn(self, pages: Iterable[Page]) -> None:
        """Ask about the words of these pages that were not asked before.

        Raises NoDictionary.
        """
        lines = text_of(OWN_WORDS).splitlines()
        self._own = {line.partition("#")[0].strip().lower() for line in lines}
        words: dict[str, set[str]] = {language: set() for language in (*DICTIONARIES, EITHER)}
        for page in pages:
            for _, word, language in words_of(page):
                words[language].add(word)
        for language, asked in self._asked.items():
            if new := (words[language] | words[EITHER]) - asked:
                self._unknown[language] |= _unknown(new, language)
                asked |= new

    def wrong(self, page: Page) -> Iterator[tuple[int, str]]:
        """The words of a page that no dictionary knows, each where it first stands."""
        self.learn([page])
        seen = set(self._own)
        for number, word, language in words_of(page):
            languages = DICTIONARIES if language == EITHER else (language,)
            if word.lower() not in seen and all(word in self._unknown[name] for name in languages):
                seen.add(word.lower())
                yield number, word


def _unknown(words: set[str], language: str) -> set[str]:
    command = ["hunspell", "-i", "utf-8", "-d", DICTIONARIES[language], "-l"]
    try:
        run = subprocess.run(command, input="\n".join(sorted(words)).encode(), capture_output=True, check=False)  # noqa: S603
    except FileNotFoundError as fault:
        raise NoDictionary(INSTALL) from fault
    if run.returncode:
        raise NoDictionary(INSTALL)
    # Hunspell looks at the parts of a word with a hyphen; a word is wrong when one of its parts is.
    unknown = set(run.stdout.decode().split())
    return {word for word in words if word in unknown or set(re.split("[-']", word)) & unknown}
