"""The form token: signed, with its time and a random nonce, and without a cookie.

It shows that the form came from us, that a person had time to read it, and, through the nonce, that a form sent twice is one
submission.
"""

import functools
import secrets
from datetime import UTC, datetime

from flask import current_app, request
from flask_babel import lazy_gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer
from wtforms import Field, Form, ValidationError
from wtforms.csrf.core import CSRF

# Long enough to write, be called away and come back; shorter than the outbox keeps its traces.
TOKEN_LIFETIME_SECONDS = 12 * 3600

NOT_SENT = _("Your message has not been sent yet, but your text is still here. Please send it again.")


class FormToken(CSRF):
    """The form token, as WTForms' protection against forged forms. A refused token never costs the typed text."""

    def generate_csrf_token(self, csrf_token_field: Field) -> str:
        """A token for a form that is shown now; one that comes back has its own."""
        return csrf_token_field.data or _given_new(csrf_token_field)

    def validate_csrf_token(self, form: Form, field: Field) -> None:
        """Accept the token and give its field the nonce and the age; raises ValidationError."""
        try:
            nonce, issued = _serializer(current_app.config["SECRET_KEY"]).loads(
                field.data or "", TOKEN_LIFETIME_SECONDS, return_timestamp=True
            )
            # Browsers say what kind of site a request comes from. Those that do not are left to the token, and so is a word
            # that the standard does not know (Fetch Metadata section 2.3).
            if request.headers.get("Sec-Fetch-Site") in ("same-site", "cross-site"):
                raise BadSignature("from another site")
        except BadSignature:
            field.current_token = _given_new(field)
            raise ValidationError(NOT_SENT) from None
        # The form that is shown again keeps its token: it stays one submission, and its age counts from the first time.
        field.nonce, field.age_seconds = nonce, (datetime.now(UTC) - issued).total_seconds()
        if field.age_seconds < current_app.config["MINIMUM_FILL_SECONDS"]:
            raise ValidationError(NOT_SENT)


def new_token() -> tuple[str, str]:
    """A token for a form that is shown now, and its nonce."""
    nonce = secrets.token_hex(16)
    return str(_serializer(current_app.config["SECRET_KEY"]).dumps(nonce)), nonce


def _given_new(field: Field) -> str:
    token, field.nonce = new_token()
    return token


@functools.cache
def _serializer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="form token")
