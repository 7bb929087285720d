"""The site's own contact page: what the service needs of it, and that it stays text."""

import json
import shutil
from pathlib import Path

import pytest

from contact_service.web.page import SiteInvalid, read_site


@pytest.fixture
def own_site(site: Path, tmp_path: Path) -> Path:
    """A copy of the site that a test may damage."""
    return Path(shutil.copytree(site, tmp_path / "site"))


def test_the_form_takes_the_place_of_the_text_that_is_there_without_it(site: Path) -> None:
    page = read_site(site).contact["nl"].filled("FORM")

    assert "FORM" in page
    assert "Het formulier is dicht." not in page
    assert "<!--form-->" not in page
    assert page.startswith("<!doctype html>")
    assert page.endswith("</html>")


def test_the_intro_of_the_page_is_kept_for_the_form_to_stand_below_it(site: Path) -> None:
    assert "<h1>How do I write safely?</h1>" in read_site(site).contact["en"].intro


def test_the_prefix_stands_at_the_start_of_the_title(site: Path) -> None:
    assert "<title>Fout: Hoe schrijf ik veilig?</title>" in read_site(site).contact["nl"].filled("", "Fout")
    assert "<title>Hoe schrijf ik veilig?</title>" in read_site(site).contact["nl"].filled("")


def test_comments_in_what_stands_in_the_page_later_do_no_harm(site: Path) -> None:
    assert "<!--/page--><title>" in read_site(site).contact["nl"].filled("<!--/page--><title>")


DAMAGE = {
    "no place for the form": ("contact/index.html", "<!--form-->", ""),
    "two places for the form": ("contact/index.html", "<!--form-->", "<!--form--><!--form-->"),
    "no start": ("en/contact/index.html", "<!--page-->", ""),
    "no end": ("en/contact/index.html", "<!--/page-->", ""),
    "another order": ("contact/index.html", "<!--page-->", "<!--form--><!--page-->"),
    "end and form exchanged": (
        "contact/index.html",
        "<!--form--><p>Het formulier is dicht.</p><!--/page-->",
        "<!--/page--><!--form-->",
    ),
    "no title": ("contact/index.html", "<title>", "<titel>"),
    "facts that are no JSON": ("facts.json", "{", ""),
    "no phone numbers": ("facts.json", '"tel"', '"phone"'),
    "no name of the team": ("facts.json", '"team"', '"teem"'),
    "a role that nobody reads": ("facts.json", '"statenlid"', '"statenlit"'),
    "a name that no mail can carry": ("facts.json", "Vereniging van statenlids", "Vereniging: x@y.example"),
    "no number of the team": ("facts.json", '"ot"', '"to"'),
    "no alarm number": ("facts.json", '"alarm"', '"alert"'),
}


@pytest.mark.parametrize(("file", "good", "bad"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_site_is_refused_by_the_name_of_the_file(file: str, good: str, bad: str, own_site: Path) -> None:
    text = (own_site / file).read_text("utf-8")
    assert good in text
    (own_site / file).write_text(text.replace(good, bad), "utf-8")

    with pytest.raises(SiteInvalid, match=str(own_site / file)):
        read_site(own_site)


@pytest.mark.parametrize("file", ["contact/index.html", "en/contact/index.html", "404.html", "en/404.html", "facts.json"])
def test_a_missing_file_is_named(file: str, own_site: Path) -> None:
    (own_site / file).unlink()

    with pytest.raises(SiteInvalid, match=f"{own_site / file}: No such file or directory; build the site first"):
        read_site(own_site)


def test_a_file_that_is_no_text_is_named(own_site: Path) -> None:
    (own_site / "404.html").write_bytes(b"\xff\xfe")

    with pytest.raises(SiteInvalid, match=str(own_site / "404.html")):
        read_site(own_site)


def test_the_phone_numbers_are_the_sites_own(site: Path) -> None:
    facts = json.loads((site / "facts.json").read_text("utf-8"))

    assert read_site(site).facts.phone_links == facts["tel"]
