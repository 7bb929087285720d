"""The only type that holds plaintext: it keeps the text as typed and never prints it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_service.mail.submission import Submission, as_typed


def test_a_printed_submission_shows_nothing_that_was_typed(submission: Submission) -> None:
    printed = f"{submission!r} {submission} {[submission]}"

    assert printed.count("role='burgemeester'") == 3
    for word in ("12345678", "Sterrenwacht", "Jozefien", "zwemmen", "kogelbrief", "bedreiging"):
        assert word not in printed


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028", "\u2029", "\x85"])
def test_every_kind_of_line_break_becomes_one_kind(line_break: str) -> None:
    assert as_typed(f"een{line_break}twee") == "een\ntwee"


@pytest.mark.parametrize(
    ("control", "picture"),
    [("\x00", "␀"), ("\x1b", "␛"), ("\x0b", "␋"), ("\x0c", "␌"), ("\x1c", "␜"), ("\x7f", "␡"), ("\x9b", "\ufffd")],
)
def test_a_control_character_becomes_visible(control: str, picture: str) -> None:
    assert as_typed(f"a{control}b") == f"a{picture}b"


@pytest.mark.parametrize(
    "text", ["tab\there", "  spaces  ", "\u202eright to left\u200f", "🙏🏽", "€", "e\u0301 é", "", "\ufeff"]
)
def test_all_other_text_stays_as_it_was_typed(text: str) -> None:
    assert as_typed(text) == text


@given(st.text())
def test_cleaning_text_twice_changes_nothing_more(text: str) -> None:
    assert as_typed(as_typed(text)) == as_typed(text)


@given(st.text())
def test_no_control_character_survives(text: str) -> None:
    assert all(character in "\t\n" or not (ord(character) < 32 or 127 <= ord(character) < 160) for character in as_typed(text))


@given(st.text())
def test_python_sees_no_line_break_that_the_mail_does_not_see(text: str) -> None:
    cleaned = as_typed(text) + "."

    assert cleaned.splitlines() == cleaned.split("\n")
