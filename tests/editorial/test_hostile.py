"""Whatever somebody proposes in a page, a list or a picture, nothing of it runs and nothing of it is published.

Every command that people type is tried in a whole copy of the repository. The proposals would leave a mark, and no more.
"""

import os
import re
import shutil
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup

from editorial.build.__main__ import make
from editorial.check.inspection import all_problems
from editorial.desk.desk import Desk
from editorial.desk.files import BESIDE
from editorial.preview.server import serve
from tests.support.built_site import REPO
from tests.support.seeded_faults import today

DAY_SECONDS = str(int(datetime.combine(today(), time(12)).timestamp()))
MARK = "HOSTILE-MARK"
RUN = f"cycler.__init__.__globals__.os.system('touch {MARK}')"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'
# What is put under the text of a page, and the rule that must speak.
PAGES = {
    "nu": ("{{ " + RUN + " }}", "template-expression"),
    "later": ("{% if " + RUN + " %}{% endif %}", "template-expression"),
    "bewijs": ("{{ tel.ot }}{{\n" + RUN + " }}", "template-expression"),
    "gezin": ("{# " + RUN + " #}", "template-expression"),
    "stalking": ('<script src="x.js"></script>', "raw-html"),
    "online": ("| a |\n|---|\n| <img src=x onerror=mark()> |", "raw-html"),
    "contact": ("<!--form-->", "raw-html"),
    "schade": ("[Bel](javascript:mark())", "markup"),
    "privacy": ("[Bel][x]\n\n[x]: <data:text/html;base64,eA==>", "markup"),
    "organisatie": ("[Bel](&#x6a;avascript&colon;mark())", "markup"),
    "burgemeester": ("[Bel](nu.md){: onclick=mark() }", "markup"),
    "raadslid": ("Bel ons.\n{: style=background:red }", "markup"),
    "wethouder": ("Bel ons.\n{: #q .search }", "markup"),
    "nazorg": ("[Bel](nu.md){ href=javascript:mark() }", "markup"),
    "vrouwen": ("![deur](img/reis.svg){ onload=mark() }", "markup"),
    "ela": ("![deur](https://elders.example/deur.png)", "dead-link"),
    "juridisch": ("||||||| 84a19a6", "merge-conflict"),
    "eerste-uur": ("Doe dit meteen:\n1. Bel.\n2. Bewaar.", "as-typed"),
    "explosief": ("Zie [bewijs] (bewijs.md).", "as-typed"),
    "vernieling": ("Bel \u202e8844-0090.", "encoding"),
    "pers": ("CafÃ©.", "encoding"),
}
# What stands above the text of a page instead of its owner.
HEADS = {
    "begrippen": ("template: 404.html\nowner: x", "front-matter-key"),
    "kaart": ("hooks: [x.py]\nowner: x", "front-matter-key"),
    "logboek": ("owner: !!python/object/apply:os.system ['touch " + MARK + "']", "front-matter"),
    "zelftest": ('owner: "{{ ' + RUN + ' }}"', "template-expression"),
    "deepfakes": ("owner: &a x\nkeywords: [*a]", "front-matter"),
}
# Files that come along, by their place below docs.
FILES = {
    "nl/mark.js": ("document.title = 'mark'", "stray-file"),
    "en/index.html": ("<script>mark()</script>", "stray-file"),
    "nl/nu.md.orig": ("verify: een naam", "stray-file"),
    "nl/.nu.md.swp": ("verify: een naam", "stray-file"),
    "en/verslag.docx": ("PK", "stray-file"),
    "nl/img/mark.svgz": ("x", "stray-file"),
    "nl/deur.png": ("x", "stray-file"),
    # What programs leave behind, whatever its name ends in.
    "nl/bewijs (1).md": ("verify: een naam", "stray-file"),
    "nl/~$nu.md": ("verify: een naam", "stray-file"),
    "en/nu_BASE_4711.md": ("verify: een naam", "stray-file"),
    "en/nu.md.rej": ("verify: een naam", "stray-file"),
    "nl/img/foto.jfif": ("x", "stray-file"),
    "nl/img/deur.png": ("<script>mark()</script>", "picture-kind"),
    f"nl/x; touch {MARK} ;#.md": ("", "front-matter"),
    "nl/img/script.svg": (SVG.format("<script>mark()</script>"), "picture-kind"),
    "nl/img/handler.svg": (SVG.format('<g onclick="mark()"/>'), "picture-kind"),
    "nl/img/foreign.svg": (
        SVG.format("<foreignObject><b xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>"),
        "picture-kind",
    ),
    "nl/img/link.svg": (SVG.format('<a xlink:href="javascript:mark()"><path/></a>'), "picture-kind"),
    "nl/img/image.svg": (SVG.format('<image xlink:href="https://elders.example/x.png"/>'), "picture-kind"),
    "nl/img/fetch.svg": (SVG.format("<style>g { fill: url(https://elders.example/x#y) }</style>"), "picture-kind"),
    "nl/img/import.svg": (SVG.format("<style>@im\\port 'https://elders.example/x'</style>"), "picture-kind"),
    "nl/img/entity.svg": ('<!DOCTYPE svg [<!ENTITY x "y">]>' + SVG.format("&x;"), "picture-kind"),
    "nl/img/sheet.svg": ('<?xml-stylesheet href="https://elders.example/x.css"?>' + SVG.format(""), "picture-kind"),
    "nl/img/encoding.svg": ('<?xml version="1.0" encoding="UTF-7"?>' + SVG.format("+ADw-script+AD4-"), "picture-kind"),
    "nl/img/deep.svg": (SVG.format("<g>" * 200 + "</g>" * 200), "picture-kind"),
    "nl/img/animate.svg": (SVG.format('<animate attributeName="href" to="javascript:mark()"/>'), "picture-kind"),
}
# What an editor's list could say, for what, and the file that the desk then names.
LISTS = {
    "a hook in the facts": ("docs/facts.yml", "extra:", "hooks: [docs/nl/mark.py]\nextra:"),
    "a theme in the facts": ("docs/facts.yml", "extra:", "theme: {custom_dir: docs}\nextra:"),
    "an object in the facts": ("docs/facts.yml", "alarm: 112", f"alarm: !!python/object/apply:os.system ['touch {MARK}']"),
    "a secret in the facts": ("docs/facts.yml", "alarm: 112", "alarm: !ENV [HOME, 112]"),
    "an expression in a source": ("docs/sources.yml", 'title: "', 'title: "{{ ' + RUN + " }}"),
    "a link that runs in a source": ("docs/sources.yml", "https://", "javascript:mark//"),
    "an attribute in a source": ("docs/sources.yml", "publisher: ", "lang: 'nl\" onclick=\"mark()', publisher: "),
    "a hook in the menu": ("mkdocs.yml", "nav:", "hooks: [docs/nl/mark.py]\nnav:"),
    "other settings under the menu": ("mkdocs.en.yml", "INHERIT: editorial/build/", "INHERIT: docs/nl/"),
    "an extension in the menu": ("mkdocs.en.yml", "nav:", "markdown_extensions: [pymdownx.snippets]\nnav:"),
    "a link that runs in the menu": ("mkdocs.yml", "zelftest.md", "javascript:mark()"),
    "a number that loses its end": ("docs/facts.yml", "ot: 070-3738314 ", "ot: 070-3738314 #5 "),
    "a number twice": ("docs/facts.yml", "ot: 070-3738314 ", "ot: 070-3738315\n    ot: 070-3738314 "),
    "what is left of a merge": ("docs/words.nl.yml", "concepts:", "||||||| 84a19a6\nconcepts:"),
    "markup in a word": ("mkdocs.yml", "menu: Menu", "menu: <img src=x onerror=mark()>"),
    "a phrase that is no pattern": ("editorial/wording.yml", "- 24/7", "- ((24/7"),
    "a phrase that repeats what repeats": ("editorial/wording.yml", "- 24/7", "- (?:u+)+ nu"),
    "a phrase with many choices": ("editorial/wording.yml", "- 24/7", "- " + "u?" * 17),
    "an expression in a word": ("mkdocs.en.yml", "menu: Menu", 'menu: "{{ ' + RUN + ' }}"'),
}  # fmt: skip
SAID = re.compile(r"^  (\S.*?):\d+  .*\n      -> .*\[([\w-]+)\]$", re.MULTILINE)

