"""What the build makes, and which faults it refuses to publish."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import yaml

from editorial.build.__main__ import make
from editorial.build.language import refusal
from editorial.check.inspection import report_language
from editorial.check.report import text
from editorial.desk.reading import parse_page
from editorial.desk.shared import dialled
from tests.support.built_site import REPO, built

pytestmark = pytest.mark.program

FACTS = "docs/facts.yml"
# 24 November 2026: the pages below are fresh then.
A_DAY_SECONDS = "1795500000"
TEXT = "Bel {{ tel.ot }}.\n"
FRONT_MATTER = """---
title: "{title}"
description: Een pagina om mee te proberen wat een build weigert.
owner: redactie
reviewed: 2026-11-24
review_by: 2027-05-24
sources: [seed]
related: [{other}]
keywords: [proef]
source_rev: {revision}
---
# {title}

"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A desk with the real settings and theme, but only two pages a language, so that faults are quick to try."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", A_DAY_SECONDS)
    for name in ("mkdocs.yml", "mkdocs.en.yml"):
        settings = (REPO / name).read_text("utf-8").split("\nnav:")[0]
        (tmp_path / name).write_text(settings + "\nnav: [index.md, extra.md]\n", "utf-8")
    for name in ("overrides", "editorial"):
        (tmp_path / name).symlink_to(REPO / name)
    for language in ("nl", "en"):
        (tmp_path / "docs" / language).mkdir(parents=True)
        for slug, other in (("index", "extra"), ("extra", "index")):
            made = partial(FRONT_MATTER.format, title=slug, other=other)
            page = parse_page(f"{made(revision='')}{TEXT}".encode(), "", language, slug)
            (tmp_path / "docs" / language / f"{slug}.md").write_text(made(revision=page.revision) + TEXT, "utf-8")
    for name in ("facts.yml", "sources.yml"):
        shutil.copy(REPO / "docs" / name, tmp_path / "docs")
    return tmp_path


def complaints(desk: Path) -> str:
    """Build, expect a refusal that leaves nothing behind, and return everything the editor gets to read."""
    before = set(desk.iterdir())
    found = make(desk, desk / "site")
    assert found and set(desk.iterdir()) == before
    return text(found, report_language(), 2)


def rewrite(desk: Path, old: str, new: str, file: str = "docs/nl/extra.md") -> None:
    """Change one thing in a file."""
    text = (desk / file).read_text("utf-8")
    assert old in text
    (desk / file).write_text(text.replace(old, new), "utf-8")


def test_one_command_builds_both_languages_strictly() -> None:
    assert (built() / "index.html").exists()
    assert (built() / "en" / "index.html").exists()


def test_a_desk_without_faults_builds(desk: Path) -> None:
    assert make(desk, desk / "site") == []
    assert (desk / "site" / "en" / "extra" / "index.html").exists()


# What an editor does, what the build says of it, and the page that it names.
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a page without its twin": (lambda d: (d / "docs/en/extra.md").unlink(), "nl/extra.md:1: Deze pagina bestaat alleen in"),
    "a missing date": (lambda d: rewrite(d, "review_by: 2027-05-24\n", ""), "nl/extra.md:1: Boven de tekst ontbreekt"),
    "an unknown source": (lambda d: rewrite(d, "[seed]", "[S999]"), "nl/extra.md:7: De bron ‘S999’ staat niet in"),
    "an unknown page": (lambda d: rewrite(d, "[index]", "[nergens]"), "nl/extra.md:8: Achter ‘related’"),
    "an unknown key": (lambda d: rewrite(d, "tel.ot", "tel.otto"), "nl/extra.md:14: {{ tel.otto }} staat niet in"),
    "an image without text": (lambda d: rewrite(d, "Bel", "![](plaatje.svg) Bel"), "nl/extra.md:14: De afbeelding"),
    "a skipped heading": (lambda d: rewrite(d, "Bel", "### Te diep\n\nBel"), "nl/extra.md:14: De kop ‘Te diep’ slaat"),
    "two main headings": (lambda d: rewrite(d, "Bel", "# Nog een\n\nBel"), "nl/extra.md:14: Een pagina heeft één kop"),
    "a merge conflict": (lambda d: rewrite(d, "Bel", "<<<<<<< HEAD\nBel"), "nl/extra.md:14: Hier staan twee versies"),
    "a number that is none": (lambda d: rewrite(d, "070-3738314", "bel ons", FACTS), "facts.yml:8: ‘bel ons’ achter tel.ot"),
    "an unknown association": (lambda d: rewrite(d, "raadslid: raadsleden", "raadslid: raden", FACTS), "‘raden’"),
}


