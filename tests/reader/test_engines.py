"""The advisers' reader in the browsers that people have, from disk and site: a message read, a key made, nothing asked for."""

from datetime import datetime
from pathlib import Path

import pytest

from contact_service.keys.advisers import Adviser
from contact_service.keys.judgement import judge
from contact_service.mail.submission import Submission
from contact_service.openpgp.key_files import inspect
from tests.support.built_site import built, served
from tests.support.engines import Engine, engine
from tests.support.reader_browsers import steps_of, taken_through
from tests.support.reader_page import encrypted, entity, locked_key, mail

__all__ = ["engine"]
pytestmark = [pytest.mark.server, pytest.mark.browser]


@pytest.mark.parametrize("place", ["disk", "site"])
def test_a_message_is_read_and_a_fit_key_is_made(
    engine: Engine, place: str, submission: Submission, tmp_path: Path, short_folder: Path, now: datetime
) -> None:
    secret, public = locked_key(short_folder / f"{type(engine).__name__}-{place}", "Geheime zin", "ed25519", "cv25519")
    engine.go(f"file://{built() / 'lezer.html'}" if place == "disk" else f"{served()}/lezer.html")
    steps = steps_of(secret, mail(encrypted(entity(submission), public, tmp_path), now), "Geheime zin")
    shown = taken_through(steps, engine.run)
    assert "Er lag een kogelbrief op de mat." in shown["read"]

    file = inspect("jo.asc", shown["made"].encode())
    (verdict,) = judge([Adviser("jo", "jo@vereniging.example", (file.fingerprint,))], [file])
    assert verdict.code == "fit"
    assert shown["asked"] == "0 requests, 0 bytes stored, fits the window"
