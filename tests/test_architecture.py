"""The structure that keeps the service small and readable: who may import what, and how long things may get."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "contact_service"
PATHS = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}
MODULES = {name: ast.parse(path.read_text("utf-8")) for name, path in PATHS.items()}

DRAWN = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("The service has eight rooms on four floors.")[2]
# Who imports whom, as CONTRIBUTING's table has it: a room from the rooms named in its row, and no other.
ROWS = dict(re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", DRAWN.partition("\n\nThe web process")[0], re.M))
ROOMS = {
    room: ROWS.keys() - {room} if told == "all others" else set(re.findall(r"`(\w+)`", told)) for room, told in ROWS.items()
}
# What gunicorn is told to run stands before all rooms.
DOOR = {"wsgi"}
ONLY_IN = {
    "gnupg": {"openpgp.gpg"},
    "smtplib": {"delivery.connection", "delivery.post_office"},
    "sqlalchemy": {
        f"outbox.{name}" for name in ("database", "engine", "mails", "upgrade", "outbox", "kept", "signals", "postgresql")
    },
    "sqlite3": set(),
    "environs": {"settings.environment"},
    "flask": {"web.app", "web.views", "web.opened", "web.program_views", "web.language", "web.form", "web.form_token"},
    "flask_babel": {"web.app", "web.views", "web.choices", "web.opened", "web.form", "web.form_token"},
    "flask_wtf": {"web.form"},
    "wtforms": {"web.choices", "web.form", "web.form_token"},
    "werkzeug": {"web.views"},
    "subprocess": {"openpgp.gpg", "openpgp.browser", "delivery.queue", "delivery.watch", "operator.machine"},
    "altcha": {"web.proof"},
    "anycrc": {"openpgp.armor"},
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


def own_imports(name: str) -> set[str]:
    """The modules of the service that one module imports, by their names below the package."""
    own = {full.removeprefix("contact_service.") for full in imported(MODULES[name]) if full.startswith("contact_service.")}
    return {full if full in MODULES else full.rpartition(".")[0] for full in own}


def room_of(name: str) -> str:
    return name.partition(".")[0]


@pytest.mark.parametrize("name", sorted(MODULES.keys() - DOOR - {"__init__"}))
def test_a_room_imports_from_the_rooms_below_it_alone(name: str) -> None:
    room = room_of(name)

    assert {room_of(other) for other in own_imports(name)} <= ROOMS[room] | {room}


@pytest.mark.parametrize("room", ROOMS)
def test_the_table_names_no_room_that_is_not_imported(room: str) -> None:
    used = {room_of(other) for name in MODULES if room_of(name) == room for other in own_imports(name)}

    assert used - {room} == ROOMS[room]


def test_the_picture_shows_every_room_on_a_floor_above_those_that_it_imports_from() -> None:
    floors = [re.findall(r"\b[a-z]+\b", line.partition("(")[0]) for line in DRAWN.split("```")[1].splitlines()]
    floors = [rooms for rooms in floors if rooms]
    floor = {room: number for number, rooms in enumerate(floors) for room in rooms}

    assert floor.keys() == ROOMS.keys() and (len(floor), len(floors)) == (8, 4)
    assert {(room, other) for room in ROOMS for other in ROOMS[room] if floor[room] >= floor[other]} == set()


def test_no_two_modules_import_each_other() -> None:
    # Raises CycleError, which names them.
    order = list(TopologicalSorter({name: own_imports(name) for name in MODULES}).static_order())

    assert set(order) >= MODULES.keys()


def test_a_room_is_a_folder_with_a_sentence_and_no_other_door() -> None:
    assert {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"} == ROOMS.keys()
    for room in ROOMS:
        contents = MODULES[f"{room}.__init__"].body
        assert len(contents) == 1, f"{room}/__init__.py holds its docstring alone: nothing is exported twice"
        assert ast.get_docstring(MODULES[f"{room}.__init__"])


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

    assert readers <= {"settings.environment"}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_no_module_is_long(name: str) -> None:
    assert len(PATHS[name].read_text("utf-8").splitlines()) <= MAX_MODULE_LINES


def test_no_function_is_long() -> None:
    functions = {
        f"{name}.{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for name, module in MODULES.items()
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert {name: lines for name, lines in functions.items() if lines > MAX_FUNCTION_LINES} == {}


def test_the_example_settings_name_exactly_the_settings_that_exist() -> None:
    source = "".join((PACKAGE / "settings" / name).read_text("utf-8") for name in ("config.py", "commands.py"))
    example = (ROOT / "deploy" / "settings.example.env").read_text("utf-8")

    settings = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', source))
    named = set(re.findall(r"^#? ?CONTACT_([A-Z_]+)=", example, re.M))
    assert len(settings) > 15
    assert {name if name in settings else name.removesuffix("_FILE") for name in named} == settings


def test_every_screen_text_has_a_dutch_translation() -> None:
    catalogue = (PACKAGE / "web" / "translations" / "nl" / "LC_MESSAGES" / "messages.po").read_text("utf-8")
    translated = "".join(re.findall(r'"(.*)"', catalogue))
    sources = [path.read_text("utf-8") for path in [*PACKAGE.glob("web/templates/*.html"), *PACKAGE.glob("web/*.py")]]

    texts = [text for source in sources for text in re.findall(r'(?:\b_|gettext)\(\s*"([^"]+)"', source)]
    assert len(texts) > 40
    assert [text for text in texts if text not in translated] == []
    assert not re.search(r'msgstr ""\n(?!")', catalogue)
