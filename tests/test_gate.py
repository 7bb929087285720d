"""The gate (`make test`) shows that everything ran: what was skipped is a failure that names its reason."""

import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).parents[1]

SKIPPED = {
    "in a test": "def test_it():\n    pytest.skip('needs the Debian package nonesuch')",
    "by a mark": "@pytest.mark.skipif(True, reason='needs the Debian package nonesuch')\ndef test_it():\n    pass",
    "by a fixture": (
        "@pytest.fixture\ndef it():\n    pytest.skip('needs the Debian package nonesuch')\n\ndef test_it(it):\n    pass"
    ),
    "as a file": "pytest.skip('needs the Debian package nonesuch', allow_module_level=True)",
}


def gate(folder: Path, test: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(f"import pytest\n\n{test}\n", "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.support.nothing_skipped", "-p", "no:randomly", *options]
    command += ["--rootdir", str(folder), "-c", "/dev/null", str(folder / "test_it.py")]
    return subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("test", SKIPPED.values(), ids=SKIPPED)
def test_a_skipped_test_fails_and_names_its_reason(test: str, tmp_path: Path) -> None:
    run = gate(tmp_path, test)

    assert run.returncode != 0
    assert "The gate skips nothing" in run.stdout and "needs the Debian package nonesuch" in run.stdout


def test_it_does_so_in_several_processes_too(tmp_path: Path) -> None:
    run = gate(tmp_path, SKIPPED["by a mark"], "-n", "1")

    assert run.returncode != 0 and "needs the Debian package nonesuch" in run.stdout


def test_a_test_that_ran_or_is_known_to_fail_is_left_as_it_is(tmp_path: Path) -> None:
    run = gate(tmp_path, "def test_it():\n    pass\n\n@pytest.mark.xfail\ndef test_known():\n    assert False")

    assert run.returncode == 0, run.stdout


def test_make_test_runs_the_gate_so() -> None:
    assert "-p tests.support.nothing_skipped" in (REPO / "Makefile").read_text("utf-8")
