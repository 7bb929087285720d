"""What readers get: the contact page with the form, the answer to a submission, and clear faults.

Nothing here logs what a reader typed, nor where from.
"""

import logging
import secrets
import traceback
from contextlib import suppress
from typing import Any

from flask import Response, abort, render_template, request
from flask_babel import gettext
from markupsafe import escape
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from contact_service.keys.keyring import NoFitKey
from contact_service.mail.receipt import Receipt, reference_of
from contact_service.openpgp.ciphertext import CiphertextRefused, OtherReaders
from contact_service.openpgp.gpg import EncryptionFailed
from contact_service.outbox.outbox import OutboxUnavailable
from contact_service.web.form import ContactForm, EncryptedForm, sent_form, shorten, too_many
from contact_service.web.form_token import new_token
from contact_service.web.intake import Intake
from contact_service.web.kept_pages import KeptPages, Words, words_of_answer, words_of_form
from contact_service.web.language import page_language
from contact_service.web.limits import Count, LimitReached, Limits
from contact_service.web.page import Site
from contact_service.web.proof import Proofs

log = logging.getLogger(__name__)

# What was typed comes back as long as the web server keeps the answer as a whole (deploy/nginx): more of it would keep this
# process waiting for a slow reader.
MAX_RETURNED_BYTES = 144 * 1024
REFUSALS = (CiphertextRefused, EncryptionFailed, LimitReached, NoFitKey, OutboxUnavailable)


class ContactViews:
    """The contact page in both languages, and the answer when something fails."""

    def __init__(self, site: Site, intake: Intake, limits: Limits, proofs: Proofs) -> None:
        self._site, self._intake, self._limits, self._proofs = site, intake, limits, proofs
        self._kept = KeptPages()

    def contact(self) -> Response:
        """Show the form, or take a submission. "Received" is the answer to the post itself: no address of it stays behind."""
        if request.method != "POST":
            # All that the page shows of the service itself: as long as it stays the same, so does the page.
            state = (self._intake.recipients(), str(self._intake.notice))
            return Response(self._kept.page(page_language(), state, self._empty_form, words_of_form(*new_token())))
        form = sent_form()
        if not form.validate():
            return self._form(form, 400)
        role, content = form.role.data, form.content(page_language())
        receipt = self._intake.receipt(content, form.token.nonce)
        taken: list[Count] = []
        try:
            taken = self._admit(form, receipt)
            self._intake.accept(content, role, receipt, form.code.data if isinstance(form, EncryptedForm) else "")
        except REFUSALS as fault:
            # Asked only now, since it costs a tenth of a submission: a reload must never say that it was not received.
            if not self._intake.has(receipt, role):
                return self._refused(form, fault, receipt, taken)
        return self.received(receipt.reference, role)

    def received(self, reference: str, role: str) -> Response:
        """Tell that it is received, and who reads it."""

        def rendered() -> tuple[str, Words]:
            stand_in = reference_of(secrets.token_hex(16))
            association = self._site.facts.associations[page_language()][role]
            page = self._page("received.html", 200, gettext("Received"), reference=stand_in, association=association)
            return page.get_data(True), words_of_answer(stand_in)

        return Response(self._kept.page((page_language(), role), None, rendered, words_of_answer(reference)))

    def failed(self, fault: Exception) -> Response:
        """A page that says what to do, for every fault and in the reader's language."""
        if isinstance(fault, NotFound):
            return Response(self._site.not_found[page_language()], 404)
        code = fault.code if isinstance(fault, HTTPException) and fault.code else 500
        if code == 500:
            # The places alone: what an exception says may quote what somebody typed.
            places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(fault.__traceback__)]
            log.error("%s at %s", type(fault).__name__, " < ".join(reversed(places)))
            if request.method == "POST":
                # Whoever wrote something gets it back, as with every other fault, unless the form itself is what fails.
                with suppress(Exception):
                    return self._given_back()
        page = self._page("failed.html", code, gettext("Error"), too_long=code == 413)
        if isinstance(fault, MethodNotAllowed) and fault.valid_methods:
            page.headers["Allow"] = ", ".join(fault.valid_methods)  # RFC 9110 section 15.5.6
        return page

    def _empty_form(self) -> tuple[str, Words]:
        form = ContactForm()
        return self._form(form, 200).get_data(True), words_of_form(form.token.current_token, form.token.nonce)

    def _given_back(self) -> Response:
        form = sent_form()
        form.validate()
        return self._form(form, 500, gettext("Your message has not been received."))

    def _refused(self, form: ContactForm | EncryptedForm, fault: Exception, receipt: Receipt, taken: list[Count]) -> Response:
        if isinstance(fault, OtherReaders):
            return self._form(form, 400, gettext("The advisers’ keys have changed. Your message has not been received."))
        if isinstance(fault, CiphertextRefused):
            return self._form(form, 400, gettext("Your message arrived incomplete. It has not been received."))
        if isinstance(fault, LimitReached):
            log.warning("a submission was not accepted: LimitReached")
            return self._form(form, 429, too_many(fault.minutes), self._proofs.challenge(receipt))
        self._limits.give_back(taken)
        reason = f": {fault}" if isinstance(fault, EncryptionFailed) else ""
        log.error("a submission was not accepted: %s%s", type(fault).__name__, reason)
        return self._form(form, 503, gettext("Your message has not been received."))

    def _admit(self, form: ContactForm | EncryptedForm, receipt: Receipt) -> list[Count]:
        # The web server says whom it speaks for; no visitor can, since it replaces what they send (deploy/nginx).
        address = request.headers.get("X-Real-IP") or request.remote_addr or ""
        if self._proofs.is_proven(form.proof.data or "", receipt):
            return []
        readers = self._intake.readers(form.role.data)
        return self._limits.take(address, readers, nonce=receipt.nonce, waited_seconds=form.token.age_seconds)

    def _form(
        self, form: ContactForm | EncryptedForm, status: int, failure: str = "", challenge: dict[str, Any] | None = None
    ) -> Response:
        prefix = gettext("Error") if status >= 400 else ""
        if isinstance(form, EncryptedForm):
            failure, form = failure or form.fault(), form.shown()
        if sum(len(escape(text).encode()) for text in form.data.values() if isinstance(text, str)) > MAX_RETURNED_BYTES:
            abort(413)
        values = {
            "closed_roles": self._intake.closed_roles(),
            "readers": self._site.facts.associations[page_language()],
            "notice": str(self._intake.notice),
            "blanks": self._intake.blanks(form.token.nonce),
            "challenge": challenge,
            "language": page_language(),
            "shorter": [str(shorten(surplus)) for surplus in (1, 2)],
        }
        return self._page("form.html", status, prefix, form=form, failure=failure, **values)

    def _page(self, template: str, status: int, title_prefix: str, **values: Any) -> Response:
        page = self._site.contact[page_language()]
        main = render_template(template, intro=page.intro, tel=self._site.facts.phone_links, **values)
        return Response(page.filled(main, title_prefix), status)
