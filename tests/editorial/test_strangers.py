"""Lists of what strangers typed: read with care, judged by the site's own search, and a source of pages to write."""

import os
import subprocess
from pathlib import Path

import pytest

from editorial.check.inspection import all_problems
from editorial.commands.command import Refused
from editorial.commands.gaps import told
from editorial.commands.phrases import asked_lists, read_list
from editorial.commands.rename import rename
from editorial.commands.strangers import figures, score, strangers
from editorial.desk.everyday_words import everyday_words
from tests.support.built_site import REPO, built
from tests.support.seeded_faults import copy_of_the_desk, desk_in

pytestmark = pytest.mark.program


def listed(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "list.tsv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_list_is_judged_phrase_by_phrase(tmp_path: Path) -> None:
    path = listed(tmp_path, "nl\tstalker\tstalking\nnl\tbewijs\tzelftest\nnl\tqzxvjw bfgwqk\tnu\nen\tstalker\tkaart|stalking\n")
    judged = score(built(), read_list(path), "nl")
    assert (judged.phrases, judged.nothing) == (3, 1)
    assert (judged.in_first_three, judged.first) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert [phrase.typed for phrase, _ in judged.misses] == ["bewijs", "qzxvjw bfgwqk"]
    assert any("33.3%" in line for line in figures({"nl": judged}))


@pytest.mark.parametrize("content", ["\ufeffnl\tstalker\tstalking\r\n\r\n# note\r\n", "nl\t stalker \t stalking | nu \t extra"])
def test_a_list_from_a_spreadsheet_is_read_as_it_is(tmp_path: Path, content: str) -> None:
    [phrase] = read_list(listed(tmp_path, content))
    assert phrase.typed == "stalker" and "stalking" in phrase.right


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "leeg"),
        ("nl;stalker;stalking", "list.tsv:1"),
        ("nl\tgoed\tnu\nde\tBombe\tnu", "list.tsv:2"),
        ("nl\t\tnu", "list.tsv:1"),
        ("nl\tgeïntimideerd\tnu".encode("cp1252"), "UTF-8"),
        ("nl\tstalker\tnu".encode("utf-16"), "UTF-8"),
    ],
)
def test_a_list_of_another_form_is_refused_in_a_sentence(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        read_list(listed(tmp_path, content))


def test_without_a_list_or_a_site_the_command_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = desk_in(copy_of_the_desk(tmp_path, "nu"))
    monkeypatch.setenv("LIST", str(tmp_path / "absent.tsv"))
    with pytest.raises(Refused, match="LIST=lijst.tsv"):
        strangers(desk)
    monkeypatch.setenv("LIST", str(listed(tmp_path, "nl\tstalker\tstalking")))
    with pytest.raises(Refused, match="make site"):
        strangers(desk)


def worklist_of(tmp_path: Path, content: str, language: str, **environment: str) -> str:
    """What `make worklist` prints below its table for this list, by the command that is behind it."""
    root = copy_of_the_desk(tmp_path, "nu", "stalking", "aan-de-deur")
    (root / "site").symlink_to(built())
    command = [str(REPO / ".venv/bin/python"), "-m", "editorial.commands.worklist"]
    given = {**os.environ, "LIST": str(listed(tmp_path, content)), "REPORT_LANGUAGE": language, **environment}
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, env={**given, "PYTHONPATH": str(REPO)})
    assert (root / "var/worklist.md").read_text("utf-8").strip() in run.stdout
    return run.stdout.partition("\n## ")[2]


SEARCHED = """nl\tmijn kat is weg\t-
nl\twat kost een drone\tprijzen
nl\tstalker\tstalking
nl\tstalker\tstalking|prijzen
en\tqzxvjw bfgwqk\tnu
nl\tbewijs\taan-de-deur
nl\tmijn oom zingt vals
"""