# Each runs commands that people type, on a whole copy of the project.
pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The repository as somebody proposes to change it, with the environment of this one, and a good site built before."""
    root = copy_of_the_repository(tmp_path_factory.mktemp("proposal") / "repository")
    assert typed(root, "site").returncode == 0
    propose(root)
    yield root
    assert not (root / MARK).exists()


def copy_of_the_repository(root: Path) -> Path:
    """Everything that make needs, with the environment of this repository."""
    left_out = shutil.ignore_patterns(".git", ".venv", "node_modules", "site", "var", ".*_cache", "__pycache__", "mutants")
    shutil.copytree(REPO, root, ignore=left_out, symlinks=True)
    for name in (".venv", "node_modules"):
        (root / name).symlink_to(REPO / name)
    return root


def propose(root: Path) -> None:
    """Put everything hostile into the pages and beside them."""
    for slug, (text, _) in PAGES.items():
        with (root / f"docs/nl/{slug}.md").open("a", encoding="utf-8") as page:
            page.write(f"\n\n{text}\n")
    for slug, (head, _) in HEADS.items():
        path = root / f"docs/nl/{slug}.md"
        before, _, after = path.read_text("utf-8").partition("owner: redactie OT")
        path.write_text(f"{before}{head}{after}", "utf-8")
    for name, (content, _) in FILES.items():
        (root / "docs" / name).write_text(content, "utf-8")


def expected() -> set[tuple[str, str]]:
    pages = {(f"docs/nl/{slug}.md", rule) for slug, (_, rule) in {**PAGES, **HEADS}.items()}
    return pages | {(f"docs/{name}", rule) for name, (_, rule) in FILES.items()}


def typed(root: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What somebody types behind `make`, on the day of these tests."""
    variables = os.environ | {"SOURCE_DATE_EPOCH": DAY_SECONDS} | environment
    return subprocess.run(["make", *command], cwd=root, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "command", [["check"], ["site"], ["run", "PORT=18999"], ["release", "TARGET=var/online"]], ids=" ".join
)
def test_a_proposal_with_hostile_pages_is_refused_by_each_command(command: list[str], checkout: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (checkout / "site").rglob("*")}
    run = typed(checkout, *command)
    assert run.returncode != 0
    said = set(SAID.findall(run.stdout + run.stderr))
    assert expected() - said == set()
    assert "Traceback" not in run.stderr
    # What was refused has not replaced the good site, nor gone online, and nothing of it ran.
    assert {path: path.stat().st_mtime_ns for path in (checkout / "site").rglob("*")} == before
    assert not (checkout / "var/online").exists() and not (checkout / MARK).exists()
    assert not [*checkout.glob(".site-*")]


