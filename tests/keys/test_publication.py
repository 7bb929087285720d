"""What the static site publishes of the keys, and that mail programs find it there."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from contact_service.keys.advisers import Adviser, Association
from contact_service.keys.keyring import Keyring
from contact_service.keys.publication import local_part_hash, publish
from tests.support.built_site import REPO
from tests.support.crafted_keys import NAME_REVOCATION, Crafted
from tests.support.key_maker import ADDRESS, Maker, key

pytestmark = pytest.mark.program

GPG_WKS = Path("/usr/lib/gnupg/gpg-wks-client")


def published(tmp_path: Path, *kinds: str, own_domain: str | None = None, reserve: str = "") -> Path:
    keys = tmp_path / "service-keys"
    keys.mkdir(exist_ok=True)
    people = []
    for number, kind in enumerate([*kinds, *([reserve] if reserve else [])]):
        fingerprint, data = key(kind)
        (keys / f"adviseur-{number}.asc").write_bytes(data)
        people.append(Adviser(f"adviseur-{number}", ADDRESS, (fingerprint,)))
    group = Association("Vereniging", ("wethouder",), tuple(people[: len(kinds)]), tuple(people[len(kinds) :]))
    publish([group], keys, tmp_path / "site", own_domain, datetime.now(UTC))
    return tmp_path / "site"


def binary(armored: bytes) -> bytes:
    """The packets of a key file, as gpg reads them."""
    command = ["gpg", "--no-options", "--homedir", "/nonexistent", "--dearmor"]
    return subprocess.run(command, input=armored, capture_output=True, check=True).stdout


def files(site: Path) -> list[str]:
    return sorted(path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())


def test_both_methods_are_served_for_the_sites_own_domain(tmp_path: Path) -> None:
    name = local_part_hash("adviseur")
    assert files(published(tmp_path, "healthy", own_domain="vereniging.example")) == [
        f".well-known/openpgpkey/hu/{name}",
        ".well-known/openpgpkey/policy",
        f".well-known/openpgpkey/vereniging.example/hu/{name}",
        ".well-known/openpgpkey/vereniging.example/policy",
        "keys.json",
        "keys/adviseur-0.asc",
    ]


def test_another_domain_is_served_by_the_advanced_method_alone(tmp_path: Path) -> None:
    assert not [name for name in files(published(tmp_path, "healthy")) if name.startswith(".well-known/openpgpkey/hu")]


def test_only_keys_in_force_are_published(tmp_path: Path) -> None:
    site = published(tmp_path, "healthy", "expired", "revoked", reserve="second")
    (entry,) = json.loads((site / "keys.json").read_text("utf-8"))
    assert entry["fingerprints"] == [key("healthy")[0]] and [path.name for path in (site / "keys").iterdir()] == [
        "adviseur-0.asc"
    ]


def test_a_reserve_is_published_while_it_is_in_force(tmp_path: Path) -> None:
    (entry,) = json.loads((published(tmp_path, "expired", reserve="healthy") / "keys.json").read_text("utf-8"))
    assert entry["fingerprints"] == [key("healthy")[0]]


def test_a_key_that_is_no_longer_in_force_disappears(tmp_path: Path) -> None:
    published(tmp_path, "healthy")
    site = published(tmp_path, "expired")
    assert files(site) == ["keys.json"] and json.loads((site / "keys.json").read_text("utf-8")) == []


def test_another_address_in_the_key_stays_private(tmp_path: Path) -> None:
    maker = Maker(tmp_path / "home").primary().subkey()
    maker.gpg("--quick-add-uid", maker.fingerprint, "thuis@prive.example")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "adviseur.asc").write_bytes(maker.public())
    maker.close()
    group = Association("Vereniging", ("wethouder",), (Adviser("adviseur", ADDRESS, (maker.fingerprint,)),))
    publish([group], tmp_path / "keys", tmp_path / "site", None, datetime.now(UTC))
    assert all(b"prive.example" not in path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file())
    stranger = Association("Vereniging", ("wethouder",), (Adviser("adviseur", "iemand@anders.example", (maker.fingerprint,)),))
    ((name, said),) = publish([stranger], tmp_path / "keys", tmp_path / "site", None, datetime.now(UTC))
    assert name == "adviseur" and said.startswith("not published") and files(tmp_path / "site") == ["keys.json"]


def test_who_vouched_for_an_adviser_stays_private(tmp_path: Path) -> None:
    friend = Maker(tmp_path / "friend").primary("ed25519", address="vriend@prive.example")
    maker = Maker(tmp_path / "home").primary().subkey()
    friend.gpg("--import", given=maker.public())
    friend.gpg("--quick-sign-key", maker.fingerprint)
    vouched = friend.gpg("--armor", "--export", maker.fingerprint)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "adviseur.asc").write_bytes(vouched)
    for home in (friend, maker):
        home.close()
    group = Association("Vereniging", ("wethouder",), (Adviser("adviseur", ADDRESS, (maker.fingerprint,)),))
    keyring = Keyring([group], tmp_path / "keys", tmp_path / "keyrings")

    published = keyring.public_keys(group.advisers[0], datetime.now(UTC))

    vouchers = bytes.fromhex(friend.fingerprint[-16:])
    assert vouchers in binary(vouched)
    assert published.fingerprints == [maker.fingerprint] == list(keyring.exports)
    for key_file in (published.armored, keyring.exports[maker.fingerprint]):
        assert vouchers not in binary(key_file.encode())
    given = b"".join(published.each.values())
    assert vouchers not in given and given in binary(published.armored.encode())


def test_an_adviser_with_two_keys_publishes_both_in_one_file(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    kinds = ("healthy", "second")
    for kind in kinds:
        (tmp_path / "keys" / f"{kind}.asc").write_bytes(key(kind)[1])
    person = Adviser("adviseur", ADDRESS, tuple(key(kind)[0] for kind in kinds))
    keyring = Keyring([Association("Vereniging", ("wethouder",), (person,))], tmp_path / "keys", tmp_path / "keyrings")

    published = keyring.public_keys(person, datetime.now(UTC))

    assert published.fingerprints == list(person.fingerprints)
    assert b"".join(published.each.values()) == b"".join(
        binary(keyring.exports[pinned].encode()) for pinned in person.fingerprints
    )


def people(*persons: tuple[str, str, tuple[str, ...]]) -> Association:
    return Association("Vereniging", ("wethouder",), tuple(Adviser(*person) for person in persons))


def test_advisers_who_share_a_mailbox_share_its_file_and_hide_no_key_of_each_other(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    for kind in ("healthy", "second", "rsa3072"):
        (tmp_path / "keys" / f"{kind}.asc").write_bytes(key(kind)[1])
    pins = [key(kind)[0] for kind in ("healthy", "second", "rsa3072")]
    # The second has the first one's key as well, and writes the address otherwise.
    group = people(("a", ADDRESS, (pins[0],)), ("b", ADDRESS.capitalize(), (pins[1], pins[0])), ("c", ADDRESS, (pins[2],)))

    publish([group], tmp_path / "keys", tmp_path / "site", None, datetime.now(UTC))

    (file,) = (tmp_path / "site").rglob("hu/*")
    command = ["gpg", "--no-options", "--homedir", str(tmp_path), "--show-keys", "--with-colons"]
    shown = subprocess.run(command, input=file.read_bytes(), capture_output=True, check=True).stdout.decode().splitlines()
    assert [before.split(":")[0] for before in shown].count("pub") == 3
    assert {line.split(":")[9] for line in shown if line.startswith("fpr")} >= set(pins)


def test_a_revoked_address_counts_as_another_one(tmp_path: Path) -> None:
    maker = Maker(tmp_path / "home").primary(address="nieuw@vereniging.example").subkey()
    maker.gpg("--quick-add-uid", maker.fingerprint, ADDRESS)
    maker.gpg("--quick-revoke-uid", maker.fingerprint, ADDRESS)
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "adviseur.asc").write_bytes(maker.public())
    maker.close()

    revoked, kept = people(("adviseur", ADDRESS, (maker.fingerprint,))), "nieuw@vereniging.example"
    ((_, said),) = publish([revoked], tmp_path / "keys", tmp_path / "site", None, datetime.now(UTC))
    assert said.startswith("not published") and files(tmp_path / "site") == ["keys.json"]

    ((_, said),) = publish(
        [people(("adviseur", kept, (maker.fingerprint,)))], tmp_path / "keys", tmp_path / "site", None, datetime.now(UTC)
    )
    assert said.endswith(local_part_hash("nieuw"))
    assert all(ADDRESS.encode() not in path.read_bytes() for path in (tmp_path / "site").rglob("*") if path.is_file())


def given_out(tmp_path: Path, *advisers: tuple[str, Crafted]) -> dict[str, str]:
    """What becomes of these advisers' keys, by name in their order, when all are published at once."""
    (tmp_path / "keys").mkdir()
    for number, (_, made) in enumerate(advisers):
        (tmp_path / "keys" / f"{number}.asc").write_bytes(made.public())
    group = people(
        *((f"a{number}", at, (made.primary.fingerprint.hex().upper(),)) for number, (at, made) in enumerate(advisers))
    )
    return dict(publish([group], tmp_path / "keys", tmp_path / "site", None, datetime.now(UTC)))


