"""What `make audit` lets pass, and what it says when it could ask nobody."""

import json
import sys
from pathlib import Path

import pytest

from deploy import audit


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("BSD-3-Clause", True),
        ("Apache-2.0 OR GPL-3.0-only", True),
        ("MIT AND PSF-2.0", True),
        ("LGPL-3.0+", True),
        ("GPL-3.0-only", False),
        ("MIT AND AGPL-3.0-only", False),
        ("GNU General Public License v3 (GPLv3)", False),
        ("UNKNOWN", False),
    ],
)
def test_a_licence_passes_when_one_of_its_choices_is_on_the_list(licence: str, allowed: bool) -> None:
    assert audit.is_allowed(licence) == allowed


@pytest.mark.program
def test_an_audit_that_could_ask_about_nothing_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # What pip-audit 2.10 prints with success when the index does not answer.
    told = {"dependencies": [{"name": "flask", "skip_reason": "Dependency not found on PyPI"}], "fixes": []}
    silent = tmp_path / "pip-audit"
    silent.write_text(f"#!{sys.executable}\nprint({json.dumps(json.dumps(told))})\n", "utf-8")
    silent.chmod(0o755)
    monkeypatch.setattr(audit, "_beside", lambda _program: str(silent))
    holes, unknown = audit.python_holes()
    assert holes == []
    assert "1 of 1" in unknown
