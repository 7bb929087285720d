"""Whatever lands in the folder of pages, the desk answers with a sentence that an editor understands."""

import subprocess
from pathlib import Path

import pytest

from editorial.check.inspection import all_problems
from editorial.check.rules.as_typed import as_typed
from editorial.check.rules.facts import typed_phone, unknown_key
from editorial.check.rules.links import dead_link
from editorial.check.rules.markup import markup
from editorial.desk.desk import Desk
from editorial.desk.page import Page
from editorial.desk.problem import Problem
from editorial.desk.reading import parse_page
from editorial.desk.spelling import words_of
from tests.support.processor import processor_seconds
from tests.support.seeded_faults import copy_of_the_desk, desk_in, today
from tests.support.seeded_lists import exif, picture

pytestmark = pytest.mark.program


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_of_the_desk(tmp_path, "nu", "later")


def told(root: Path, rule: str) -> list[Problem]:
    return [problem for problem in all_problems(desk_in(root)) if problem.rule.name == rule]


def rewrite(path: Path, old: str, new: str) -> int:
    """Change one thing; return the line where it stood."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_a_page_in_the_encoding_of_windows(root: Path) -> None:
    page = root / "docs/nl/nu.md"
    lines = page.read_text("utf-8").encode("ascii", "ignore").decode().split("\n")
    page.write_bytes("\n".join([*lines, "Neem uw privégegevens mee."]).encode("cp1252"))
    [problem] = told(root, "encoding")
    assert problem.path == "docs/nl/nu.md" and problem.finding.line == len(lines) + 1
    assert "privégegeven" in problem.sentences("nl")[0] and "UTF-8" in problem.sentences("nl")[1]


def test_a_byte_order_mark_and_the_line_ends_of_windows_are_fine(root: Path) -> None:
    page = root / "docs/nl/nu.md"
    page.write_bytes(b"\xef\xbb\xbf" + page.read_bytes().replace(b"\n", b"\r\n"))
    before = {
        (problem.rule.name, problem.path)
        for problem in all_problems(Desk(copy_of_the_desk(root / "fresh", "nu", "later"), today()))
    }
    assert {(problem.rule.name, problem.path) for problem in all_problems(desk_in(root))} == before


def test_an_accent_of_its_own_and_letters_that_a_pdf_joins_are_the_letters_that_were_meant(root: Path) -> None:
    page = root / "docs/nl/nu.md"
    page.write_text(page.read_text("utf-8") + "\nCafe\u0301 en \ufb01ets.\n", "utf-8")
    assert desk_in(root).pages["nl", "nu"].body_lines[-2] == "Café en fiets."
    assert told(root, "encoding") == []


def test_a_quoted_threat_may_say_je(root: Path) -> None:
    rewrite(root / "docs/nl/nu.md", "## ", "> Ik weet waar je woont.\n>\n> - En je gezin\n\n## ")
    assert told(root, "form-of-address") == []


def test_a_tab_in_the_text_and_in_the_front_matter(root: Path) -> None:
    line = rewrite(root / "docs/nl/nu.md", "1. ", "1.\t")
    rewrite(root / "docs/en/nu.md", "owner: ", "owner:\t")
    assert [(problem.path, problem.finding.line) for problem in told(root, "tab")] == [("docs/nl/nu.md", line)]
    [problem] = told(root, "front-matter")
    assert problem.path == "docs/en/nu.md" and "tab" in problem.sentences("nl")[0]


def test_smart_quotes_where_a_computer_reads(root: Path) -> None:
    line = rewrite(root / "docs/nl/nu.md", "owner: redactie OT", "owner: “redactie OT”")
    [problem] = told(root, "smart-quotes")
    assert (problem.path, problem.finding.line) == ("docs/nl/nu.md", line)


def test_text_pasted_from_word(root: Path) -> None:
    page = root / "docs/nl/nu.md"
    page.write_text(
        page.read_text("utf-8") + '\n<p class="MsoNormal" style="mso-margin-top-alt:auto">Bel.<o:p></o:p></p>\n', "utf-8"
    )
    [problem] = told(root, "raw-html")
    assert "Word" in problem.sentences("nl")[0] and "Ctrl+Shift+V" in problem.sentences("nl")[1]


@pytest.mark.parametrize(
    "line",
    ["Use the app 112NL.", "Chat on 113.nl.", "This is not a crime report.", "A tip is no crime report.",
     "Op 06-12-2026 of 1.2.2027.", "Artikel 112 van de Grondwet.", "Stb. 2025, 112.", "Kamerstuk 36 410, nr. 112.",
     "Een 112-melding.", "Kenmerk: 0611-2026-00123.",
     "NL12 INGB 0001 2345 67.", "Zaak 09/123456-20.", "Van 09.00-17.00 uur.", "Bel 5 keer.", "Bel 100 mensen.",
     "ISBN 978-90-123-4567-8.",
     "Kenmerk 2026-0000123.", "Artikel 139e-139f.", "IP-adres 192.168.178.1.", "€ 1.000.000,-.", "1-12-2026", "BWBR0001854",
     "Tell your GP or 113."],
)  # fmt: skip
def test_what_only_looks_like_a_number_or_a_promise_is_let_through(root: Path, line: str) -> None:
    rewrite(root / "docs/en/nu.md", "## Do this now", f"{line}\n\n## Do this now")
    assert told(root, "typed-phone") == told(root, "no-crime") == []


@pytest.mark.parametrize(
    "broken", ["description: dit: gaat: mis", 'description: "zonder einde', "description: [a, b", "reviewed: 2026-02-30"]
)
def test_broken_front_matter_is_shown_where_it_breaks(root: Path, broken: str) -> None:
    rewrite(root / "docs/nl/nu.md", "description: ", f"{broken}\nwas: ")
    [problem] = [problem for problem in told(root, "front-matter") if problem.path == "docs/nl/nu.md"]
    assert 2 <= problem.finding.line <= 20


@pytest.mark.parametrize(
    "content", ["", "\n", "Geen gegevens.", "---\ntitle: x\n", "---\n- a\n---\n", "---\n---\n", "---\njust words\n---\n"]
)
def test_a_page_without_usable_front_matter_gives_sentences_only(root: Path, content: str) -> None:
    (root / "docs/nl/nu.md").write_text(content, "utf-8")
    found = [problem for problem in all_problems(desk_in(root)) if problem.path == "docs/nl/nu.md"]
    assert found and all(problem.sentences("nl") for problem in found)


@pytest.mark.parametrize(
    "value", ["verify: los", "sources: seed", "related: nu", "except: tja", "title: [a]", "keywords: 3", "review_by: morgen"]
)
def test_a_value_of_the_wrong_kind_gives_no_traceback(root: Path, value: str) -> None:
    key = value.partition(":")[0]
    page = root / "docs/nl/nu.md"
    lines = [line for line in page.read_text("utf-8").split("\n") if not line.startswith((f"{key}:", "  - "))]
    page.write_text("\n".join([lines[0], value, *lines[1:]]), "utf-8")
    assert isinstance(all_problems(desk_in(root)), list)


@pytest.mark.parametrize(
    ("file", "good", "bad"),
    [
        ("docs/facts.yml", "    alarm: 112", "    alarm: [112"),
        ("docs/facts.yml", "    ot: 070", "   ot: 070"),
        ("docs/sources.yml", "S01: {", "S01: {{"),
        ("mkdocs.yml", "  - Startpagina: index.md", "  - Startpagina: index.md: nu.md"),
        ("mkdocs.en.yml", "extra:", "extra:\n\t- x"),
    ],
)
def test_a_list_that_cannot_be_read_is_named_with_the_line_where_it_breaks(root: Path, file: str, good: str, bad: str) -> None:
    line = rewrite(root / file, good, bad)
    [problem] = all_problems(desk_in(root))
    assert (problem.rule.name, problem.path) == ("settings", file) and abs(problem.finding.line - line) <= 1


@pytest.mark.parametrize(
    ("good", "bad", "case"),
    [
        ("070-3738314", "bel ons", "tel"),
        ("politiekeambtsdragers@minbzk.nl", "bij het ministerie", "mail"),
        ("ot: Ondersteuningsteam Weerbaar Bestuur", "ot: <b>OT</b>", "naam"),
        ("raadslid: raadsleden", "raadslid: raden", "vereniging"),
        ("raadsleden: Nederlandse Vereniging", "raadsleden: Vereniging (Raad)", "vereniging"),
        ("    statenlid: statenleden\n", "", "role"),
    ],
)
def test_a_fault_in_the_shared_facts_is_told_with_its_line(root: Path, good: str, bad: str, case: str) -> None:
    rewrite(root / "docs/facts.yml", good, bad)
    [problem] = told(root, "fact")
    assert problem.path == "docs/facts.yml" and problem.finding.case == case and problem.finding.line > 1
    assert problem.sentences("nl") != problem.sentences("en")


def test_a_report_in_english_holds_no_dutch_word_of_ours(root: Path) -> None:
    rewrite(root / "docs/nl/nu.md", "\n1. ", "\n1. Blijf rustig.\n1. ")
    (root / "docs/en/later.md").unlink()
    said = {problem.rule.name: " ".join(problem.sentences("en")) for problem in all_problems(desk_in(root))}
    assert "Items of a list: here" in said["structure"] and "exists in Dutch only" in said["twin"]


def test_a_merge_conflict(root: Path) -> None:
    line = rewrite(root / "docs/en/nu.md", "## ", "<<<<<<< HEAD\nCall.\n=======\nPhone.\n>>>>>>> change\n## ")
    [problem] = told(root, "merge-conflict")
    assert (problem.path, problem.finding.line) == ("docs/en/nu.md", line)


def test_two_pages_with_one_title(root: Path) -> None:
    (root / "docs/nl/tweede.md").write_bytes((root / "docs/nl/nu.md").read_bytes())
    assert {problem.path for problem in told(root, "same-title")} == {"docs/nl/nu.md", "docs/nl/tweede.md"}


def test_an_emoji_as_file_name(root: Path) -> None:
    (root / "docs/nl/😀.md").write_bytes((root / "docs/nl/nu.md").read_bytes())
    [problem] = told(root, "file-name")
    assert problem.path == "docs/nl/😀.md" and ".md" in problem.sentences("nl")[1]


def photo(size: int, *, located: bool) -> bytes:
    """A JPEG as a phone makes it: an Exif block with or without the place, and as many bytes at least."""
    return picture(exif=exif(place=located)) + bytes(size)


def test_a_large_photo_that_tells_where_it_was_taken(root: Path) -> None:
    (root / "docs/nl/img").mkdir(exist_ok=True)
    (root / "docs/nl/img/voordeur.jpg").write_bytes(photo(2_000_000, located=True))
    found = {
        problem.rule.name: problem.sentences("nl")[0] for problem in all_problems(desk_in(root)) if "voordeur" in problem.path
    }
    assert found.keys() == {"image-location", "image-size"} and "2.0 MB" in found["image-size"]


def test_a_small_photo_without_a_place_is_fine(root: Path) -> None:
    (root / "docs/nl/img").mkdir(exist_ok=True)
    (root / "docs/nl/img/deur.jpg").write_bytes(photo(20_000, located=False))
    assert not [problem for problem in all_problems(desk_in(root)) if "deur.jpg" in problem.path]


def test_an_exception_with_a_reason_silences_its_rule_on_its_page_only(root: Path) -> None:
    for slug in ("nu", "later"):
        rewrite(root / f"docs/nl/{slug}.md", "## ", "Doe dit middels een brief.\n\n## ")
    rewrite(root / "docs/nl/nu.md", "owner:", 'except: {avoid: "zo staat het in de wet die hier wordt genoemd"}\nowner:')
    assert {problem.path for problem in told(root, "avoid")} == {"docs/nl/later.md"}
    assert told(root, "exception") == []


def test_a_stale_translation_shows_what_changed(root: Path) -> None:
    def git(*arguments: str) -> None:
        command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments]
        subprocess.run(command, cwd=root, check=True, capture_output=True)

    page = root / "docs/nl/nu.md"
    revision = desk_in(root).pages["nl", "nu"].revision
    english = (root / "docs/en/nu.md").read_text("utf-8")
    lines = [line for line in english.split("\n") if not line.startswith("source_rev")]
    (root / "docs/en/nu.md").write_text("\n".join([lines[0], f'source_rev: "{revision}"', *lines[1:]]), "utf-8")
    git("init", "-q")
    git("add", "docs")
    git("commit", "-qm", "first")
    page.write_text(page.read_text("utf-8") + "\nVertel het ook uw buren.\n", "utf-8")
    [problem] = [problem for problem in told(root, "stale") if problem.path == "docs/en/nu.md"]
    assert "+Vertel het ook uw buren." in problem.finding.detail


INKSCAPE = """<?xml version="1.0" encoding="UTF-8"?>
<!-- Created with a drawing program -->
<svg width="60" height="40" viewBox="0 0 60 40" version="1.1" id="svg1" xmlns="http://www.w3.org/2000/svg">
<defs id="defs1"><linearGradient id="g"><stop offset="0" style="stop-color:#fff;stop-opacity:1"/></linearGradient></defs>
<g id="layer1" transform="translate(3 4) rotate(2)"><path style="fill:url(#g);stroke:rgb(0,0,0)" d="m 3,3 h 9"/></g></svg>"""


def test_a_plain_drawing_of_a_drawing_program_is_fine(root: Path) -> None:
    (root / "docs/nl/img").mkdir(exist_ok=True)
    (root / "docs/nl/img/deur.svg").write_text(INKSCAPE, "utf-8")
    assert not [problem for problem in all_problems(desk_in(root)) if "deur.svg" in problem.path]


@pytest.mark.parametrize("name", ["foto.jfif", "foto.HEIC", "Foto van de deur.jpg", "foto.JPG", "foto.gif"])
def test_a_picture_of_another_kind_or_with_a_strange_name_is_named(root: Path, name: str) -> None:
    (root / "docs/nl/img").mkdir(exist_ok=True)
    (root / "docs/nl/img" / name).write_bytes(photo(200, located=False))
    [problem] = told(root, "stray-file")
    assert problem.path == f"docs/nl/img/{name}" and name in problem.sentences("nl")[0]


@pytest.mark.parametrize(
    "name", ["nl/nu.md~", "nl/nu.md.orig", "en/.DS_Store", "notes.txt", "nl/map/nu.md", "de/nu.md", "nl/nu.MD"]
)
def test_what_is_no_page_is_named_and_never_built(root: Path, name: str) -> None:
    (root / "docs" / name).parent.mkdir(exist_ok=True)
    (root / "docs" / name).write_text("Een naam en een adres.", "utf-8")
    [problem] = told(root, "stray-file")
    assert problem.path == f"docs/{name}"


@pytest.mark.parametrize("line", ["extra: x", "template: main.html", "hooks: [x.py]", "hide: [navigation]"])
def test_what_no_page_has_above_its_text_is_named(root: Path, line: str) -> None:
    rewrite(root / "docs/nl/nu.md", "owner:", f"{line}\nowner:")
    [problem] = [problem for problem in told(root, "front-matter-key") if problem.finding.case == "unknown"]
    assert problem.path == "docs/nl/nu.md" and line.partition(":")[0] in problem.sentences("nl")[0]


@pytest.mark.parametrize(
    "line",
    ["related: 5", "keywords: bewijs", "verify:\n  - Vraag 1: wie leest dit?", "sources: [{a: b}]", "owner: [redactie]",
     "title: {a: b}", "review_by: 2027-11-24T10:00:00", "owner: !!binary aGk=", "keywords: [a, [b]]"],
)  # fmt: skip
def test_a_text_where_a_list_belongs_or_the_other_way_round_is_named_with_its_line(root: Path, line: str) -> None:
    page = root / "docs/nl/nu.md"
    key = line.partition(":")[0]
    kept = [text for text in page.read_text("utf-8").split("\n") if not text.startswith((f"{key}:", "  - "))]
    page.write_text("\n".join([kept[0], "# een regel", line, *kept[1:]]), "utf-8")
    [problem] = told(root, "front-matter")
    assert (problem.path, problem.finding.line) == ("docs/nl/nu.md", 3)


# Made here: each would keep the reader of such a file busy for minutes, or end it.
@pytest.mark.parametrize("deep", ["[" * 60, "{a: " * 60, "- " * 60, "? " * 60, "\n" + " " * 700 + "- a"])
@pytest.mark.parametrize("name", ["docs/facts.yml", "docs/sources.yml", "mkdocs.yml", "docs/nl/nu.md"])
def test_things_in_things_in_things_are_not_read(root: Path, name: str, deep: str) -> None:
    path = root / name
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("owner:", f"except: {deep}\nowner:", 1) if name.endswith(".md") else f"{text}\nx:\n {deep}\n", "utf-8"
    )
    assert {problem.rule.name for problem in all_problems(desk_in(root)) if problem.path == name} == {
        "front-matter" if name.endswith(".md") else "settings"
    }


# As long as a page may be: what looks at each place of a word for its end would look a billion times.
@pytest.mark.parametrize("text", ["[{}](https://a.nl)", "{}", "[a](https://{})", "[a](mailto:{})"])
@pytest.mark.parametrize("part", ["a-", "a.", "0 ", "O0", "a@"])
def test_a_word_as_long_as_a_page_is_judged_at_once(text: str, part: str, root: Path) -> None:
    page = (root / "docs/nl/nu.md").read_text("utf-8") + "\n" + text.format(part * 20000) + "\n"
    read = parse_page(page.encode(), "docs/nl/nu.md", "nl", "nu")
    assert isinstance(read, Page)
    start, desk = processor_seconds(), desk_in(root)
    for rule in (as_typed, markup, dead_link, typed_phone, unknown_key):
        list(rule(read, desk))
    words_of(read)
    assert processor_seconds() - start < 4


def test_a_picture_from_outside_the_folder_of_pictures_is_no_picture(root: Path) -> None:
    (root / "elders.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with (root / "docs/nl/nu.md").open("a", encoding="utf-8") as page:
        page.write("\n![een deur](../../elders.png)\n")
    assert "picture" in {problem.finding.case for problem in told(root, "dead-link")}


def test_a_page_that_stands_twice_in_the_menu_is_named(root: Path) -> None:
    rewrite(root / "mkdocs.yml", "      - Nu in gevaar: nu.md\n", "      - Nu in gevaar: nu.md\n      - Meteen: nu.md\n")
    [problem] = [problem for problem in told(root, "menu") if problem.path == "docs/nl/nu.md"]
    assert "twee keer" in problem.sentences("nl")[0] and "mkdocs.yml" in problem.sentences("nl")[1]


def test_a_word_to_fill_in_gets_a_sentence_of_its_own(root: Path) -> None:
    page = root / "docs/nl/nu.md"
    page.write_text(page.read_text("utf-8") + "\nZeg: ‘Mijn naam is <uw naam>.’\n", "utf-8")
    [problem] = told(root, "raw-html")
    assert "[uw naam]" in problem.sentences("nl")[1] and "[uw naam]" in problem.sentences("en")[1]
