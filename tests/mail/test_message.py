"""The mail format: an answer passes as nothing else, its length does not show, the same input gives the same bytes."""

import email
import email.policy
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_service.mail.message import (
    BUCKETS_BYTES,
    inner_entity,
    outer_mail,
)
from contact_service.mail.receipt import Receipt, code_of, code_sum, mark_of, reference_of
from contact_service.mail.submission import (
    MAX_LINE_CHARACTERS,
    MAX_MESSAGE_CHARACTERS,
    MAX_REACH_CHARACTERS,
    ROLES,
    TOPICS,
    Submission,
    as_typed,
)
from contact_service.mail.words import ROLE_NAMES, TOPIC_NAMES

TEAM, ADDRESS = "Ondersteuningsteam Weerbaar Bestuur", "https://hulp.example/"
NONCE = "0123456789abcdef0123456789abcdef"
NOW = datetime(2026, 11, 24, 13, 37, 59, 123, UTC)
INNER_HEADERS = ["Subject", "From", "To", "Reply-To", *["HP-Outer"] * 3, "MIME-Version", "Content-Type"]
MARK = "3f7k"


def typed(limit: int) -> st.SearchStrategy[str]:
    """Any text that the form lets through, with what could break a mail more often than chance would have it."""
    breaks = ["\r\n", "\n", "\r", "\n\n", "\u2028", ".\r\n", "\nBcc: x@y.example", "--inner-"]
    nasty = st.sampled_from([*breaks, "\x00", "€", "🙏", "\u202e"])
    return st.lists(st.text(max_size=20) | nasty, max_size=12).map(lambda parts: as_typed("".join(parts))[:limit])


submissions = st.builds(
    Submission,
    language=st.sampled_from(["nl", "en"]),
    role=st.sampled_from(ROLES),
    reach=typed(MAX_REACH_CHARACTERS),
    name=typed(MAX_LINE_CHARACTERS),
    when=typed(MAX_LINE_CHARACTERS),
    voicemail=st.booleans(),
    topic=st.sampled_from(["", *TOPICS]),
    message=typed(MAX_MESSAGE_CHARACTERS),
)
some = settings(max_examples=60, deadline=None)


def inner(submission: Submission, nonce: str = NONCE) -> bytes:
    names = {"team": TEAM, "association": "Vereniging van burgemeesters", "sender": "formulier@hulp.example"}
    return inner_entity(submission, **names, address=ADDRESS, nonce=nonce)


def parsed(entity: bytes) -> EmailMessage:
    return email.message_from_bytes(entity, policy=email.policy.default)


def text_of(entity: bytes) -> str:
    """The text as the adviser's mail program takes it out."""
    return parsed(entity).get_payload(0).get_payload(decode=True).decode().replace("\r\n", "\n")


def answer_in(text: str, question: str, next_question: str) -> str:
    """The answer below a question, found as a reader finds it: by its indent."""
    indented = text.split(f"\n\n{question}\n", 1)[1].split(f"\n\n{next_question}\n", 1)[0]
    return "\n".join(line.removeprefix("    ") for line in indented.split("\n"))


QUESTIONS = {
    "reach": ("Hoe kunnen wij u veilig bereiken?", "Naam"),
    "name": ("Naam", "Wanneer kunnen wij veilig bellen?"),
    "when": ("Wanneer kunnen wij veilig bellen?", "Mogen wij een bericht inspreken of een sms sturen?"),
    "message": ("Bericht", "Einde van het bericht."),
}


@some
@given(submissions)
def test_every_answer_arrives_exactly_as_typed(submission: Submission) -> None:
    text = text_of(inner(submission))

    for field, (question, next_question) in QUESTIONS.items():
        assert answer_in(text, question, next_question) == (getattr(submission, field) or "(niet ingevuld)")


