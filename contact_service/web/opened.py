"""The page behind the link in a mail: an adviser says "I have this message". No account, no name; only the button counts."""

import logging
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from flask import Response, render_template, request
from flask_babel import gettext

from contact_service.mail.notices import TAKEN, notice
from contact_service.mail.receipt import code_sum
from contact_service.mail.words import OPENED_PAGE
from contact_service.outbox.kept import Find, Kept
from contact_service.outbox.mails import NOTICE, OPERATOR, Mail
from contact_service.outbox.outbox import OutboxUnavailable
from contact_service.outbox.practised import Practised
from contact_service.outbox.upgrade import mail_id
from contact_service.web.language import page_language
from contact_service.web.page import Site

log = logging.getLogger(__name__)

# A mail program may take the full stop or bracket behind an address for a part of it, or what stands before it,
_CODE = re.compile(r"[\W_]*([0-9a-f]{32})(?![0-9a-z])", re.IGNORECASE)
# and break it in two: by a line's end, a sign that nobody sees, or either of them encoded once more.
_BETWEEN = re.compile(r"[%=][0-9a-f]{2}|[\W_]+", re.IGNORECASE)
_TWIN = re.compile(rf'(href="\.\./[^"]*{OPENED_PAGE})"')


class OpenedViews:
    """The page with the button, in both languages."""

    def __init__(self, site: Site, kept: Kept, sender: str) -> None:
        self._site, self._kept, self._sender = site, kept, sender
        self._practised = Practised(kept.database)

    def opened(self, code: str) -> Response:
        """Show which message the code belongs to; a post says that somebody has it. Link scanners fetch, they don't post."""
        matched = _CODE.match(code) or _CODE.match(_BETWEEN.sub("", code))
        code, pressed = matched[1].lower() if matched else "", "have" in request.form
        try:
            find = self._look(code_sum(code), pressed) if code else None
        except OutboxUnavailable as fault:
            log.error("nobody can say that they have a message: %s", fault)
            return self._page(503, "away", code)
        if not find:
            return self._page(404, "unknown", code)
        state = "already" if find.opened else "taken" if pressed else "asked"
        return self._page(200, state, code, find)

    def _look(self, code: str, pressed: bool) -> Find | None:
        find = self._kept.find(code)
        if not (find and pressed):
            # Nor does a wrong code take the lock for which submissions wait.
            return find
        if not find.opened:
            find = self._kept.open(code, self._notices)
        if find and find.practice:
            # Each time: whoever pressed while the database went away presses again.
            self._practised.read(code)
        if find and not find.opened:
            log.info("%s is opened", find.reference)
        return find

    def _notices(self, opened: Sequence[Mail]) -> Iterable[Mail]:
        """So that two don't phone: who of them pressed the button nobody knows, so each of several hears it."""
        told = {mail.address: mail.adviser for mail in opened}
        told |= {mail.reserve: "reserve" for mail in opened if mail.reserve and mail.told == OPERATOR}
        for address, name in told.items() if len(told) > 1 else ():
            reference, notice_id = opened[0].reference, mail_id(f"taken {opened[0].code}", address)
            content = notice(TAKEN, reference, notice_id=notice_id, address=address, sender=self._sender, now=datetime.now(UTC))
            yield Mail(notice_id, reference, name, address, content, kind=NOTICE)

    def _page(self, status: int, state: str, code: str, find: Find | None = None) -> Response:
        page = self._site.opened[page_language()]
        main = render_template("opened.html", state=state, find=find)
        filled = page.filled(main, gettext("Error") if status >= 400 else "")
        # The other language is a link away, for the same message.
        return Response(_TWIN.sub(rf'\g<1>{code}"', filled), status)
