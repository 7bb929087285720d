"""What an editor does in a week: a new page, a number, a translation, a review, another address, a release and a way back."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from contact_service.settings.config import WebSettings
from editorial.build.__main__ import make
from editorial.check.inspection import all_problems, page_problems
from editorial.check.lists import list_problems
from editorial.check.report import markdown, text
from editorial.commands.command import Refused
from editorial.commands.confirm import months_later, reviewed, translated
from editorial.commands.new_page import new
from editorial.commands.release import release, rollback
from editorial.commands.rename import rename
from editorial.commands.worklist import calendar, open_points
from editorial.desk.desk import Desk
from tests.conftest import Computer
from tests.support.built_site import REPO, built
from tests.support.form_page import CONTACT, send
from tests.support.seeded_faults import copy_of_the_desk, desk_in, today

pytestmark = pytest.mark.program


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    copy_of_the_desk(tmp_path)
    for name in ("overrides", "editorial"):
        (tmp_path / name).symlink_to(REPO / name)
    return desk_in(tmp_path)


def fresh(desk: Desk) -> Desk:
    return desk_in(desk.root)


def names(desk: Desk, slug: str) -> set[str]:
    """The rules that a page and its twin break now."""
    now = fresh(desk)
    return {problem.rule.name for language in ("nl", "en") for problem in page_problems(now.pages[language, slug], now)}


def test_a_new_page_has_both_twins_and_a_place_in_both_menus(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PAGE": "nieuwe-wet", "AFTER": "bewijs", "TITLE": "Wet: foto's", "TITLE_EN": "A new law"}.items():
        monkeypatch.setenv(name, value)
    new(desk)
    menus = fresh(desk).menus
    assert all(menu[menu.index("bewijs") + 1] == "nieuwe-wet" for menu in menus.values())
    assert fresh(desk).pages["nl", "nieuwe-wet"].meta["title"] == "Wet: foto's"
    assert {"unfinished", "source", "front-matter-key", "stale"} <= names(desk, "nieuwe-wet")
    assert not {"structure", "twin", "menu", "main-heading"} & names(desk, "nieuwe-wet")


@pytest.mark.parametrize(
    "title",
    [
        'Wat is "doxing"?',
        "'s Avonds thuis",
        "112",
        "Nee",
        "on",
        "~",
        "2026-11-27",
        "12:30",
        "Wet #2: nu",
        "- nu",
        "R&D en O&O",
        "Nu:",
        "@home",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_whatever_its_title_a_new_page_is_one_line_in_each_menu_and_says_what_was_typed(
    desk: Desk, title: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    menus = [desk.root / name for name in ("mkdocs.yml", "mkdocs.en.yml")]
    for path in menus:
        path.write_bytes(path.read_bytes().replace(b"\n", end.encode()))
    before = [path.read_bytes().split(end.encode()) for path in menus]
    for name, value in {"PAGE": "nieuwe-wet", "AFTER": "bewijs", "TITLE": title, "TITLE_EN": f"{title}\r\n"}.items():
        monkeypatch.setenv(name, value)
    new(desk)
    now = fresh(desk)
    for path, lines in zip(menus, before, strict=True):
        after = path.read_bytes().split(end.encode())
        added = next(n for n, line in enumerate(after) if b"nieuwe-wet.md" in line)
        assert after[:added] + after[added + 1 :] == lines
    assert [*list_problems(now)] == []
    for language in ("nl", "en"):
        assert {title: "nieuwe-wet.md"} in [entry for group in now.frames[language]["nav"] for entry in _entries(group)]
        assert now.pages[language, "nieuwe-wet"].meta["title"] == title
    assert not {"main-heading", "menu", "front-matter"} & names(now, "nieuwe-wet")


def _entries(group: dict[str, Any]) -> list[Any]:
    """The entries of a group of the menu, or the group that is one entry."""
    return [entry for inside in group.values() for entry in (inside if isinstance(inside, list) else [group])]


@pytest.mark.parametrize("title", ["Wat <b>nu</b>", "Wat *nu*", "{{ naam.ot }}", "a | b", "Een titel " * 30])
def test_a_title_that_would_be_markup_or_fits_nowhere_is_refused_before_anything_is_written(
    desk: Desk, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.read_bytes() for path in desk.root.glob("*.yml")}
    for name, value in {"PAGE": "nieuwe-wet", "TITLE": "Goed", "TITLE_EN": title}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Refused):
        new(desk)
    assert not (desk.root / "docs/nl/nieuwe-wet.md").exists()
    assert {path: path.read_bytes() for path in desk.root.glob("*.yml")} == before


def test_a_menu_in_which_the_page_before_has_no_line_of_its_own_is_left_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    menu = desk.root / "mkdocs.yml"
    menu.write_text(menu.read_text("utf-8").replace("- Bewijs bewaren: bewijs.md", "- {Bewijs bewaren: bewijs.md}"), "utf-8")
    for name, value in {"PAGE": "nieuwe-wet", "AFTER": "bewijs"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Refused, match=r"mkdocs\.yml"):
        new(fresh(desk))
    assert not (desk.root / "docs/nl/nieuwe-wet.md").exists()


@pytest.mark.parametrize("name", ["", "Hulp 😀", "bewijs"])
def test_a_page_that_cannot_be_made_is_refused_in_a_sentence(desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGE", name)
    with pytest.raises(Refused):
        new(desk)


def test_confirming_a_translation_changes_one_line_and_makes_it_fresh(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGE", "bewijs")
    page = desk.root / "docs/nl/bewijs.md"
    page.write_text(page.read_text("utf-8").replace("## ", "Bewaar ook dit.\n\n## ", 1), "utf-8")
    assert "stale" in names(desk, "bewijs")
    before = (desk.root / "docs/en/bewijs.md").read_bytes().splitlines()
    translated(fresh(desk))
    after = (desk.root / "docs/en/bewijs.md").read_bytes().splitlines()
    assert [line for line in after if not line.startswith(b"source_rev")] == [
        line for line in before if not line.startswith(b"source_rev")
    ]
    assert "stale" not in names(desk, "bewijs")


def test_a_translation_that_lacks_a_list_item_cannot_be_confirmed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGE", "bewijs")
    page = desk.root / "docs/nl/bewijs.md"
    page.write_text(page.read_text("utf-8").replace("\n1. ", "\n1. Blijf rustig.\n1. ", 1), "utf-8")
    with pytest.raises(Refused, match="Punten in een lijst"):
        translated(fresh(desk))


def test_a_review_moves_both_dates_on_both_pages_by_as_much_as_before(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGE", "nu.md")
    meta = desk.pages["nl", "nu"].meta
    months = round((meta["review_by"] - meta["reviewed"]).days / 30.44)
    reviewed(Desk(desk.root, date(2027, 1, 31)))
    for language in ("nl", "en"):
        meta = fresh(desk).pages[language, "nu"].meta
        assert (meta["reviewed"], meta["review_by"]) == (date(2027, 1, 31), months_later(date(2027, 1, 31), months))


def test_an_unknown_page_is_answered_with_the_page_that_was_meant(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGE", "bewijz")
    with pytest.raises(Refused, match="bewijs"):
        reviewed(desk)


# Every fact of the list that a reader or an adviser sees, and what an editor makes of it.
CHANGED = {
    "alarm: 112 ": "alarm: 113 ",
    "070-3738314": "070-0000001",
    "politiekeambtsdragers@minbzk.nl": "team@bzk.example",
    "ot: Ondersteuningsteam Weerbaar Bestuur": "ot: Team Rustig Bestuur",
    "ngb: Nederlands Genootschap van Burgemeesters": "ngb: Bond van Burgervaders",
    "ngb_kort: NGB": "ngb_kort: BBV",
    "slachtofferhulp: Slachtofferhulp Nederland": "slachtofferhulp: Hulp Na Schade",
    "en: Ministry of the Interior and Kingdom Relations": "en: Home Office of the Kingdom",
}
GONE = (
    "+31703738314",
    "tel:112",
    "politiekeambtsdragers@",
    "Ondersteuningsteam Weerbaar",
    "Genootschap van Burg",
    "Slachtofferhulp N",
)


@pytest.fixture(scope="module")
def changed_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole site after an editor changed facts in their one place, and gave a page another address; no more than that."""
    root = copy_of_the_desk(tmp_path_factory.mktemp("facts"))
    for name in ("overrides", "editorial"):
        (root / name).symlink_to(REPO / name)
    facts = (root / "docs/facts.yml").read_text("utf-8")
    for old, other in CHANGED.items():
        assert facts.count(old) == 1, old
        facts = facts.replace(old, other)
    (root / "docs/facts.yml").write_text(facts, "utf-8")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PAGE", "bewijs")
        environment.setenv("TO", "bewijs-bewaren")
        rename(desk_in(root))
        environment.setenv("SOURCE_DATE_EPOCH", str(int(datetime.combine(today(), time(12)).timestamp())))
        found = [problem for problem in all_problems(desk_in(root)) if problem.rule.level != "note"]
        assert {problem.rule.name for problem in found} <= {"stale"}, found
        # The links in a text belong to what a translator confirms.
        for problem in found:
            environment.setenv("PAGE", Path(problem.path).stem)
            translated(desk_in(root))
        assert make(root, root / "site") == []
    return root / "site"


