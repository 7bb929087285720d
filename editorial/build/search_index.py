"""The index that the search in the browser reads: everyday words with their pages, and which words stand on which page."""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, partial
from os.path import commonprefix
from typing import Any

from editorial.desk.desk import Desk
from editorial.desk.everyday_words import EverydayWords, everyday_words
from editorial.desk.shared import dialled, named

# A word on more than this share of the pages tells none of them apart.
COMMON = 0.4
SHORTEST = 3
# A word of the text alone tells of a page if it is long and on no other; the rest finds nothing more (measured).
SHORTEST_IN_TEXT = 10
PAGES_IN_TEXT = 1
# A number that stands on no more pages than this belongs to the one that gives it most.
PAGES_OF_ONE_NUMBER = 15
# Pages are named by one character each, from here on: "#" is the first.
FIRST_CHARACTER = 35
# Shared letters are counted in capitals, from A.
MOST_SHARED = 26
# Letters of Turkish and Polish that Unicode does not take apart into a plain one and a mark.
UNDECOMPOSED = str.maketrans("ıł", "il")
# From these pages everything can be reached, and from the last one people write to us; the first page has no name.
WAY_ON = ("", "nu", "wie-doet-wat", "contact")


def search_index(sections: Iterable[Mapping[str, Any]], language: str, desk: Desk) -> str:
    """Make of MkDocs' sections, the pages' keywords and the everyday words what overrides/assets/find.js reads."""
    sections = list(sections)
    urls = list(dict.fromkeys(section["location"].partition("#")[0] for section in sections))
    slugs = {url.rstrip("/") or "index": place for place, url in enumerate(urls)}
    words = everyday_words(desk.root, language)
    index = {
        "language": language,
        "pages": [[url, _title(desk, language, slug)] for slug, url in zip(slugs, urls, strict=True)],
        "entries": [*_concepts(words, slugs), *_numbers(desk, language, slugs)],
        "page_words": _page_words(desk, language, slugs, words),
        "silent": " ".join(plain_words(" ".join(words.silent))),
        "written": _written(sections, {url: place for place, url in enumerate(urls)}, words),
        "help": _help(desk, language),
    }
    return json.dumps(index, ensure_ascii=False, separators=(",", ":"))


def plain_words(text: str) -> list[str]:
    """The words of a text as the search sees them: small letters without accents. The same as `words` in find.js."""
    bare = text.lower()
    if not bare.isascii():
        bare = re.sub("[\u0300-\u036f’‘]", "", unicodedata.normalize("NFD", bare.translate(UNDECOMPOSED)))
    return re.findall("[a-z]+|[0-9]+", bare.replace("'", "").replace("`", ""))


def _title(desk: Desk, language: str, slug: str) -> str:
    page = desk.pages.get((language, slug))
    return named(str(page.meta.get("title") or slug), desk.written[language]) if page else slug


@cache
def _phrase(typed: str) -> str:
    """What somebody may type, as the search sees it; remembered, since each everyday word is asked for three times."""
    return " ".join(plain_words(typed))


def _phrases(words: Iterable[str]) -> dict[str, None]:
    return dict.fromkeys(phrase for word in words if (phrase := _phrase(word)))


def _front_coded(phrases: Iterable[str]) -> str:
    """Phrases in the order of the alphabet, each without what it shares with the one before: "A" stands for one letter."""
    coded, last = [], ""
    for phrase in sorted(phrases):
        shared = min(len(commonprefix((last, phrase))), MOST_SHARED)
        coded.append((chr(ord("@") + shared) if shared else "") + phrase[shared:])
        last = phrase
    return ",".join(coded)


def _concepts(words: EverydayWords, slugs: Mapping[str, int]) -> list[list[Any]]:
    entries = []
    silent = set(words.silent)
    for concept in words.concepts:
        places = [slugs[slug] for slug in concept.pages if slug in slugs]
        if places:
            phrases = _not_said_already(_phrases(concept.words), silent)
            entries.append([places, _front_coded(phrases), *([concept.call] if concept.call else [])])
    return entries


def _not_said_already(phrases: Collection[str], silent: set[str]) -> Iterator[str]:
    """Leave out what tells nothing beyond words that stand alone in the same concept: "zwaar vuurwerk" beside both."""
    for phrase in phrases:
        if " " not in phrase or not _told_by(phrases, phrase, silent):
            yield phrase


