"""Rules on how a page sounds: plain, polite and well spelt."""

import re
from collections.abc import Iterator
from functools import lru_cache

from editorial.check.wording import any_word, wording
from editorial.desk.desk import Desk
from editorial.desk.page import Page
from editorial.desk.problem import Finding

MOST_WORDS = 20
LEAST_POINTS = {"nl": 55, "en": 55}
QUOTED = re.compile(r"['‘\"“][^'’\"”]*['’\"”]")
VOWELS = {"nl": re.compile(r"ij|[aeiouyáéíóúàèëïöü]+", re.IGNORECASE), "en": re.compile(r"[aeiouy]+", re.IGNORECASE)}


def form_of_address(page: Page, desk: Desk) -> Iterator[Finding]:
    """The reader is `u`; only a quoted threat may say `je`."""
    if page.language != "nl":
        return
    words: dict[str, str] = wording()["address"]
    quoted = {number for number, line in page.numbered() if line.lstrip().startswith(">")}
    lines = ((number, QUOTED.sub("", text)) for number, text in page.prose if number not in quoted)
    for number, match in any_word(tuple(words)).found(lines):
        yield Finding(number, {"word": match[0], "better": words[match[0].lower()]})


def avoid(page: Page, desk: Desk) -> Iterator[Finding]:
    """Words that stand between a frightened reader and the meaning."""
    words: dict[str, str] = wording()["avoid"][page.language]
    for number, match in any_word(tuple(words)).found(page.prose):
        yield Finding(number, {"word": match[0], "better": words[match[0].lower()]})


def long_sentence(page: Page, desk: Desk) -> Iterator[Finding]:
    """A sentence that one can read in one breath."""
    for number, sentence in page.sentences:
        words = _words(sentence)
        if len(words) > MOST_WORDS:
            yield Finding(number, {"count": len(words), "start": " ".join(words[:6])})


def reading_level(page: Page, desk: Desk) -> Iterator[Finding]:
    """How heavy the page is as a whole."""
    points = reading_ease(page)
    least = LEAST_POINTS[page.language]
    if points < least:
        yield Finding(page.first_body_line, {"score": round(points), "least": least})


@lru_cache(maxsize=4096)
def reading_ease(page: Page) -> float:
    """Flesch's reading ease; for Dutch with the weights of Douma. Above 60 is plain, below 30 is for scholars."""
    sentences = [words for _, sentence in page.sentences if len(words := _words(sentence)) > 2]
    count = sum(map(len, sentences))
    if not count:
        return 100.0
    syllables = sum(_syllables(word, page.language) for words in sentences for word in words)
    if page.language == "nl":
        return 206.84 - 0.93 * count / len(sentences) - 77 * syllables / count
    return 206.835 - 1.015 * count / len(sentences) - 84.6 * syllables / count


def _words(sentence: str) -> list[str]:
    return [word for word in sentence.split() if any(character.isalnum() for character in word)]


def _syllables(word: str, language: str) -> int:
    if language == "en":
        word = re.sub(r"(?<=[^aeiouy])e\b", "", word)
    return max(1, len(VOWELS[language].findall(word)))


def spelling(page: Page, desk: Desk) -> Iterator[Finding]:
    """Words that neither the dictionary nor our own list knows."""
    return (Finding(number, {"word": word}) for number, word in desk.spelling.wrong(page))
