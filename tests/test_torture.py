"""Promise 1: a kill at any instant loses nothing that was acknowledged."""

from pathlib import Path

import pytest

from tests.built_site import built
from tests.stack import Stack
from tests.torture import torture


@pytest.mark.server
def test_a_kill_at_any_instant_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    stack = Stack(tmp_path, built())

    try:
        figures = torture(stack, count=40, outage_seconds=3, seed=20261124)
    finally:
        stack.stop()

    assert len(figures.acknowledged) >= 40
    assert figures.web_kills and figures.delivery_kills
    assert not figures.missing
    assert not figures.unstable_ids