@pytest.mark.parametrize(
    ("language", "write", "words", "judge"),
    [("nl", "Schrijf", "Zet woorden", "Nog niemand"), ("en", "Write", "Put words", "Nobody")],
)
def test_the_worklist_tells_what_nobody_wrote_from_what_the_search_hides(
    tmp_path: Path, language: str, write: str, words: str, judge: str
) -> None:
    _, *parts = worklist_of(tmp_path, SEARCHED, language).split("\n### ")
    to_write, to_word, to_judge, _ = parts
    assert write in to_write and words in to_word and judge in to_judge
    assert "mijn kat is weg (nl)" in to_write and "prijzen" in to_write and to_write.count("\n- ") == 2
    assert "**aan-de-deur**" in to_word and "bewijs (nl)" in to_word and "qzxvjw bfgwqk (en)" in to_word
    assert "mijn oom zingt vals (nl)" in to_judge and to_judge.count("\n- ") == 1
    assert "stalker" not in to_write + to_word + to_judge


def test_a_word_that_nobody_thought_of_is_named_though_the_list_knows_a_page_for_it(tmp_path: Path) -> None:
    lines = "nl\talweer een zeppelin boven mijn huis\tnu\nnl\tzeppelin\tnu\nnl\tstalkers volgen mij\tstalking\n"
    said = worklist_of(tmp_path, lines, "nl").rpartition("\n### ")[2]
    assert "zeppelin (nl, 2×), zoals in: alweer een zeppelin" in said
    assert "\n- stalker" not in said and "\n- volgen" not in said


def test_the_worklist_says_when_every_phrase_has_a_page(tmp_path: Path) -> None:
    assert "Voor elke beoordeelde zin is er een pagina" in worklist_of(tmp_path, "nl\tstalker\tstalking\n", "nl")


def test_the_misses_of_our_own_lists_are_counted_and_not_named(tmp_path: Path) -> None:
    root = copy_of_the_desk(tmp_path, "nu", "stalking")
    (root / "site").symlink_to(built())
    (root / "tests/strangers").mkdir(parents=True)
    (root / "tests/strangers/one.tsv").write_text("nl\tbewijs\tstalking\nnl\tmijn kat is weg\t-\n", "utf-8")
    said = told(desk_in(root), "nl", hidden=False)
    assert "het zoeken mist: 1." in said and "bewijs (nl)" not in said and "mijn kat is weg (nl)" in said


@pytest.mark.parametrize(
    "written",
    [
        "stalking",
        "Stalking.md",
        "/stalking/",
        "https://hulp.example/en/stalking/#zender",
        "docs/nl/stalking.md",
        '"nu|stalking"',
    ],
)
def test_a_page_may_stand_in_a_list_as_people_write_it(tmp_path: Path, written: str) -> None:
    [phrase] = read_list(listed(tmp_path, f"NL\tstalker\t{written}\n"))
    assert phrase.language == "nl" and phrase.right - {"nu"} == {"stalking"}


def test_quotation_marks_of_a_spreadsheet_are_no_part_of_what_was_typed(tmp_path: Path) -> None:
    lines = 'nl\t"hij zei ""ik kom"""\tnu\nnl\t"handgranaat"\tnu\n'
    assert [phrase.typed for phrase in read_list(listed(tmp_path, lines))] == ['hij zei "ik kom"', '"handgranaat"']


def test_a_list_without_judgements_is_not_called_answered(tmp_path: Path) -> None:
    said = worklist_of(tmp_path, "nl\talleen een zin\n", "nl")
    assert "Nog niemand" in said and "is er een pagina" not in said


def test_a_list_keeps_its_answers_when_a_page_gets_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = copy_of_the_desk(tmp_path, "nu")
    (root / "docs/moved.yml").write_text("belaging: stalking\n", "utf-8")
    monkeypatch.setenv("LIST", str(listed(tmp_path, "nl\tstalker\tbelaging\n")))
    assert [phrase.right for phrase in asked_lists(desk_in(root))] == [{"stalking"}]


