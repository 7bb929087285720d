"""Encryption: only fit, pinned keys ever lock a message, and only their owners can open it."""

import gc
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from contact_service.keys import frozen
from contact_service.keys.advisers import Adviser, Association
from contact_service.keys.judgement import judge
from contact_service.keys.keyring import MARGIN, Keyring, NoFitKey
from contact_service.keys.verdict import Verdict
from contact_service.mail.message import BUCKETS_BYTES
from contact_service.openpgp.ciphertext import OtherReaders
from contact_service.openpgp.gpg import LONGEST_SECONDS, EncryptionFailed
from contact_service.openpgp.key_files import inspect, read_key_files
from tests.conftest import Computer, everything_below
from tests.support.crafted_keys import NAME, Crafted
from tests.support.key_maker import Maker, key

pytestmark = pytest.mark.program

PLAINTEXT = "Er lag een kogelbrief op de mat. € 🙏".encode() * 20
MakeKeyring = Callable[..., tuple[Keyring, Association]]


def association(*advisers: Adviser) -> Association:
    return Association("Vereniging van burgemeesters", ("burgemeester",), advisers)


@pytest.fixture
def keyring_with(short_folder: Path, tmp_path: Path) -> MakeKeyring:
    """A keyring of one association whose advisers pinned these fingerprints, from a folder with these files."""

    def make(pinned: dict[str, tuple[str, ...]], files: dict[str, bytes]) -> tuple[Keyring, Association]:
        folder = tmp_path / "keys"
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
        group = association(*(Adviser(name, f"{name}@advies.example", prints) for name, prints in pinned.items()))
        return Keyring([group], folder, short_folder / "keyrings"), group

    return make


@pytest.fixture
def councillors(keys: Path, short_folder: Path, computers: dict[str, Computer]) -> tuple[Keyring, Association]:
    """Bert and Cora read what councillors send; Anna does not, though the service knows her key."""
    group = association(computers["bert"].adviser, computers["cora"].adviser)
    mayors = association(computers["anna"].adviser)
    return Keyring([mayors, group], keys, short_folder / "keyrings"), group


def test_only_the_advisers_of_the_association_can_read_it(
    councillors: tuple[Keyring, Association], computers: dict[str, Computer], now: datetime
) -> None:
    keyring, group = councillors

    ciphertext = keyring.encrypt(PLAINTEXT, group, now).encode()

    assert b"kogelbrief" not in ciphertext
    assert computers["bert"].opens(ciphertext) == PLAINTEXT
    assert computers["cora"].opens(ciphertext) == PLAINTEXT
    assert computers["anna"].opens(ciphertext) is None


def packets(ciphertext: str) -> str:
    """What anybody can see of a ciphertext without a key."""
    command = ["gpg", "--no-options", "--list-packets", "--no-autostart", "--homedir", "/nonexistent", "--list-only"]
    return subprocess.run(command, input=ciphertext.encode(), capture_output=True, check=False).stdout.decode()


def test_the_ciphertext_is_in_the_format_that_all_mail_programs_read(
    councillors: tuple[Keyring, Association], now: datetime
) -> None:
    keyring, group = councillors

    seen = packets(keyring.encrypt(PLAINTEXT, group, now))

    assert seen.count(":pubkey enc packet: version 3") == 2
    assert seen.count(":encrypted data packet:") == 1
    assert "mdc_method: 2" in seen


def test_the_ciphertexts_length_shows_the_bucket_and_no_more(councillors: tuple[Keyring, Association], now: datetime) -> None:
    keyring, group = councillors

    lengths = {len(keyring.encrypt(filling * 4096, group, now)) for filling in (b"a", b"\0")}

    # Curve 25519 session keys may differ by a byte or two, whatever the message holds.
    assert max(lengths) - min(lengths) <= 8
    assert min(lengths) > 4096


