"""The contact form, and what a browser sends of it that has encrypted the answers itself."""

import re
from collections.abc import Sequence
from typing import Any

from flask import request
from flask_babel import LazyString, lazy_ngettext, ngettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, Form, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import AnyOf, DataRequired

from contact_service.mail.submission import (
    MAX_LINE_CHARACTERS,
    MAX_MESSAGE_CHARACTERS,
    MAX_REACH_CHARACTERS,
    ROLES,
    TOPICS,
    Submission,
    as_typed,
)
from contact_service.web.choices import ROLE_CHOICES, TOPIC_CHOICES
from contact_service.web.form_token import FormToken
from contact_service.web.limits import PATIENCE_SECONDS

FILLED_TRAP = _(
    "Something stood in the field that must stay empty, perhaps put there by your browser. Your message has not been sent yet. "
    "Wait a minute and send it again."
)


def shorten(surplus: int) -> LazyString:
    """What to say of an answer that is this many characters too long."""
    return lazy_ngettext("Make this %(num)d character shorter.", "Make this %(num)d characters shorter.", surplus)


def too_many(minutes: int) -> str:
    """What to say when a limit was reached."""
    return str(
        ngettext(
            "We are receiving a lot of messages. Yours has not been received yet: wait %(num)d minute and send it again.",
            "We are receiving a lot of messages. Yours has not been received yet: wait %(num)d minutes and send it again.",
            minutes,
        )
    )


class _AtMost:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        # The template shows it to the browser, which checks by the same rule.
        self.field_flags = {"limit": limit}

    def __call__(self, form: Form, field: Field) -> None:
        surplus = len(field.data) - self.limit
        if surplus > 0:
            raise ValidationError(shorten(surplus))


class _Line(StringField):
    def __init__(self, label: str, limit: int = MAX_LINE_CHARACTERS, validators: Sequence[Any] = (), **bound: Any) -> None:
        super().__init__(label, [*validators, _AtMost(limit)], filters=[as_typed], **bound)


class _AddressedForm(FlaskForm):
    class Meta(FlaskForm.Meta):
        csrf_class = FormToken
        csrf_field_name = "token"

    role = RadioField(
        _("What is your role?"),
        [AnyOf(ROLES, message=_("Choose your role."))],
        choices=ROLE_CHOICES,
        filters=[lambda role: (role or "").rstrip(".")],  # in the page all are as long, so that no post tells which
        validate_choice=False,
    )
    website = StringField(_("Leave this field empty"))
    # Filled in by assets/contact.js when it was asked for (see `proof`).
    proof = StringField()

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether it may be taken. The honeypot delays and never refuses: browsers and extensions fill it in for people."""
        if not super().validate(extra_validators):
            return False
        if self.website.data and self.token.age_seconds < PATIENCE_SECONDS:
            self.website.errors = [FILLED_TRAP]
            return False
        return True


class ContactForm(_AddressedForm):
    """Asks for as little as an adviser needs to get in touch safely."""

    reach = _Line(
        _("How can we reach you safely?"),
        MAX_REACH_CHARACTERS,
        [DataRequired(_("Fill in how we can reach you safely: a phone number or an email address."))],
    )
    name = _Line(_("Your name"))
    when = _Line(_("When is it safe to call?"))
    voicemail = BooleanField(_("The adviser may leave a voicemail or send a text message"))
    topic = SelectField(
        _("What is it about?"),
        [AnyOf(("", *TOPICS), message=_("Choose a topic from the list, or leave it blank."))],
        choices=TOPIC_CHOICES,
        filters=[as_typed],
        validate_choice=False,
    )
    message = TextAreaField(_("What would you like to say?"), [_AtMost(MAX_MESSAGE_CHARACTERS)], filters=[as_typed])

    def content(self, language: str) -> Submission:
        """The valid form as a submission."""
        fields = ("role", "reach", "name", "when", "voicemail", "topic", "message")
        return Submission(language=language, **{field: self[field].data for field in fields})


class EncryptedForm(_AddressedForm):
    """What a browser sends that has encrypted the answers itself: to whom, and nothing that can be read."""

    ciphertext = StringField()
    # The sum of the code in the text. A page from before it was asked for sends none, and its message still counts.
    code = StringField(filters=[lambda text: text if re.fullmatch("[0-9a-f]{64}", text or "") else ""])

    def validate_ciphertext(self, _field: Field) -> None:
        """Plain answers beside the ciphertext would be a fault of the page; they are never used."""
        # Padding makes all posts as long as each other; nobody reads it.
        if request.form.keys() - self._fields.keys() - {"padding"}:
            raise ValidationError(_("Something went wrong with encrypting. Your message was not accepted."))

    def content(self, _language: str) -> str:
        """The ciphertext; the language is inside."""
        return str(self.ciphertext.data)

    def shown(self) -> ContactForm:
        """The form to show again, with the same token: it stays one submission. The answers are in the browser alone."""
        form = ContactForm()
        form.token.current_token, form.token.nonce = self.token.current_token, self.token.nonce
        return form

    def fault(self) -> str:
        """What is wrong, in one line."""
        return " ".join(dict.fromkeys(str(error) for field in self for error in field.errors))


def sent_form() -> ContactForm | EncryptedForm:
    """What this request brings: the answers, or what the browser made of them. Nothing that comes twice is dropped in silence:
    two texts stand one below the other, and two roles are no choice."""
    sent = {name: "\n".join(dict.fromkeys(filter(None, texts))) for name, texts in request.form.lists()}
    return (EncryptedForm if "ciphertext" in sent else ContactForm)(type(request.form)(sent))
