"""Keys change while the service runs: reserves, files that vanish, and a reload under load."""

import logging
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from contact_service.keys.advisers import Adviser, Association
from contact_service.keys.keyring import Keyring, NoFitKey
from tests.support.key_maker import key

pytestmark = pytest.mark.program

NOW = datetime.now(UTC)


class Folder:
    """A key folder and the associations that pin keys in it."""

    def __init__(self, path: Path) -> None:
        self.keys, self.home = path / "keys", path / "keyring"
        self.keys.mkdir()

    def adviser(self, name: str, kind: str) -> Adviser:
        fingerprint, file = key(kind)
        (self.keys / f"{name}.asc").write_bytes(file)
        return Adviser(name, f"{name}@vereniging.example", (fingerprint,))

    def keyring(self, *associations: Association) -> Keyring:
        return Keyring(associations, self.keys, self.home)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def names(readers: tuple[Adviser, ...]) -> list[str]:
    return [reader.name for reader in readers]


def test_a_reserve_stays_out_while_one_adviser_can_read(folder: Folder) -> None:
    group = Association(
        "Vereniging",
        ("wethouder",),
        (folder.adviser("eerste", "expired"), folder.adviser("tweede", "healthy")),
        (folder.adviser("reserve", "second"),),
    )
    assert names(folder.keyring(group).readers(group, NOW)) == ["tweede"]


def test_the_reserve_of_the_association_goes_before_the_reserve_of_all(folder: Folder) -> None:
    reserves = (folder.adviser("van-ons", "second"), folder.adviser("van-allen", "healthy"))
    group = Association("Vereniging", ("wethouder",), (folder.adviser("eerste", "expired"),), reserves)
    assert names(folder.keyring(group).readers(group, NOW)) == ["van-ons"]


def test_the_reserve_of_all_goes_in_where_the_association_has_none_that_works(folder: Folder) -> None:
    reserves = (folder.adviser("van-ons", "revoked"), folder.adviser("van-allen", "healthy"))
    group = Association("Vereniging", ("wethouder",), (folder.adviser("eerste", "expired"),), reserves)
    assert names(folder.keyring(group).readers(group, NOW)) == ["van-allen"]


def test_a_reserve_that_takes_over_is_an_error_in_the_log_with_association_and_reason(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    group = Association(
        "Vereniging", ("wethouder",), (folder.adviser("eerste", "expired"),), (folder.adviser("reserve", "healthy"),)
    )
    folder.keyring(group).alert(group, NOW)
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.getMessage() == (
        "no adviser of Vereniging has a usable key: the reserve reserve takes over (eerste: expired)"
    )


def test_a_key_that_expires_while_the_service_runs_hands_over_to_the_reserve(folder: Folder) -> None:
    group = Association(
        "Vereniging", ("wethouder",), (folder.adviser("eerste", "expires-tomorrow"),), (folder.adviser("reserve", "healthy"),)
    )
    keyring = folder.keyring(group)
    assert names(keyring.readers(group, NOW)) == ["eerste"]
    # The key was made a while after NOW.
    assert names(keyring.readers(group, NOW + timedelta(days=2))) == ["reserve"]


def test_with_nothing_left_no_message_is_encrypted_and_the_log_says_that_the_form_closed(
    folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    group = Association("Vereniging", ("wethouder",), (folder.adviser("eerste", "expired"),))
    keyring = folder.keyring(group)
    keyring.alert(group, NOW)
    assert "the form is closed" in caplog.text
    with pytest.raises(NoFitKey):
        keyring.encrypt(b"text", group, NOW)


@pytest.mark.parametrize("happens", ["vanishes", "is emptied", "is swapped"])
def test_a_running_service_keeps_its_keys_whatever_happens_to_the_file(folder: Folder, happens: str) -> None:
    group = Association("Vereniging", ("wethouder",), (folder.adviser("eerste", "healthy"),))
    keyring = folder.keyring(group)
    before = key_ids(keyring.encrypt(b"text", group, NOW))
    file = folder.keys / "eerste.asc"
    if happens == "vanishes":
        file.unlink()
    else:
        file.write_bytes(b"" if happens == "is emptied" else key("second")[1])
    assert key_ids(keyring.encrypt(b"text", group, NOW)) == before


def test_a_swapped_file_never_gets_a_message_after_a_restart_either(folder: Folder) -> None:
    group = Association("Vereniging", ("wethouder",), (folder.adviser("eerste", "healthy"),))
    (folder.keys / "eerste.asc").write_bytes(key("second")[1])
    keyring = folder.keyring(group)
    assert keyring.verdicts[0].code == "other-key" and keyring.readers(group, NOW) == ()


def key_ids(armored: str) -> list[str]:
    run = subprocess.run(
        ["gpg", "--batch", "--list-only", "--list-packets", "--no-options", "--no-keyring"],
        input=armored.encode(),
        capture_output=True,
        check=False,
        timeout=30,
    )
    return [line.split("keyid ")[1] for line in run.stdout.decode().splitlines() if "pubkey enc packet" in line]
