"""The search finds what frightened people type."""

import json
import subprocess

import pytest

from tests.support.built_site import REPO, built

GOLDEN = REPO / "tests" / "site" / "golden"


def golden(language: str) -> dict[str, set[str]]:
    """The queries of a list, each with the pages that answer it."""
    lines = [line for line in (GOLDEN / f"{language}.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    return {query: set(slugs.split()) for query, _, slugs in (line.partition(": ") for line in lines)}


def found_first(language: str) -> list[list[str]]:
    """What the site's own search puts first for each query."""
    index = built() / ("" if language == "nl" else language) / "search" / "search_index.json"
    run = subprocess.run(
        ["node", str(GOLDEN / "search.mjs"), str(index)],
        input="\n".join(golden(language)),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout)["found"]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_right_page_stands_among_the_first_three(language: str) -> None:
    queries = golden(language)
    assert len(queries) >= 40

    missed = {
        query: first
        for (query, right), first in zip(queries.items(), found_first(language), strict=True)
        if not right & set(first)
    }

    assert missed == {}