def test_a_renamed_page_leaves_a_signpost_in_both_languages_and_no_dead_link(changed_site: Path) -> None:
    for folder in ("", "en/"):
        html = (changed_site / folder / "bewijs/index.html").read_text("utf-8")
        assert 'href="../bewijs-bewaren/"' in html and "<meta http-equiv" not in html
        assert (changed_site / folder / "bewijs-bewaren/index.html").exists()


@pytest.mark.server
def test_a_fact_that_changed_is_old_on_no_page(changed_site: Path) -> None:
    # What a source was called when it was published stays.
    sources = re.compile(r'<ul class="sources">.*?</ul>', re.DOTALL)
    shown = {path: sources.sub("", path.read_text("utf-8")) for path in changed_site.rglob("*.html")}
    assert [(path, old) for path, html in shown.items() for old in GONE if old in html] == []


@pytest.mark.parametrize(
    ("page", "facts"),
    [
        ("kaart", ("113", "070-0000001", "Hulp Na Schade")),
        ("controlelijst", ("113", "070-0000001", "Hulp Na Schade")),
        ("contact", ("113", "070-0000001")),
        ("wie-doet-wat", ("team@bzk.example", "BBV")),
        ("over-ot", ("Team Rustig Bestuur", "Bond van Burgervaders", "BBV")),
        ("burgemeester", ("Bond van Burgervaders",)),
    ],
)
@pytest.mark.parametrize("folder", ["", "en/"])
def test_a_fact_that_changed_shows_on_page_card_and_checklist(
    page: str, facts: tuple[str, ...], folder: str, changed_site: Path
) -> None:
    main = re.search(r"<main.*</main>", (changed_site / folder / page / "index.html").read_text("utf-8"), re.DOTALL)[0]
    assert [fact for fact in facts if fact not in main] == []


