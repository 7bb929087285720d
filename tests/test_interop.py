"""The very mail that delivery handed over opens in other programs, for keys of other programs, exactly as it was typed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page

from contact_service.operator.cli import main
from tests.support.interop import AS_TYPED, Mails, absent, delivered, opened, shown_by_the_reader, shown_by_thunderbird
from tests.support.key_maker import ADDRESS, key
from tests.support.postfix import Postfix
from tests.support.stack import wait_until

pytestmark = [
    pytest.mark.interop,
    pytest.mark.browser,
    pytest.mark.skipif(bool(absent()), reason=f"needs {', '.join(absent())}"),
]


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(accept_downloads=True)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory, page: Page) -> Mails:
    return delivered(tmp_path_factory.mktemp("i"), page)


def test_every_program_opens_every_mail_exactly_as_it_was_typed(mails: Mails) -> None:
    assert [pair for pair, exact in opened(mails).items() if not exact] == []


def test_the_advisers_page_shows_every_mail_exactly_as_it_was_typed(mails: Mails, page: Page) -> None:
    assert [which for which, exact in shown_by_the_reader(mails, page).items() if not exact] == []


def test_thunderbird_shows_the_real_subject_the_whole_text_and_a_lock_and_hides_the_padding(
    mails: Mails, tmp_path: Path
) -> None:
    for shown in shown_by_thunderbird(mails, tmp_path).values():
        assert shown is not None
        assert shown.subject.startswith("Wethouder, contactformulier (")
        assert [line for line in AS_TYPED.split("\n") if line not in shown.text] == []
        assert shown.lock.endswith("message-encrypted-ok.svg")
        assert shown.hides_padding and shown.attachments == ""


def test_the_mail_that_travels_says_nothing_of_what_was_typed(mails: Mails) -> None:
    for delivered_mail in mails.values():
        mail = delivered_mail.mail.read_bytes()
        assert b"Subject: [...]" in mail and b"bedreiging" not in mail and b"Nna" not in mail


def test_the_daily_run_hands_its_warnings_to_the_mail_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fingerprint, file = key("expires-tomorrow")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "adviseur.asc").write_bytes(file)
    roles = '["burgemeester", "wethouder", "raadslid", "statenlid", "anders"]'
    adviser = f'name = "adviseur"\naddress = "{ADDRESS}"\nfingerprints = ["{fingerprint}"]\n'
    text = f'[[association]]\nname = "Vereniging"\nroles = {roles}\n[[association.advisers]]\n{adviser}'
    (tmp_path / "advisers.toml").write_text(text, "utf-8")
    postfix = Postfix(tmp_path).start()
    try:
        settings = {"ADVISERS": tmp_path / "advisers.toml", "KEYS": tmp_path / "keys", "FROM": "formulier@hulp.example"}
        settings |= {"OPERATOR": "beheer@hulp.example", "OUTBOX": f"sqlite:///{tmp_path}/o", "BOUNCES": "beheer@hulp.example"}
        settings |= {"SMTP_HOST": "localhost", "SMTP_PORT": postfix.port, "SMTP_CA_FILE": postfix.ca_file}
        for name, value in settings.items():
            monkeypatch.setenv(f"CONTACT_{name}", str(value))
        assert CliRunner().invoke(main, ["warn-keys"], catch_exceptions=False).exit_code == 0
        wait_until(lambda: postfix.received(ADDRESS) and postfix.received("beheer@hulp.example"), what="both warnings")
        assert b"Verleng uw sleutel: die verloopt morgen" in postfix.received(ADDRESS)[0]
    finally:
        postfix.stop()