def test_the_preview_runs_and_shows_nothing_hostile(checkout: Path) -> None:
    server = serve(checkout, 0)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def get(address: str) -> str:
        try:
            return urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{address}").read().decode()  # noqa: S310
        except urllib.error.HTTPError as refused:
            return f"{refused.code}"

    try:
        for slug, (_, rule) in {**PAGES, **HEADS}.items():
            shown = get(f"/{slug}/")
            assert '<li class="desk-error">' in shown, (slug, rule)
            assert harmless(shown.partition("<style>\n.desk")[0]), slug
        index = get("/search/search_index.json")
        assert "javascript:" not in index
        for name, (_, rule) in FILES.items():
            if rule in ("stray-file", "picture-kind"):
                assert get(f"/{quote(name.removeprefix('nl/'))}").startswith(("404", "<!doctype")), name
    finally:
        server.shutdown()
        server.server_close()
    assert not (checkout / MARK).exists()


def harmless(html: str) -> bool:
    """Whether a page of the preview holds nothing that runs or is fetched but what the frame around every page has."""
    page = BeautifulSoup(html, "html.parser")
    elements = page.find_all(True)
    runs = [element for element in elements if element.name == "script" and not str(element["src"]).startswith("../assets/")]
    runs += [element for element in elements if any(name.startswith("on") or name == "style" for name in element.attrs)]
    addresses = [str(element.get("href") or element.get("src") or "") for element in elements]
    return not runs and not [address for address in addresses if re.match(r"\s*(javascript|data):", address)]