def test_a_name_that_changed_shows_in_the_title_and_in_the_frame_of_every_page(changed_site: Path) -> None:
    page = (changed_site / "over-ot/index.html").read_text("utf-8")
    assert "<title>Wie is het Team Rustig Bestuur?" in page and "Team Rustig Bestuur</small>" in page
    assert "Team Rustig Bestuur, the support team" in (changed_site / "en/index.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("language", "role", "association"),
    [("nl", "burgemeester", "Bond van Burgervaders"), ("en", "anders", "Home Office of the Kingdom")],
)
def test_a_fact_that_changed_shows_in_the_form_and_in_the_adviser_s_mail(
    language: str, role: str, association: str, changed_site: Path, settings: WebSettings, computers: dict[str, Computer],
    start: Callable[[WebSettings], FlaskClient], outbox_rows: Callable[[], list[sqlite3.Row]],
) -> None:  # fmt: skip
    client = start(replace(settings, site=changed_site))
    assert "070-0000001" in client.get(CONTACT[language]).text
    answer = send(client, language, role=role)
    assert answer.status_code == 200 and association in answer.text and "070-0000001" in answer.text
    adviser = computers["anna" if role == "burgemeester" else "cora"]
    mail = adviser.opens(outbox_rows()[0]["mail"]).decode()
    assert "contactformulier van het Team Rustig Bestuur" in mail
    assert {"nl": "To: Bond van Burgervaders:;", "en": "To: Ministerie van Binnenlandse Zaken"}[language] in mail


