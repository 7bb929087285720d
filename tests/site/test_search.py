"""The search finds what frightened people type, and whatever they type, it never leaves them with nothing."""

import functools
import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from editorial.commands.phrases import Phrase, found, read_list, searching
from editorial.commands.strangers import answerable, judged
from editorial.desk.desk import LANGUAGES
from editorial.desk.shared import dialled
from tests.support.built_site import REPO, built

pytestmark = pytest.mark.program

GOLDEN = REPO / "tests" / "site" / "golden"
STRANGERS = REPO / "tests" / "strangers"


def golden(language: str) -> dict[str, set[str]]:
    """The queries of a list, each with the pages that answer it. They say what must never break, not how good the search is."""
    lines = [line for line in (GOLDEN / f"{language}.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    return {query: set(slugs.split()) for query, _, slugs in (line.partition(": ") for line in lines)}


RUNNING: dict[str, subprocess.Popen[str]] = {}


@pytest.fixture(scope="module", autouse=True)
def searches() -> Iterator[None]:
    """The search of each language, started once: reading the index takes longer than a hundred questions."""
    with ExitStack() as stack:
        for language in LANGUAGES:
            command = searching(built(), language)
            RUNNING[language] = stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            )
        yield


@functools.cache
def asked(language: str, query: str) -> dict[str, Any]:
    """What the site's own search answers."""
    process = RUNNING[language]
    assert process.stdin and process.stdout
    print(json.dumps([query]), file=process.stdin, flush=True)
    [answer] = json.loads(process.stdout.readline())
    return dict(answer)


def first(language: str, query: str) -> str:
    """The page that the site's own search puts first."""
    return str((asked(language, query)["pages"] or ["nothing"])[0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_right_page_stands_among_the_first_three(language: str) -> None:
    queries = golden(language)
    assert len(queries) >= 40
    answers = found(built(), language, list(queries))
    missed = {
        query: answer["pages"][:3]
        for (query, right), answer in zip(queries.items(), answers, strict=True)
        if not right & set(answer["pages"][:3])
    }
    assert missed == {}


LISTS = ["titles-only", "titles-again", "events", "at-night", "other-voices"]
LISTS += ["spoken", "fresh", "other-people", "mixed", "tired"]


@functools.cache
def phrases_of(name: str, language: str) -> list[Phrase]:
    """What stands in one list of strangers."""
    return answerable(read_list(STRANGERS / f"{name}.tsv"), language)


@functools.cache
def told_strangers(language: str) -> dict[str, tuple[str, ...]]:
    """What all lists ask of the search, and its pages: asked at once, since each asking reads the index anew."""
    typed = list({phrase.typed: None for name in LISTS for phrase in phrases_of(name, language)})
    return {one: tuple(answer["pages"]) for one, answer in zip(typed, found(built(), language, typed), strict=True)}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LISTS)
def test_strangers_find_a_right_page_in_the_first_three_and_mostly_first(name: str, language: str) -> None:
    score = judged((phrase, told_strangers(language)[phrase.typed]) for phrase in phrases_of(name, language))
    assert score.phrases >= 20
    assert score.in_first_three >= 0.95 and score.first >= 0.8 and score.nothing == 0


@pytest.mark.parametrize(
    ("language", "typed", "page"),
    [
        # Participles and other forms of a verb.
        ("nl", "gestalkt", "stalking"),
        ("nl", "gedoxt", "online"),
        ("nl", "gechanteerd", "ondermijning"),
        ("nl", "afgeluisterd", "gevolgd"),
        ("en", "blackmailing", "ondermijning"),
        # Verbs that change their vowel, and Dutch ones that stand in two parts.
        ("nl", "hij schold mij uit", "dreigement"),
        ("nl", "er werd een steen gegooid en de ruit brak", "vernieling"),
        ("nl", "hij belt steeds weer aan", "aan-de-deur"),
        ("nl", "de ruiten zijn verbroken", "vernieling"),
        ("en", "they threw eggs at my window", "vernieling"),
        # Singular and plural of which the last letter changes: huis, huizen.
        ("nl", "bewijzen", "bewijs"),
        ("nl", "pistolen", "nu"),
        # Compounds, together and apart.
        ("nl", "vuurwerk bom", "explosief"),
        ("nl", "woning scan", "veilig-wonen"),
        ("nl", "dreigmailtjes", "online"),
        ("en", "door bell camera", "veilig-wonen"),
        # Flemish.
        ("nl", "paswoord gestolen", "accounts"),
        ("nl", "de flikken bellen", "wie-doet-wat"),
        # Slips of the finger and of the ear.
        ("nl", "advokaat", "juridisch"),
        ("nl", "verzekerign", "schade"),
        ("nl", "kogelbreif", "verdachte-post"),
        ("en", "laywer", "juridisch"),
        # Accents, capitals, apostrophes, quotation marks.
        ("nl", "„GEÏNTIMIDEERD”", "index"),
        ("nl", "camera’s ophangen", "veilig-wonen"),
        ("en", "“can’t sleep”", "nazorg"),
        # A whole sentence, in which most words say nothing.
        ("nl", "Goedenavond, ik wilde eigenlijk even vragen wie er nou mijn kapotte ruit gaat betalen?", "schade"),
        ("en", "hello, i would just like to know who is going to pay for my broken window please", "schade"),
        ("nl", "er is een drone boven mijn tuin en nu weet ik niet wat ik moet doen", "demonstratie"),
        ("en", "a drone is over my garden and now i do not know what to do", "demonstratie"),
    ],
)
def test_words_are_known_in_whatever_form_they_come(language: str, typed: str, page: str) -> None:
    assert first(language, typed) == page


@pytest.mark.parametrize(
    ("language", "typed", "calls"),
    [
        ("nl", "zelfmoord", ["zelfdoding"]),
        ("nl", "ik wil niet meer leven", ["zelfdoding"]),
        ("en", "suicidal thoughts", ["zelfdoding"]),
        # A slip of the finger, and what somebody says without the word.
        ("nl", "zelfmrood", ["zelfdoding"]),
        ("nl", "beter als ik er niet meer was", ["zelfdoding"]),
        ("en", "everyone would be better off without me", ["zelfdoding"]),
        ("nl", "man met pistool", ["alarm"]),
        ("nl", "brandstichting", ["alarm"]),
        ("en", "molotov cocktail", ["alarm"]),
        ("nl", "hij zegt dat hij me vermoordt", ["alarm"]),
        ("nl", "logboek", []),
        # Words that have another meaning here: a battery, an attempt, a message that is kept.
        ("nl", "accu loopt zo snel leeg", []),
        ("nl", "poging tot omkoping", []),
        ("en", "save screenshots", []),
        ("en", "privacy policy", []),
    ],
)
def test_what_cannot_wait_comes_with_the_number_to_call(language: str, typed: str, calls: list[str]) -> None:
    assert asked(language, typed)["calls"] == calls


def calling() -> list[tuple[str, str, str]]:
    """Each line of a list: the language, what is typed, and the number to call, or none."""
    lines = [line for line in (GOLDEN / "calls.tsv").read_text("utf-8").splitlines() if not line.startswith("#")]
    return [(language, typed, call) for language, typed, call in ((*line.split("\t"), "")[:3] for line in lines)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_who_must_not_wait_is_left_without_the_number(language: str) -> None:
    urgent = [(typed, call) for spoken, typed, call in calling() if spoken == language and call]
    assert len(urgent) >= 20
    assert [typed for typed, call in urgent if call not in asked(language, typed)["calls"]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_that_only_look_like_danger_mostly_bring_no_number(language: str) -> None:
    """Not one too few goes before one too many: a quarter may."""
    harmless = [typed for spoken, typed, call in calling() if spoken == language and not call]
    assert len(harmless) >= 20
    assert len([typed for typed in harmless if asked(language, typed)["calls"]]) <= len(harmless) / 4


@pytest.mark.parametrize(
    ("language", "typed", "foreign", "page"),
    [
        ("en", "bedreigd", True, "index"),
        ("en", "wie betaalt de schade aan mijn auto", True, "schade"),
        ("nl", "who pays for the damage to my car", True, "schade"),
        ("nl", "my husband is scared", True, "gezin"),
        # Words that both languages have are nobody's.
        ("nl", "stalking", False, "stalking"),
        ("en", "stalking", False, "stalking"),
        ("nl", "deepfake", False, "deepfakes"),
        ("nl", "ik word gestalkt door mijn ex", False, "stalking"),
    ],
)
def test_a_question_in_the_other_language_is_noticed_and_answered(language: str, typed: str, foreign: bool, page: str) -> None:
    answer = asked(language, typed)
    assert answer["foreign"] is foreign
    assert page in answer["pages"][:3]


@pytest.mark.parametrize(
    ("typed", "page"),
    [
        ("0900-8844", "kaart"),
        ("0900 8844", "kaart"),
        ("09008844", "kaart"),
        ("(0900) 8844", "kaart"),
        ("070 373 83 14", "kaart"),
        ("070/373.83.14", "kaart"),
        ("+31 (0)70 - 373 83 14", "kaart"),
        ("0031703738314", "kaart"),
        # Without the area code, with a slip of the finger, and still being typed.
        ("373 83 14", "kaart"),
        ("070-3738341", "kaart"),
        ("070 37 3", "kaart"),
        ("1-1-2", "nu"),
        # A number that one page is about.
        ("0800 0113", "niet-meer-willen"),
        ("088-183 22 00", "adres-afschermen"),
    ],
)
def test_a_phone_number_leads_to_the_page_that_says_whose_it_is(typed: str, page: str) -> None:
    assert first("nl", typed) == page


@pytest.mark.parametrize(
    ("language", "typed", "page"),
    [
        # Fire and weapons go before the place where they are.
        ("nl", "brand in de gang", "explosief"),
        ("nl", "hij zwaait met een hamer in de raadzaal", "nu"),
        ("en", "smoke in the hallway", "explosief"),
        # Help in languages that the site does not speak.
        ("nl", "yardım", "bellen-lukt-niet"),
        ("en", "POMOCY!", "bellen-lukt-niet"),
        ("nl", "au secours", "bellen-lukt-niet"),
        # Two words that say nothing are not one that says something: "met een" is not "meteen".
        ("nl", "er ligt een fles met een doek erin", "explosief"),
        # A long sentence is about what happened, not about everybody and everything in it.
        ("nl", "ik zat met mijn man en de kinderen aan tafel te eten en toen vloog er een steen door de ruit", "vernieling"),
        ("en", "my wife and the kids were having dinner in the kitchen when a stone came through the window", "vernieling"),
    ],
)
def test_what_happened_counts_most(language: str, typed: str, page: str) -> None:
    assert first(language, typed) == page


def test_a_phone_number_within_a_sentence_is_found() -> None:
    assert first("nl", "van wie is 070 373 83 14, ik ben gebeld") in {"kaart", "wie-doet-wat"}


def test_every_number_that_a_page_gives_is_found_as_it_is_written_and_as_it_is_dialled() -> None:
    index = json.loads((built() / "search/search_index.json").read_text("utf-8"))
    assert (
        asked("nl", "070-3738314")["pages"]
        and asked("nl", dialled("070-3738314"))["pages"] == asked("nl", "070-3738314")["pages"]
    )
    assert len([words for _, words, *_ in index["entries"] if words.isdigit()]) > 5


@pytest.mark.parametrize(
    "typed", ["https://hulp.example/en/stalking/", "hulp.example/stalking", "http://localhost:8000/stalking/#a"]
)
def test_an_address_of_the_site_leads_to_its_page(typed: str) -> None:
    assert first("nl", typed) == "stalking"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "typed",
    ["", "   ", "🔥🔥🔥", "помогите мне", "救命", "!!! ??? ---", "06-12345678", "\u202e\u200b", "a" * 500, "zqx " * 125],
)
def test_what_nobody_understands_finds_nothing_and_breaks_nothing(language: str, typed: str) -> None:
    assert asked(language, typed) == {"pages": [], "calls": [], "foreign": False}


@pytest.mark.parametrize(("language", "typed"), [("nl", "wat moet ik nu doen"), ("en", "what do i do now")])
def test_a_question_of_words_that_say_nothing_still_finds_help(language: str, typed: str) -> None:
    assert "nu" in asked(language, typed)["pages"][:3]


def test_a_story_of_500_characters_finds_what_it_is_about() -> None:
    story = "Vorige week stond er weer iemand voor mijn huis en hij bleef maar aanbellen en wilde niet weggaan. " * 5
    assert "aan-de-deur" in asked("nl", story[:500])["pages"][:3]


@pytest.mark.parametrize("typed", ["bedr", "hand", "stal"])
def test_the_first_letters_of_a_word_find_something_already(typed: str) -> None:
    assert asked("nl", typed)["pages"]
