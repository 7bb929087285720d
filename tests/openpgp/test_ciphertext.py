"""What the service takes from a browser that encrypts: one message for exactly its readers. All else is refused unread."""

import json
import logging
import re
import sqlite3
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from contact_service.keys.advisers import Association
from contact_service.keys.keyring import Keyring
from contact_service.mail.message import BUCKETS_BYTES
from contact_service.openpgp.armor import ArmorDamaged, checksum, dearmored
from contact_service.openpgp.ciphertext import CiphertextRefused, OtherReaders, check, subkeys
from contact_service.openpgp.gpg import open_gpg
from tests.conftest import Computer, everything_below
from tests.support.built_site import REPO
from tests.support.form_page import CONTACT, send, soup, token_in, token_of_age
from tests.support.fuzz_ciphertext import NOT_KNOWN, armored, fuzz, sealed
from tests.support.key_maker import Maker

pytestmark = pytest.mark.program

Rows = Callable[[], list[sqlite3.Row]]
INNER = b"kogelbrief" + b"." * (BUCKETS_BYTES[0] - 10)
WHOLE = {"nl": "Uw bericht kwam niet volledig aan. Het is niet ontvangen.", "en": "Your message arrived incomplete."}
OTHERS = {"nl": "De sleutels van de adviseurs zijn veranderd.", "en": "The advisers’ keys have changed."}
LONG = {"nl": "Uw bericht is te lang", "en": "Your message is too long for us to accept"}
BOTH = {"nl": "Er ging iets mis met het versleutelen.", "en": "Something went wrong with encrypting."}


@pytest.fixture(scope="session")
def keyring(settings, associations: dict[str, Association]) -> Keyring:  # type: ignore[no-untyped-def]
    return Keyring(dict.fromkeys(associations.values()), settings.keys, settings.keyring)


@pytest.fixture(scope="session")
def ciphertext(keys: Path) -> str:
    """A message for Anna, made by the browser's code."""
    return sealed(INNER, str(keys / "anna.asc"))


def post(client: FlaskClient, ciphertext: str | bytes, language: str = "nl", **fields: str) -> TestResponse:
    """Send a ciphertext as the page does."""
    if "token" not in fields:
        fields["token"] = token_in(client.get(CONTACT[language]))
    return client.post(CONTACT[language], data={"role": "burgemeester", "ciphertext": ciphertext, **fields})


# --- Taken ---


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_the_browser_encrypted_is_committed_unread_and_opened_by_the_adviser_alone(
    language: str, client: FlaskClient, ciphertext: str, outbox_rows: Rows, computers: dict[str, Computer]
) -> None:
    response = post(client, ciphertext, language)

    (row,) = outbox_rows()
    assert response.status_code == 200
    assert soup(response).select_one(".reference").text == row["reference"]
    assert computers["anna"].opens(row["mail"]) == INNER
    assert computers["bert"].opens(row["mail"]) is None


def test_a_message_for_all_advisers_of_an_association_becomes_a_mail_for_each(
    client: FlaskClient, keys: Path, outbox_rows: Rows, computers: dict[str, Computer]
) -> None:
    post(client, sealed(INNER, str(keys / "bert.asc"), str(keys / "cora.asc")), role="raadslid")

    rows = outbox_rows()
    assert [row["adviser"] for row in rows] == ["bert", "cora"]
    assert [computers[row["adviser"]].opens(row["mail"]) for row in rows] == [INNER, INNER]


def test_the_same_ciphertext_and_token_are_one_mail(client: FlaskClient, ciphertext: str, outbox_rows: Rows) -> None:
    token = token_in(client.get("/contact/"))

    answers = [post(client, ciphertext, token=token).text, post(client, ciphertext, token=token).text]

    assert answers[0] == answers[1]
    assert len(outbox_rows()) == 1


def test_a_form_that_comes_back_keeps_its_token_and_its_reference(client: FlaskClient, ciphertext: str) -> None:
    token = token_in(client.get("/contact/"))

    refused = post(client, "x", token=token)

    assert token_in(refused) == token
    reference = re.search(r'reference": "([^"]+)"', soup(refused).form["data-blanks"])[1]
    assert soup(post(client, ciphertext, token=token)).select_one(".reference").text == reference


