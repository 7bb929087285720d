"""A few kinds of the zoo of keys: judged, locked for both ways, and opened; `make zoo` has all."""

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from contact_service.keys.advisers import Adviser, Association
from contact_service.keys.keyring import Keyring
from contact_service.keys.verdict import BROWSER, FIT, SENTENCES
from contact_service.keys.warnings import STEPS
from contact_service.mail.submission import ROLES
from contact_service.openpgp.browser import refused_by_browsers
from contact_service.openpgp.ciphertext import addressees
from contact_service.operator.cli import main
from tests.support.crafted_keys import CRAFTED, NAME, Crafted
from tests.support.key_maker import ADDRESS, LONG_AGO, Maker, key
from tests.support.stack import REPO
from tests.support.zoo import FEW, GPG, GPG_2_4, HERE, OPENPGPJS, PROTON, RNP, SOP, crafted, of_gpg
from tests.support.zoo_handbook import HANDBOOK, cell, row_of
from tests.support.zoo_handbook import faults as handbook_faults
from tests.support.zoo_handbook import rows as handbook_rows
from tests.support.zoo_table import Row, by_gpg, by_openpgpjs, by_reader, table

LIBRARY = REPO / "node_modules" / "openpgp"
pytestmark = [
    pytest.mark.program,
    pytest.mark.skipif(not LIBRARY.is_dir() or not shutil.which("node"), reason="needs OpenPGP.js: npm ci"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As much of a built site as browsers need to encrypt."""
    assets = tmp_path_factory.mktemp("site") / "assets"
    shutil.copytree(LIBRARY / "dist" / "lightweight", assets / "openpgp-0")
    shutil.copy(REPO / "overrides" / "assets" / "seal.js", assets)
    return assets.parent


@pytest.fixture(scope="module")
def rows(site: Path) -> dict[str, Row]:
    programs = {"gpg": lambda pairs: by_gpg(HERE, pairs), "OpenPGP.js": by_openpgpjs, "lezer.html": by_reader}
    return {row.kind.what: row for row in table([*crafted(), *of_gpg(HERE, FEW)], site, programs)[0]}


def test_no_key_is_judged_fit_that_then_fails_and_none_unfit_that_would_work(rows: dict[str, Row]) -> None:
    assert set(rows) == {*FEW, *CRAFTED}
    assert [fault for row in rows.values() for fault in row.faults()] == []


def test_a_key_that_browsers_refuse_is_said_to_be_so_and_still_takes_what_the_server_encrypts(rows: dict[str, Row]) -> None:
    row = rows["signed with SHA-1"]

    assert (row.verdict, set(row.messages), row.opened["server"][0]) == ("browser", {"server"}, "gpg")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("newer subkey bound with SHA-1", "op een oude manier ondertekend (zoals SHA-1). Maak een nieuwe sleutel."),
        ("name signed and again by a clock ahead", "de klok liep voor toen hij gemaakt of verlengd werd. Zet de klok goed"),
        ("newer subkey that will be bound", "Zet de klok goed en verleng de sleutel."),
        ("all names revoked", "de namen erin zijn ingetrokken of verlopen. Voeg uw mailadres weer toe."),
        ("name whose signature ended", "de namen erin zijn ingetrokken of verlopen."),
        ("somebody else may revoke it, said with the name", "bij de naam staat dat een ander hem mag intrekken."),
        ("no flags", "er staat niet in waarvoor hij dient."),
        ("name that begins with a byte order mark", "er klopt iets niet in. Maak een nieuwe sleutel: ECC"),
    ],
)
def test_an_adviser_hears_why_browsers_refuse_a_key_and_what_to_do(what: str, said: str, rows: dict[str, Row]) -> None:
    assert said in rows[what].sentence


def test_a_name_that_is_too_long_is_said_to_be_so(rows: dict[str, Row]) -> None:
    assert "te lang (boven 2000 tekens). Voeg een korte naam toe" in rows["two names too long"].sentence


def test_the_advisers_handbook_has_every_verdict_that_an_adviser_can_mend_and_no_other_word() -> None:
    named = set(re.findall(r"\| `([a-z-]+)`: ", HANDBOOK.read_text("utf-8")))

    assert named <= set(SENTENCES)
    # The last is for the operator of a machine of his own making.
    assert (set(STEPS) | {BROWSER}) - named == {FIT, "other-format"}


def test_every_kind_of_the_zoo_has_its_row_in_the_advisers_handbook() -> None:
    made = [(what, verdict) for program in (GPG, GPG_2_4, RNP, CRAFTED) for what, (verdict, *_) in program.items()]
    made += [pair for program in (OPENPGPJS, PROTON, *SOP.values()) for pair in program.items()]

    assert [pair for pair in made if not row_of(*pair, handbook_rows())] == []


@pytest.mark.parametrize(
    ("shut", "said"),
    [
        (["", ""], "alle vier"),
        (["sq 0.27.0, sq 1.3.1"], "twee; niet Sequoia"),
        (["sq 0.27.0, gpg 2.2.40", "gpg 2.2.40, sq 0.27.0"], "twee; niet gpg, Sequoia 0.27"),
        (["", "gpg 2.2.40"], "drie of vier"),
        (["", "gpg 2.2.40", "gpg 2.2.40, rnp 0.17.1"], "twee tot vier"),
    ],
)
def test_a_row_of_the_handbook_says_in_words_who_opens_its_keys(shut: list[str], said: str) -> None:
    programs = ("gpg 2.2.40", "sq 0.27.0", "sq 1.3.1", "rnp 0.17.1")

    assert cell([names.split(", ") if names else [] for names in shut], programs) == said


def test_what_the_handbook_says_else_than_the_zoo_is_a_fault() -> None:
    every = [(what, verdict, []) for program in (GPG, CRAFTED) for what, (verdict, *_) in program.items()]

    assert any("'RSA met 6144" in fault and "is about no key" in fault for fault in handbook_faults(every, ["gpg 2.2.40"]))
    assert any("opens in 'alle een', not in 'alle dertien'" in fault for fault in handbook_faults(every, ["gpg 2.2.40"]))
    assert "has no row for something new (odd)" in handbook_faults([("something new", "odd", [])], [])[0]


def test_the_librarys_own_words_say_why_a_browser_cannot_use_a_key(site: Path) -> None:
    keys = {kind: key(kind)[1].decode() for kind in ("healthy", "secp256k1")}
    keys = {key(kind)[0]: armored for kind, armored in keys.items()}

    refused = refused_by_browsers(site, keys)

    assert set(refused) == {key("secp256k1")[0]} and "secp256k1" in refused[key("secp256k1")[0]]


def test_the_operator_reads_in_keys_and_the_daily_log_that_browsers_refuse_a_key(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = CRAFTED["newer subkey bound with SHA-1"][1]()
    pinned = made.primary.fingerprint.hex().upper()
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "anna.asc").write_bytes(made.public())
    text = f'[[association]]\nname = "Vereniging"\nroles = {json.dumps(list(ROLES))}\n[[association.advisers]]\nname = "anna"\n'
    (tmp_path / "advisers.toml").write_text(f'{text}address = "{ADDRESS}"\nfingerprints = ["{pinned}"]\n', "utf-8")
    settings = {"ADVISERS": tmp_path / "advisers.toml", "KEYS": tmp_path / "keys", "SITE": site, "SMTP_HOST": "localhost"}
    settings |= {"FROM": "formulier@hulp.example", "OPERATOR": ADDRESS, "BOUNCES": ADDRESS, "OUTBOX": f"sqlite:///{tmp_path}/o"}
    for name, value in settings.items():
        monkeypatch.setenv(f"CONTACT_{name}", str(value))

    shown = CliRunner().invoke(main, ["keys"])
    daily = CliRunner().invoke(main, ["warn-keys"])

    assert shown.exit_code == 1 and "browser: Onze server kan deze sleutel gebruiken, maar browsers" in shown.output
    # Nothing to mail: what the server encrypts is read.
    assert daily.exit_code == 0 and f"key {pinned} of anna: Onze server kan deze sleutel gebruiken" in caplog.text


def test_no_key_is_called_unfit_because_browsers_could_not_be_asked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert refused_by_browsers(tmp_path, {key("healthy")[0]: key("healthy")[1].decode()}) == {}
    assert "browsers were not asked" in caplog.text


def test_advisers_may_share_a_key_and_have_several_and_each_is_locked_for_once(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    kinds = ("healthy", "second", "rsa3072", "brainpool", "nist")
    for kind in kinds:
        (tmp_path / "keys" / f"{kind}.asc").write_bytes(key(kind)[1])
    pins = tuple(key(kind)[0] for kind in kinds)
    advisers = (Adviser("anna", ADDRESS, pins), Adviser("bert", ADDRESS, pins[:1]), Adviser("cora", ADDRESS, pins[:1]))
    group, now = Association("Vereniging", ("wethouder",), advisers), datetime.now(UTC)
    keyring = Keyring([group], tmp_path / "keys", tmp_path / "keyring")

    message = keyring.encrypt(bytes(4096), group, now)

    keyring.check_ciphertext(message, group, now)
    assert len(addressees(message)) == 5 and all(keyring.opens(adviser, message, now) for adviser in advisers)


def test_a_key_file_that_asks_for_something_else_after_a_reload_is_locked_for_in_the_same_form(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    maker = Maker(tmp_path / "home", LONG_AGO).primary().subkey()
    group = Association("Vereniging", ("wethouder",), (Adviser("anna", ADDRESS, (maker.fingerprint,)),))
    messages, keyrings, now = [], [], datetime.now(UTC)
    for day, wish in enumerate(("", "3DES SHA1 Uncompressed no-ks-modify", "none", "AES128 AES256 SHA512 ZIP mdc")):
        # gpg waits until a second is over before it signs anew.
        maker.at(LONG_AGO + timedelta(days=day))
        if wish:
            asked = f"setpref {wish}\ny\nsave\n".encode()
            maker.gpg("--command-fd", "0", "--edit-key", maker.fingerprint, given=asked)
        (tmp_path / "keys" / "anna.asc").write_bytes(maker.public())
        keyrings.append(Keyring([group], tmp_path / "keys", tmp_path / "keyring"))
        messages.append(keyrings[-1].encrypt(bytes(4096), group, now))
    maker.close()

    assert len({keyring.exports[maker.fingerprint] for keyring in keyrings}) == 4
    for keyring in keyrings:
        for message in messages:
            keyring.check_ciphertext(message, group, now)


def test_a_photo_in_a_key_is_given_to_nobody(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    made = Crafted().name(NAME).picture(100_000).subkey()
    (tmp_path / "keys" / "anna.asc").write_bytes(made.public())
    adviser = Adviser("anna", ADDRESS, (made.primary.fingerprint.hex().upper(),))
    keyring = Keyring([Association("Vereniging", ("wethouder",), (adviser,))], tmp_path / "keys", tmp_path / "keyring")

    public = keyring.public_keys(adviser, datetime.now(UTC))

    assert public and len(public.armored) < 2000 and all(0 < len(armored) < 2000 for armored in keyring.exports.values())
