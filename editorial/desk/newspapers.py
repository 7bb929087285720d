"""Which sources are newspapers: they tell what happened to somebody, not what to do in danger."""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from editorial.desk.yaml_text import text_of

LIST = Path(__file__).parents[1] / "newspapers.txt"
ARTICLE = re.compile(r"^(?:de|het|the|'t)\s+")


@lru_cache
def newspapers() -> tuple[frozenset[str], frozenset[str]]:
    """The addresses of newspapers, broadcasters and news sites, and their names; a line without a dot is a name."""
    lines = [name for line in text_of(LIST).splitlines() if (name := line.partition("#")[0].strip())]
    hosts = frozenset(_host(line) for line in lines if "." in line)
    names = {_name(line) for line in lines if "." not in line}
    return hosts, frozenset(names | {_name(host) for host in hosts} | {_name(host.rpartition(".")[0]) for host in hosts})


def is_newspaper(source: Mapping[str, str]) -> bool:
    """Tell a newspaper by its address, or by its publisher where there is none, so that editors need not say it of each."""
    hosts, names = newspapers()
    if not source.get("url"):
        return _name(str(source.get("publisher") or "")) in names
    parts = _host(str(source["url"])).split(".")
    return any(".".join(parts[start:]) in hosts for start in range(len(parts)))


def _host(address: str) -> str:
    """The host of an address, however much of it was copied from a browser."""
    host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
    return host.removeprefix("www.")


def _name(written: str) -> str:
    """A name as it is compared: Het Parool, parool."""
    return re.sub(r"\W", "", ARTICLE.sub("", written.casefold()))
