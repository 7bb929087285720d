"""Problems, and the one list of rules that gives each its urgency and its words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from editorial.desk.yaml_text import load_yaml

Level = Literal["error", "advice", "note"]
RULES = Path(__file__).parent.with_name("rules.yml")


@dataclass(frozen=True)
class Rule:
    """What the list says about one rule."""

    name: str
    level: Level
    urgency: int
    words: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Finding:
    """What a rule saw: a line and the values that its sentences name, a word of our own in both languages."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    # A case within the rule that needs a sentence of its own.
    case: str = ""
    # Lines to show below the sentence, such as what changed.
    detail: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in one place."""

    rule: Rule
    path: str
    finding: Finding

    def sentences(self, language: str) -> tuple[str, str]:
        """What is wrong, and how to solve it."""
        case = f"{language}-{self.finding.case}" if self.finding.case else language
        what, solve = self.rule.words[case]
        values = {name: value[language] if isinstance(value, dict) else value for name, value in self.finding.values.items()}
        return what.format(**values), solve.format(**values)

    @property
    def order(self) -> tuple[int, str, int]:
        """Most urgent first."""
        return self.rule.urgency, self.path, self.finding.line


@cache
def rules() -> dict[str, Rule]:
    """Read the list; its order is the order of urgency."""
    listed: dict[str, dict[str, Any]] = load_yaml(RULES.read_text("utf-8"))
    return {
        name: Rule(name, entry.pop("level"), urgency, {language: (words[0], words[1]) for language, words in entry.items()})
        for urgency, (name, entry) in enumerate(listed.items())
    }


def problems(name: str, path: str, findings: Iterable[Finding]) -> Iterator[Problem]:
    """Turn what a rule saw into problems of a file."""
    return (Problem(rules()[name], path, finding) for finding in findings)