@pytest.mark.server
def test_the_command_that_people_type_prints_figures_and_misses(tmp_path: Path) -> None:
    path = listed(tmp_path, "nl\tstalker\tstalking\nen\tstalker\tkaart\n")
    (tmp_path / "desk").mkdir()
    root = copy_of_the_desk(tmp_path / "desk", "nu")
    (root / "site").symlink_to(built())
    command = [str(REPO / ".venv/bin/python"), "-m", "editorial.commands.strangers"]
    environment = {**os.environ, "LIST": str(path), "PYTHONPATH": str(REPO)}
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, env=environment)
    assert "all         2" in run.stdout and "50.0%" in run.stdout and "en  stalker  (kaart)  ->  stalking" in run.stdout


def found(root: Path, language: str = "nl") -> list[tuple[str, int, str]]:
    """What the check says of the words of a language."""
    path = f"docs/words.{language}.yml"
    return [(p.rule.name, p.finding.line, p.sentences("nl")[0]) for p in all_problems(desk_in(root)) if p.path == path]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_of_the_desk(tmp_path, "nu", "stalking")


HEAD = "silent: de het\nconcepts:\n"
SOUND = "  gevaar:\n    pages: nu stalking\n    call: alarm\n    words: >\n      gevaar, help mij\n"


@pytest.mark.parametrize(
    ("words", "rule", "line", "said"),
    [
        (HEAD + SOUND.replace("stalking", "stalkink"), "everyday-words", 4, "stalkink"),
        (HEAD + SOUND.replace("alarm", "pizzalijn"), "everyday-words", 5, "pizzalijn"),
        (HEAD + SOUND + "  brand:\n    pages: nu\n    words: brand, Help mij\n", "everyday-words", 10, "twee keer"),
        (HEAD + SOUND.replace("help mij", "gevaar"), "everyday-words", 7, "twee keer"),
        (HEAD + SOUND.replace("gevaar, help mij", ""), "everyday-words", 3, "geen woorden"),
        (HEAD + SOUND.replace("    words: >\n      gevaar, help mij\n", ""), "settings", 4, ""),
        (HEAD + SOUND.replace("pages: nu stalking", "pages: [nu, stalking]"), "settings", 4, ""),
        (HEAD + SOUND.replace("pages", "pagina"), "settings", 4, ""),
        (HEAD + "  gevaar: nu\n", "settings", 3, ""),
        (HEAD + SOUND.replace("help mij", "<b>help</b>"), "settings", 6, ""),
        (HEAD + SOUND.replace("    call", "   call"), "settings", 5, ""),
        ("silent: de\n", "settings", 1, ""),
    ],
)
def test_a_fault_in_the_words_is_found_on_its_line(root: Path, words: str, rule: str, line: int, said: str) -> None:
    (root / "docs/words.nl.yml").write_text(words, "utf-8")
    [(name, place, sentence), *_] = found(root)
    assert name == rule and said in sentence and abs(place - line) <= 1


def test_words_in_the_character_set_of_windows_are_found_on_their_line(root: Path) -> None:
    (root / "docs/words.nl.yml").write_bytes((HEAD + SOUND.replace("help mij", "geïntimideerd")).encode("cp1252"))
    assert [(name, line) for name, line, _ in found(root)] == [("encoding", 7)]


def test_renaming_a_page_takes_its_words_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = copy_of_the_desk(tmp_path)
    before = everyday_words(root, "nl")
    monkeypatch.setenv("PAGE", "stalking")
    monkeypatch.setenv("TO", "lastig")
    rename(desk_in(root))
    for language in ("nl", "en"):
        slugs = {slug for concept in everyday_words(root, language).concepts for slug in concept.pages}
        assert "lastig" in slugs and "stalking" not in slugs
    assert [one.words for one in everyday_words(root, "nl").concepts] == [one.words for one in before.concepts]


def test_there_are_thousands_of_words_and_those_of_suicide_lead_to_its_page_first() -> None:
    for language in ("nl", "en"):
        concepts = everyday_words(REPO, language).concepts
        assert sum(len(concept.words) for concept in concepts) > 3000
        assert {concept.pages[0] for concept in concepts if concept.call == "zelfdoding"} == {"niet-meer-willen"}