def _told_by(phrases: Collection[str], phrase: str, silent: set[str]) -> bool:
    telling = set(phrase.split()) - silent
    return bool(telling) and all(word in phrases for word in telling)


def _page_words(desk: Desk, language: str, slugs: Mapping[str, int], own: EverydayWords) -> list[list[Any]]:
    """What a page says that it is about: its keywords, title and address, but for what a concept of it says already."""
    said: dict[str, set[str]] = defaultdict(set)
    silent = set(own.silent)
    for concept in own.concepts:
        said[concept.pages[0] if concept.pages else ""].update(map(_phrase, concept.words))
    entries = []
    for slug, place in slugs.items():
        page = desk.pages.get((language, slug))
        keywords = map(str, (page.meta.get("keywords") or ()) if page else ())
        phrases = _phrases([*keywords, _title(desk, language, slug), slug])
        left = [phrase for phrase in phrases if phrase not in said[slug] and not _told_by(said[slug], phrase, silent)]
        entries.append([[place], _front_coded(left)])
    return entries


def _numbers(desk: Desk, language: str, slugs: Mapping[str, int]) -> list[list[Any]]:
    """Somebody who types a phone number wants to know whose it is: the page that is about it says so, or the list of all."""
    pages: dict[str, Counter[int]] = defaultdict(Counter)
    for slug, place in slugs.items():
        page = desk.pages.get((language, slug))
        for key in sorted(key for _, key in page.keys if key.startswith("tel.")) if page else ():
            pages[key][place] += 1
    first = {slugs[slug]: rank for rank, slug in enumerate(("kaart", "wie-doet-wat")) if slug in slugs}
    numbers = desk.written[language]["tel"]

    def about(times: Counter[int], place: int) -> tuple[int, int, int]:
        return (-times[place] if len(times) <= PAGES_OF_ONE_NUMBER else 0, first.get(place, 9), place)

    return [
        [sorted(times, key=partial(about, times)), _national(numbers[key.removeprefix("tel.")])]
        for key, times in pages.items()
        if key.removeprefix("tel.") in numbers
    ]


def _help(desk: Desk, language: str) -> dict[str, Any]:
    """What stands beside what is found: numbers to call, a way on when nothing is found, the way to the other language."""
    other = "en" if language == "nl" else "nl"
    words = desk.frames[language]["extra"]["words"]
    tel = desk.written[language]["tel"]
    numbers = [(words["danger"] + words["call"], tel["alarm"]), (words["confer"], tel["ot"])]
    links = [[f"tel:{dialled(number)}", before + number] for before, number in numbers]
    links += [[slug and f"{slug}/", _title(desk, language, slug or "index")] for slug in WAY_ON]
    calls = words["search_calls"].items()
    return {
        "way_on": {"text": words["search_way_on"], "links": [*links, ["#menu", words["all"]]]},
        "calls": {key: [text, f"tel:{dialled(tel[key])}", tel[key]] for key, text in calls if key in tel},
        "other": {"language": other, "searching": words["search_other"]},
    }


def _national(number: str) -> str:
    return re.sub(r"\D", "", re.sub(r"^\+31", "0", dialled(number)))


def _written(sections: Iterable[Mapping[str, Any]], places: Mapping[str, int], own: EverydayWords) -> dict[str, str]:
    """Which word stands on which page, in a heading or in the text, in columns, which cost least to carry.

    Where a word leads is told by editors, if they gave it to a page at all: such a word is not carried twice.
    """
    headings: dict[str, set[int]] = defaultdict(set)
    body: dict[str, set[int]] = defaultdict(set)
    known = {word for concept in own.concepts for typed in concept.words for word in _phrase(typed).split()}
    known |= set(plain_words(" ".join(own.silent)))
    for section in sections:
        place = places[section["location"].partition("#")[0]]
        for found, text in ((headings, section["title"]), (body, section["text"])):
            for word in plain_words(text):
                if len(word) >= SHORTEST and word not in known:
                    found[word].add(place)
    telling = {word: on for word, on in body.items() if len(word) >= SHORTEST_IN_TEXT and len(on) <= PAGES_IN_TEXT}
    most = max(3, len(places) * COMMON)
    kept = {word: on for word, on in sorted({**telling, **headings}.items()) if len(on) <= most}
    pages = ("".join(chr(FIRST_CHARACTER + place) for place in sorted(on)) for on in kept.values())
    return {"words": " ".join(kept), "pages": " ".join(pages)}
