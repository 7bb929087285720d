"""The advisers' reader finds the message in a mail, however it was saved, and takes its text apart without a fault."""

import subprocess

from tests.support.built_site import REPO


def test_messages_are_found_in_every_form_and_texts_are_taken_apart() -> None:
    command = ["node", "--test", str(REPO / "tests" / "support" / "reader.test.mjs")]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPO)

    assert run.returncode == 0, run.stdout
