"""Words that people type and nobody thought of: neither a page nor the words to search by hold them."""

import re
from collections import Counter
from collections.abc import Iterable

from editorial.commands.phrases import Phrase
from editorial.desk.desk import LANGUAGES, Desk
from editorial.desk.everyday_words import everyday_words

WORD = re.compile(r"[^\W\d_]{4,}")
# With this share of its beginning a word counts as another form of one that we have; a compound needs a part of this length.
STEM, COMPOUND_PART = 0.7, 5
SHOWN = 25


def unspoken(desk: Desk, phrases: Iterable[Phrase]) -> list[tuple[str, int, Phrase]]:
    """The words with the number of phrases that hold them and the first of those, most frequent first."""
    spoken = {language: _Spoken(desk, language) for language in LANGUAGES}
    counted: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], Phrase] = {}
    for phrase in phrases:
        for word in dict.fromkeys(WORD.findall(phrase.typed.lower())):
            if word not in spoken[phrase.language]:
                counted[phrase.language, word] += 1
                first.setdefault((phrase.language, word), phrase)
    return [(key[1], number, first[key]) for key, number in counted.most_common(SHOWN)]


class _Spoken:
    """The words on the pages of a language, those to search by, and those that say nothing."""

    def __init__(self, desk: Desk, language: str) -> None:
        everyday = everyday_words(desk.root, language)
        lines = [line for page in desk.pages.values() if page.language == language for _, line in page.prose]
        lines += [word for concept in everyday.concepts for word in concept.words]
        self.words = {*WORD.findall(" ".join(lines).lower()), *everyday.silent}
        self.beginnings = {word[:length] for word in self.words for length in range(4, len(word) + 1)}

    def __contains__(self, word: str) -> bool:
        parts = (word[start:end] for start in range(len(word)) for end in range(start + COMPOUND_PART, len(word) + 1))
        return (
            word in self.words
            or word[: max(4, int(len(word) * STEM))] in self.beginnings
            or any(p in self.words for p in parts)
        )