def test_the_worklist_names_every_open_point_and_numbers_that_nobody_checked(desk: Desk) -> None:
    points = open_points(desk, "nl")
    listed = sum(len(page.meta.get("verify") or ()) for page in desk.pages.values() if page.language == "nl")
    numbers = [point for point in points if "klopt het nummer" in point.what]
    assert len(points) == listed + len(numbers) and numbers
    assert points == sorted(points) and all(point.who for point in points)


def test_a_word_behind_who_knows_it_does_not_hide_who_that_is(desk: Desk) -> None:
    place, page = next(iter(desk.pages.items()))
    for item, expected in {
        "13.10: is er een afspraak (NGB, Kadaster) - houdt tegen": ("13.10: is er een afspraak - houdt tegen", "NGB, Kadaster"),
        "Woorden over 113 (113); en over De Luisterlijn (De Luisterlijn).": (
            "Woorden over 113 (113); en over De Luisterlijn",
            "De Luisterlijn",
        ),
    }.items():
        desk.pages[place] = replace(page, meta={**page.meta, "verify": [item]})
        assert [(point.what, point.who) for point in open_points(desk, page.language) if point.what == expected[0]] == [
            expected
        ]


def test_the_calendar_holds_every_review_in_short_lines(desk: Desk) -> None:
    lines = calendar(desk, "nl").decode().split("\r\n")
    assert lines.count("BEGIN:VEVENT") == len(desk.slugs["nl"])
    assert all(len(line.encode()) <= 75 for line in lines)


@pytest.mark.parametrize(
    ("given", "expected"), [(["LANG=en"], "pages checked"), ([], "nagekeken"), (["LANG=en_GB.UTF-8"], "nagekeken")]
)
def test_only_lang_en_on_the_command_line_asks_for_english(given: list[str], expected: str) -> None:
    command = ["make", "--dry-run", "check", *given]
    run = subprocess.run(
        command, cwd=REPO, capture_output=True, text=True, check=True, env={"PATH": "/usr/bin:/bin", "LANG": "en"}
    )
    language = re.search(r"REPORT_LANGUAGE=(\S+)", run.stdout)[1]
    report = text([], "en" if language == "en" else "nl", 0)
    assert expected in report


def test_a_report_ends_with_a_status_that_stops_a_merge(desk: Desk) -> None:
    command = [sys.executable, "-m", "editorial.check"]
    page = desk.root / "docs/nl/nu.md"
    page.write_text(page.read_text("utf-8").replace("## ", "Bel 0900-8844.\n\n## ", 1), "utf-8")
    run = subprocess.run(
        command, cwd=desk.root, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin", "PYTHONPATH": str(REPO)}
    )
    assert run.returncode == 1 and "docs/nl/nu.md:" in run.stdout and "{{ tel.politie }}" in run.stdout


