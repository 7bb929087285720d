"""The contact form and its token.

The token is signed, carries its time and a random nonce, and needs no cookie: it shows that the form came from us, that a
person had time to read it, and, through the nonce, that a form sent twice is one submission.
"""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

from flask import current_app, request
from flask_babel import lazy_gettext as _
from flask_babel import lazy_ngettext
from flask_wtf import FlaskForm
from itsdangerous import BadSignature, URLSafeTimedSerializer
from wtforms import (
    BooleanField,
    Field,
    Form,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.csrf.core import CSRF
from wtforms.validators import AnyOf, DataRequired

from contact_service.submission import (
    MAX_LINE_CHARACTERS,
    MAX_MESSAGE_CHARACTERS,
    MAX_REACH_CHARACTERS,
    ROLES,
    TOPICS,
    Submission,
    as_typed,
)

# Long enough to write, be called away and come back; shorter than the outbox keeps its traces.
TOKEN_LIFETIME_SECONDS = 12 * 3600

ROLE_CHOICES = [
    SelectChoice("burgemeester", _("mayor")),
    SelectChoice("wethouder", _("alderman")),
    SelectChoice("raadslid", _("member of a municipal council")),
    SelectChoice("statenlid", _("member of a provincial council")),
    SelectChoice("anders", _("something else, or I would rather not say")),
]
TOPIC_CHOICES = [
    SelectChoice("", _("No topic")),
    SelectChoice("bedreiging", _("Threat or aggression")),
    SelectChoice("onveilig", _("Feeling unsafe, without an incident")),
    SelectChoice("beveiliging", _("Security")),
    SelectChoice("rechtshulp", _("Police report or legal help")),
    SelectChoice("vrouwen", _("Intimidation as a woman in politics")),
    SelectChoice("nazorg", _("Aftercare")),
    SelectChoice("anders", _("Something else")),
]

NOT_SENT = _("Your message has not been sent yet, but your text is still here. Please send it again.")


class FormToken(CSRF):
    """The form token, as WTForms' protection against forged forms. A refused token never costs the typed text."""

    def generate_csrf_token(self, csrf_token_field: Field) -> str:
        """A token for a form that is shown now."""
        return _serializer().dumps(secrets.token_hex(16))

    def validate_csrf_token(self, form: Form, field: Field) -> None:
        """Accept the token and give the form its nonce; raises ValidationError."""
        try:
            nonce, issued = _serializer().loads(field.data or "", TOKEN_LIFETIME_SECONDS, return_timestamp=True)
        except BadSignature:
            raise ValidationError(NOT_SENT) from None
        # Browsers say what kind of site a request comes from; those that do not are left to the token.
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            raise ValidationError(NOT_SENT)
        # The form that is shown again keeps its token: it stays one submission, and its age counts from the first time.
        field.current_token = field.data
        if (datetime.now(UTC) - issued).total_seconds() < current_app.config["MINIMUM_FILL_SECONDS"]:
            raise ValidationError(NOT_SENT)
        form.nonce = nonce


def _at_most(limit: int) -> Callable[[Form, Field], None]:
    def check(form: Form, field: Field) -> None:
        surplus = len(field.data) - limit
        if surplus > 0:
            shorten = lazy_ngettext("Make this %(num)d character shorter.", "Make this %(num)d characters shorter.", surplus)
            raise ValidationError(shorten)

    return check


def _line(label: str, limit: int = MAX_LINE_CHARACTERS, *validators: Callable[[Form, Field], None]) -> StringField:
    return StringField(label, [*validators, _at_most(limit)], filters=[as_typed])


class ContactForm(FlaskForm):
    """Asks for as little as an adviser needs to get in touch safely."""

    class Meta(FlaskForm.Meta):
        csrf_class = FormToken
        csrf_field_name = "token"

    nonce: str
    role = RadioField(
        _("What is your role?"),
        [AnyOf(ROLES, message=_("Choose your role."))],
        choices=ROLE_CHOICES,
        validate_choice=False,
    )
    reach = _line(
        _("How can we reach you safely?"),
        MAX_REACH_CHARACTERS,
        DataRequired(_("Fill in how we can reach you safely: a phone number or a mail address.")),
    )
    name = _line(_("Your name"))
    when = _line(_("When is it safe to call?"))
    voicemail = BooleanField(_("You may leave a message"))
    topic = SelectField(
        _("What is it about?"),
        [AnyOf(("", *TOPICS), message=_("Choose a topic from the list, or leave it open."))],
        choices=TOPIC_CHOICES,
        filters=[as_typed],
        validate_choice=False,
    )
    message = TextAreaField(_("What would you like to say?"), [_at_most(MAX_MESSAGE_CHARACTERS)], filters=[as_typed])
    website = StringField(_("Leave this field empty"))

    def validate_website(self, field: Field) -> None:
        """The honeypot. A browser may have filled it in for a person, so the form comes back, with the field emptied."""
        if field.data:
            field.data = ""
            raise ValidationError(NOT_SENT)

    def submission(self, language: str) -> Submission:
        """The valid form as a submission."""
        fields = ("role", "reach", "name", "when", "voicemail", "topic", "message")
        return Submission(language=language, **{field: self[field].data for field in fields})


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="form token")
