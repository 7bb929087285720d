"""The lists of words that the rules look for."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from editorial.desk.page import matches
from editorial.desk.yaml_text import load_yaml, text_of

NO_LETTER_BEFORE, NO_LETTER_BEHIND = r"(?<![\w-])", r"(?![\w-])"
CHOICE = re.compile(r"\(\?:([^()\\\[]*)\)(?![?*+{])")
LIST = Path(__file__).parent.with_name("wording.yml")


@cache
def wording() -> dict[str, Any]:
    """Read the lists once."""
    return dict(load_yaml(text_of(LIST)))


@dataclass(frozen=True)
class Phrases:
    """Phrases to look for, in small and capital letters alike."""

    pattern: str
    # In small letters, each alone: that it is absent is quick to see, of all at once it is not.
    each: tuple[re.Pattern[str] | str, ...]

    def found(self, lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, re.Match[str]]]:
        """Every place in these lines with the number of its line."""
        numbered = [*lines]
        text = "\n".join(line for _, line in numbered).lower()
        if any(phrase in text if isinstance(phrase, str) else phrase.search(text) for phrase in self.each):
            return matches(re.compile(self.pattern, re.IGNORECASE), numbered)
        return iter(())


@cache
def phrases(group: str, language: str) -> Phrases:
    """The phrases of a group in a language, as whole words."""
    return _phrases(wording()[group][language])


@cache
def unfinished() -> Phrases:
    """What a template left to fill in."""
    return _phrases(wording()["unfinished"], "", "")


@cache
def any_word(words: tuple[str, ...]) -> Phrases:
    """Plain words, as whole words."""
    return Phrases(_one_of(map(re.escape, words)), tuple(word.lower() for word in words))


def _phrases(patterns: Sequence[str], before: str = NO_LETTER_BEFORE, behind: str = NO_LETTER_BEHIND) -> Phrases:
    small = (re.sub(r"\\.|[A-Z]", lambda part: part[0] if part[0][0] == "\\" else part[0].lower(), one) for one in patterns)
    beginnings = (way for one in small for way in _ways(one.removeprefix(r"\b")))
    return Phrases(_one_of(patterns, before, behind), tuple(map(re.compile, beginnings)))


def _ways(pattern: str) -> list[str]:
    """A pattern that begins with a choice as one for each: what begins with a letter is quick to look for."""
    choice = CHOICE.match(pattern)
    return [f"{way}{pattern[choice.end() :]}" for way in choice[1].split("|")] if choice else [pattern]


def _one_of(patterns: Iterable[str], before: str = NO_LETTER_BEFORE, behind: str = NO_LETTER_BEHIND) -> str:
    return f"{before}(?:{'|'.join(patterns)}){behind}"
