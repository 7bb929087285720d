"""The site's own contact page, as built by MkDocs, with room for the form. It is text to us, never a template: as one, a page
that says {{ config }} would print the service's secrets (site research 4).
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from contact_service.mail.submission import ROLES
from contact_service.mail.words import OPENED_PAGE, PLAIN_NAME
from contact_service.web.headers import style_sum

# Where each language's pages stand in the built site.
LANGUAGE_FOLDERS = {"nl": "", "en": "en/"}
TRANSLATIONS = Path(__file__).parent / "translations"
# Of the answers; the web server holds the largest as a whole (deploy/nginx).
SIZES_BYTES = (40 * 1024, 64 * 1024, 128 * 1024, 192 * 1024)
CATALOGUE = TRANSLATIONS / "nl" / "LC_MESSAGES" / "messages.mo"


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
        """The whole page around `main`; the prefix goes before its title, where a screen reader says it first.

        Its length is one of few, so that nobody on the way learns from it what stands in it, or in which language.
        """
        title = f"<title>{title_prefix}: " if title_prefix else "<title>"
        head = self.head.replace("<title>", title) + main
        length = len((head + self.tail).encode()) + len("<!---->")
        size = next((size for size in SIZES_BYTES if size >= length), length)
        return f"{head}<!--{'.' * (size - length)}-->{self.tail}"


@dataclass(frozen=True)
class Facts:
    """What pages, form and mail share: the numbers, the team's name, and for each role the association that reads.

    `associations` has its name in each language, `groups` the one by which `advisers.toml` calls it.
    """

    phone_links: dict[str, Markup]
    team: str
    groups: dict[str, str]
    associations: dict[str, dict[str, str]]


@dataclass(frozen=True)
class Site:
    """What the service takes from the built site: the pages that it fills in, its page for lost addresses, its facts.

    `style` is the sum of the style that stands in all of them.
    """

    contact: dict[str, ContactPage]
    opened: dict[str, ContactPage]
    not_found: dict[str, str]
    facts: Facts
    style: str


def read_site(root: Path) -> Site:
    """Read once at start.

    Raises SiteInvalid.
    """
    if not CATALOGUE.is_file():
        # Flask-Babel would show the Dutch form in English, without a word.
        raise SiteInvalid(f"{CATALOGUE}: the Dutch texts of the form are not there; install the service again")
    return Site(
        contact={language: _page(root / folder / "contact") for language, folder in LANGUAGE_FOLDERS.items()},
        opened={language: _page(root / folder / OPENED_PAGE) for language, folder in LANGUAGE_FOLDERS.items()},
        not_found={language: _text(root / folder / "404.html") for language, folder in LANGUAGE_FOLDERS.items()},
        facts=read_facts(root),
        style=_style(root),
    )


def read_facts(root: Path) -> Facts:
    """The facts alone.

    Raises SiteInvalid.
    """
    path = root / "facts.json"
    try:
        facts = json.loads(_text(path))
        links = {key: Markup(link) for key, link in facts["tel"].items()}
        named = {language: {role: facts["associations"][language][role] for role in ROLES} for language in LANGUAGE_FOLDERS}
        team, groups = str(facts["team"]), {role: str(facts["groups"][role]) for role in ROLES}
    except (ValueError, KeyError, AttributeError, TypeError) as fault:
        raise SiteInvalid(f"{path}: is damaged or lacks {fault}; build the site again") from None
    if not {"alarm", "ot"} <= links.keys():
        raise SiteInvalid(f"{path}: lacks the phone numbers tel.alarm and tel.ot; build the site again")
    if not all(re.fullmatch(PLAIN_NAME, name) for name in named["nl"].values()):
        raise SiteInvalid(f"{path}: an association's name has other signs than plain letters, digits and spaces")
    return Facts(links, team, groups, named)


def site_address(host: str) -> str:
    """Where readers find the site; only on one's own machine is it without TLS."""
    return f"http{'' if host.partition(':')[0] in ('localhost', '127.0.0.1') else 's'}://{host}/"


def _page(folder: Path) -> ContactPage:
    path = folder / "index.html"
    # Split with the comments kept, so that their order shows.
    parts = re.split("(<!--page-->|<!--form-->|<!--/page-->)", _text(path))
    if parts[1::2] != ["<!--page-->", "<!--form-->", "<!--/page-->"] or parts[0].count("<title>") != 1:
        raise SiteInvalid(f"{path}: needs <title>, <!--page-->, <!--form--> and <!--/page-->, each once, in this order")
    return ContactPage(head=parts[0] + parts[1], intro=Markup(parts[2]), tail=parts[5] + parts[6])


def _style(root: Path) -> str:
    try:
        return style_sum(root)
    except OSError as fault:
        raise SiteInvalid(f"{fault.filename}: {fault.strerror}; build the site first") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as fault:
        raise SiteInvalid(f"{path}: {fault.strerror}; build the site first") from None
    except UnicodeError:
        raise SiteInvalid(f"{path}: is not UTF-8") from None
