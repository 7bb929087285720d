"""What the build makes, and which faults it refuses to publish."""

import json
import logging
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from built_site import REPO, built
from mkdocs.commands.build import build
from mkdocs.config import load_config

from editorial.faults import content_faults, front_matter_faults, missing_twins

FRONT_MATTER = """---
title: "{title}"
description: Een proefpagina.
owner: redactie
reviewed: 2026-11-24
review_by: 2027-05-24
sources: [seed]
related: [index]
keywords: [proef]
---
# {title}

"""


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A desk with the real settings and theme, but only two pages a language, so that faults are quick to try."""
    for name in ("mkdocs.yml", "mkdocs.en.yml"):
        settings = (REPO / name).read_text("utf-8").split("\nnav:")[0]
        (tmp_path / name).write_text(settings + "\nnav: [index.md, extra.md]\n", "utf-8")
    for name in ("overrides", "editorial"):
        (tmp_path / name).symlink_to(REPO / name)
    for language in ("nl", "en"):
        (tmp_path / "docs" / language).mkdir(parents=True)
        for slug in ("index", "extra"):
            (tmp_path / "docs" / language / f"{slug}.md").write_text(
                FRONT_MATTER.format(title=slug) + "Bel {{ tel.ot }}.\n", "utf-8"
            )
    for name in ("facts.yml", "sources.yml"):
        shutil.copy(REPO / "docs" / name, tmp_path / "docs")
    return tmp_path


def complaints(desk: Path, caplog: pytest.LogCaptureFixture) -> str:
    """Build strictly, expect a refusal, and return everything the editor gets to read."""
    with caplog.at_level(logging.WARNING), pytest.raises(SystemExit):
        build(load_config(str(desk / "mkdocs.yml"), site_dir=str(desk / "site"), strict=True))
    return caplog.text


def rewrite(page: Path, old: str, new: str) -> None:
    """Change one thing in a page."""
    text = page.read_text("utf-8")
    assert old in text
    page.write_text(text.replace(old, new), "utf-8")


def test_one_command_builds_both_languages_strictly() -> None:
    assert (built() / "index.html").exists()
    assert (built() / "en" / "index.html").exists()


def test_a_desk_without_faults_builds(desk: Path) -> None:
    build(load_config(str(desk / "mkdocs.yml"), site_dir=str(desk / "site"), strict=True))
    assert (desk / "site" / "en" / "extra" / "index.html").exists()


def test_a_page_without_its_twin_fails_the_build(desk: Path, caplog: pytest.LogCaptureFixture) -> None:
    (desk / "docs/en/extra.md").unlink()
    assert "docs/en/extra.md is missing" in complaints(desk, caplog)


def test_an_unknown_phone_key_fails_the_build(
    desk: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    rewrite(desk / "docs/nl/extra.md", "tel.ot", "tel.otto")
    assert "extra.md" in complaints(desk, caplog) + "".join(capfd.readouterr())


def test_a_dead_link_in_english_fails_the_build(desk: Path, caplog: pytest.LogCaptureFixture) -> None:
    rewrite(desk / "docs/en/extra.md", "Bel", "[Lees](gone.md). Bel")
    told = complaints(desk, caplog)
    assert "extra.md" in told and "gone.md" in told


def test_a_dead_anchor_fails_the_build(desk: Path, caplog: pytest.LogCaptureFixture) -> None:
    rewrite(desk / "docs/nl/extra.md", "Bel", "[Lees](index.md#gone). Bel")
    assert "#gone" in complaints(desk, caplog)


def test_a_missing_review_date_fails_the_build(desk: Path, caplog: pytest.LogCaptureFixture) -> None:
    rewrite(desk / "docs/nl/extra.md", "review_by: 2027-05-24\n", "")
    assert "docs/nl/extra.md: front matter lacks 'review_by'" in complaints(desk, caplog)


def test_an_unknown_source_fails_the_build(desk: Path, caplog: pytest.LogCaptureFixture) -> None:
    rewrite(desk / "docs/en/extra.md", "[seed]", "[S999]")
    assert "docs/en/extra.md: source 'S999'" in complaints(desk, caplog)


def test_an_unknown_related_page_fails_the_build(desk: Path, caplog: pytest.LogCaptureFixture) -> None:
    rewrite(desk / "docs/nl/extra.md", "related: [index]", "related: [nowhere]")
    assert "docs/nl/extra.md: related page 'nowhere'" in complaints(desk, caplog)


def test_an_image_without_text_fails_the_build(desk: Path, caplog: pytest.LogCaptureFixture) -> None:
    shutil.copy(REPO / "overrides/assets/mark.svg", desk / "docs/nl/plaatje.svg")
    rewrite(desk / "docs/nl/extra.md", "Bel", "![](plaatje.svg) Bel")
    assert "docs/nl/extra.md: image 'plaatje.svg'" in complaints(desk, caplog).replace("../", "")


def test_a_skipped_heading_fails_the_build(desk: Path, caplog: pytest.LogCaptureFixture) -> None:
    rewrite(desk / "docs/nl/extra.md", "Bel", "### Te diep\n\nBel")
    assert "docs/nl/extra.md: heading level jumps from 1 to 3" in complaints(desk, caplog)


def test_a_second_main_heading_is_a_fault() -> None:
    assert list(content_faults("<h1>a</h1><h1>b</h1>"))
    assert not list(content_faults("<h1>a</h1><h2>b</h2><h3>c</h3><h2>d</h2>"))


def test_every_fault_of_the_front_matter_is_told_at_once() -> None:
    faults = list(front_matter_faults({"title": "x", "sources": ["S1", "S2"]}, {"S1"}, set()))
    assert "source 'S2' is not in docs/sources.yml" in faults
    assert len([fault for fault in faults if "lacks" in fault]) == 6


def test_missing_twins_are_found_in_both_directions(tmp_path: Path) -> None:
    for page in ("nl/a.md", "en/b.md"):
        (tmp_path / page).parent.mkdir()
        (tmp_path / page).touch()
    assert [fault.split()[0] for fault in missing_twins(tmp_path)] == ["docs/en/a.md", "docs/nl/b.md"]


def test_the_service_finds_the_shared_facts() -> None:
    facts = json.loads((built() / "facts.json").read_text("utf-8"))
    source = yaml.safe_load((REPO / "docs/facts.yml").read_text("utf-8"))["extra"]
    assert facts == {name: source[name] for name in ("tel", "mail", "associations")}


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


def test_the_search_index_carries_the_keywords_of_its_own_language() -> None:
    for folder, page, word in (("", "privacy/", "cookies"), ("en", "privacy/", "GDPR")):
        index = json.loads((built() / folder / "search/search_index.json").read_text("utf-8"))
        entry = next(entry for entry in index["docs"] if entry["location"] == page)
        assert word in entry["keywords"]
