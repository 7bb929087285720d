"""The site's own contact page, as built by MkDocs, with room for the form. It is text to us, never a template: as one, a page
that says {{ config }} would print the service's secrets (site research 4).
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

# Where each language's pages stand in the built site.
LANGUAGE_FOLDERS = {"nl": "", "en": "en/"}
CATALOGUE = Path(__file__).parent / "translations" / "nl" / "LC_MESSAGES" / "messages.mo"


class SiteInvalid(Exception):
    """The built site lacks what the service needs of it; the message names the file."""


@dataclass(frozen=True)
class ContactPage:
    """The contact page of one language, cut into what stands before, above, and after the form.

    The comments around the form stay: outside them, the live page is exactly the built one, and `manifest` compares that.
    """

    head: str
    intro: Markup
    tail: str

    def filled(self, main: str, title_prefix: str = "") -> str:
        """The whole page around `main`; the prefix goes before its title, where a screen reader says it first."""
        title = f"<title>{title_prefix}: " if title_prefix else "<title>"
        return self.head.replace("<title>", title) + main + self.tail


@dataclass(frozen=True)
class Site:
    """What the service takes from the built site: its contact pages, its page for addresses that do not exist, its facts."""

    contact: dict[str, ContactPage]
    not_found: dict[str, str]
    phone_links: dict[str, Markup]


def read_site(root: Path) -> Site:
    """Read once at start.

    Raises SiteInvalid.
    """
    if not CATALOGUE.is_file():
        # Flask-Babel would show the Dutch form in English, without a word.
        raise SiteInvalid(f"{CATALOGUE}: the Dutch texts of the form are not there; install the service again")
    return Site(
        contact={language: _contact_page(root / folder) for language, folder in LANGUAGE_FOLDERS.items()},
        not_found={language: _text(root / folder / "404.html") for language, folder in LANGUAGE_FOLDERS.items()},
        phone_links=_phone_links(root / "facts.json"),
    )


def _phone_links(path: Path) -> dict[str, Markup]:
    try:
        links = {key: Markup(link) for key, link in json.loads(_text(path))["tel"].items()}
    except (ValueError, KeyError, AttributeError, TypeError):
        links = {}
    if not {"alarm", "ot"} <= links.keys():
        raise SiteInvalid(f"{path}: lacks the phone numbers tel.alarm and tel.ot; build the site again")
    return links


def _contact_page(folder: Path) -> ContactPage:
    path = folder / "contact" / "index.html"
    # Split with the comments kept, so that their order shows.
    parts = re.split("(<!--page-->|<!--form-->|<!--/page-->)", _text(path))
    if parts[1::2] != ["<!--page-->", "<!--form-->", "<!--/page-->"] or parts[0].count("<title>") != 1:
        raise SiteInvalid(f"{path}: needs <title>, <!--page-->, <!--form--> and <!--/page-->, each once, in this order")
    return ContactPage(head=parts[0] + parts[1], intro=Markup(parts[2]), tail=parts[5] + parts[6])


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as fault:
        raise SiteInvalid(f"{path}: {fault.strerror}; build the site first") from None
    except UnicodeError:
        raise SiteInvalid(f"{path}: is not UTF-8") from None
