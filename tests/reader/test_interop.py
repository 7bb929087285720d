"""Keys of the advisers' reader are keys like any other, and those of other programs read in it, as they hand them out."""

import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from contact_service.mail.submission import Submission
from tests.support.openers import missing_programs, sequoia_key
from tests.support.reader_page import Made, ReaderPage, encrypted, entity, locked_key, mail
from tests.support.thunderbird import THUNDERBIRD, Thunderbird

pytestmark = [
    pytest.mark.browser,
    pytest.mark.interop,
    pytest.mark.skipif(bool(missing_programs()), reason=f"needs {', '.join(missing_programs())}"),
]


@pytest.fixture(scope="module")
def made(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Made:
    context = browser.new_context(accept_downloads=True)
    try:
        return ReaderPage(context.new_page()).make_key(tmp_path_factory.mktemp("made"))
    finally:
        context.close()


@pytest.fixture
def reader(browser: Browser) -> Iterator[ReaderPage]:
    context = browser.new_context()
    yield ReaderPage(context.new_page())
    context.close()


def test_keys_read_as_other_programs_hand_them_out(
    reader: ReaderPage, submission: Submission, tmp_path: Path, short_folder: Path
) -> None:
    home = str(tmp_path / "rnp")
    rnp = ["rnpkeys", "--homedir", home, "--password", "Geheime zin"]
    Path(home).mkdir(mode=0o700)
    who = "jo@vereniging.example"
    subprocess.run([*rnp, "--generate-key", "--userid", f"Jo <{who}>"], check=True, capture_output=True)
    of_rnp = [
        subprocess.run(["rnpkeys", "--homedir", home, "--export-key", *secret, who], check=True, capture_output=True).stdout
        for secret in (["--secret"], [])
    ]
    secret, public = locked_key(short_folder / "gpg", "Geheime zin", "brainpoolP256r1", "brainpoolP256r1")
    programs = {
        "Sequoia": sequoia_key(tmp_path, who, "--can-encrypt", "universal"),
        "RNP": (of_rnp[0], of_rnp[1]),
        "gpg, on a curve that the form refuses": (secret, public.read_bytes()),
    }
    for program, (secret, public_key) in programs.items():
        reader.page.click("#forget")
        (tmp_path / "public.asc").write_bytes(public_key)
        reader.give("mail-file", ("encrypted.asc", encrypted(entity(submission), tmp_path / "public.asc", tmp_path)))
        reader.give("key-file", ("reservekopie.asc", secret))
        assert "Er lag een kogelbrief op de mat." in reader.read("Geheime zin"), program


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
