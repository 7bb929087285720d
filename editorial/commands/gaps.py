"""What strangers looked for in vain, apart by what an editor has to do about it: write, add words, or judge the list."""

from collections import defaultdict
from dataclasses import dataclass

from editorial.commands.phrases import Phrase, asked_lists, found
from editorial.commands.strangers import FIRST
from editorial.commands.unspoken import unspoken
from editorial.desk.desk import LANGUAGES, Desk
from editorial.desk.everyday_words import FILES


@dataclass(frozen=True)
class Asked:
    """A phrase with the pages that the search shows for it, best first."""

    phrase: Phrase
    shown: tuple[str, ...]


@dataclass(frozen=True)
class Gaps:
    """What no page answers, what the search hides, what nobody judged yet, and how many phrases somebody did judge."""

    judged: int
    unanswered: tuple[Asked, ...]
    hidden: tuple[Asked, ...]
    unjudged: tuple[Asked, ...]


def gaps(desk: Desk, phrases: list[Phrase]) -> Gaps:
    """Ask the search of the built site all of these. Raises Refused without a site."""
    asked = [one for language in LANGUAGES for one in _asked(desk, phrases, language)]
    judged = [one for one in asked if one.phrase.judged]
    there = {one.phrase: one.phrase.right & desk.slugs[one.phrase.language] for one in judged}
    return Gaps(
        len(judged),
        tuple(one for one in judged if not there[one.phrase]),
        tuple(one for one in judged if there[one.phrase] and not there[one.phrase] & set(one.shown)),
        tuple(one for one in asked if not one.phrase.judged),
    )


def _asked(desk: Desk, phrases: list[Phrase], language: str) -> list[Asked]:
    here = [phrase for phrase in phrases if phrase.language == language]
    answers = found(desk.root / "site", language, [phrase.typed for phrase in here])
    return [Asked(phrase, tuple(answer["pages"][:FIRST])) for phrase, answer in zip(here, answers, strict=True)]


WORDS = {
    "nl": {
        "title": "Waar mensen naar zochten",
        "unanswered": "Geen pagina geeft antwoord. Schrijf erover, of zet bij ‘Nog na te vragen’ wie het antwoord weet.",
        "hidden": "Een pagina geeft antwoord, maar het zoeken toont haar niet bij de eerste drie. Zet woorden in {files}.",
        "unjudged": "Nog niemand zei welke pagina antwoord geeft. Zet die achter de zin, of een streepje als er geen is.",
        "shown": "het zoeken toont nu {pages}",
        "nothing": "het zoeken toont niets",
        "absent": "de lijst noemt {pages}, en die pagina is er niet",
        "all": "Voor elke beoordeelde zin is er een pagina die antwoord geeft.",
        "unspoken": "Woorden die wij niet kennen: op geen pagina en niet bij de zoekwoorden. Ontbreekt hier iets?",
        "often": "{word} ({language}, {number}×), zoals in: {phrase}",
        "counted": "Zinnen die een pagina wel beantwoordt en het zoeken mist: {number}. Zie `make strangers`.",
    },
    "en": {
        "title": "What people looked for",
        "unanswered": "No page answers. Write about it, or put down under ‘verify’ who knows the answer.",
        "hidden": "A page answers, but the search does not show it among the first three. Put words in {files}.",
        "unjudged": "Nobody has said yet which page answers. Put the pages behind the phrase, or a hyphen if there is none.",
        "shown": "the search now shows {pages}",
        "nothing": "the search shows nothing",
        "absent": "the list names {pages}, and there is no such page",
        "all": "For every phrase that was judged there is a page that answers it.",
        "unspoken": "Words that we do not know: on no page and not among those to search by. Is something missing?",
        "often": "{word} ({language}, {number}×), as in: {phrase}",
        "counted": "Phrases that a page answers and the search misses: {number}. See `make strangers`.",
    },
}


def told(desk: Desk, language: str, *, hidden: bool) -> str:
    """The gaps in Markdown, in words that an editor can act on; what the search hides is named or only counted.

    Raises Refused without a site, or for an unreadable list.
    """
    phrases = list(dict.fromkeys(asked_lists(desk)))
    here, words = gaps(desk, phrases), WORDS[language]
    parts = [f"## {words['title']}"]
    if here.unanswered:
        parts += [f"### {words['unanswered']}", "\n".join(_why(one, desk, words) for one in here.unanswered)]
    elif here.judged:
        parts += [words["all"]]
    if here.hidden and hidden:
        parts += [f"### {words['hidden'].format(files=' / '.join(FILES.values()))}", _by_page(here.hidden, desk, words)]
    elif here.hidden:
        parts += [words["counted"].format(number=len(here.hidden))]
    if here.unjudged:
        parts += [f"### {words['unjudged']}", "\n".join(f"- {_line(one, words)}" for one in here.unjudged)]
    if words_found := unspoken(desk, phrases):
        parts += [f"### {words['unspoken']}", "\n".join(_often(*one, words) for one in words_found)]
    return "\n\n".join(parts)


def _often(word: str, number: int, phrase: Phrase, words: dict[str, str]) -> str:
    return "- " + words["often"].format(word=word, language=phrase.language, number=number, phrase=phrase.typed)


def _why(one: Asked, desk: Desk, words: dict[str, str]) -> str:
    absent = sorted(one.phrase.right - desk.slugs[one.phrase.language])
    why = "; " + words["absent"].format(pages=", ".join(absent)) if absent else ""
    return f"- {_line(one, words)}{why}"


def _line(one: Asked, words: dict[str, str]) -> str:
    shown = words["shown"].format(pages=", ".join(one.shown)) if one.shown else words["nothing"]
    return f"{one.phrase.typed} ({one.phrase.language}): {shown}"


def _by_page(asked: tuple[Asked, ...], desk: Desk, words: dict[str, str]) -> str:
    pages: defaultdict[str, list[str]] = defaultdict(list)
    for one in asked:
        pages[" / ".join(sorted(one.phrase.right & desk.slugs[one.phrase.language]))].append(_line(one, words))
    return "\n".join(f"- **{page}**" + "".join(f"\n    - {line}" for line in lines) for page, lines in sorted(pages.items()))
