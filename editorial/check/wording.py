"""The lists of words that the rules look for."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from editorial.desk.yaml_text import load_yaml, text_of

LIST = Path(__file__).parent.with_name("wording.yml")


@cache
def wording() -> dict[str, Any]:
    """Read the lists once."""
    return dict(load_yaml(text_of(LIST)))


@cache
def patterns(group: str, language: str) -> re.Pattern[str]:
    """One pattern for all phrases of a group in a language."""
    return re.compile(rf"(?<![\w-])(?:{'|'.join(wording()[group][language])})(?![\w-])", re.IGNORECASE)


@cache
def any_word(words: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for plain words, as whole words."""
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, words))})(?![\w-])", re.IGNORECASE)