@pytest.mark.parametrize(("fault", "told"), REFUSED.values(), ids=REFUSED)
def test_what_a_build_refuses(fault: Callable[[Path], object], told: str, desk: Path) -> None:
    fault(desk)
    found = make(desk, desk / "site")
    assert [line for line in map(refusal, found) if told in line]


def test_a_build_refuses_all_at_once_in_the_words_of_the_desk(desk: Path) -> None:
    for name in ("a page without its twin", "an unknown source", "a number that is none"):
        REFUSED[name][0](desk)
    found = make(desk, desk / "site")
    said = complaints(desk)
    assert len(found) == 4 and all(problem.sentences("nl")[0] in said for problem in found)


def test_mkdocs_alone_builds_nothing_and_says_what_to_type(desk: Path) -> None:
    """It would check nothing, and make one language of the two."""
    (desk / "node_modules").symlink_to(REPO / "node_modules")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    run = subprocess.run(command, cwd=desk, env=os.environ | {"PYTHONPATH": str(REPO)}, capture_output=True, text=True)
    assert run.returncode and "make site" in run.stdout + run.stderr and not (desk / "site/index.html").exists()


def test_a_build_refuses_in_english_when_an_editor_asks_for_it(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORT_LANGUAGE", "en")
    rewrite(desk, "[seed]", "[S999]")
    assert "docs/nl/extra.md:7  The source ‘S999’ is not in docs/sources.yml." in complaints(desk)


def test_a_build_refuses_a_list_of_sources_that_cannot_be_read(desk: Path) -> None:
    rewrite(desk, "S01: {", "S01: {{", file="docs/sources.yml")
    said = complaints(desk)
    assert "docs/sources.yml:5  Dit bestand is niet te lezen" in said


def test_a_dead_link_in_english_fails_the_build(desk: Path) -> None:
    rewrite(desk, "Bel", "[Lees](gone.md). Bel", "docs/en/extra.md")
    told = complaints(desk)
    assert "extra.md" in told and "gone.md" in told


def test_a_dead_anchor_fails_the_build(desk: Path) -> None:
    rewrite(desk, "Bel", "[Lees](index.md#gone). Bel")
    assert "#gone" in complaints(desk)


def test_the_service_finds_the_shared_facts() -> None:
    facts = json.loads((built() / "facts.json").read_text("utf-8"))
    source = yaml.safe_load((REPO / FACTS).read_text("utf-8"))["extra"]
    numbers = {key: re.sub("<[^>]*>", "", link) for key, link in facts["tel"].items()}
    assert numbers == {key: str(number) for key, number in source["tel"].items()}
    assert facts["team"] == source["naam"]["ot"] and facts["groups"] == source["vereniging"]
    assert facts["associations"]["nl"]["raadslid"] == source["naam"][source["vereniging"]["raadslid"]]
    assert facts["associations"]["en"]["anders"] == source["naam"]["bzk"]["en"]


@pytest.mark.parametrize(
    ("number", "dials"),
    [("112", "112"), ("070-3738314", "+31703738314"), ("020-261 52 75", "+31202615275"), ("0900-8844", "09008844"),
     ("0800-2000", "08002000"), ("+32 2 123 45 67", "+3221234567"), ("0900-1234567", "09001234567")],
)  # fmt: skip
def test_a_number_dials_from_abroad_where_it_can(number: str, dials: str) -> None:
    assert dialled(number) == dials


def test_only_our_own_assets_are_shipped() -> None:
    files = {file.relative_to(built()).as_posix() for file in built().rglob("*") if file.is_file()}
    drawings = {
        f"{folder}img/{file.name}"
        for folder, docs in (("", "nl"), ("en/", "en"))
        for file in (REPO / "docs" / docs).glob("img/*.svg")
    }
    scripts = {file for file in files if not file.endswith((".html", ".xml", ".xml.gz", ".json", ".txt"))}
    own = {file.relative_to(REPO / "overrides").as_posix() for file in (REPO / "overrides" / "assets").iterdir()}
    own |= {"assets/altcha/pbkdf2.js"}
    assert {file for file in scripts if "openpgp" not in file} == own | drawings


def test_security_txt_is_complete_and_expires_within_a_year() -> None:
    text = (built() / ".well-known/security.txt").read_text("utf-8")
    fields = dict(re.findall(r"^([\w-]+): (.+)$", text, re.MULTILINE))
    assert {"Contact", "Expires", "Preferred-Languages", "Canonical", "Policy"} <= fields.keys()
    end = datetime.fromisoformat(fields["Expires"])
    assert timedelta() < end - datetime.now(UTC) < timedelta(days=365)


def test_robots_txt_names_the_site_map_of_each_language() -> None:
    named = re.findall(r"^Sitemap: \S+?//[^/]+/(\S+)$", (built() / "robots.txt").read_text("utf-8"), re.MULTILINE)
    assert named == ["sitemap.xml", "en/sitemap.xml"]
    assert all((built() / name).exists() for name in named)


def test_the_search_index_carries_the_words_of_its_own_language() -> None:
    for folder, own, other in (("", "handgranaat", "hand grenade"), ("en", "hand grenade", "handgranaat")):
        index = json.loads((built() / folder / "search/search_index.json").read_text("utf-8"))
        phrases = {phrase for _, coded, *_ in index["entries"] for phrase in spelt_out(coded)}
        assert own in phrases and other not in phrases


def test_the_search_index_carries_the_keywords_that_a_page_gives_itself() -> None:
    for folder, word in (("", "cookies"), ("en", "gdpr")):
        index = json.loads((built() / folder / "search/search_index.json").read_text("utf-8"))
        place = [url for url, *_ in index["pages"]].index("privacy/")
        # A word that a concept of the page says already stands there once.
        entries = [*index["page_words"], *index["entries"]]
        assert any(places[0] == place and word in spelt_out(coded) for places, coded, *_ in entries)


def spelt_out(coded: str) -> list[str]:
    """Phrases of the index, each with the letters that it shares with the one before: "A" stands for one of them."""
    phrases: list[str] = []
    for part in coded.split(","):
        shared = ord(part[0]) - ord("@") if part[:1].isupper() else 0
        phrases.append((phrases[-1][:shared] if shared else "") + part[bool(shared) :])
    return phrases


AT_ONCE = """
import os, sys
from editorial.build.at_once import Ended, at_once
def do(number):
    if number == int(sys.argv[1]):
        os._exit(9)
    return number, os.getpid()
try:
    numbers, processes = zip(*at_once(do, (1, 2)))
    print(numbers, len({*processes, os.getpid()}))
except Ended:
    print("ended")
"""


@pytest.mark.parametrize(("ends", "told"), [("0", "(1, 2) 3"), ("1", "ended"), ("2", "ended")])
def test_the_languages_are_made_in_processes_of_their_own_and_none_that_ends_early_is_waited_for(ends: str, told: str) -> None:
    run = subprocess.run([sys.executable, "-c", AT_ONCE, ends], cwd=REPO, capture_output=True, text=True, timeout=60)
    assert run.stdout.strip() == told, run.stderr


def test_readers_get_scripts_without_the_comments_that_are_for_who_changes_them() -> None:
    scripts = [path for path in (built() / "assets").glob("*.js") if (REPO / "overrides/assets" / path.name).exists()]
    assert {"find.js", "search.js", "contact.js"} <= {path.name for path in scripts}
    for script in scripts:
        lines = (REPO / "overrides/assets" / script.name).read_text("utf-8").splitlines()
        assert script.read_text("utf-8").splitlines() == [line for line in lines if not line.lstrip().startswith("//")]
