"""The site's style as it stands in every page: without what only its writers read.

In the page, since a style that is fetched holds the first paint up for as long as the network takes to answer once more. The
same bytes are a file of the site: from that the headers take the one sum that they allow (`contact_service/web/headers.py`).
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File

from contact_service.web.headers import STYLE


def style_of(config: MkDocsConfig) -> str:
    """The style of a theme."""
    return slim(Path(config.theme.custom_dir or "", STYLE).read_text("utf-8"))


def slim(style: str) -> str:
    """The same rules with fewer bytes."""
    # What stands in quotes stays as it is.
    parts = re.split(r"""("[^"]*")""", re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL))
    return "".join(part if part.startswith('"') else _packed(part) for part in parts).strip()


def _packed(rules: str) -> str:
    # A colon with a space behind it is that of a declaration; before one of a selector, a space is a descendant.
    packed = re.sub(r"\s*([{};,>])\s*|(:)\s+", r"\1\2", re.sub(r"\s+", " ", rules))
    return packed.replace(";}", "}")


def style_file(config: MkDocsConfig) -> File:
    """The file that the headers are made from."""
    return File.generated(config, STYLE, content=style_of(config))
