"""The web process: shows the form in the site's contact page and takes submissions. It never logs what a reader typed, nor
where from.
"""

import logging
import traceback
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, abort, render_template, request
from flask_babel import Babel, gettext
from werkzeug.exceptions import HTTPException, NotFound

from contact_service.advisers import read_associations
from contact_service.config import WebSettings
from contact_service.encryption import EncryptionFailed, Keyring, NoFitKey
from contact_service.form import ContactForm
from contact_service.message import Receipt, body, inner_entity, outer_mail
from contact_service.outbox import Mail, Outbox, OutboxUnavailable
from contact_service.page import read_site
from contact_service.submission import Submission

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


class Intake:
    """From a valid form to committed mails: everything between "send" and "received"."""

    def __init__(self, settings: WebSettings) -> None:
        self.associations = read_associations(settings.advisers)
        self.keyring = Keyring(set(self.associations.values()), settings.keys, settings.keyring)
        self._outbox = Outbox(settings.outbox, settings.minimum_free_bytes)
        self._outbox.create()
        self._sender = settings.sender

    def closed_roles(self) -> list[str]:
        """The roles for which nobody could read a submission now."""
        now = datetime.now(UTC)
        return [role for role, association in self.associations.items() if not self.keyring.readers(association, now)]

    def accept(self, submission: Submission, nonce: str) -> Receipt:
        """Encrypt the submission and commit a mail for each adviser; only then is it received.

        Raises NoFitKey, EncryptionFailed or OutboxUnavailable; then nothing was accepted.
        """
        now = datetime.now(UTC)
        association = self.associations[submission.role]
        receipt = Receipt.of(nonce, body(submission, "").encode())
        inner = inner_entity(submission, association=association.name, sender=self._sender, nonce=nonce)
        ciphertext = self.keyring.encrypt(inner, association, now)
        self._outbox.put(
            Mail(
                id=f"{receipt.key}-{adviser.name}",
                reference=receipt.reference,
                adviser=adviser.name,
                address=adviser.address,
                mail=outer_mail(ciphertext, address=adviser.address, sender=self._sender, receipt=receipt, now=now),
            )
            for adviser in self.keyring.readers(association, now)
        )
        return receipt


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
    Babel(app, default_translation_directories="translations", locale_selector=_language)
    site, intake = read_site(settings.site), Intake(settings)
    for verdict in intake.keyring.verdicts:
        if verdict.code != "fit":
            log.error("key %s of %s: %s", verdict.fingerprint, verdict.adviser, verdict.sentence)

    def page(template: str, status: int, title_prefix: str = "", **values: Any) -> Response:
        contact = site.contact[_language()]
        main = render_template(template, intro=contact.intro, tel=site.phone_links, **values)
        return Response(contact.filled(main, title_prefix), status)

    def show(form: ContactForm, status: int, failure: str = "") -> Response:
        prefix = gettext("Error") if failure or form.errors else ""
        return page("form.html", status, prefix, form=form, failure=failure, closed_roles=intake.closed_roles())

    @app.route("/contact/", methods=["GET", "POST"])
    @app.route("/en/contact/", methods=["GET", "POST"])
    def contact() -> Response:
        form = ContactForm()
        if request.method == "GET":
            return show(form, 200)
        if not form.validate():
            return show(form, 400)
        try:
            receipt = intake.accept(form.submission(_language()), form.nonce)
        except (NoFitKey, EncryptionFailed, OutboxUnavailable) as fault:
            log.error("a submission was not accepted: %s", type(fault).__name__)
            return show(form, 503, gettext("Your message has NOT been received."))
        association = intake.associations[form.role.data]
        return page("received.html", 200, gettext("Received"), reference=receipt.reference, association=association.name)

    @app.errorhandler(Exception)
    def failed(fault: Exception) -> Response:
        if isinstance(fault, NotFound):
            return Response(site.not_found[_language()], 404)
        if not isinstance(fault, HTTPException):
            # The places alone: what an exception says may quote what somebody typed.
            places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(fault.__traceback__)]
            log.error("%s at %s", type(fault).__name__, " < ".join(reversed(places)))
        elif fault.code is None or fault.code < 400:
            return fault.get_response()  # type: ignore[return-value]  # a redirect to the address with its slash
        status = (fault.code if isinstance(fault, HTTPException) else None) or 500
        return page("failed.html", status, gettext("Error"), status=status)

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
