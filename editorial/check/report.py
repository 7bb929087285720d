"""Writes problems down: for a screen, and as Markdown for a pull request."""

from collections.abc import Iterable

from editorial.desk.problem import Level, Problem

TITLES: dict[str, dict[Level, str]] = {
    "nl": {"error": "FOUTEN: los deze eerst op", "advice": "ADVIES: dit kan beter", "note": "WERK DAT NOG WACHT"},
    "en": {"error": "ERRORS: solve these first", "advice": "ADVICE: this can be better", "note": "WORK THAT WAITS"},
}
COUNTED = {
    "nl": "{pages} pagina's nagekeken: {error} fouten, {advice} adviezen, {note} keer werk dat nog wacht.",
    "en": "{pages} pages checked: {error} errors, {advice} advice, {note} notes of work that waits.",
}
MOST_DETAIL = 12
LEVELS: tuple[Level, ...] = ("error", "advice", "note")


def text(found: Iterable[Problem], language: str, pages: int) -> str:
    """The report on a screen: a block for each page, the most urgent page first."""
    lines: list[str] = []
    groups = by_level(found)
    for level in LEVELS:
        if groups[level]:
            lines += [TITLES[language][level], ""]
        if level == "note":
            lines += [f"  {note.path}:{note.finding.line}  {note.sentences(language)[0]}" for note in groups[level]] + [""]
            break
        for path, problems in by_page(groups[level]).items():
            lines.append(path)
            for problem in problems:
                what, solve = problem.sentences(language)
                lines += [f"  {path}:{problem.finding.line}  {what}", f"      -> {solve}  [{problem.rule.name}]"]
                lines += [f"         {line}" for line in shortened(problem.finding.detail)]
            lines.append("")
    return "\n".join([*lines, counted(groups, language, pages)])


def markdown(found: Iterable[Problem], language: str, pages: int, levels: tuple[Level, ...] = LEVELS) -> str:
    """The same for a pull request; of what is not asked for, the number alone."""
    groups = by_level(found)
    lines = [f"**{counted(groups, language, pages)}**", ""]
    for level in levels:
        if groups[level]:
            lines += [f"## {TITLES[language][level]}", ""]
        for path, problems in by_page(groups[level]).items():
            lines += [f"### {path}", ""]
            for problem in problems:
                what, solve = problem.sentences(language)
                lines.append(
                    f"- `{path}:{problem.finding.line}` {_escaped(what)} **{_escaped(solve)}** (`{problem.rule.name}`)"
                )
                if problem.finding.detail:
                    lines += ["", "  ```diff", *(f"  {line}" for line in shortened(problem.finding.detail)), "  ```", ""]
            lines.append("")
    return "\n".join(lines)


def _escaped(words: str) -> str:
    """Keep what a page says from becoming markup in the pull request."""
    return words.replace("<", "&lt;").replace("*", "\\*")


def by_level(found: Iterable[Problem]) -> dict[Level, list[Problem]]:
    """Set errors apart from advice and from work that waits."""
    groups: dict[Level, list[Problem]] = {level: [] for level in LEVELS}
    for problem in found:
        groups[problem.rule.level].append(problem)
    return groups


def by_page(found: Iterable[Problem]) -> dict[str, list[Problem]]:
    """Group by page in the order in which pages first appear."""
    pages: dict[str, list[Problem]] = {}
    for problem in found:
        pages.setdefault(problem.path, []).append(problem)
    return pages


def counted(groups: dict[Level, list[Problem]], language: str, pages: int) -> str:
    """One line that says how things stand."""
    return COUNTED[language].format(pages=pages, **{level: len(problems) for level, problems in groups.items()})


def shortened(detail: tuple[str, ...]) -> list[str]:
    """Show the start of a long change."""
    rest = len(detail) - MOST_DETAIL
    return [*detail[:MOST_DETAIL], *([f"… +{rest}"] if rest > 0 else [])]
