"""Twenty kinds of key files that advisers send, and what the judge says of each."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contact_service.keys.advisers import Adviser
from contact_service.keys.judgement import judge
from contact_service.keys.verdict import SENTENCES, Verdict
from contact_service.openpgp.armor import armored_key
from contact_service.openpgp.gpg import machine_options
from contact_service.openpgp.key_files import MAX_KEY_FILE_BYTES, inspect, read_key_files
from tests.support.crafted_keys import number, packet
from tests.support.fuzz_ciphertext import armored, sealed
from tests.support.key_maker import Maker, key
from tests.support.openers import sequoia_key
from tests.support.processor import processor_seconds

pytestmark = pytest.mark.program

REPO = Path(__file__).parents[2]
OTHER = "0123456789ABCDEF0123456789ABCDEF01234567"


def verdict(fingerprint: str, *files: bytes) -> Verdict:
    adviser = Adviser("adviseur", "adviseur@vereniging.example", (fingerprint,))
    return judge([adviser], [inspect(f"adviseur-{number}.asc", data) for number, data in enumerate(files)])[0]


def openpgpjs(*arguments: str, given: bytes = b"") -> bytes:
    if not (REPO / "node_modules" / "openpgp").is_dir():
        pytest.skip("needs OpenPGP.js: npm ci")
    command = ["node", str(REPO / "tests" / "support" / "openpgpjs.mjs"), *arguments]
    return subprocess.run(command, input=given, capture_output=True, check=True, timeout=60).stdout


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("healthy", "fit"),
        ("rsa3072", "fit"),
        ("two-subkeys", "fit"),
        ("expires-tomorrow", "fit"),
        ("expired", "expired"),
        ("expired-subkey", "expired"),
        ("revoked", "revoked"),
        ("revoked-subkey", "revoked"),
        ("sign-only", "no-encryption"),
        ("rsa1024", "weak"),
        ("dsa-elgamal", "weak"),
        ("brainpool", "fit"),
        ("nist", "fit"),
        ("secp256k1", "curve"),
        ("secp256k1-subkey", "curve"),
        ("latin-1-name", "name"),
        ("secret", "secret"),
        ("no-user-id", "no-user-id"),
    ],
)
def test_each_kind_of_key_gets_its_code_and_a_sentence_without_gaps(kind: str, code: str) -> None:
    fingerprint, file = key(kind)
    said = verdict(fingerprint, file)
    assert said.code == code
    assert "{" not in said.sentence and "  " not in said.sentence and said.sentence.endswith(".")


def in_html(file: bytes) -> bytes:
    return b"<!doctype html><title>Log in</title><p>Your session has ended.</p>" + b" " * 900


def signed_around(file: bytes) -> bytes:
    """As a mail program signs a text that holds a key; whose signature it is does not matter."""
    escaped = re.sub(rb"(?m)^-", b"- -", file)
    revocation = armored(bytes.fromhex("c20a") + bytes(10)).replace("MESSAGE", "SIGNATURE").encode()
    return b"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nHierbij mijn sleutel.\n" + escaped + revocation


def message() -> bytes:
    return armored(b"\xd2\x14\x01" + bytes(19)).encode()


def of_long_ago(version: int) -> bytes:
    """A key as PGP wrote it until 1998."""
    body = bytes([version]) + bytes(6) + b"\1" + number(b"\x80" + bytes(127)) + number(b"\1\0\1")
    return armored_key(packet(6, body) + packet(13, b"Adviseur"))


@pytest.mark.parametrize("version", [2, 3])
def test_a_key_of_the_old_version_is_too_weak_and_not_said_to_be_another(version: int) -> None:
    assert verdict(OTHER, of_long_ago(version)).code == "weak"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda file: file.replace(b"\n", b"\r\n"), "fit"),
        (lambda file: b"\xef\xbb\xbf" + file, "fit"),
        (lambda file: file.decode("ascii").encode("utf-16"), "fit"),
        (lambda file: b"\xfe\xff" + file.decode("ascii").encode("utf-16-be"), "fit"),
        (lambda file: file.decode("ascii").encode("utf-16")[:-1], "damaged"),
        (lambda file: b"Beste beheerder, hierbij mijn sleutel.\n\n" + file + b"\nMet groet\n", "fit"),
        (lambda file: file[: len(file) // 2], "damaged"),
        (lambda file: file.replace(file[200:264], b""), "damaged"),
        (in_html, "not-a-key"),
        (lambda file: b"", "empty"),
        (lambda file: b"\r\n \n", "empty"),
        (lambda file: file + b"\n" * MAX_KEY_FILE_BYTES, "too-large"),
        (lambda file: file + key("second")[1], "several"),
        (lambda file: file + b"\n" + file, "fit"),
        (lambda file: file.replace(b"\n", b"\r"), "fit"),
        (lambda file: file.replace(b"\n", b"\r\r\n"), "fit"),
        (lambda file: b"Op vrijdag schreef u:\n" + re.sub(b"(?m)^", b"> ", file), "fit"),
        (lambda file: file.replace(b"\n", b"\xc2\xa0\n"), "fit"),
        (lambda file: signed_around(file), "fit"),
        (lambda file: message() + file, "fit"),
        (lambda file: file + message(), "fit"),
        (lambda file: message(), "not-a-key"),
        (lambda file: message()[:60], "not-a-key"),
        (lambda file: file[:40] + file, "damaged"),
        (lambda file: b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "not-a-key"),
        (lambda file: file.replace(b"-----\n\n", b"-----\nVersion: GnuPG v2\nComment: x: y\n"), "fit"),
    ],
)
def test_a_file_that_was_changed_on_its_way_is_read_where_that_is_safe(change, code: str) -> None:  # type: ignore[no-untyped-def]
    fingerprint, file = key("healthy")
    assert verdict(fingerprint, change(file)).code == code


def test_another_key_than_the_pinned_one_is_named_as_such() -> None:
    said = verdict(OTHER, key("healthy")[1])
    assert (said.code, "adviseur-0.asc" in said.sentence) == ("other-key", True)


def test_a_pinned_key_without_any_file_is_missing() -> None:
    assert verdict(OTHER).code == "missing"


def test_the_end_of_the_encryption_subkey_counts_not_only_that_of_the_primary_key() -> None:
    fingerprint, file = key("expires-tomorrow")
    said = verdict(fingerprint, file)
    assert said.usable_until is not None and 23 <= (said.usable_until.timestamp() - time.time()) / 3600 <= 24


def test_the_subkey_that_lasts_longest_counts() -> None:
    said = verdict(*key("two-subkeys"))
    assert said.usable_until is not None and (said.usable_until.timestamp() - time.time()) / 86400 > 360


def test_a_key_without_end_is_fit_without_end() -> None:
    assert verdict(*key("healthy")).usable_until is None


@pytest.mark.parametrize(
    "files",
    [
        lambda file, revocation: [file, revocation],
        lambda file, revocation: [revocation, file],
        lambda file, revocation: [revocation + file],
        lambda file, revocation: [file + revocation],
        lambda file, revocation: [key("second")[1], file, revocation, key("expired")[1]],
    ],
)
def test_a_revocation_that_comes_by_itself_counts_wherever_it_stands(files, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    maker = Maker(tmp_path / "home").primary().subkey()
    try:
        file, guarded = maker.public(), (maker.home / "openpgp-revocs.d" / f"{maker.fingerprint}.rev").read_bytes()
    finally:
        maker.close()
    revocation = guarded.replace(b":-----BEGIN", b"-----BEGIN")
    fingerprint, healthy = key("healthy")

    assert verdict(maker.fingerprint, *files(file, revocation)).code == "revoked"
    # It is no matter of anybody else, and none without the key that it is for.
    assert verdict(fingerprint, *files(healthy, revocation)).code == "fit"
    assert verdict(maker.fingerprint, revocation).code == "revocation"


def test_a_subkey_of_a_kind_that_nobody_here_knows_hides_none_beside_it(tmp_path: Path) -> None:
    file = openpgpjs("unknown", "plain")

    assert verdict(inspect("a.asc", file).fingerprint, file).code == "fit"
    # With a home of its own: other tests and programs lock the user's.
    command = ["gpg", "--homedir", tmp_path, "--show-keys", "--with-colons"]
    listing = subprocess.run(command, input=file, capture_output=True, check=True).stdout
    assert listing.count(b"\nsub:") == 2


@pytest.fixture
def maker(tmp_path: Path):  # type: ignore[no-untyped-def]
    made = Maker(tmp_path / "home").primary(expires="1d").subkey(expires="1d")
    yield made
    made.close()


def test_of_two_files_with_the_same_key_the_prolonged_one_counts(maker: Maker) -> None:
    old = maker.public()
    new = maker.prolong("2y").public()
    ends = [verdict(maker.fingerprint, *files).usable_until for files in ((old, new), (new, old), (new,))]
    assert ends[0] == ends[1] == ends[2] != verdict(maker.fingerprint, old).usable_until


def test_an_old_file_does_not_undo_a_revocation(maker: Maker) -> None:
    old = maker.public()
    assert verdict(maker.fingerprint, old, maker.revoke().public()).code == "revoked"


def test_a_useless_file_beside_a_good_one_does_no_harm() -> None:
    fingerprint, file = key("healthy")
    assert verdict(fingerprint, b"", in_html(b""), file, key("revoked")[1]).code == "fit"


def test_a_file_that_cannot_be_read_is_told_apart_from_an_absent_one(tmp_path: Path) -> None:
    (tmp_path / "adviseur.asc").mkdir()
    adviser = Adviser("adviseur", "adviseur@vereniging.example", (OTHER,))
    assert judge([adviser], read_key_files(tmp_path))[0].code == "unreadable"


def test_judging_a_hundred_keys_takes_at_most_five_seconds_of_the_processor() -> None:
    made = [key(kind) for kind in ("healthy", "second", "rsa3072", "two-subkeys", "expired")]
    advisers = [Adviser(f"a{n}", "adviseur@vereniging.example", (made[n % 5][0],)) for n in range(100)]
    start = processor_seconds()
    verdicts = judge(advisers, [inspect(f"{n}.asc", made[n % 5][1]) for n in range(100)])
    assert len(verdicts) == 100 and processor_seconds() - start <= 5


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
@example(0, b"\xc6")
def test_no_bytes_in_a_key_file_break_the_reading(position: int, junk: bytes) -> None:
    _fingerprint, file = key("healthy")
    at = position % len(file)
    assert inspect("adviseur.asc", file[:at] + junk + file[at:]).fault in ("", *SENTENCES)
    assert inspect("adviseur.asc", b"\xc6" + junk + file[:at]).fault in ("", *SENTENCES)


@pytest.mark.parametrize("kind", [5, 6])
@pytest.mark.parametrize("size", range(14))
def test_a_key_packet_that_ends_too_early_does_not_break_the_reading(kind: int, size: int) -> None:
    for content in (bytes(size), b"\x04" * size, b"\x04\0\0\0\0\x16\xff\xff\xff\xff\xff\xff\xff\xff"[:size]):
        for head in (bytes((0xC0 | kind, size)), bytes((0x80 | kind << 2, size))):
            assert inspect("adviseur.asc", head + content + b"\xcd\x03abc").fault in ("", *SENTENCES)


@pytest.mark.parametrize("kind", ["healthy", "rsa3072", "two-subkeys", "brainpool", "nist"])
def test_a_key_that_is_called_fit_is_one_that_browsers_can_encrypt_for(kind: str, tmp_path: Path) -> None:
    (tmp_path / "key.asc").write_bytes(key(kind)[1])

    assert sealed(bytes(4096), str(tmp_path / "key.asc")).startswith("-----BEGIN PGP MESSAGE-----")


@pytest.mark.parametrize("kind", ["secp256k1", "secp256k1-subkey", "latin-1-name"])
def test_what_no_browser_can_encrypt_for_is_not_called_fit(kind: str, tmp_path: Path) -> None:
    (tmp_path / "key.asc").write_bytes(key(kind)[1])

    with pytest.raises(subprocess.CalledProcessError):
        sealed(bytes(4096), str(tmp_path / "key.asc"))


# What upstream's gpg 2.4 does for keys that announce OCB, or Debian's with one line in /etc/gnupg/gpg.conf: packet 20, not 18.
OTHER_FORMAT = """#!{python}
import subprocess, sys
from contact_service.openpgp.armor import dearmored
from tests.support.fuzz_ciphertext import armored
run = subprocess.run(["{gpg}", *sys.argv[1:]], stdin=sys.stdin.buffer, capture_output=True)
if "--encrypt" in sys.argv and run.returncode == 0:
    packets = dearmored(run.stdout.decode())
    at = 2 + packets[1] if packets[0] == 0x84 else 3 + int.from_bytes(packets[1:3])
    assert packets[at] == 0xD2
    run.stdout = armored(packets[:at] + bytes([0xD4]) + packets[at + 1:]).encode()