@some
@given(submissions)
def test_no_answer_adds_a_header_or_a_part(submission: Submission) -> None:
    message = parsed(inner(submission))

    assert message.keys() == INNER_HEADERS
    assert [part.get_content_type() for part in message.walk()] == ["multipart/mixed", "text/plain"]
    assert message.get_payload(0).keys() == ["Content-Type", "Content-Transfer-Encoding"]
    assert message["To"] == "Vereniging van burgemeesters:;"
    assert not message.defects


@some
@given(submissions)
def test_the_length_is_always_one_of_the_buckets(submission: Submission) -> None:
    assert len(inner(submission)) in BUCKETS_BYTES


@some
@given(submissions)
def test_the_same_submission_and_token_give_the_same_bytes(submission: Submission) -> None:
    assert inner(submission) == inner(replace(submission))
    assert inner(submission) != inner(submission, nonce="f" * 32)


@some
@given(submissions)
def test_all_lines_end_as_mail_lines_do(submission: Submission) -> None:
    text = inner(submission).decode()

    assert "\n" not in text.replace("\r\n", "")
    assert "\r" not in text.replace("\r\n", "").removesuffix("\r")


@pytest.mark.parametrize("fill", ["🙏", "€", "\n🙏", "🙏\n", "\n", "\n\n🙏", "a", "\x00", "\u202e"])
def test_the_longest_submission_fits_the_largest_bucket(fill: str) -> None:
    def full(limit: int) -> str:
        return as_typed((fill * limit)[:limit])

    line = full(MAX_LINE_CHARACTERS)
    longest = Submission(
        "nl", "burgemeester", full(MAX_REACH_CHARACTERS), line, line, True, "vrouwen", full(MAX_MESSAGE_CHARACTERS)
    )
    names = {"team": "T" * 200, "association": "V" * 200, "sender": "f" * 240 + "@hulp.example"}
    entity = inner_entity(longest, **names, address=f"https://{'h' * 200}.example/", nonce=NONCE)

    assert len(entity) in BUCKETS_BYTES
    assert answer_in(text_of(entity), *QUESTIONS["message"]) == longest.message


def test_the_padding_is_not_shown(submission: Submission) -> None:
    assert "...." not in text_of(inner(submission))
    assert "...." in parsed(inner(submission)).epilogue


def test_an_answer_cannot_pass_itself_off_as_another_questions(submission: Submission) -> None:
    forged = replace(submission, name="Jan\n\nBericht\nAlles is goed\n\nEinde van het bericht.")

    text = text_of(inner(forged))

    assert text.count("\nBericht\n") == 1
    assert answer_in(text, *QUESTIONS["message"]) == submission.message


def test_a_message_that_holds_the_boundary_stays_one_part(submission: Submission) -> None:
    boundary = parsed(inner(submission)).get_boundary()
    forged = replace(submission, message=f"\n--{boundary}--\n\n--{boundary}\nContent-Type: text/html\n\n<b>boe</b>")

    message = parsed(inner(forged))

    assert len(message.get_payload()) == 1
    assert answer_in(text_of(inner(forged)), *QUESTIONS["message"]) == forged.message


@pytest.mark.parametrize("topic", ["", *TOPICS])
@pytest.mark.parametrize(
    ("role", "subject"),
    [("burgemeester", "Burgemeester"), ("statenlid", "Statenlid"), ("anders", "Andere rol")],
)
def test_the_inner_subject_names_role_and_reference_and_never_the_topic(
    role: str, subject: str, topic: str, submission: Submission
) -> None:
    message = parsed(inner(replace(submission, role=role, topic=topic, language="en")))

    assert message["Subject"] == f"{subject}, contactformulier ({reference_of(NONCE)})"


def test_the_first_inner_header_is_the_subject_or_the_text_is_ascii(submission: Submission) -> None:
    """Mailvelope 6.2.1 shows the text as it is after Subject, with all accents right. After MIME-Version, Content-..., From or
    Date it reads it as mail, and turns every letter that is not ASCII into U+FFFD (emailjs-mime-parser 2.0.7)."""
    entity = inner(replace(submission, message="één € 🙏"))

    assert entity.startswith(b"Subject: ")
    assert [line.split(b":")[0].decode() for line in entity.split(b"\r\n\r\n")[0].split(b"\r\n")] == INNER_HEADERS


