"""Shows the service's form in the preview: the real template and texts, but nothing can be sent."""

import re
import secrets

from flask import Flask, render_template
from flask_babel import Babel
from markupsafe import Markup
from mkdocs.config.defaults import MkDocsConfig

from contact_service.web.form import ContactForm

PLACE = re.compile(r"<!--page-->(?P<intro>.*)<!--form-->.*<!--/page-->", re.DOTALL)


def with_form(page: str, config: MkDocsConfig) -> str:
    """Fill in the form where the service would; any other page stays as it is."""
    match = PLACE.search(page)
    if not match:
        return page
    app = Flask("contact_service.web", static_folder=None)
    app.config["SECRET_KEY"] = secrets.token_hex()
    language = config.theme["language"]
    Babel(app, locale_selector=lambda: language)
    phones = {key: Markup(link) for key, link in config.extra["tel"].items()}  # noqa: S704 - our own file
    intro = Markup(match["intro"])  # noqa: S704 - our own page
    with app.test_request_context("/"):
        # No keys and no words of the mail: the script of the form finds nothing to encrypt with, and nothing can be sent.
        unused = {
            "failure": "",
            "closed_roles": set(),
            "readers": config.extra["vereniging"],
            "notice": "",
            "blanks": {"roles": {}},
            "shorter": [],
            "language": language,
        }
        form = render_template("form.html", form=ContactForm(), intro=intro, tel=phones, **unused)
    return page[: match.start()] + form + page[match.end() :]
