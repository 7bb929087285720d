"""Promise 1, second half: what an official reads as "received", somebody opens, or somebody is told that nobody did."""

from pathlib import Path

import pytest

from tests.support.built_site import built
from tests.support.postgres import FOUND
from tests.support.unheard import unheard

NEEDS_POSTGRESQL = pytest.mark.skipif(not FOUND, reason="needs the Debian package postgresql")


@pytest.mark.server
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=NEEDS_POSTGRESQL)])
def test_of_what_was_acknowledged_everything_is_opened_or_told_of_and_nothing_is_kept_too_long(
    tmp_path: Path, database: str
) -> None:
    found = unheard(tmp_path, built(), database, count=12, seed=20261127)

    assert not found.fell_short, str(found)
    assert found.acknowledged == 12