def test_without_hunspell_the_check_says_what_to_install(desk: Desk) -> None:
    command = [sys.executable, "-m", "editorial.check"]
    environment = {"PATH": "/nowhere", "PYTHONPATH": str(REPO)}
    run = subprocess.run(command, cwd=desk.root, capture_output=True, text=True, check=False, env=environment)
    assert run.returncode == 2 and "apt-get install hunspell" in run.stdout and "Traceback" not in run.stderr


def test_the_markdown_report_is_grouped_by_page_and_cannot_carry_markup_of_a_page(desk: Desk) -> None:
    page = desk.root / "docs/nl/nu.md"
    page.write_text(page.read_text("utf-8").replace("## ", '<img src="x">\n\n## ', 1), "utf-8")
    report = markdown(all_problems(fresh(desk)), "nl", 86)
    assert report.count("### docs/nl/nu.md") >= 1 and "<img" not in report


@pytest.fixture
def target(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TARGET", str(tmp_path / "online"))
    for folder, title in (("", "Nu"), ("en/", "Now")):
        (desk.root / f"site/{folder}nu").mkdir(parents=True)
        (desk.root / f"site/{folder}index.html").write_text("<main><h1>x</h1></main>")
        (desk.root / f"site/{folder}nu/index.html").write_text(f"<main><h1>{title}</h1>old</main>")
    return tmp_path / "online"


def test_a_release_tells_readers_in_both_languages_what_changed(desk: Desk, target: Path) -> None:
    release(desk)
    (desk.root / "site/nu/index.html").write_text("<main><h1>Nu</h1>new</main>")
    release(desk)
    assert "- Veranderd: Nu (/nu/)" in (target / "current/wijzigingen.txt").read_text("utf-8")
    assert "No page has changed." in (target / "current/en/wijzigingen.txt").read_text("utf-8")


@pytest.mark.parametrize("folder", ["", "en/"])
def test_the_page_about_this_site_leads_to_what_a_release_changed(folder: str, desk: Desk, target: Path) -> None:
    link = BeautifulSoup((built() / folder / "over-deze-site/index.html").read_text("utf-8"), "html.parser").select_one(
        "main a[href$='wijzigingen.txt']"
    )
    assert urljoin(f"/{folder}over-deze-site/", link["href"]) == f"/{folder}wijzigingen.txt"
    assert "geen uitgave" in (built() / "wijzigingen.txt").read_text("utf-8")
    release(desk)
    assert (target / f"current/{folder}wijzigingen.txt").read_text("utf-8").splitlines()[1] in {
        "De eerste uitgave.",
        "The first release.",
    }


def test_a_rollback_brings_back_the_release_before(desk: Desk, target: Path) -> None:
    release(desk)
    (desk.root / "site/nu/index.html").write_text("<main><h1>Nu</h1>new</main>")
    release(desk)
    assert "new" in (target / "current/nu/index.html").read_text()
    rollback(desk)
    assert "old" in (target / "current/nu/index.html").read_text()
    with pytest.raises(Refused):
        rollback(desk)


def test_a_release_with_another_style_says_that_the_headers_must_follow(desk: Desk, target: Path) -> None:
    style = desk.root / "site/assets/site.css"
    style.parent.mkdir(exist_ok=True)
    style.write_text("p{margin:0}")
    assert "deploy.nginx.headers" not in release(desk) + release(desk)
    style.write_text("p{margin:1px}")
    assert f"python -m deploy.nginx.headers {target}/current" in release(desk)
    assert "deploy.nginx.headers" in rollback(desk)


def test_a_copy_that_is_cut_short_leaves_the_site_that_is_online(desk: Desk, target: Path) -> None:
    release(desk)
    (desk.root / "site/nu/index.html").unlink()
    (desk.root / "site/nu/index.html").symlink_to("nowhere")
    with pytest.raises(OSError):
        release(desk)
    assert "old" in (target / "current/nu/index.html").read_text()
    assert len(list((target / "releases").iterdir())) == 1