def test_an_address_with_any_sign_that_is_allowed_is_published_and_none_keeps_the_others_back(tmp_path: Path) -> None:
    allowed = [f"{local}@vereniging.example" for local in ("jan&piet", "jan|piet", "o'neil", "a=b", "-jan", "jan+spoed")]
    # Only with these two gpg cannot be asked.
    joined = [f"{local}@vereniging.example" for local in ("jan&&piet", "jan||piet")]
    made = [(address, Crafted().name(f"Jan <{address}>").name("Jan <thuis@elders.example>").subkey()) for address in allowed]
    made += [(address, Crafted().name(f"Jan <{address}>").subkey()) for address in joined]

    said = given_out(tmp_path, *made)

    assert [words.startswith("not published") for words in said.values()] == [False] * 6 + [True] * 2
    found = [path for path in (tmp_path / "site").rglob("*") if path.is_file()]
    assert all(b"elders.example" not in path.read_bytes() for path in found)


def test_an_address_with_a_sign_of_the_filter_that_was_revoked_is_not_published(tmp_path: Path) -> None:
    name = b"Jan <jan&piet@vereniging.example>"
    made = Crafted().name(name).signed(NAME_REVOCATION, b"\xb4" + len(name).to_bytes(4) + name, days=-1).name("Jan").subkey()

    assert given_out(tmp_path, ("jan&piet@vereniging.example", made))["a0"].startswith("not published")