@pytest.mark.parametrize("size", BUCKETS_BYTES)
@pytest.mark.parametrize("role", ["burgemeester", "raadslid"])
def test_what_gpg_and_the_browser_make_is_passed_in_every_size(
    size: int, role: str, keyring: Keyring, associations: dict[str, Association], now: datetime, keys: Path
) -> None:
    association = associations[role]
    files = [str(keys / f"{adviser.name}.asc") for adviser in association.advisers]

    keyring.check_ciphertext(keyring.encrypt(b"x" * size, association, now), association, now)
    keyring.check_ciphertext(sealed(b"x" * size, *files), association, now)
    for other in (size - 60, size + 60):
        with pytest.raises(CiphertextRefused, match="padded"):
            keyring.check_ciphertext(keyring.encrypt(b"x" * other, association, now), association, now)


def test_an_rsa_key_and_one_that_asks_for_aead_get_packets_that_every_mail_program_opens(
    tmp_path: Path, short_folder: Path, now: datetime
) -> None:
    maker = Maker(short_folder / "rsa").primary("rsa3072").subkey("rsa3072")
    (tmp_path / "rsa.asc").write_bytes(maker.public())
    (key,) = open_gpg(maker.home).list_keys()
    maker.close()
    expected = [subkeys(key, now)]

    check(sealed(INNER, str(tmp_path / "rsa.asc")), expected, BUCKETS_BYTES)
    message = sealed(INNER, "--aead")

    with pytest.raises(OtherReaders):
        check(message, expected, BUCKETS_BYTES)


# --- Refused ---


def gpg(keyring_home: Path, *arguments: str, data: bytes = INNER) -> str:
    command = ["gpg", "--homedir", str(keyring_home), "--batch", "--armor", "--trust-model", "always", *arguments]
    made = subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode()
    subprocess.run(["gpgconf", "--homedir", str(keyring_home), "--kill", "all"], check=True)
    return made


def newest(kind: str) -> str:
    """A message in the newest packets, as OpenPGP.js makes it for a key that asks for them."""
    command = ["node", str(REPO / "tests" / "support" / "openpgpjs.mjs"), "encrypt", kind]
    return subprocess.run(command, input=INNER, capture_output=True, check=True).stdout.decode()


@pytest.fixture(scope="session")
def hostile(keys: Path, computers: dict[str, Computer], ciphertext: str) -> dict[str, tuple[str, dict[str, str]]]:
    """What may come instead of a proper message, with the sentence that answers it."""
    anna, bert = (str(keys / f"{name}.asc") for name in ("anna", "bert"))
    home, fingerprint = computers["anna"].home, computers["anna"].adviser.fingerprints[0]
    to_anna = ("--encrypt", "--compress-algo", "none", "--recipient")
    packets = dearmored(ciphertext)
    found = {
        "for another adviser": (sealed(INNER, bert), OTHERS),
        "for two": (sealed(INNER, anna, bert), OTHERS),
        "for the same twice": (armored(packets[:96] + packets), OTHERS),
        "for nobody": (armored(packets[96:]), OTHERS),
        "for a hidden reader": (gpg(home, "--throw-keyids", *to_anna, fingerprint), OTHERS),
        "for a password": (gpg(home, "--symmetric", "--passphrase", "x", "--pinentry-mode", "loopback"), WHOLE),
        "for a password too": (
            gpg(home, "--symmetric", "--passphrase", "x", "--pinentry-mode", "loopback", *to_anna, fingerprint),
            WHOLE,
        ),
        "for a key of version 6": (newest("v6"), WHOLE),
        "for a key that asks for AEAD": (newest("aead"), WHOLE),
        "session key of version 6": (armored(packets[:2] + b"\x06" + packets[3:]), WHOLE),
        "protected data of version 2": (armored(packets[:99] + b"\x02" + packets[100:]), WHOLE),
        "data without protection": (armored(packets[:96] + b"\xc9" + packets[97:]), WHOLE),
        "data before the keys": (armored(packets[96:] + packets[:96]), WHOLE),
        "one byte behind the data": (armored(packets + b"\x00"), WHOLE),
        "cut off": (armored(packets[:-1]), WHOLE),
        "endless": (armored(packets[:96] + b"\xff\xff\xff\xff\xff" + packets[99:]), WHOLE),
        "a bucket too small": (gpg(home, *to_anna, fingerprint, data=INNER[:-60]), WHOLE),
        "not padded": (gpg(home, *to_anna, fingerprint, data=b"kogelbrief"), WHOLE),
        "only signed": (gpg(home, "--sign", "--compress-algo", "none"), WHOLE),
        "signed in clear": (gpg(home, "--clearsign"), WHOLE),
        "a public key": (Path(anna).read_text(), WHOLE),
        "a second message behind it": (ciphertext * 2, WHOLE),
        "text before it": (f"Hello\n{ciphertext}", WHOLE),
        "text behind it": (f"{ciphertext}Hello\n", WHOLE),
        "a comment in it": (ciphertext.replace("\n\n", "\nComment: Hello\n\n", 1), WHOLE),
        "without its checksum": (re.sub(r"\n=....\n", "\n", ciphertext), WHOLE),
        "another checksum": (re.sub(r"\n=....\n", "\n=AAAA\n", ciphertext), WHOLE),
        "a letter changed": (ciphertext[:300] + ("A" if ciphertext[300] != "A" else "B") + ciphertext[301:], WHOLE),
        "empty armor": ("-----BEGIN PGP MESSAGE-----\n\n-----END PGP MESSAGE-----\n", WHOLE),
        "nothing": ("", WHOLE),
        "plain text": ("Er lag een kogelbrief", WHOLE),
        "more than a message can be": (armored(b"\xd2\xff\x00\x01\x38\x81\x01" + b"x" * 80_000), WHOLE),
        "invalid UTF-8": (b"-----BEGIN PGP MESSAGE-----\n\n\xff\xfe", WHOLE),
    }
    return found


