"""The index that the search in the browser reads: everyday words with their pages, and which words stand on which page."""

import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cache, partial
from html import unescape
from string import ascii_lowercase, digits
from typing import Any, NamedTuple

from mkdocs.structure.pages import Page

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
UNDECOMPOSED = {"ı": "i", "ł": "l"}
# Small letters, digits and the end of a line as they are, all else a space.
LETTERS = bytes(letter if chr(letter) in f"{ascii_lowercase}{digits}\n" else ord(" ") for letter in range(256))
TAG = re.compile("<[^>]*>")
# From these pages everything can be reached, and from the last one people write to us; the first page has no name.
WAY_ON = ("", "nu", "wie-doet-wat", "contact")


class Written(NamedTuple):
    """What stands on a page that was made: its address, its title and headings, and all of its text."""

    url: str
    headings: str
    text: str


def written_on(page: Page) -> Written:
    """The words of a page that MkDocs made."""
    return Written(page.url, "\n".join((page.title or "", *_headings(page.toc))), unescape(TAG.sub("\n", page.content or "")))


def _headings(toc: Any) -> Iterator[str]:
    for heading in toc:
        yield heading.title
        yield from _headings(heading.children)


def search_index(pages: Sequence[Written], language: str, desk: Desk) -> str:
    """Make of the words of all pages, their keywords and the everyday words what overrides/assets/find.js reads."""
    slugs = {page.url.rstrip("/") or "index": place for place, page in enumerate(pages)}
    words = everyday_words(desk.root, language)
    index = {
        "language": language,
        "pages": [[page.url, _title(desk, language, slug)] for slug, page in zip(slugs, pages, strict=True)],
        "entries": [*_concepts(words, slugs), *_numbers(desk, language, slugs)],
        "page_words": _page_words(desk, language, slugs, words),
        "silent": " ".join(plain_words(" ".join(words.silent))),
        "written": _written(pages, words),
        "help": _help(desk, language),
    }
    return json.dumps(index, ensure_ascii=False, separators=(",", ":"))


def plain_words(text: str) -> list[str]:
    """The words of a text as the search sees them: small letters without accents. The same as `words` in find.js."""
    return re.findall("[a-z]+|[0-9]+", _bare(text))


def _bare(text: str) -> str:
    bare = text.lower()
    if not bare.isascii():
        for letter, plain in UNDECOMPOSED.items():
            bare = bare.replace(letter, plain)
        bare = re.sub("[\u0300-\u036f’‘]", "", unicodedata.normalize("NFD", bare))
    return bare.replace("'", "").replace("`", "")


def _title(desk: Desk, language: str, slug: str) -> str:
    page = desk.pages.get((language, slug))
    return named(str(page.meta.get("title") or slug), desk.written[language]) if page else slug


@cache
def _phrases(typed: tuple[str, ...]) -> dict[str, None]:
    """What somebody may type, as the search sees it: all at once, which is quick, and remembered, since it is asked thrice."""
    lines = _bare("\n".join(one.replace("\n", " ") for one in typed)).encode("ascii", "replace").translate(LETTERS).decode()
    apart = re.sub("[0-9]+", r" \g<0> ", lines)
    return dict.fromkeys(phrase for line in apart.split("\n") if (phrase := " ".join(line.split())))


def _front_coded(phrases: Iterable[str]) -> str:
    """Phrases in the order of the alphabet, each without what it shares with the one before: "A" stands for one letter."""
    coded, last = [], ""
    for phrase in sorted(phrases):
        shared = 0
        for one, other in zip(last[:MOST_SHARED], phrase, strict=False):
            if one != other:
                break
            shared += 1
        coded.append((chr(ord("@") + shared) if shared else "") + phrase[shared:])
        last = phrase
    return ",".join(coded)


def _concepts(words: EverydayWords, slugs: Mapping[str, int]) -> list[list[Any]]:
    entries = []
    silent = set(words.silent)
    for concept in words.concepts:
        places = [slugs[slug] for slug in concept.pages if slug in slugs]
        if places:
            phrases = _not_said_already(_phrases(concept.words).keys(), silent)
            entries.append([places, _front_coded(phrases), *([concept.call] if concept.call else [])])
    return entries


def _not_said_already(phrases: Set[str], silent: set[str]) -> Iterator[str]:
    """Leave out what tells nothing beyond words that stand alone in the same concept: "zwaar vuurwerk" beside both."""
    for phrase in phrases:
        if " " not in phrase or not _told_by(phrases, phrase, silent):
            yield phrase


def _told_by(phrases: Set[str], phrase: str, silent: set[str]) -> bool:
    telling = set(phrase.split()) - silent
    return bool(telling) and telling <= phrases


def _page_words(desk: Desk, language: str, slugs: Mapping[str, int], own: EverydayWords) -> list[list[Any]]:
    """What a page says that it is about: its keywords, title and address, but for what a concept of it says already."""
    said: dict[str, set[str]] = defaultdict(set)
    silent = set(own.silent)
    for concept in own.concepts:
        said[concept.pages[0] if concept.pages else ""].update(_phrases(concept.words))
    entries = []
    for slug, place in slugs.items():
        page = desk.pages.get((language, slug))
        keywords = map(str, (page.meta.get("keywords") or ()) if page else ())
        phrases = _phrases((*keywords, _title(desk, language, slug), slug))
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


def _written(pages: Sequence[Written], own: EverydayWords) -> dict[str, str]:
    """Which word stands on which page, in a heading or in the text, in columns, which cost least to carry.

    Where a word leads is told by editors, if they gave it to a page at all: such a word is not carried twice.
    """
    headings: dict[str, set[int]] = defaultdict(set)
    body: dict[str, set[int]] = defaultdict(set)
    known = {word for concept in own.concepts for phrase in _phrases(concept.words) for word in phrase.split()}
    known |= set(plain_words(" ".join(own.silent)))
    for place, page in enumerate(pages):
        for found, text in ((headings, page.headings), (body, page.text)):
            for word in {*plain_words(text)} - known:
                if len(word) >= SHORTEST:
                    found[word].add(place)
    telling = {word: on for word, on in body.items() if len(word) >= SHORTEST_IN_TEXT and len(on) <= PAGES_IN_TEXT}
    most = max(3, len(pages) * COMMON)
    kept = {word: on for word, on in sorted({**telling, **headings}.items()) if len(on) <= most}
    places = ("".join(chr(FIRST_CHARACTER + place) for place in sorted(on)) for on in kept.values())
    return {"words": " ".join(kept), "pages": " ".join(places)}
