"""A page on danger may not lean on newspapers alone, whatever of them an editor wrote down."""

import re
from pathlib import Path

import pytest

from editorial.check.inspection import all_problems
from editorial.desk import newspapers
from editorial.desk.newspapers import is_newspaper
from editorial.desk.yaml_text import load_yaml
from tests.support.built_site import REPO
from tests.support.seeded_faults import copy_of_the_desk, desk_in


@pytest.mark.parametrize(
    ("publisher", "url", "expected"),
    [
        ("De Gelderlander", "https://www.gelderlander.nl/arnhem/bericht~a1/", True),
        ("Omroep Gelderland", "https://m.omroepgelderland.nl/nieuws/1", True),
        ("Het Parool", "", True),
        ("NU.nl", "", True),
        ("Reformatorisch Dagblad", "", True),
        ("Politie", "", False),
        ("Politie", "https://www.politie.nl/nieuws/2021/bericht.html", False),
        ("Vereniging", "https://nietnos.nl/", False),
    ],
)
def test_a_newspaper_is_known_by_its_address_or_its_name(publisher: str, url: str, expected: bool) -> None:
    assert is_newspaper({"publisher": publisher, "url": url}) is expected


def test_the_list_takes_addresses_as_they_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "list.txt").write_text("# note\nhttps://www.Streekblad.example/nieuws/\nHet Weekblad  # a name\n", "utf-8")
    monkeypatch.setattr(newspapers, "LIST", tmp_path / "list.txt")
    newspapers.newspapers.cache_clear()
    try:
        assert is_newspaper({"url": "https://streekblad.example/1"}) and is_newspaper({"publisher": "Weekblad"})
    finally:
        newspapers.newspapers.cache_clear()


@pytest.mark.program
@pytest.mark.parametrize(
    ("sources", "advised"),
    [
        ("[seed, S900]", True),
        ("[S901]", True),
        ("[seed, S900, S901]", True),
        ("[seed, S900, S248]", False),
        ("[seed, S248]", False),
        ("[seed]", False),
    ],
)
def test_the_desk_advises_on_a_page_on_danger_that_leans_on_newspapers(tmp_path: Path, sources: str, advised: bool) -> None:
    root = copy_of_the_desk(tmp_path, "nu")
    with (root / "docs/sources.yml").open("a", encoding="utf-8") as listed:
        listed.write('S900: {title: "Brand", publisher: "Tubantia", url: "https://www.tubantia.nl/brand"}\n')
        listed.write('S901: {title: "Knal", publisher: "De Telegraaf", date: "2025"}\n')
    for language in ("nl", "en"):
        path = root / f"docs/{language}/nu.md"
        path.write_text(re.sub(r"(?m)^sources: .*$", f"sources: {sources}", path.read_text("utf-8")), "utf-8")
    told = {problem.path for problem in all_problems(desk_in(root)) if problem.rule.name == "newspaper-only"}
    assert told == ({"docs/nl/nu.md", "docs/en/nu.md"} if advised else set())


def test_every_source_stands_under_a_page_or_behind_a_number() -> None:
    fronts = [path.read_text("utf-8").split("---\n")[1] for path in (REPO / "docs").glob("*/*.md")]
    cited = {str(code) for front in fronts for code in load_yaml(front)["sources"]}
    cited |= set(re.findall(r"\bS\d+\w?\b", (REPO / "docs/facts.yml").read_text("utf-8")))
    assert set(load_yaml((REPO / "docs/sources.yml").read_text("utf-8"))) - cited == set()
