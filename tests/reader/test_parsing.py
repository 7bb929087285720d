"""The advisers' reader finds messages and keys, however they were saved, and takes them apart without a fault."""

import subprocess

import pytest

from tests.support.built_site import REPO

pytestmark = pytest.mark.program


@pytest.mark.parametrize("script", ["reader.test.mjs", "reader_keys.test.mjs"])
def test_messages_and_keys_are_found_in_every_form_and_taken_apart(script: str) -> None:
    command = ["node", "--test", str(REPO / "tests" / "support" / script)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPO)

    assert run.returncode == 0, run.stdout
