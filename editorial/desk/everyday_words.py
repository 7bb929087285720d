"""The words under which people look for a page, kept by editors by concept in one file for each language."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from editorial.desk.yaml_text import load_yaml, text_of

FILES = {"nl": "docs/words.nl.yml", "en": "docs/words.en.yml"}


@dataclass(frozen=True)
class Concept:
    """One thing that people look for, with the pages that answer it, best first, and everything they call it."""

    name: str
    pages: tuple[str, ...]
    words: tuple[str, ...]
    # The key in the facts of the number to call, shown above what is found; empty for most.
    call: str


@dataclass(frozen=True)
class EverydayWords:
    """All concepts of a language, and the words that say nothing about what somebody looks for."""

    concepts: tuple[Concept, ...]
    silent: tuple[str, ...]


def everyday_words(root: Path, language: str) -> EverydayWords:
    """Read the file of a language; without one, people find a page by its own words alone."""
    path = root / FILES[language]
    return parsed(text_of(path)) if path.exists() else EverydayWords((), ())


@lru_cache(maxsize=8)
def parsed(text: str) -> EverydayWords:
    """Understand the text of such a file. Raises yaml.YAMLError."""
    content = load_yaml(text)
    entries = content.get("concepts") if isinstance(content, dict) else None
    found = tuple(_concepts(entries)) if isinstance(entries, dict) else ()
    return EverydayWords(found, tuple(str(content.get("silent") or "").split()) if isinstance(content, dict) else ())


def _concepts(entries: dict[Any, Any]) -> Iterator[Concept]:
    for name, entry in entries.items():
        if isinstance(entry, dict):
            typed = str(entry.get("words") or "").replace("\n", ",").split(",")
            words = tuple(word for one in typed if (word := " ".join(one.split())))
            yield Concept(str(name), tuple(str(entry.get("pages") or "").split()), words, str(entry.get("call") or ""))
