"""The desk finds every mistake that editors make on the real pages, and calls nothing a mistake that is none."""

import random
import re
import shutil
from pathlib import Path

import pytest

from editorial.check.inspection import PAGE_RULES, PICTURE_RULES, all_problems, name_of
from editorial.check.report import text
from editorial.desk.desk import Desk
from editorial.desk.problem import Problem, rules
from tests.support.built_site import REPO
from tests.support.processor import processor_seconds
from tests.support.seeded_faults import FAULTS, Place, copy_of_the_desk, desk_in, today
from tests.support.seeded_lists import FINE, SEEDED, Seeded

pytestmark = pytest.mark.program

HOW_MANY = 450
A_BATCH = 50
SEED = 20261124
READING = {
    "page-size",
    "build",
    "stray-file",
    "merge-conflict",
    "encoding",
    "front-matter",
    "exception",
    "settings",
    "fact",
    "everyday-words",
}
# A fault of one page that shows on another.
SHOWS_ON_TWIN = {"twin", "stale", "structure"}
SHOWS_ON_COPY = {"file-name": "Hulp 😀", "same-title": "tweede", "menu": "tweede"}


def faults_and_places(chance: random.Random) -> list[list[int]]:
    """Every kind of fault as often as their number allows, in batches that are checked together."""
    kinds = [number % len(FAULTS) for number in range(HOW_MANY)]
    chance.shuffle(kinds)
    return [kinds[start : start + A_BATCH] for start in range(0, HOW_MANY, A_BATCH)]


def put(kind: int, desk: Path, free: list[str], chance: random.Random) -> tuple[str, Place]:
    """Put a fault into the first page that has room for it."""
    rule, fault = FAULTS[kind]
    for slug, language in [(slug, language) for slug in free for language in chance.sample(["nl", "en"], 2)]:
        place = Place(desk, language, slug, chance)
        if fault(place):
            free.remove(slug)
            return rule, place
    raise AssertionError(f"no page has room for fault {kind}, {rule}")


def shown_on(rule: str, place: Place) -> set[str]:
    slug = SHOWS_ON_COPY.get(rule, place.slug)
    languages = ("nl", "en") if rule in SHOWS_ON_TWIN else (place.language,)
    return {f"docs/{language}/{slug}.md" for language in languages}


@pytest.mark.parametrize("batch", range(HOW_MANY // A_BATCH))
def test_all_seeded_faults_are_found(batch: int, tmp_path: Path) -> None:
    chance = random.Random(SEED + batch)
    kinds = faults_and_places(random.Random(SEED))[batch]
    desk = copy_of_the_desk(tmp_path)
    # The glossary stays whole: a fault that makes it unreadable would hide which links into it are dead.
    free = sorted(path.stem for path in (desk / "docs/nl").glob("*.md") if path.stem != "begrippen")
    chance.shuffle(free)
    put_in = [put(kind, desk, free, chance) for kind in kinds]
    found = {(problem.rule.name, problem.path) for problem in all_problems(desk_in(desk))}
    missed = [
        (rule, place.path.name, place.language)
        for rule, place in put_in
        if not found & {(rule, p) for p in shown_on(rule, place)}
    ]
    assert missed == []


def test_all_mistakes_in_lists_pictures_and_what_programs_leave_behind_are_found(tmp_path: Path) -> None:
    desk = copy_of_the_desk(tmp_path, "nu")
    (desk / "editorial").mkdir()
    shutil.copy(REPO / "editorial/words.txt", desk / "editorial")
    missed = []
    for number, seeded in enumerate(SEEDED):
        undo = seeded.put(desk)
        found = all_problems(desk_in(desk))
        if not any(problem.rule.name == seeded.rule and problem.path == seeded.name and told(problem) for problem in found):
            missed.append((number, seeded.rule, seeded.name))
        undo()
    assert missed == [] and len(SEEDED) > 300


def told(problem: Problem) -> bool:
    """Whether a problem has its words in both languages, and no braces are left in them."""
    return all(words for language in ("nl", "en") for words in problem.sentences(language))


@pytest.mark.parametrize("name", FINE)
def test_what_is_in_order_beside_the_pages_gives_no_alarm(name: str, tmp_path: Path) -> None:
    desk = copy_of_the_desk(tmp_path, "nu")
    before = {(problem.rule.name, problem.path) for problem in all_problems(desk_in(desk))}
    file, made = FINE[name]
    Seeded("", file, made).put(desk)
    assert {(problem.rule.name, problem.path) for problem in all_problems(desk_in(desk))} == before


@pytest.fixture(scope="module")
def checked() -> tuple[list[Problem], float]:
    """What a check of the untouched pages says, and the processor's seconds for it, dictionaries included."""
    start = processor_seconds()
    return all_problems(Desk(REPO, today())), processor_seconds() - start


def test_the_untouched_pages_give_no_false_alarm(checked: tuple[list[Problem], float]) -> None:
    found = [problem for problem in checked[0] if problem.rule.level != "note"]
    assert found == [], text(found, "nl", 0)


def test_all_pages_are_checked_within_ten_seconds_of_the_processor(checked: tuple[list[Problem], float]) -> None:
    assert checked[1] < 10


def test_every_kind_of_fault_is_seeded_and_every_rule_is_used() -> None:
    checked = {name_of(rule) for rule in (*PAGE_RULES, *PICTURE_RULES)} | READING
    assert checked == set(rules())
    not_in_pages = {
        "picture-kind",
        "stray-file",
        "image-size",
        "image-location",
        "open-points",
        "settings",
        "fact",
        "build",
        "everyday-words",
    }
    assert {rule for rule, _ in FAULTS} == checked - not_in_pages


def test_every_rule_speaks_both_languages_in_each_of_its_cases() -> None:
    for rule in rules().values():
        assert {key.replace("nl", "en", 1) for key in rule.words if key.startswith("nl")} == {
            key for key in rule.words if key.startswith("en")
        }, rule.name


def test_every_rule_has_its_section_in_the_handbook() -> None:
    handbook = (REPO / "editorial/handbook/regels.md").read_text("utf-8")
    sections = [line.removeprefix("## ").partition(":")[0] for line in handbook.splitlines() if line.startswith("## ")]
    assert sections == list(rules())


def test_every_source_is_one_that_a_page_or_a_number_rests_on() -> None:
    desk = Desk(REPO, today())
    cited = {str(code) for page in desk.pages.values() for code in page.meta["sources"]}
    behind_numbers = set(re.findall(r"\bS\d+[a-z]?\b", (REPO / "docs/facts.yml").read_text("utf-8")))
    assert set(desk.sources) - cited - behind_numbers == set()