def test_the_same_text_never_gives_the_same_ciphertext(councillors: tuple[Keyring, Association], now: datetime) -> None:
    keyring, group = councillors

    assert keyring.encrypt(PLAINTEXT, group, now) != keyring.encrypt(PLAINTEXT, group, now)


def test_encryption_writes_nothing_to_disk(
    councillors: tuple[Keyring, Association], short_folder: Path, state: Path, now: datetime
) -> None:
    keyring, group = councillors
    before = everything_below(short_folder / "keyrings")

    keyring.encrypt(PLAINTEXT, group, now)

    assert everything_below(short_folder / "keyrings") == before
    assert b"kogelbrief" not in everything_below(state)


FLAWS = {
    "expired": "expired",
    "expired-subkey": "expired",
    "revoked": "revoked",
    "no-subkey": "no-encryption",
    "sign-only": "no-encryption",
    "rsa1024": "weak",
    "rsa2048": "weak",
    "secret": "secret",
    "two-in-a-file": "several",
    "no-user-id": "no-user-id",
}


@pytest.mark.parametrize(("flaw", "code"), FLAWS.items())
def test_a_flawed_key_is_refused_with_its_reason(flaw: str, code: str, keyring_with: MakeKeyring, now: datetime) -> None:
    fingerprint, file = key(flaw)

    keyring, group = keyring_with({"anna": (fingerprint,)}, {"anna.asc": file})

    (verdict,) = keyring.verdicts
    assert (verdict.adviser, verdict.fingerprint, verdict.code) == ("anna", fingerprint, code)
    assert verdict.sentence.endswith(".")
    assert not keyring.readers(group, now)
    with pytest.raises(NoFitKey):
        keyring.encrypt(PLAINTEXT, group, now)


