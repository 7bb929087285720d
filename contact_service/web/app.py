"""The web process: its addresses, its headers, and what it refuses unread."""

from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from babel.support import Translations
from flask import Flask, Request, Response, abort, request
from flask.sessions import SessionInterface
from flask_babel import Babel

from contact_service.mail.receipt import reference_of
from contact_service.mail.submission import ROLES
from contact_service.mail.words import OPENED_PAGE
from contact_service.outbox.kept import Kept
from contact_service.settings.config import WebSettings
from contact_service.web.counts import SharedCounts
from contact_service.web.headers import headers_for
from contact_service.web.intake import Intake
from contact_service.web.language import page_language
from contact_service.web.limits import Limits
from contact_service.web.opened import OpenedViews
from contact_service.web.page import LANGUAGE_FOLDERS, TRANSLATIONS, read_site
from contact_service.web.program_views import ProgramViews
from contact_service.web.proof import Proofs
from contact_service.web.views import ContactViews

# A message of 100 KB must still come back to its writer; nginx keeps bodies of this size in memory, and refuses larger ones.
MAX_BODY_BYTES = 128 * 1024
# Read and dropped after a refusal, when nobody stands before the service.
MAX_REFUSED_BYTES = 1024 * 1024
# The form has a dozen.
MAX_FIELDS = 50


def create_app(settings: WebSettings, counts: SharedCounts | None = None) -> Flask:
    """The web application; `counts` are those that it shares with other processes.

    Raises AdvisersInvalid, SiteInvalid or OutboxUnavailable: a service that cannot keep its promises must not start.
    """
    app = Flask(__name__, static_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        TRUSTED_HOSTS=settings.hosts,
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MINIMUM_FILL_SECONDS=settings.minimum_fill_seconds,
        # Every message is our own; with it, WTForms' catalogue is read from disk for each form (a tenth of a submission).
        WTF_I18N_ENABLED=False,
    )
    app.session_interface = _NoSession()
    Babel(app, locale_selector=page_language)
    _read_texts_once(app)
    site = read_site(settings.site)
    intake = Intake(settings, site.facts)
    intake.keyring.check(dict.fromkeys(intake.associations.values()), datetime.now(UTC))
    limits = Limits(settings.limits, settings.allowance, counts)
    views = ContactViews(site, intake, limits, Proofs(settings.secret_key))
    programs = ProgramViews(intake, limits, site.style)
    opened = OpenedViews(site, Kept(intake.outbox.database), settings.sender)
    _add_addresses(app, views, programs, opened)
    app.register_error_handler(Exception, views.failed)
    app.before_request(_only_plain_forms)
    app.after_request(partial(_with_headers, headers_for("/contact/", site.style)))
    app.after_request(_with_refused_body_read)
    _show_once(app, views)
    intake.notice.forget()
    intake.outbox.database.close()
    return app


def _add_addresses(app: Flask, views: ContactViews, programs: ProgramViews, opened: OpenedViews) -> None:
    # The rest of an address, also with a line's end in it, as a mail program may leave it.
    path = app.url_map.converters["path"]
    app.url_map.converters["code"] = type("Code", (path,), {"regex": r"(?s:[^/].*?)"})
    for language, folder in LANGUAGE_FOLDERS.items():
        app.add_url_rule(f"/{folder}contact/", f"contact_{language}", views.contact, methods=["GET", "POST"])
        app.add_url_rule(f"/{folder}{OPENED_PAGE}<code:code>", f"opened_{language}", opened.opened, methods=["GET", "POST"])
        app.add_url_rule(f"/{folder}contact/keys/all.json", f"keys_{language}", programs.all_keys)
        app.add_url_rule(f"/{folder}contact/keys/<fingerprint>.asc", f"key_{language}", programs.key)
        # Asked by the web server, which refuses a body that is too large without reading it.
        app.add_url_rule(f"/{folder}contact/too-long", f"too_long_{language}", lambda: abort(413))
    app.add_url_rule("/healthz", "alive", lambda: {"status": "ok"})
    app.add_url_rule("/readyz", view_func=programs.ready)


def _show_once(app: Flask, views: ContactViews) -> None:
    # Before anybody waits for it, and before workers begin as copies of this process: what is read here they share.
    for folder in LANGUAGE_FOLDERS.values():
        with app.test_request_context(f"/{folder}contact/"):
            views.contact()
            for role in ROLES:
                views.received(reference_of(""), role)


class _NoSession(SessionInterface):
    """No page has a cookie (what would write to a session fails), and none pays for reading one."""

    def open_session(self, app: Flask, request: Request) -> None:
        """None makes Flask take its own null session."""
        return


def _read_texts_once(app: Flask) -> None:
    """The templates' texts from two catalogues: Flask-Babel finds the language anew for each text, an eighth of a form."""
    catalogues = {language: Translations.load(TRANSLATIONS, [language]) for language in LANGUAGE_FOLDERS}
    speaking: Any = app.jinja_env  # the i18n extension, which Babel adds, gives it this method
    speaking.install_gettext_callables(
        lambda text: catalogues[page_language()].ugettext(text),
        lambda one, many, number: catalogues[page_language()].ungettext(one, many, number),
        newstyle=True,
    )


def _only_plain_forms() -> None:
    if request.method != "POST":
        return
    # Werkzeug would spool large multipart bodies to a file; the form has no files, so nobody needs multipart.
    if request.mimetype != "application/x-www-form-urlencoded":
        abort(415)
    # Counted before they are taken apart, which costs a hundred times as much.
    if request.get_data().count(b"&") >= MAX_FIELDS:
        abort(400)


def _with_headers(headers: dict[str, str], response: Response) -> Response:
    response.headers.update(headers)
    if response.location:
        # Of two slashes in an address one is taken away. In full it would begin with http://: here nobody knows of TLS.
        response.location = "/" + urlsplit(response.location).path.lstrip("/")
    return response


def _with_refused_body_read(response: Response) -> Response:
    # gunicorn closes after an answer, drops only 64 KiB that nobody read, and nginx may then say 502 instead of our answer.
    if response.status_code in (413, 415):
        request.environ["wsgi.input"].read(min(request.content_length or 0, MAX_REFUSED_BYTES))
    return response
