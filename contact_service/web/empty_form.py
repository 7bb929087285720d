"""The form as everybody sees it first: rendered once and kept, since for each reader only the token is new."""

from collections.abc import Callable

from contact_service.mail.receipt import inner_boundary, reference_of
from contact_service.web.form import ContactForm
from contact_service.web.form_token import new_token


class EmptyForms:
    """The last rendered form of each language, with the state of the service that it shows."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[object, str, tuple[str, ...]]] = {}

    def page(self, language: str, state: object, rendered: Callable[[ContactForm], str]) -> str:
        """The page with a token of its own; it is rendered anew when the state is another one."""
        if language not in self._kept or self._kept[language][0] != state:
            form = ContactForm()
            self._kept[language] = state, rendered(form), _only_here(form.token.current_token, form.token.nonce)
        _, page, former = self._kept[language]
        for old, new in zip(former, _only_here(*new_token()), strict=True):
            page = page.replace(old, new)
        return page


def _only_here(token: str, nonce: str) -> tuple[str, ...]:
    """What no other form has: its token, and what the text to encrypt takes from the nonce (`blank_entity`)."""
    return token, nonce, reference_of(nonce), inner_boundary(nonce)