KINDS = [
    "for another adviser",
    "for two",
    "for the same twice",
    "for nobody",
    "for a hidden reader",
    "for a password",
    "for a password too",
    "for a key of version 6",
    "for a key that asks for AEAD",
    "session key of version 6",
    "protected data of version 2",
    "data without protection",
    "data before the keys",
    "one byte behind the data",
    "cut off",
    "endless",
    "a bucket too small",
    "not padded",
    "only signed",
    "signed in clear",
    "a public key",
    "a second message behind it",
    "text before it",
    "text behind it",
    "a comment in it",
    "without its checksum",
    "another checksum",
    "a letter changed",
    "empty armor",
    "nothing",
    "plain text",
    "more than a message can be",
    "invalid UTF-8",
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_anything_else_is_refused_with_the_right_sentence_and_leaves_nothing(
    language: str,
    kind: str,
    client: FlaskClient,
    hostile: dict[str, tuple[str, dict[str, str]]],
    outbox_rows: Rows,
    state: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    text, sentences = hostile[kind]

    response = post(client, text, language)

    assert response.status_code == 400
    summary = soup(response).select_one(".error-summary")
    assert sentences[language] in summary.h2.text
    assert summary.select_one('a[href^="tel:"]')
    assert not outbox_rows()
    assert not [record for record in caplog.records if record.name.startswith("contact_service")]
    assert b"kogelbrief" not in everything_below(state / "tmp")


def test_no_hostile_kind_is_forgotten(hostile: dict[str, tuple[str, dict[str, str]]]) -> None:
    assert set(hostile) == set(KINDS)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_readable_answer_beside_the_ciphertext_is_refused_and_never_used(
    language: str, client: FlaskClient, ciphertext: str, outbox_rows: Rows
) -> None:
    for name in ("message", "reach", "unknown"):
        response = post(client, ciphertext, language, **{name: "kogelbrief"})

        assert response.status_code == 400
        assert BOTH[language] in soup(response).select_one(".error-summary h2").text
    assert not outbox_rows()


def test_an_empty_ciphertext_never_lets_plain_answers_through(client: FlaskClient, outbox_rows: Rows) -> None:
    response = send(client, ciphertext="")

    assert response.status_code == 400
    assert not outbox_rows()


def test_two_ciphertexts_in_one_form_are_refused(client: FlaskClient, ciphertext: str, outbox_rows: Rows) -> None:
    token = token_in(client.get("/contact/"))

    response = client.post(
        "/contact/", data={"role": "burgemeester", "token": token, "ciphertext": [ciphertext, f"\n{ciphertext}"]}
    )

    assert WHOLE["nl"] in response.text
    assert not outbox_rows()


@pytest.mark.parametrize("role", ["", "koning", "raadslid", "statenlid"])
def test_a_message_for_another_role_is_refused(role: str, client: FlaskClient, ciphertext: str, outbox_rows: Rows) -> None:
    response = post(client, ciphertext, role=role)

    assert response.status_code == 400
    assert soup(response).select_one(".error-summary h2").text in (
        "Kies uw functie.",
        OTHERS["nl"] + " Uw bericht is niet ontvangen.",
    )
    assert not outbox_rows()


def test_an_old_a_forged_and_no_token_are_refused(client: FlaskClient, ciphertext: str, outbox_rows: Rows) -> None:
    for token in (token_of_age(client.application, 13 * 3600), "forged", ""):
        response = post(client, ciphertext, token=token)

        assert response.status_code == 400
        assert token_in(response) != token
    assert not outbox_rows()


def test_a_filled_honeypot_is_refused(client: FlaskClient, ciphertext: str, outbox_rows: Rows) -> None:
    assert post(client, ciphertext, website="x").status_code == 400
    assert not outbox_rows()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_megabyte_is_not_read(
    language: str, client: FlaskClient, outbox_rows: Rows, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    response = post(client, "x" * 1_000_000, language)

    assert response.status_code == 413
    assert LONG[language] in soup(response).main.text
    assert soup(response).select_one('main a[href^="tel:"]')
    assert not outbox_rows()
    assert not [record for record in caplog.records if record.name.startswith("contact_service")]


def test_a_key_that_expired_since_the_form_was_shown_is_no_longer_taken(
    client: FlaskClient, ciphertext: str, now: datetime, monkeypatch: pytest.MonkeyPatch, outbox_rows: Rows
) -> None:
    keyring = client.application.view_functions["contact_nl"].__self__._intake.keyring
    ending = [replace(verdict, usable_until=now) if verdict.adviser == "anna" else verdict for verdict in keyring.verdicts]
    monkeypatch.setattr(keyring, "verdicts", ending)

    assert post(client, ciphertext).status_code == 503
    assert not outbox_rows()


# --- The keys in the page ---


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_form_names_the_keys_of_each_role_and_hands_them_out_in_public_form_only(
    language: str, client: FlaskClient, computers: dict[str, Computer]
) -> None:
    readers = json.loads(soup(client.get(CONTACT[language])).form["data-blanks"])["readers"]
    pinned = {name: computer.adviser.fingerprints[0] for name, computer in computers.items()}
    assert readers["burgemeester"]["keys"] == [pinned["anna"]]
    assert readers["raadslid"]["keys"] == [pinned["bert"], pinned["cora"]]
    at_once = client.get(f"{CONTACT[language]}keys/all.json").json
    assert at_once.keys() == set(pinned.values())
    for fingerprint in pinned.values():
        answer = client.get(f"{CONTACT[language]}keys/{fingerprint}.asc")
        assert answer.text == at_once[fingerprint]
        assert answer.content_type == "application/pgp-keys"
        (key,) = open_gpg(computers["anna"].home).scan_keys_mem(answer.data)
        assert (key["fingerprint"], key["type"]) == (fingerprint, "pub")


@pytest.mark.parametrize("name", ["A" * 40, "anna", "..", "%2e%2e%2fadvisers.toml", ""])
def test_no_other_key_or_file_is_handed_out(name: str, client: FlaskClient) -> None:
    assert client.get(f"/contact/keys/{name}.asc").status_code == 404


# --- The check itself ---


def test_the_checksum_is_the_one_of_rfc_9580() -> None:
    def slow(data: bytes) -> int:
        rest = 0xB704CE
        for byte in data:
            rest ^= byte << 16
            for _ in range(8):
                rest = rest << 1 ^ (0x1864CFB if rest & 0x800000 else 0)
        return rest

    for length in (*range(3, 60), 157, 158, 255, 256, 257, 4245, 41_000):
        data = bytes((place * 73 + length) % 256 for place in range(length))
        assert checksum(data) == slow(data).to_bytes(3)


def test_all_faults_of_what_a_browser_encrypted_are_said_in_one_line(client: FlaskClient, ciphertext: str) -> None:
    refused = post(client, ciphertext, role="keizer", message="Er lag een kogelbrief")

    assert soup(refused).select_one(".error-summary h2").text.startswith(f"Kies uw functie. {BOTH['nl']}")


def test_armor_with_either_line_ending_gives_the_same_bytes(ciphertext: str) -> None:
    assert dearmored(ciphertext.replace("\n", "\r\n")) == dearmored(ciphertext)
    with pytest.raises(ArmorDamaged):
        dearmored(ciphertext.replace("\n", "\r"))


def test_two_thousand_hostile_ciphertexts_crash_nothing_and_none_passes_that_gpg_does_not_know(short_folder: Path) -> None:
    (folder := short_folder / "fuzz").mkdir()

    seen = fuzz(2000, 5, folder)

    assert seen["passed"] > 200
    assert seen.total() - seen["passed"] > 1000
    assert NOT_KNOWN not in seen
