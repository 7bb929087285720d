"""The web process: shows the form in the site's contact page and takes submissions. It never logs what a reader typed, nor
where from.
"""

import logging
import traceback
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import Babel, gettext
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from contact_service.config import WebSettings
from contact_service.encryption import EncryptionFailed, NoFitKey
from contact_service.form import ContactForm
from contact_service.intake import Intake
from contact_service.limits import LimitReached, Limits
from contact_service.outbox import OutboxUnavailable
from contact_service.page import LANGUAGE_FOLDERS, Site, read_site

log = logging.getLogger(__name__)

# A message of 100 KB must still come back to its writer; nginx keeps bodies of this size in memory.
MAX_BODY_BYTES = 512 * 1024

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}


class ContactViews:
    """The contact page in both languages, and the answer when something fails."""

    def __init__(self, site: Site, intake: Intake, limits: Limits) -> None:
        self._site, self._intake, self._limits = site, intake, limits

    def contact(self) -> Response:
        """Show the form, or take a submission. "Received" is the answer to the post itself: no address of it stays behind."""
        form = ContactForm()
        if request.method != "POST":
            return self._form(form, 200)
        if not form.validate():
            return self._form(form, 400)
        association = self._intake.associations[form.role.data].name
        try:
            # The web server says whom it speaks for; no visitor can, since it replaces what they send (deploy/nginx).
            self._limits.take(request.headers.get("X-Real-IP") or request.remote_addr or "", association)
            receipt = self._intake.accept(form.submission(_language()), form.nonce)
        except (NoFitKey, EncryptionFailed, OutboxUnavailable) as fault:
            log.error("a submission was not accepted: %s", type(fault).__name__)
            return self._form(form, 503, gettext("Your message has NOT been received."))
        except LimitReached as limit:
            log.warning("a submission was not accepted: LimitReached")
            return self._form(
                form,
                429,
                gettext(
                    "Very many messages come in. Yours has NOT been received yet: try again in %(minutes)d minutes.",
                    minutes=limit.minutes,
                ),
            )
        title = gettext("Received")
        return self._page("received.html", 200, title, reference=receipt.reference, association=association)

    def alive(self) -> ResponseReturnValue:
        """For whoever restarts processes: this one answers."""
        return {"status": "ok"}

    def ready(self) -> ResponseReturnValue:
        """For monitoring and load balancers: all figures, and 503 when nothing can be accepted here."""
        health = self._intake.health()
        return health.document(), 200 if health.accepts else 503

    def failed(self, fault: Exception) -> Response:
        """A page that says what to do, for every fault and in the reader's language."""
        if isinstance(fault, NotFound):
            return Response(self._site.not_found[_language()], 404)
        code = fault.code if isinstance(fault, HTTPException) and fault.code else 500
        if code == 500:
            # The places alone: what an exception says may quote what somebody typed.
            places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(fault.__traceback__)]
            log.error("%s at %s", type(fault).__name__, " < ".join(reversed(places)))
        page = self._page("failed.html", code, gettext("Error"), too_long=code == 413)
        if isinstance(fault, MethodNotAllowed) and fault.valid_methods:
            page.headers["Allow"] = ", ".join(fault.valid_methods)  # RFC 9110 section 15.5.6
        return page

    def _form(self, form: ContactForm, status: int, failure: str = "") -> Response:
        prefix = gettext("Error") if status >= 400 else ""
        closed_roles, notice = self._intake.closed_roles(), str(self._intake.notice)
        return self._page("form.html", status, prefix, form=form, failure=failure, closed_roles=closed_roles, notice=notice)

    def _page(self, template: str, status: int, title_prefix: str, **values: Any) -> Response:
        page = self._site.contact[_language()]
        main = render_template(template, intro=page.intro, tel=self._site.phone_links, **values)
        return Response(page.filled(main, title_prefix), status)


def create_app(settings: WebSettings) -> Flask:
    """The web application.

    Raises AdvisersInvalid, SiteInvalid or OutboxUnavailable: a service that cannot keep its promises must not start.
    """
    app = Flask(__name__, static_folder=None)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        TRUSTED_HOSTS=settings.hosts,
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MINIMUM_FILL_SECONDS=settings.minimum_fill_seconds,
    )
    Babel(app, locale_selector=_language)
    intake = Intake(settings)
    intake.keyring.check(dict.fromkeys(intake.associations.values()), datetime.now(UTC))
    views = ContactViews(read_site(settings.site), intake, Limits(settings.limits, settings.allowance))
    for language, folder in LANGUAGE_FOLDERS.items():
        app.add_url_rule(f"/{folder}contact/", f"contact_{language}", views.contact, methods=["GET", "POST"])
    app.add_url_rule("/healthz", view_func=views.alive)
    app.add_url_rule("/readyz", view_func=views.ready)
    app.register_error_handler(Exception, views.failed)
    app.before_request(_only_plain_forms)
    app.after_request(_with_headers)
    return app


def _language() -> str:
    return "en" if request.path.startswith("/en/") else "nl"


def _only_plain_forms() -> None:
    # Werkzeug would spool large multipart bodies to a file; the form has no files, so nobody needs multipart.
    if request.method == "POST" and request.mimetype != "application/x-www-form-urlencoded":
        abort(415)


def _with_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response
