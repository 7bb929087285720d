"""A few kinds of the zoo of keys: judged, locked for both ways, and opened; `make zoo` has all."""

import shutil
from pathlib import Path

import pytest

from contact_service.openpgp.browser import refused_by_browsers
from tests.support.key_maker import key
from tests.support.stack import REPO
from tests.support.zoo import FEW, HERE, of_gpg
from tests.support.zoo_table import Row, by_gpg, by_openpgpjs, table

LIBRARY = REPO / "node_modules" / "openpgp"
pytestmark = pytest.mark.skipif(not LIBRARY.is_dir() or not shutil.which("node"), reason="needs OpenPGP.js: npm ci")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As much of a built site as browsers need to encrypt."""
    assets = tmp_path_factory.mktemp("site") / "assets"
    shutil.copytree(LIBRARY / "dist" / "lightweight", assets / "openpgp-0")
    shutil.copy(REPO / "overrides" / "assets" / "seal.js", assets)
    return assets.parent


@pytest.fixture(scope="module")
def rows(site: Path) -> dict[str, Row]:
    programs = {"gpg": lambda pairs: by_gpg(HERE, pairs), "OpenPGP.js": by_openpgpjs}
    return {row.kind.what: row for row in table(list(of_gpg(HERE, FEW)), site, programs)[0]}


def test_no_key_is_judged_fit_that_then_fails_and_none_unfit_that_would_work(rows: dict[str, Row]) -> None:
    assert set(rows) == set(FEW)
    assert [fault for row in rows.values() for fault in row.faults()] == []


def test_a_key_that_browsers_refuse_is_said_to_be_so_and_still_takes_what_the_server_encrypts(rows: dict[str, Row]) -> None:
    row = rows["signed with SHA-1"]

    assert (row.verdict, set(row.messages), row.opened["server"][0]) == ("browser", {"server"}, "gpg")


def test_the_librarys_own_words_say_why_a_browser_cannot_use_a_key(site: Path) -> None:
    keys = {kind: key(kind)[1].decode() for kind in ("healthy", "secp256k1")}
    keys = {key(kind)[0]: armored for kind, armored in keys.items()}

    refused = refused_by_browsers(site, keys)

    assert set(refused) == {key("secp256k1")[0]} and "secp256k1" in refused[key("secp256k1")[0]]


def test_no_key_is_called_unfit_because_browsers_could_not_be_asked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert refused_by_browsers(tmp_path, {key("healthy")[0]: key("healthy")[1].decode()}) == {}
    assert "browsers were not asked" in caplog.text
