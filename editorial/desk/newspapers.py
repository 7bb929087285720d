"""Which sources are newspapers: they tell what happened to somebody, not what to do in danger."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from editorial.desk.yaml_text import text_of

LIST = Path(__file__).parents[1] / "newspapers.txt"


@lru_cache
def newspapers() -> tuple[str, ...]:
    """The addresses of newspapers, broadcasters and news sites, each with the dot before it that ends what stands in front."""
    lines = text_of(LIST).splitlines()
    return tuple("." + name for line in lines if (name := line.partition("#")[0].strip()))


def is_newspaper(source: Mapping[str, str]) -> bool:
    """Tell a newspaper by the address of the source, so that editors need not say it of each."""
    host = urlsplit(str(source.get("url") or "")).hostname or ""
    return f".{host}".endswith(newspapers())