def test_markup_alone_is_refused_by_a_build(desk: Path) -> None:
    hostile = {f"docs/en/{slug}.md": body for slug, (body, rule) in PAGES.items() if rule == "markup"}
    for name, body in hostile.items():
        with (desk / name).open("a", encoding="utf-8") as page:
            page.write(f"\n\n{body}\n")
        # A link that leads nowhere is what the two languages then differ in; that alone may be forgiven.
        rewrite_head(desk / name, 'except: {structure: "hier gaat het om iets anders"}')
    assert {problem.path for problem in make(desk, desk / "site") if problem.rule.name == "markup"} == hostile.keys()
    assert not (desk / "site").exists()


# Typed, or what a heading of these words becomes.
HEADINGS = ["Verstuur { #send }", "Zo { #role-0 }", "Message", "When", "Way"]


def test_no_heading_takes_the_place_of_a_part_of_the_form(desk: Path) -> None:
    path = desk / "docs/en/contact.md"
    with path.open("a", encoding="utf-8") as page:
        page.write("".join(f"\n\n## {heading}\n\nText.\n" for heading in HEADINGS))
    found = [problem for problem in all_problems(Desk(desk, today())) if problem.rule.name == "markup"]
    assert [(problem.path, problem.finding.case) for problem in found] == [("docs/en/contact.md", "name")] * len(HEADINGS)
    lines = path.read_text("utf-8").split("\n")
    assert {lines[problem.finding.line - 1] for problem in found} == {f"## {heading}" for heading in HEADINGS}


def rewrite_head(path: Path, line: str) -> None:
    path.write_text(path.read_text("utf-8").replace("---\n", f"---\n{line}\n", 1), "utf-8")


@pytest.mark.parametrize("proposed", LISTS.values(), ids=LISTS)
def test_a_list_holds_text_and_nothing_that_runs(proposed: tuple[str, str, str], desk: Path) -> None:
    name, old, new = proposed
    text = (desk / name).read_text("utf-8")
    assert old in text
    (desk / name).write_text(text.replace(old, new, 1), "utf-8")
    (desk / "docs/nl/mark.py").write_text(f"open({MARK!r}, 'w')", "utf-8")
    found = make(desk, desk / "site")
    assert {problem.path for problem in found} == {name}
    assert not (desk / "site").exists() and not (desk / MARK).exists() and not Path(MARK).exists()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The real pages and lists with the real theme."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", DAY_SECONDS)
    shutil.copytree(REPO / "docs", tmp_path / "docs")
    (tmp_path / "overrides").symlink_to(REPO / "overrides")
    shutil.copytree(REPO / "editorial/build", tmp_path / "editorial/build")
    for name in BESIDE:
        shutil.copy(REPO / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    "place",
    [
        "mkdocs.yml",
        "editorial/wording.yml",
        "editorial/words.txt",
        "docs/nl/geheim.md",
        "docs/nl/img/geheim.png",
        "docs/facts.yml",
        "docs/nl/map",
    ],
)
def test_a_link_out_of_the_folder_is_never_followed(place: str, desk: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere")
    (desk / place).unlink(missing_ok=True)
    (desk / place).symlink_to(secret)
    found = make(desk, desk / "site")
    assert [(problem.rule.name, problem.path, problem.finding.case) for problem in found] == [("stray-file", place, "link")]


def test_what_never_ends_is_not_read(desk: Path) -> None:
    os.mkfifo(desk / "docs/nl/eindeloos.md")
    [problem] = make(desk, desk / "site")
    assert (problem.rule.name, problem.path) == ("stray-file", "docs/nl/eindeloos.md")
