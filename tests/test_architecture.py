"""The structure that keeps the service small and readable: who may import what, and how long things may get."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "contact_service"
MODULES = {path.stem: ast.parse(path.read_text("utf-8")) for path in PACKAGE.glob("*.py")}

# Imports point to an earlier line only.
LAYERS = [
    {"environment", "practice", "receipt", "submission", "words", "armor", "headers"},
    {"proof", "config", "advisers", "key_files", "message", "page", "ciphertext", "manifest", "gpg"},
    {"frozen", "keys", "database", "mails", "limits"},
    {"encryption", "outbox", "signals"},
    {"health", "key_warnings", "post_office", "publication", "form_token"},
    {"watch", "intake", "form"},
    {"delivery", "key_commands", "views"},
    {"web", "cli"},
    {"wsgi"},
]
ONLY_IN = {
    "gnupg": {"gpg"},
    "smtplib": {"post_office"},
    "sqlalchemy": {"database", "mails", "outbox", "signals"},
    "sqlite3": set(),
    "environs": {"environment"},
    "flask": {"web", "views", "form", "form_token"},
    "flask_babel": {"web", "views", "form", "form_token"},
    "flask_wtf": {"form"},
    "wtforms": {"form", "form_token"},
    "werkzeug": {"views"},
    "subprocess": {"gpg", "watch"},
    "altcha": {"proof"},
    "pickle": set(),
}
MAX_MODULE_LINES, MAX_FUNCTION_LINES = 150, 40


def imported(module: ast.Module) -> set[str]:
    """The full names of what a module imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def own_imports(module: ast.Module) -> set[str]:
    return {name.split(".")[1] for name in imported(module) if name.startswith("contact_service.")}


@pytest.mark.parametrize("name", sorted(MODULES.keys() - {"__init__"}))
def test_imports_point_one_way(name: str) -> None:
    places = [place for place, layer in enumerate(LAYERS) if name in layer]
    assert len(places) == 1, f"give {name} a place in LAYERS"

    earlier = set().union(*LAYERS[: places[0]])
    assert own_imports(MODULES[name]) <= earlier


@pytest.mark.parametrize(("library", "allowed"), ONLY_IN.items(), ids=ONLY_IN)
def test_each_library_is_known_to_one_place(library: str, allowed: set[str]) -> None:
    users = {name for name, module in MODULES.items() if library in {full.split(".")[0] for full in imported(module)}}

    assert users <= allowed


def test_only_one_module_reads_the_environment() -> None:
    readers = {
        name
        for name, module in MODULES.items()
        for node in ast.walk(module)
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "environb", "getenv")
        if ast.unparse(node) != "request.environ"  # what a request is made of, not the process
    }
    readers |= {name for name, module in MODULES.items() if imported(module) & {"os.environ", "os.getenv"}}

    assert readers <= {"environment"}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_no_module_is_long(name: str) -> None:
    assert len((PACKAGE / f"{name}.py").read_text("utf-8").splitlines()) <= MAX_MODULE_LINES


def test_no_function_is_long() -> None:
    functions = {
        f"{name}.{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for name, module in MODULES.items()
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {name: lines for name, lines in functions.items() if lines > MAX_FUNCTION_LINES} == {}


def test_the_example_settings_name_exactly_the_settings_that_exist() -> None:
    source = (PACKAGE / "config.py").read_text("utf-8")
    example = (ROOT / "deploy" / "settings.example.env").read_text("utf-8")

    settings = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    named = set(re.findall(r"^#? ?CONTACT_([A-Z_]+)=", example, re.M))
    assert len(settings) > 15
    assert {name if name in settings else name.removesuffix("_FILE") for name in named} == settings


def test_every_screen_text_has_a_dutch_translation() -> None:
    catalogue = (PACKAGE / "translations" / "nl" / "LC_MESSAGES" / "messages.po").read_text("utf-8")
    translated = "".join(re.findall(r'"(.*)"', catalogue))
    sources = [path.read_text("utf-8") for path in [*PACKAGE.glob("templates/*.html"), *PACKAGE.glob("*.py")]]

    texts = [text for source in sources for text in re.findall(r'(?:\b_|gettext)\(\s*"([^"]+)"', source)]
    assert len(texts) > 40
    assert [text for text in texts if text not in translated] == []
    assert not re.search(r'msgstr ""\n(?!")', catalogue)
