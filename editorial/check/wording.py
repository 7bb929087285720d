"""The lists of words that the rules look for."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from editorial.desk.page import matches
from editorial.desk.yaml_text import load_yaml, text_of

LIST = Path(__file__).parent.with_name("wording.yml")


@cache
def wording() -> dict[str, Any]:
    """Read the lists once."""
    return dict(load_yaml(text_of(LIST)))


@dataclass(frozen=True)
class Phrases:
    """Phrases to look for, in small and capital letters alike."""

    all: re.Pattern[str]
    # In small letters, each alone: that it is absent is quick to see, of all at once it is not.
    each: tuple[re.Pattern[str], ...]

    def found(self, lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, re.Match[str]]]:
        """Every place in these lines with the number of its line."""
        numbered = [*lines]
        text = "\n".join(line for _, line in numbered).lower()
        return matches(self.all, numbered) if any(phrase.search(text) for phrase in self.each) else iter(())


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
    return _phrases([re.escape(word) for word in words])


def _phrases(patterns: Sequence[str], before: str = r"(?<![\w-])", behind: str = r"(?![\w-])") -> Phrases:
    small = (re.sub(r"\\.|[A-Z]", lambda part: part[0] if part[0][0] == "\\" else part[0].lower(), one) for one in patterns)
    return Phrases(
        re.compile(f"{before}(?:{'|'.join(patterns)}){behind}", re.IGNORECASE),
        tuple(re.compile(one.removeprefix(r"\b")) for one in small),
    )
