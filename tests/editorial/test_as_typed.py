"""What an editor types is what stands on the page, whatever YAML or Markdown would make of it elsewhere."""

import json
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from editorial.build.__main__ import make
from editorial.check.inspection import PAGE_RULES, name_of, page_problems
from editorial.check.rules.as_typed import as_typed
from editorial.check.rules.facts import fact
from editorial.check.rules.links import dead_link
from editorial.desk.desk import Desk
from editorial.desk.page import Page
from editorial.desk.problem import rules
from editorial.desk.reading import parse_page
from tests.support.built_site import REPO
from tests.support.seeded_faults import AS_TYPED, copy_of_the_desk, desk_in, today

GOOD = {
    "a list": "Doe dit:\n\n1. Bel.\n2. Bewaar.\n\nEn dan dit.",
    "a list that the computer counts": "1. Bel.\n1. Bewaar.",
    "a list in a list": "- Bel.\n    - De politie.\n    - Het OT.\n- Bewaar.",
    "a text within a step": "1. Bel.\n\n    Doe dat nu.\n\n2. Bewaar.",
    "another mark for a list": "* Bel.\n* Bewaar.",
    "a table": "| a | b |\n| :-- | --- |\n| c | een \\| streep |",
    "a table with empty cells": "| a | b |\n|---|---|\n| | |",
    "links and words that stand out": "*Schuin*, **vet**, __vet__, _schuin_ en [een **vette** link](bewijs.md).",
    "words and links without a space between": "[Bel](bewijs.md)[de politie](nu.md), **nu**meteen [aan](nu.md)gifte.",
    "a link to another site": "Zie <https://politie.nl> of [de politie](https://politie.nl/a_b*c).",
    "protected characters": "Een \\*ster\\*, een \\[haak\\] en 1\\. geen lijst.",
    "code": "Typ `a * b | c` of:\n\n```\n- geen lijst\n# geen kop\n```",
    "a quotation": "> Een citaat.\n>\n> - met een punt\n\nEn verder.",
    "a picture": "![Een deur](img/reis.svg){ width=60 }",
    "a marked part": "Bel nu.\n{ .note }",
    "signs in a sentence": "Het #OT – kort: OT – kost 5 - 10 euro (R&D, a_b, 1.000, 50 %, 12:30 uur); bel +31.",
    "a heading of a part": "### Kop met een naam { #naam }\n\nTekst.",
    "a line break": "Postbus 1  \n2500 AA Den Haag",
    "a key": "Bel {{ tel.ot }} of mail {{ mail.bzk }}.",
    "a letter by its name": "Bel&nbsp;ons &eacute;&eacute;n keer.",
    "a letter by its number": "Bel ons &#233;&#x20AC;n keer, V&VN; Q&A; R&D.",
    "a sentence that goes on with a year": "Dat was in het jaar\n2026. Bel ons.",
    "what counts in a heading": "### 1. Bel\n\nTekst.\n\n### b) Bewaar\n\nTekst.\n\n### - niet doen\n\nTekst.",
    "what counts in a cell": "| # | Wat |\n|---|---|\n| 1. Bel | - |\n| – | + |\n| > 18 jaar | * |".replace("*", "•"),
    "letters within points": "- a) eerst\n- b) daarna",
    "one point alone": "a) Bel.\n\nb) Bewaar.\n\n(1) Bel.\n\nStap 1: bel.",
    "lines that end themselves": "Maandag: bel.  \nDinsdag: schrijf.  \n✓ Klaar.",
    "sums of money and laws": "€ 50 kost het.\n€ 60 kost dat.\n\n§ 3 zegt dit.\n§ 4 zegt dat.",
    "an address that leads where it says": "Zie [https://www.politie.nl](https://www.politie.nl).",
    "addresses in words": "[politie.nl](https://aangifte.politie.nl/x), [Node.js](https://nodejs.org), "
    "[ASP.NET](https://dotnet.example.org), "
    "[mail info@politie.nl](mailto:info@politie.nl), [archief](https://web.archive.org/web/2026/https://www.politie.nl/).",
    "a place on a computer": "Het staat in C:\\Users\\naam.",
    "a mail with a subject": "Mail [ons](mailto:info@politie.nl?subject=Vraag).",
    "emoji": "🙂 Bel ons. ❤️ 👨‍👩‍👧 1️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 👍🏽",
    "other scripts": "Українською, Ελληνικά, العربية.",
    "a sign on its own": "Een * staat voor verplicht.\n\nDruk op ^ om te zoeken.\n\nKies **ja** | nee.",
    "sums": "Dat is 2 * 3 * 4, x^2 of 10 ^ 3.",
    "a line to write on": "Naam: ______ Datum: ________",
    "a picture that is a link": "[![een deur](img/reis.svg)](https://politie.nl) "
    "en [![een deur](img/reis.svg){ width=60 }](nu.md).",
    "a mailbox as a link": "Mail <info@politie.nl>.",
    "names with an initial": "J. Jansen belt.\nB. Bakker schrijft.",
    "a line across": "Bel.\n\n* * *\n\nBewaar.\n\n- - -\n\nSchrijf.",
    "who said it": "> Ik weet waar u woont.\n\n— Een raadslid",
    "a word to fill in": "Zeg: mijn naam is [naam]. Typ `<naam>`.",
    "numbers that count": "Er waren 112 mensen: 112% of 112 % meer. Het kostte 112 euro, in 112 zaken. There were 112 people.",
    "a language of programmers": "Iemand die C++ of C# schrijft.",
    "signs that somebody writes about": "Typ een ` of { in het veld, of == en ~~.\n\nDruk op | of }, en \\.",
    "dots, dashes and questions": "Bel --- of schrijf. Wat nu??? Stop!!! x :: y, en\\of.",
    "a note behind a price": "Dit kost 5 euro* per dag.\n\n*Exclusief btw.",
    "two notes": "Een hotel met 5* of 6**.",
    "powers and choices": "x^2 + y^2 is ja|nee.",
    "names of files and sites": "Lees nu.md eens. Ga naar politie.nl of Meld.nl.",
    "words to fill in with a remark": "Zeg: [naam] (of een bijnaam). Vul in: [voornaam] [achternaam].",
    "addresses that one can tap": "<https://www.politie.nl/aangifte>, <info@politie.nl>, [**www.politie.nl**](https://www.politie.nl).",
    "parts of a mailbox": "Het adres eindigt op @gemeente.nl, de app heet @work.",
    "percents": "50% van 100%, ca. ~50 mensen, 5 %.",
    "labels": "Titel: wat u doet.\n\nlet op: bel eerst.",
    "several pieces of code": "Typ `ja` of `nee`, of [`nu`](nu.md) en `` ` ``.",
    "brackets with nothing in them": "Tussen [ ] staat de naam; een [x] ook, en :33: is geen gezicht.",
    "brackets around a link": "(zie [bel](nu.md) of [bewijs](bewijs.md)). Zie [bel](nu.md) (of niet), [naam] [bel](nu.md) [x].",
    "amounts that begin a line": "1.250 euro\n1.300 euro\n\n1.2 miljoen\n1.4 miljoen\n\n12.30 uur\n13.30 uur.",
    "short words with stops": "b.v. dit\nc.q. dat\n\nd.w.z. dit\ne.d. ook.",
    "a quotation with its mark": "> Een citaat.\n{ .note }\n\nEn verder.",
    "a path of a menu": "Ga naar Instellingen > Privacy > Locatie.",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return desk_in(copy_of_the_desk(tmp_path_factory.mktemp("desk"), "nu"))


ERRORS = tuple(rule for rule in PAGE_RULES if rules()[name_of(rule)].level == "error")


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_what_became_what_it_looks_like_gives_no_alarm(text: str, desk: Desk) -> None:
    content = (REPO / "docs/nl/nu.md").read_bytes() + f"\n\n## Proef\n\n{text}\n".encode()
    page = parse_page(content, "docs/nl/nu.md", "nl", "nu")
    assert isinstance(page, Page)
    # The other pages and the twin are not on this desk.
    absent = {"dead-link", "twin", "stale", "structure", "menu", "front-matter-key", "source"}
    found = page_problems(page, desk, ERRORS)
    astray = [finding for finding in dead_link(page, desk) if finding.case in ("inside", "other", "detour")]
    assert [problem for problem in found if problem.rule.name not in absent] == [] and astray == []


@pytest.mark.parametrize("text", AS_TYPED)
def test_what_did_not_is_told_with_its_line(text: str, desk: Desk) -> None:
    # The same words stand on the page already, as a list, a heading, a table and a link that are right.
    right = "## Bel\n\nBel de politie. Zie [bewijs](bewijs.md).\n\n- Bel.\n- Bewaar.\n\n| a | b |\n|---|---|\n| c | d |"
    front, mark, _ = (REPO / "docs/nl/nu.md").read_text("utf-8").partition("\n---\n")
    content = f"{front}{mark}# Nu\n\n{right}\n\n## Proef\n\n{text}\n\n## Meer\n\n{right}\n"
    page = parse_page(content.encode(), "docs/nl/nu.md", "nl", "nu")
    assert isinstance(page, Page)
    first = content[: content.index("\n\n## Proef\n\n")].count("\n") + 5
    # A block without an end goes on to the end of the page, and a block that misses its text takes the next line.
    last = len(content.split("\n")) if text.startswith("```") else first + text.count("\n")
    assert first <= next(as_typed(page, desk)).line <= last


# What YAML makes something else of, as a number, a name and a label.
NUMBERS = {
    "0703731312": "tel:+31703731312",
    "0900-8844": "tel:09008844",
    "09008844": "tel:09008844",
    "'113'": "tel:113",
    "14 070": "tel:14070",
}
NAMES = ["no", "on", "1e3", "12:30", "2026-01-05", "0x1F", "~", "null", "0o17", ".5", "yes", "=", "y"]


@pytest.mark.parametrize("typed", NUMBERS)
def test_a_number_is_the_number_that_was_typed(typed: str, tmp_path: Path) -> None:
    root = copy_of_the_desk(tmp_path, "nu")
    facts = root / "docs/facts.yml"
    facts.write_text(facts.read_text("utf-8").replace("ot: 070-3738314", f"ot: {typed}"), "utf-8")
    desk = desk_in(root)
    assert [*fact(desk)] == [] and desk.written["nl"]["tel"]["ot"] == typed.strip("'")
    assert f'href="{NUMBERS[typed]}"' in desk.renderers["nl"].html(_page("Bel {{ tel.ot }}."))


def _page(text: str) -> Page:
    head = "\n".join(f"{key}: x" for key in ("title", "description", "owner"))
    page = parse_page(f"---\n{head}\n---\n{text}\n".encode(), "docs/nl/x.md", "nl", "x")
    assert isinstance(page, Page)
    return page


@pytest.mark.server
def test_names_labels_words_and_titles_stand_on_the_built_pages_as_they_were_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(today().strftime("%s")) + 43200))
    root = copy_of_the_desk(tmp_path)
    for name in ("overrides", "editorial"):
        (root / name).symlink_to(REPO / name)
    change(root / "docs/facts.yml", "csg: Centrum Seksueel Geweld", "csg: 1e3")
    change(root / "docs/facts.yml", "ot: 070-3738314", "ot: 0703738314")
    change(root / "mkdocs.yml", "Logboek: logboek.md", "on: logboek.md")
    change(root / "mkdocs.yml", "Zelftest: zelftest.md", "112: zelftest.md")
    change(root / "mkdocs.yml", "Stalking: stalking.md", "2026-01-05: stalking.md")
    change(root / "mkdocs.yml", "menu: Menu", "menu: no")
    change(root / "mkdocs.yml", "site_name: Hulp bij bedreiging", "site_name: 12:30")
    assert make(root, root / "site") == []
    page = BeautifulSoup((root / "site/nu/index.html").read_text("utf-8"), "html.parser")
    labels = {link.get_text(strip=True) for link in page.select("nav a")}
    assert {"on", "112", "2026-01-05"} <= labels
    dialling = [link.get_text(strip=True) for link in page.select("a[href='tel:+31703738314']")]
    assert dialling and all(words.endswith("0703738314") for words in dialling)
    assert json.loads((root / "site/facts.json").read_text("utf-8"))["tel"]["ot"].endswith(">0703738314</bdi></a>")
    assert "12:30" in page.title.string
    shutil.rmtree(root / "site")


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.mark.parametrize("typed", NAMES)
def test_a_name_is_the_name_that_was_typed(typed: str, tmp_path: Path) -> None:
    root = copy_of_the_desk(tmp_path, "nu")
    change(root / "docs/facts.yml", "csg: Centrum Seksueel Geweld", f"csg: {typed}")
    assert desk_in(root).written["nl"]["naam"]["csg"] == typed