FILES = {
    "empty": (b"", "empty"),
    "a web page": (b"<!doctype html><title>404 Not Found</title>", "not-a-key"),
    "half a key": (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME", "damaged"),
    "random bytes": (bytes(range(256)) * 4, "not-a-key"),
}


@pytest.mark.parametrize(("content", "code"), FILES.values(), ids=FILES)
def test_a_file_that_holds_no_key_is_no_key(content: bytes, code: str, keyring_with: MakeKeyring) -> None:
    keyring, _group = keyring_with({"anna": (key("healthy")[0],)}, {"anna.asc": content})

    assert [verdict.code for verdict in keyring.verdicts] == [code]


def test_a_file_that_cannot_be_read_is_no_key(keyring_with: MakeKeyring, tmp_path: Path) -> None:
    (tmp_path / "keys" / "anna.asc").mkdir(parents=True)

    keyring, _group = keyring_with({"anna": (key("healthy")[0],)}, {})

    assert [verdict.code for verdict in keyring.verdicts] == ["unreadable"]


def test_a_key_folder_that_cannot_be_read_is_named_and_no_key_is_blamed(tmp_path: Path, keys: Path) -> None:
    folder = shutil.copytree(keys, tmp_path / "keys")
    folder.chmod(0)
    root = os.geteuid() == 0
    try:
        if root:
            # Root may read anything.
            os.seteuid(65534)
        with pytest.raises(OSError, match=r"Permission denied: '.*/keys'"):
            read_key_files(folder)
    finally:
        if root:
            os.seteuid(0)


def test_a_healthy_key_with_another_fingerprint_than_the_pinned_one_is_not_used(
    keyring_with: MakeKeyring, now: datetime
) -> None:
    keyring, group = keyring_with({"anna": ("A" * 40,)}, {"anna.asc": key("healthy")[1]})

    assert [verdict.code for verdict in keyring.verdicts] == ["other-key"]
    with pytest.raises(NoFitKey):
        keyring.encrypt(PLAINTEXT, group, now)


def test_a_key_that_nobody_pinned_does_not_get_into_the_keyring(
    computers: dict[str, Computer], keyring_with: MakeKeyring, now: datetime
) -> None:
    anna = computers["anna"]

    keyring, group = keyring_with(
        {"anna": anna.adviser.fingerprints}, {"anna.asc": anna.public_key, "mallory.asc": key("healthy")[1]}
    )

    assert packets(keyring.encrypt(PLAINTEXT, group, now)).count(":pubkey enc packet:") == 1


@pytest.mark.parametrize("names", [("a.asc", "b.asc"), ("b.asc", "a.asc")])
def test_a_revocation_counts_whatever_older_file_stands_beside_it(
    names: tuple[str, str], keyring_with: MakeKeyring, short_folder: Path
) -> None:
    with closing(Maker(short_folder / f"revoked-{names[0]}")) as maker:
        healthy = maker.primary().subkey().public()
        revoked = maker.revoke().public()

    keyring, _group = keyring_with({"anna": (maker.fingerprint,)}, dict(zip(names, (healthy, revoked), strict=True)))

    assert [verdict.code for verdict in keyring.verdicts] == ["revoked"]


def test_a_secret_key_beside_its_public_half_is_refused(keyring_with: MakeKeyring, short_folder: Path) -> None:
    with closing(Maker(short_folder / "both-halves").primary().subkey()) as maker:
        files = {"a.asc": maker.secret(), "b.asc": maker.public()}

    keyring, _group = keyring_with({"anna": (maker.fingerprint,)}, files)

    assert [verdict.code for verdict in keyring.verdicts] == ["secret"]


def test_a_strong_key_whose_weak_subkey_expired_long_ago_is_fit(keyring_with: MakeKeyring, now: datetime) -> None:
    fingerprint, file = key("weak-subkey-expired")

    keyring, group = keyring_with({"anna": (fingerprint,)}, {"anna.asc": file})

    assert [verdict.code for verdict in keyring.verdicts] == ["fit"]
    assert packets(keyring.encrypt(PLAINTEXT, group, now)).count("algo 18") == 1


def test_a_flawed_key_does_not_keep_the_message_from_the_other_advisers(
    computers: dict[str, Computer], keyring_with: MakeKeyring, now: datetime
) -> None:
    fingerprint, file = key("expired")
    anna = computers["anna"]
    files = {"anna.asc": anna.public_key, "dora.asc": file}

    keyring, group = keyring_with({"dora": (fingerprint,), "anna": anna.adviser.fingerprints}, files)

    assert [adviser.name for adviser in keyring.readers(group, now)] == ["anna"]
    assert anna.opens(keyring.encrypt(PLAINTEXT, group, now).encode()) == PLAINTEXT


def test_an_adviser_with_two_keys_can_read_with_either(
    computers: dict[str, Computer], keyring_with: MakeKeyring, now: datetime
) -> None:
    old, new = computers["anna"], computers["bert"]
    both = (*old.adviser.fingerprints, *new.adviser.fingerprints)

    keyring, group = keyring_with({"anna": both}, {"old.asc": old.public_key, "new.asc": new.public_key})
    ciphertext = keyring.encrypt(PLAINTEXT, group, now).encode()

    assert old.opens(ciphertext) == new.opens(ciphertext) == PLAINTEXT
    assert [adviser.name for adviser in keyring.readers(group, now)] == ["anna"]


def test_a_key_that_expires_while_the_service_runs_is_used_no_longer(
    councillors: tuple[Keyring, Association], now: datetime
) -> None:
    keyring, group = councillors
    keyring.verdicts = [replace(verdict, usable_until=now + timedelta(hours=1)) for verdict in keyring.verdicts]

    assert keyring.encrypt(PLAINTEXT, group, now + timedelta(minutes=59))
    with pytest.raises(NoFitKey):
        keyring.encrypt(PLAINTEXT, group, now + timedelta(hours=1))


def test_the_operator_reads_whose_key_is_unfit_and_why(
    computers: dict[str, Computer],
    keyring_with: MakeKeyring,
    now: datetime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    anna, (revoked, file) = computers["anna"], key("revoked")
    keyring, group = keyring_with(
        {"anna": anna.adviser.fingerprints, "dora": (revoked,)}, {"anna.asc": anna.public_key, "dora.asc": file}
    )
    # Anna's key ends a moment after it was judged; Emma reads for somebody else.
    first, second = keyring.verdicts
    keyring.verdicts = [replace(first, usable_until=now + MARGIN / 2), second, Verdict("emma", "E" * 40, "missing", "Weg.")]

    keyring.check([group], now)

    assert caplog.messages == [
        f"key {revoked} of dora: {second.sentence} (revoked)",
        f"key {'E' * 40} of emma: Weg. (missing)",
        "no adviser of Vereniging van burgemeesters has a usable key: the form is closed for its roles "
        "(anna: expired, dora: revoked)",
    ]
    with pytest.raises(NoFitKey, match="Vereniging van burgemeesters"):
        keyring.recipients(group, now)


def test_a_ciphertext_for_any_subkey_in_force_is_passed(keyring_with: MakeKeyring, now: datetime) -> None:
    fingerprint, file = key("two-subkeys")
    keyring, group = keyring_with({"anna": (fingerprint,)}, {"anna.asc": file})
    ciphertext = keyring.encrypt(b"x" * BUCKETS_BYTES[0], group, now)

    keyring.check_ciphertext(ciphertext, group, now)
    with pytest.raises(OtherReaders):
        keyring.check_ciphertext(ciphertext, group, now + timedelta(days=2))


def test_the_end_of_a_key_is_known_beforehand() -> None:
    fingerprint, file = key("expired-subkey")

    (verdict,) = judge([Adviser("anna", "anna@advies.example", (fingerprint,))], [inspect("anna.asc", file)])

    assert verdict.usable_until is not None
    assert verdict.usable_until.date() == datetime(2020, 12, 31, tzinfo=UTC).date()
    assert "31-12-2020" in verdict.sentence


def test_a_verdict_that_is_not_fit_never_becomes_fit(now: datetime) -> None:
    assert not Verdict("anna", "A" * 40, "revoked", "").is_fit(now)
    assert Verdict("anna", "A" * 40, "fit", "").is_fit(now)


def test_a_keyring_is_made_once_and_never_written_to_again(keys: Path, tmp_path: Path, computers: dict[str, Computer]) -> None:
    group = association(computers["anna"].adviser)
    Keyring([group], keys, tmp_path)
    first = everything_below(tmp_path)

    Keyring([group], keys, tmp_path)

    assert everything_below(tmp_path) == first


def test_the_keyring_holds_no_secret_key(keyring_with: MakeKeyring, short_folder: Path) -> None:
    keyring_with({"anna": (key("secret")[0],)}, {"anna.asc": key("secret")[1]})

    assert not list((short_folder / "keyrings").rglob("private-keys-v1.d/*"))


def test_only_files_that_end_in_asc_are_read(tmp_path: Path) -> None:
    for name in ("anna.asc", "anna.asc.old", "README"):
        (tmp_path / name).write_bytes(b"x")

    assert [file.name for file in read_key_files(tmp_path)] == ["anna.asc"]


def test_a_damaged_keyring_is_made_anew_at_start(keys: Path, tmp_path: Path, computers: dict[str, Computer]) -> None:
    group = association(computers["anna"].adviser)
    Keyring([group], keys, tmp_path)
    for file in tmp_path.rglob("pubring*"):
        file.unlink()

    keyring = Keyring([group], keys, tmp_path)

    ciphertext = keyring.encrypt(PLAINTEXT, group, datetime.now(UTC))
    assert computers["anna"].opens(ciphertext.encode()) == PLAINTEXT
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, which needs root")
@pytest.mark.parametrize("full", ["keyring", "temporary"])
def test_a_full_disk_at_start_leaves_no_half_keyring_and_blames_no_key(
    full: str, keys: Path, tmp_path: Path, computers: dict[str, Computer], monkeypatch: pytest.MonkeyPatch
) -> None:
    group, home, disk = association(computers["anna"].adviser), tmp_path / "keyring", tmp_path / full
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=True)
    try:
        (disk / "filler").write_bytes(bytes(61_000))
        if full == "temporary":
            monkeypatch.setattr(tempfile, "tempdir", str(disk))
        with pytest.raises(OSError, match="CONTACT_KEYRING|No space"):
            Keyring([group], keys, home)
        assert not list(home.glob("*-*"))
        (disk / "filler").unlink()
        subprocess.run(["mount", "-o", "remount,size=4m", disk], check=True)
        assert Keyring([group], keys, home).readers(group, datetime.now(UTC))
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def test_old_keyrings_and_broken_attempts_go_once_nobody_uses_them(
    keys: Path, tmp_path: Path, computers: dict[str, Computer], now: datetime
) -> None:
    mayors, councillors = association(computers["anna"].adviser), association(computers["bert"].adviser)
    (tmp_path / "making-broken").mkdir()
    old = Keyring([mayors], keys, tmp_path)

    new = Keyring([councillors], keys, tmp_path)

    assert old.encrypt(PLAINTEXT, mayors, now)
    assert len(list(tmp_path.iterdir())) == 2
    del old
    gc.collect()
    new = Keyring([councillors], keys, tmp_path)
    assert [folder.name.split("-")[0] for folder in tmp_path.iterdir()] == ["keyring"]
    assert new.encrypt(PLAINTEXT, councillors, now)


@pytest.mark.parametrize("moments", [["_held"], ["works", "rmtree"]], ids=["before-it-is-held", "once-it-is-not-needed"])
def test_processes_that_start_together_do_not_tidy_up_under_each_other(
    moments: list[str],
    keys: Path,
    tmp_path: Path,
    computers: dict[str, Computer],
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    group, started = association(computers["anna"].adviser), []

    def start_another_before(owner: Any, name: str) -> None:
        done = getattr(owner, name)

        def disturbed(*arguments: Any, **options: Any) -> Any:
            if "making-" not in repr((arguments, options)):
                return done(*arguments, **options)
            monkeypatch.setattr(owner, name, done)
            started.append(Keyring([group], keys, tmp_path))
            return done(*arguments, **options)

        monkeypatch.setattr(owner, name, disturbed)

    for moment in moments:
        start_another_before(shutil if moment == "rmtree" else frozen, moment)

    keyring = Keyring([group], keys, tmp_path)

    assert len(started) == len(moments)
    assert [folder.name.split("-")[0] for folder in tmp_path.iterdir()] == ["keyring"]
    assert all(one.encrypt(PLAINTEXT, group, now) for one in (keyring, *started))


def test_the_longest_message_for_many_of_the_largest_keys_is_taken(keyring_with: MakeKeyring) -> None:
    made = [Crafted().name(NAME).large_subkey(16_384) for _ in range(12)]
    pins = tuple(one.primary.fingerprint.hex().upper() for one in made)
    keyring, group = keyring_with({"anna": pins}, {f"{pin}.asc": one.public() for pin, one in zip(pins, made, strict=True)})
    now = datetime.now(UTC)

    keyring.check_ciphertext(keyring.encrypt(bytes(BUCKETS_BYTES[-1]), group, now), group, now)

    assert [verdict.code for verdict in keyring.verdicts] == ["fit"] * 12


def test_a_gpg_that_hangs_is_given_up(
    councillors: tuple[Keyring, Association], tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring, group = councillors
    (tmp_path / "gpg").write_text("#!/bin/sh\nexec sleep 600\n")
    (tmp_path / "gpg").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("contact_service.openpgp.gpg.LONGEST_SECONDS", 0.2)

    start = monotonic()
    with pytest.raises(EncryptionFailed):
        keyring.encrypt(PLAINTEXT, group, now)

    assert monotonic() - start < 5
    assert LONGEST_SECONDS < 30  # after which the web worker would be ended, and the typed text with it