sys.stdout.buffer.write(run.stdout)
sys.stderr.buffer.write(run.stderr)
sys.exit(run.returncode)
"""


def test_a_key_for_which_this_machines_gpg_writes_another_format_is_unfit_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fingerprint, file = key("healthy")
    program = tmp_path / "gpg"
    program.write_text(OTHER_FORMAT.format(python=sys.executable, gpg=shutil.which("gpg")))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(REPO))

    said = verdict(fingerprint, file)

    assert said.code == "other-format" and "gpg.conf" in said.sentence


def test_what_the_machine_tells_every_gpg_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gpg.conf").write_text("# a word\n\nthrow-keyids\n")
    program = tmp_path / "gpgconf"
    program.write_text(f"#!/bin/sh\necho {tmp_path}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    assert machine_options() == [f"{tmp_path}/gpg.conf: throw-keyids"]


@pytest.mark.parametrize(("kind", "code"), [("v6", "too-new"), ("native", "too-new"), ("aead", "fit"), ("plain", "fit")])
def test_a_key_of_openpgpjs_is_taken_only_if_every_program_can_read_what_it_asks_for(kind: str, code: str) -> None:
    file = openpgpjs("public", given=openpgpjs("generate", kind))
    assert verdict(inspect("adviseur.asc", file).fingerprint or OTHER, file).code == code


@pytest.mark.interop
@pytest.mark.skipif(not shutil.which("sq"), reason="needs Sequoia: sudo apt-get install sq")
def test_a_key_of_sequoia_is_judged_like_any_other(tmp_path: Path) -> None:
    def made(*options: str, expired: bool = False) -> bytes:
        return sequoia_key(tmp_path, "adviseur@vereniging.example", *options, expired=expired)[1]

    files = {"fit": made("--can-encrypt", "universal"), "no-encryption": made("--cannot-encrypt")}
    files["expired"] = made("--can-encrypt", "universal", expired=True)
    assert {code: verdict(inspect("adviseur.asc", file).fingerprint, file).code for code, file in files.items()} == {
        code: code for code in files
    }


def test_a_colleague_s_key_is_not_said_to_be_that_of_somebody_whose_name_begins_likewise() -> None:
    advisers = [Adviser(name, "a@b.example", (pinned,)) for name, pinned in (("anna", OTHER), ("anna-b", key("healthy")[0]))]
    files = [inspect("anna-b.asc", key("healthy")[1]), inspect("annabel.asc", b"")]

    assert [said.code for said in judge(advisers, files)] == ["missing", "fit"]


def test_a_revocation_that_calls_itself_a_signature_counts_like_any_other(tmp_path: Path) -> None:
    maker = Maker(tmp_path / "home").primary().subkey()
    public, certificate = maker.public(), maker.home / "openpgp-revocs.d" / f"{maker.fingerprint}.rev"
    block = certificate.read_bytes().replace(b":-----BEGIN", b"-----BEGIN").replace(b"PUBLIC KEY BLOCK", b"SIGNATURE")
    maker.close()

    assert verdict(maker.fingerprint, public, block).code == "revoked"