def test_an_address_in_a_name_that_nobody_signed_is_not_published(tmp_path: Path) -> None:
    made = Crafted().name("Jo <thuis@elders.example>").raw(13, f"Jo <{ADDRESS}>".encode()).subkey()

    assert given_out(tmp_path, (ADDRESS, made))["a0"].startswith("not published")


def test_an_address_in_a_name_that_browsers_cannot_read_is_not_published(tmp_path: Path) -> None:
    latin, other = f"Ren\xe9e <{ADDRESS}>".encode("latin-1"), "Ren\xe9e <thuis@elders.example>"

    said = given_out(tmp_path, (ADDRESS, Crafted().name(latin).name(other).subkey()))

    assert "no UTF-8 name" in said["a0"] and files(tmp_path / "site") == ["keys.json"]


@pytest.mark.skipif(not GPG_WKS.exists(), reason="needs gpg-wks-client: sudo apt-get install gpg-wks-client")
def test_names_and_content_are_those_of_gpgs_own_tool(tmp_path: Path) -> None:
    site = published(tmp_path, "healthy", own_domain="vereniging.example")
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "vereniging.example").mkdir()
    (tmp_path / "key.bin").write_bytes((site / ".well-known/openpgpkey/hu" / local_part_hash("adviseur")).read_bytes())
    command = [str(GPG_WKS), "-C", str(theirs), "--install-key", str(tmp_path / "key.bin"), ADDRESS]
    subprocess.run(command, check=True, capture_output=True, env={"GNUPGHOME": str(tmp_path), "PATH": "/usr/bin"})
    (made,) = (theirs / "vereniging.example" / "hu").iterdir()
    ours = site / ".well-known/openpgpkey/vereniging.example/hu"
    assert [(path.name, path.read_bytes()) for path in ours.iterdir()] == [(made.name, made.read_bytes())]


@pytest.mark.server
def test_the_site_carries_the_published_keys_and_shows_their_fingerprints_in_both_languages(tmp_path: Path) -> None:
    folder = published(tmp_path, "healthy", own_domain="vereniging.example")
    command = [sys.executable, "-m", "editorial.build", "--site-dir", str(tmp_path / "built")]
    subprocess.run(command, check=True, cwd=REPO, env=os.environ | {"PUBLISHED_KEYS": str(folder)}, capture_output=True)
    fingerprint = key("healthy")[0]
    for language in ("", "en/"):
        page = BeautifulSoup((tmp_path / "built" / language / "sleutels" / "index.html").read_text("utf-8"), "html.parser")
        assert " ".join(fingerprint[at : at + 4] for at in range(0, 40, 4)) in page.main.get_text()
        link = (tmp_path / "built" / language / "sleutels" / page.main.select_one("a[download]")["href"]).resolve()
        assert link == (tmp_path / "built" / "keys" / "adviseur-0.asc").resolve() and link.exists()
    assert set(files(folder)) <= set(files(tmp_path / "built"))


def test_the_hash_is_the_one_of_the_specification() -> None:
    assert local_part_hash("Joe.Doe") == "iy9q119eutrkn8s1mk4r39qejnbu3n5q"
