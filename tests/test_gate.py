"""The gate (`make test`) shows that everything ran, `make quick` that nothing else did: what was skipped or started is told."""

import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).parents[1]

pytestmark = pytest.mark.server

# One file for each way to skip.
SKIPPED = {
    "test_inside": "def test_it():\n    pytest.skip('needs the Debian package nonesuch')",
    "test_mark": "@pytest.mark.skipif(True, reason='needs the Debian package nonesuch')\ndef test_it():\n    pass",
    "test_fixture": (
        "@pytest.fixture\ndef it():\n    pytest.skip('needs the Debian package nonesuch')\n\ndef test_it(it):\n    pass"
    ),
    "test_file": "pytest.skip('needs the Debian package nonesuch', allow_module_level=True)",
}


def gate(folder: Path, tests: dict[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    for name, test in tests.items():
        (folder / f"{name}.py").write_text(f"import pytest\n\n{test}\n", "utf-8")
    command = [sys.executable, "-m", "pytest", "-rfE", "-p", "tests.support.nothing_skipped", "-p", "no:randomly", *options]
    command += ["--rootdir", str(folder), "-c", "/dev/null", str(folder)]
    return subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False, timeout=120)


def test_whatever_is_skipped_fails_and_names_its_reason(tmp_path: Path) -> None:
    run = gate(tmp_path, SKIPPED, "--continue-on-collection-errors")

    assert run.returncode != 0
    # Where CI is set, the summary gives the reasons once more.
    told, _, summary = run.stdout.partition("short test summary")
    assert told.count("The gate skips nothing. Skipped: needs the Debian package nonesuch") == len(SKIPPED), run.stdout
    assert all(f"{name}.py" in summary for name in SKIPPED)


def test_it_does_so_in_several_processes_and_leaves_alone_what_ran_or_is_known_to_fail(tmp_path: Path) -> None:
    known = {"test_known": "def test_it():\n    pass\n\n@pytest.mark.xfail\ndef test_known():\n    assert False"}

    run = gate(tmp_path, known | {"test_mark": SKIPPED["test_mark"]}, "-n", "1")

    assert "1 passed, 1 xfailed, 1 error" in run.stdout, run.stdout
    assert "needs the Debian package nonesuch" in run.stdout


def test_make_test_runs_the_gate_so() -> None:
    assert "-p tests.support.nothing_skipped" in (REPO / "Makefile").read_text("utf-8")


# The second user of a fixture that starts something starts nothing itself.
PROGRAMS = """import subprocess

@pytest.fixture(scope="module")
def started():
    subprocess.run(["true"])

def test_first(started):
    pass

def test_second(started):
    pass

def test_of_its_own():
    subprocess.run(["true"])

def test_without():
    pass

def test_git():
    subprocess.run(["git", "--version"])"""


def test_what_starts_another_program_than_gpg_and_git_fails_in_make_quick_and_names_it(tmp_path: Path) -> None:
    run = gate(tmp_path, {"test_programs": PROGRAMS}, "-p", "tests.support.no_programs")

    assert "3 failed, 2 passed" in run.stdout, run.stdout
    assert run.stdout.partition("short test summary")[0].count("It starts true: mark it as `program`.") == 3, run.stdout
    assert "-p tests.support.no_programs" in (REPO / "Makefile").read_text("utf-8")
