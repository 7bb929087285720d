"""SECURITY.md promises nothing that nothing shows: each test and command it names exists, and no requirement is left out."""

import re

from tests.support.built_site import REPO

DOCUMENT = (REPO / "SECURITY.md").read_text("utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in DOCUMENT.splitlines() if re.match(r"\| \d", line)]
# Of OWASP ASVS 5.0: in each section, how many requirements there are, and which of them are of level 3.
SECTIONS: dict[str, tuple[int, set[int]]] = {
    "1.1": (2, set()), "1.2": (10, {10}), "1.3": (12, {12}), "1.4": (3, set()), "1.5": (3, {3}),
    "2.1": (3, set()), "2.2": (3, set()), "2.3": (5, {5}), "2.4": (2, {2}),
    "3.2": (2, set()), "3.3": (5, {5}), "3.4": (8, {7, 8}), "3.5": (8, {6, 7, 8}), "3.7": (5, {3, 4, 5}),
    "4.1": (5, {4, 5}), "4.2": (5, {2, 3, 4, 5}), "4.3": (2, set()), "4.4": (4, set()),
    "5.1": (1, set()), "5.2": (6, {4, 5, 6}), "5.3": (3, {3}), "5.4": (3, set()),
    "9.1": (3, set()), "9.2": (4, set()),
    "11.1": (4, {3, 4}), "11.2": (5, {4, 5}), "11.3": (5, {4, 5}), "11.4": (4, {4}), "11.5": (2, {2}), "11.6": (2, {2}),
    "12.1": (5, {4, 5}), "12.2": (2, set()), "12.3": (5, {5}),
    "13.1": (4, {2, 3, 4}), "13.2": (6, {6}), "13.3": (4, {3, 4}), "13.4": (7, {6, 7}),
    "14.1": (2, set()), "14.2": (8, {5, 6, 7, 8}), "14.3": (3, set()),
    "15.1": (5, {4, 5}), "15.2": (5, {4, 5}), "15.3": (7, set()),
    "16.1": (1, set()), "16.2": (5, set()), "16.3": (4, set()), "16.4": (3, set()), "16.5": (4, {4}),
}  # fmt: skip


def test_every_test_and_command_that_it_names_exists() -> None:
    sources = "".join(path.read_text("utf-8") for path in (REPO / "tests").rglob("test_*.py"))
    tests = set(re.findall(r"`(test_\w+)`", DOCUMENT))
    assert len(tests) > 60
    assert {name for name in tests if not re.search(rf"def {name}\(", sources)} == set()
    commands = set(re.findall(r"`make ([a-z-]+)", DOCUMENT))
    targets = re.findall(r"^([a-z-]+):", (REPO / "Makefile").read_text("utf-8"), re.M)
    assert commands <= set(targets)


def test_each_requirement_of_level_two_has_exactly_one_row() -> None:
    named = [number for cells in ROWS for number in cells[0].split(", ")]
    wanted = [
        f"{section}.{number}"
        for section, (count, level_three) in SECTIONS.items()
        for number in range(1, count + 1)
        if number not in level_three
    ]
    assert sorted(named) == sorted(wanted)


def test_each_row_has_a_test_or_a_reason() -> None:
    assert [cells[0] for cells in ROWS if len(cells) != 3 or len(cells[2]) < 8] == []
