"""The very mail that delivery handed over opens in other programs, for keys of other programs, exactly as it was typed."""

from pathlib import Path

import pytest
from interop import AS_TYPED, Delivered, absent, delivered, opened, shown_by_thunderbird

pytestmark = [pytest.mark.interop, pytest.mark.skipif(bool(absent()), reason=f"needs {', '.join(absent())}")]


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Delivered]:
    return delivered(tmp_path_factory.mktemp("i"))


def test_every_program_opens_every_mail_exactly_as_it_was_typed(mails: dict[str, Delivered]) -> None:
    assert [pair for pair, exact in opened(mails).items() if not exact] == []


def test_thunderbird_shows_the_real_subject_the_whole_text_and_a_lock_and_hides_the_padding(
    mails: dict[str, Delivered], tmp_path: Path
) -> None:
    for shown in shown_by_thunderbird(mails, tmp_path).values():
        assert shown is not None
        assert shown.subject.startswith("Wethouder, bedreiging of agressie (")
        assert [line for line in AS_TYPED.split("\n") if line not in shown.text] == []
        assert shown.lock.endswith("message-encrypted-ok.svg")
        assert shown.hides_padding and shown.attachments == ""


def test_the_mail_that_travels_says_nothing_of_what_was_typed(mails: dict[str, Delivered]) -> None:
    for delivered_mail in mails.values():
        mail = delivered_mail.mail.read_bytes()
        assert b"Subject: [...]" in mail and b"bedreiging" not in mail and b"Nna" not in mail
