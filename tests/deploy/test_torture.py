"""Promise 1: whatever is killed, cut off or full at any instant, nothing that was acknowledged is lost."""

from pathlib import Path

import pytest

from tests.support.built_site import built
from tests.support.disk import can_mount
from tests.support.postgres import FOUND
from tests.support.torture import fell_short, torture

NEEDS_POSTGRESQL = pytest.mark.skipif(not FOUND, reason="needs the Debian package postgresql")


@pytest.mark.server
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=NEEDS_POSTGRESQL)])
def test_a_kill_an_outage_or_a_full_disk_loses_nothing_that_was_acknowledged(tmp_path: Path, database: str) -> None:
    figures = torture(tmp_path, built(), database, count=12, fault_seconds=0.5, seed=20261124)

    assert fell_short(figures, 12) == []
    assert figures.full_disks == can_mount()
