"""What the documents say can be done: every command, setting, file and test that they name exists, and none is left out."""

import re
from pathlib import Path

import pytest
from click import Context, Group

from contact_service.operator.cli import main

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "deploy").glob("**/*.md")),
    *sorted((ROOT / "editorial" / "handbook").glob("*.md")),
]
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
SETTINGS = set(
    re.findall(r"^#? ?(CONTACT_[A-Z_]+)=", (ROOT / "deploy" / "settings.example.env").read_text("utf-8"), re.MULTILINE)
)


def commands(group: Group) -> set[str]:
    """Every command by its full name."""
    names, context = set(), Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        names |= {f"{name} {below}" for below in commands(command)} if isinstance(command, Group) else {name}
    return names


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_make_command_in_a_document_exists(document: Path) -> None:
    named = set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)", document.read_text("utf-8"), re.MULTILINE))

    assert named <= TARGETS


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_operator_command_in_a_document_exists(document: Path) -> None:
    named = set(re.findall(r"contact-service ([a-z][a-z-]+)\b", document.read_text("utf-8")))

    assert {name for name in named if name in {command.split()[0] for command in commands(main)}} == named


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_setting_in_a_document_exists(document: Path) -> None:
    named = set(re.findall(r"CONTACT_[A-Z_]+[A-Z]", document.read_text("utf-8")))

    assert {name.removesuffix("_FILE") for name in named} <= {name.removesuffix("_FILE") for name in SETTINGS}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_in_a_document_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    links = {target for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text) if not target.startswith("/")}
    paths = set(re.findall(r"`((?:contact_service|tests|deploy|editorial|overrides|benchmarks)/[\w./-]+\.\w+)`", text))

    assert {target for target in links if not (document.parent / target).exists()} == set()
    assert {path for path in paths if not (ROOT / path).exists()} == set()


def test_the_guides_tell_every_operator_command() -> None:
    guides = "".join((ROOT / "deploy" / name).read_text("utf-8") for name in ("GUIDE.md", "KEYS.md"))

    assert {command for command in commands(main) if f"contact-service {command}" not in guides} == set()


def test_make_alone_lists_every_command_that_a_document_names() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    helped = set(re.findall(r"^([a-z][a-z-]*):.*## ", makefile, re.MULTILINE))
    named = {name for path in DOCUMENTS for name in re.findall(r"`make ([a-z][a-z-]*)", path.read_text("utf-8"))}

    assert named <= helped


@pytest.mark.parametrize("document", ["README.md", "deploy/GUIDE.md"])
def test_every_figure_of_readme_and_guide_comes_from_the_measured_results(document: str) -> None:
    block = re.search(r"<!-- figures -->\n(.*?)<!-- /figures -->", (ROOT / document).read_text("utf-8"), re.DOTALL)
    results = (ROOT / "benchmarks" / "results.md").read_text("utf-8")
    measured = {tuple(cell.strip() for cell in line.split("|")[1:3]) for line in results.splitlines() if line.startswith("|")}
    assert block

    shown = [tuple(cell.strip() for cell in line.split("|")[1:3]) for line in block[1].splitlines() if line.startswith("|")]
    assert len(shown) > 5
    assert [figure for figure in shown[2:] if figure not in measured] == []
