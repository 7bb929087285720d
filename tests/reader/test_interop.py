"""Keys of the advisers' reader are keys like any other, and those of other programs read in it, as they hand them out."""

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from contact_service.keys.advisers import Adviser
from contact_service.keys.judgement import judge
from contact_service.mail.submission import Submission
from contact_service.openpgp.key_files import inspect
from deploy.demo.inbox import _shown as as_inbox_shows_it
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
    context = browser.new_context(accept_downloads=True)
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


@pytest.fixture(scope="module")
def thunderbird(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Thunderbird]:
    if not THUNDERBIRD:
        pytest.skip("needs thunderbird")
    thunderbird = Thunderbird(tmp_path_factory.mktemp("thunderbird") / "profile")
    yield thunderbird
    thunderbird.stop()


# Without the buttons, and with the name of a fact before what it says, as the mail has it.
WORDS = """() => {
  const letter = document.querySelector('#letter').cloneNode(true);
  for (const one of letter.querySelectorAll('.no-print')) one.remove();
  for (const name of letter.querySelectorAll('dt')) name.textContent += ': ';
  for (const one of letter.querySelectorAll('h2, h3, p, pre, dd')) one.append('\\n');
  return letter.textContent;
}"""


def test_make_inbox_thunderbird_and_the_reader_show_the_same_message_word_for_word(
    reader: ReaderPage, thunderbird: Thunderbird, made: Made, submission: Submission, tmp_path: Path, now: datetime
) -> None:
    inner = entity(replace(submission, message=f"{submission.message}\n\nÜnï 漢字 € 🙂\n  twee spaties\n> en een teken"))
    letter = tmp_path / "message.eml"
    letter.write_bytes(mail(encrypted(inner, made.public, tmp_path), now))
    thunderbird.take_key(made.secret.read_text("ascii"), made.passphrase)
    shown = thunderbird.open(letter)
    thunderbird.close()
    reader.give("mail-file", letter)
    reader.give("key-file", made.secret)
    reader.read(made.passphrase)

    heads, _, text = as_inbox_shows_it(inner).partition("\n\n")
    subject = next(line for line in heads.split("\n") if line.startswith("Subject: ")).removeprefix("Subject: ")
    words = [*subject.split(), *text.split()]
    # Thunderbird keeps the open headers beside it, for paper.
    assert shown and [*shown.subject.split(), *shown.text[shown.text.index("Bericht via") :].split()] == words
    assert reader.page.evaluate(WORDS).split() == words


def test_a_key_that_thunderbird_made_reads_and_is_prolonged(
    reader: ReaderPage, thunderbird: Thunderbird, submission: Submission, tmp_path: Path
) -> None:
    secret, public = thunderbird.make_key("Jo <jo@vereniging.example>", "Geheime zin")
    (tmp_path / "public.asc").write_bytes(public)
    reader.give("mail-file", ("encrypted.asc", encrypted(entity(submission), tmp_path / "public.asc", tmp_path)))
    reader.give("key-file", ("jo_SECRET.asc", secret))
    assert "Er lag een kogelbrief op de mat." in reader.read("Geheime zin")
    reader.door("manage")
    reader.manage("prolong", "Geheime zin")
    later = inspect("jo.asc", reader.save("manage", "public", tmp_path).read_bytes())
    (verdict,) = judge([Adviser("jo", "jo@vereniging.example", (later.fingerprint,))], [later])
    assert verdict.code == "fit"
    assert verdict.usable_until and 729 <= (verdict.usable_until - datetime.now(UTC)).days <= 731