def test_the_text_says_at_its_top_that_nobody_gets_a_reply(submission: Submission) -> None:
    lines = text_of(inner(submission)).split("\n")

    assert lines[3].startswith("Beantwoord deze mail niet.") and lines[-2] == "Einde van het bericht."
    assert "-- " not in lines  # a signature is grey in Thunderbird and Claws, and cut off by others


@pytest.mark.parametrize("room", [0, 1, 60, 61, 62, 200])
def test_the_padding_begins_by_saying_what_it_is_where_that_fits(room: int, submission: Submission) -> None:
    def padding(message: str) -> str:
        entity = inner(replace(submission, message=message))
        return entity[entity.rindex(b"--\r\n") + 4 :].decode()

    says, dots = "(Het bericht eindigt hier. Wat volgt, is alleen opvulling.)\r\n", "." * 70 + "\r\n"
    assert padding("x" * (len(padding("x")) - room + 1)) == ((says if room >= len(says) else "") + dots * 3)[:room]


@pytest.mark.parametrize("role", ROLES)
def test_every_role_and_topic_has_words_for_advisers(role: str, submission: Submission) -> None:
    for topic in ("", *TOPICS):
        text = text_of(inner(replace(submission, role=role, topic=topic)))

        assert f"Rol: {ROLE_NAMES[role]}\nOnderwerp: {TOPIC_NAMES[topic]}\n" in text


def test_advisers_read_dutch_and_see_in_which_language_to_answer(submission: Submission) -> None:
    text = text_of(inner(replace(submission, language="en", voicemail=False)))

    assert "Taal van het formulier: Engels" in text
    assert f"Referentie: {reference_of(NONCE)}" in text
    assert "Mogen wij een bericht inspreken of een sms sturen?\n    nee" in text


def test_the_inner_entity_protects_its_headers_in_both_forms(submission: Submission) -> None:
    message = parsed(inner(submission))

    assert message["Content-Type"].params["protected-headers"] == "v1"
    assert message["Content-Type"].params["hp"] == "cipher"
    mark = mark_of(code_sum(code_of(submission, NONCE)))
    outer = [f"Subject: [...] {mark}", "From: formulier@hulp.example", "Reply-To: Niet beantwoorden:();"]
    assert message.get_all("HP-Outer") == outer and "\r\nReply-To: Niet beantwoorden:();\r\n" in inner(submission).decode()
    assert message["Reply-To"].addresses == ()


def test_an_edited_message_of_the_same_form_gets_another_mark(submission: Submission) -> None:
    marks = {mark_of(code_sum(code_of(replace(submission, message=f"tekst {number}"), NONCE))) for number in range(20)}

    assert len(marks) == 20 and all(re.fullmatch("[0-9a-hjkmnp-tv-z]{4}", mark) for mark in marks)


def test_the_text_begins_with_a_link_that_holds_the_code_of_this_very_submission(submission: Submission) -> None:
    lines = text_of(inner(submission)).split("\n")
    code = code_of(submission, NONCE)

    assert lines[2] == f"Ik heb dit bericht: https://hulp.example/gelezen/{code}"
    assert re.fullmatch("[0-9a-f]{32}", code)
    edited = [replace(submission, **{name: "x"}) for name in ("language", "role", "reach", "name", "when", "topic", "message")]
    others = [*(code_of(form, NONCE) for form in edited), code_of(submission, "f" * 32)]
    assert len({code, *others, code_of(replace(submission, voicemail=False), NONCE)}) == 10


def test_words_moved_from_one_answer_to_the_next_make_another_code(submission: Submission) -> None:
    one, two = replace(submission, reach="ab", name="c"), replace(submission, reach="a", name="bc")

    assert code_of(one, NONCE) != code_of(two, NONCE)


