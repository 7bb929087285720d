"""Pages of a built site that open by themselves, from a folder or an archive: for whoever looks at a proposal in a browser."""

import base64
import mimetypes
import re
from collections.abc import Mapping
from html import escape, unescape
from pathlib import Path
from urllib.parse import urldefrag, urljoin

SCRIPT = re.compile(r"<script\b.*?</script>|<link rel=\"(?:icon|canonical|alternate)\"[^>]*>", re.DOTALL)
LINK = re.compile(r'\b(href|src)="([^"]*)"')
OUTSIDE = re.compile(r"[a-z][a-z+.-]*:|//|#")


def addresses(site: Path) -> dict[str, Path]:
    """Every page of a built site by its address, such as /en/bewijs/."""
    pages = sorted(site.rglob("index.html"))
    return {f"/{path.parent.relative_to(site).as_posix()}/".replace("/./", "/"): path for path in pages}


def file_name(address: str) -> str:
    """What the page at an address is called among pages that lie side by side."""
    parts = address.strip("/").split("/")
    english = parts[0] == "en"
    return f"{'en' if english else 'nl'}-{'-'.join(parts[english:]) or 'index'}.html"


def take_offline(site: Path, folder: Path) -> Mapping[str, str]:
    """Write every page into a folder, without scripts and with its pictures inside; the name of each by its address."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = addresses(site)
    names = {address: file_name(address) for address in pages}
    for address, path in pages.items():
        made = SCRIPT.sub("", path.read_text("utf-8"))

        def led(match: re.Match[str], here: str = address) -> str:
            return f'{match[1]}="{escape(_target(unescape(match[2]), here, names, site))}"'

        (folder / names[address]).write_text(LINK.sub(led, made), "utf-8")
    return names


def _target(link: str, here: str, names: Mapping[str, str], site: Path) -> str:
    if OUTSIDE.match(link):
        return link
    address, anchor = urldefrag(urljoin(here, link))
    file = site / address.partition("?")[0].lstrip("/")
    if address in names:
        return f"{names[address]}#{anchor}" if anchor else names[address]
    if file.is_file() and (kind := mimetypes.guess_type(file.name)[0] or "").startswith("image/"):
        return f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"
    # What a page alone cannot show, such as the search.
    return "#"
