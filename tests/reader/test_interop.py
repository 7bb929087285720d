"""A key that the advisers' reader made is a key like any other: RNP and Thunderbird open a message with it."""

import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from contact_service.mail.submission import Submission
from tests.support.reader_page import Made, ReaderPage, encrypted, entity, mail
from tests.support.thunderbird import THUNDERBIRD, Thunderbird

pytestmark = [pytest.mark.browser, pytest.mark.interop]


@pytest.fixture(scope="module")
def made(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Made:
    context = browser.new_context(accept_downloads=True)
    try:
        return ReaderPage(context.new_page()).make_key(tmp_path_factory.mktemp("made"))
    finally:
        context.close()


@pytest.mark.skipif(not shutil.which("rnp"), reason="needs rnp")
def test_rnp_opens_a_message_with_it(made: Made, submission: Submission, tmp_path: Path) -> None:
    (tmp_path / "message.asc").write_bytes(encrypted(entity(submission), made.public, tmp_path))
    (tmp_path / "home").mkdir(mode=0o700)
    command = ["rnp", "--homedir", str(tmp_path / "home"), "--keyfile", str(made.secret), "--password", made.passphrase]
    subprocess.run([*command, "--decrypt", "message.asc", "--output", "text"], cwd=tmp_path, capture_output=True, check=True)
    assert (tmp_path / "text").read_bytes() == entity(submission)


@pytest.mark.skipif(not THUNDERBIRD, reason="needs thunderbird")
def test_thunderbird_takes_it_with_its_passphrase_and_shows_the_message(
    made: Made, submission: Submission, tmp_path: Path, now: datetime
) -> None:
    (tmp_path / "message.eml").write_bytes(mail(encrypted(entity(submission), made.public, tmp_path), now))
    thunderbird = Thunderbird(tmp_path / "profile")
    try:
        thunderbird.take_key(made.secret.read_text("ascii"), made.passphrase)
        shown = thunderbird.open(tmp_path / "message.eml")
    finally:
        thunderbird.stop()
    assert shown and shown.subject.startswith("Burgemeester, contactformulier (")
    assert "Er lag een kogelbrief op de mat." in shown.text