def test_an_edited_form_is_a_second_submission_with_the_same_reference() -> None:
    first, again, edited = Receipt.of(NONCE, b"one"), Receipt.of(NONCE, b"one"), Receipt.of(NONCE, b"two")

    assert first == again
    assert edited.key != first.key
    assert edited.reference == first.reference


@given(st.text(alphabet="0123456789abcdef", min_size=32, max_size=32))
def test_a_reference_can_be_read_out_on_the_phone(nonce: str) -> None:
    reference = reference_of(nonce)

    assert len(reference) == 9
    assert reference[4] == "-"
    assert set(reference) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ-")


def outer() -> bytes:
    ciphertext = "-----BEGIN PGP MESSAGE-----\r\n\r\nabcd\r\n-----END PGP MESSAGE-----\r\n"
    about = {"address": "anna@advies.example", "sender": "formulier@hulp.example", "now": NOW}
    return outer_mail(ciphertext, mark=MARK, mail_id="1d" * 16, **about)


def test_the_outer_mail_says_no_more_than_who_and_when_to_the_hour() -> None:
    headers = dict(email.message_from_bytes(outer()).items())

    boundary = headers.pop("Content-Type").partition("boundary=")[2].strip('"')
    assert boundary.startswith("outer-")
    assert headers == {
        "From": "formulier@hulp.example",
        "To": "anna@advies.example",
        "Reply-To": "Niet beantwoorden:();",
        "Subject": "[...] 3f7k",
        "Date": "Tue, 24 Nov 2026 13:00:00 +0000",
        "Message-ID": f"<{'1d' * 16}@hulp.example>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Mail-Followup-To": "no:;",
    }


def test_what_keeps_replies_away_and_mails_apart_costs_at_most_a_hundredth_of_the_smallest_mail() -> None:
    headers = email.message_from_bytes(outer())
    added = "".join(f"{name}: {headers[name]}\r\n" for name in ("Reply-To", "Mail-Followup-To"))
    added += headers["Subject"].removeprefix("[...]")

    assert len(added) <= 0.01 * (len(outer()) + BUCKETS_BYTES[0] * 4 / 3)


def test_the_outer_mail_has_the_two_parts_of_pgp_mime() -> None:
    message = parsed(outer())

    version, encrypted = message.iter_parts()
    assert message.get_content_type() == "multipart/encrypted"
    assert message["Content-Type"].params["protocol"] == "application/pgp-encrypted"
    assert version.get_content_type() == "application/pgp-encrypted"
    assert version.get_payload().strip() == "Version: 1"
    assert encrypted.get_content_type() == "application/octet-stream"
    assert encrypted.get_filename() == "encrypted.asc"
    assert not message.defects


def test_no_line_of_the_outer_mail_is_too_long_for_smtp() -> None:
    assert max(len(line) for line in outer().split(b"\r\n")) <= 998
    assert b"\n" not in outer().replace(b"\r\n", b"")


def test_the_outer_mail_is_fixed_byte_for_byte() -> None:
    boundary = "outer-" + hashlib.sha256(f"outer boundary {'1d' * 16}".encode()).hexdigest()[:32]
    lines = (
        "From: formulier@hulp.example",
        "To: anna@advies.example",
        "Reply-To: Niet beantwoorden:();",
        "Subject: [...] 3f7k",
        "Date: Tue, 24 Nov 2026 13:00:00 +0000",
        f"Message-ID: <{'1d' * 16}@hulp.example>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        "Mail-Followup-To: no:;",
        f'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: application/pgp-encrypted",
        "",
        "Version: 1",
        "",
        f"--{boundary}",
        'Content-Type: application/octet-stream; name="encrypted.asc"',
        'Content-Disposition: attachment; filename="encrypted.asc"',
        "",
        "-----BEGIN PGP MESSAGE-----",
        "",
        "abcd",
        "-----END PGP MESSAGE-----",
        "",
        f"--{boundary}--",
        "",
    )

    assert outer() == "\r\n".join(lines).encode("ascii")
