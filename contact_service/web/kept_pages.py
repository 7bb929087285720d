"""Pages that are rendered once and kept, since for each reader only a few words are new."""

import re
from collections.abc import Callable, Hashable

from contact_service.mail.receipt import inner_boundary, reference_of

Words = tuple[str, ...]


class KeptPages:
    """The last rendering of each page, with the state of the service that it shows."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[object, list[str], Words]] = {}

    def page(self, name: Hashable, state: object, rendered: Callable[[], tuple[str, Words]], words: Words) -> str:
        """The page with this reader's words in place of those that it was rendered with; rendered anew for another state."""
        if name not in self._kept or self._kept[name][0] != state:
            page, former = rendered()
            self._kept[name] = state, re.split(f"({'|'.join(map(re.escape, former))})", page), former
        _, parts, former = self._kept[name]
        # Cut where the words stand: to look for them each time took a quarter of a form.
        new = dict(zip(former, words, strict=True))
        return "".join([new.get(part, part) for part in parts])


def words_of_form(token: str, nonce: str) -> Words:
    """What no other form has: its token, and what the text to encrypt takes from the nonce (`blank_entity`)."""
    return token, nonce, reference_of(nonce), inner_boundary(nonce)


def words_of_answer(reference: str) -> Words:
    """What no other answer to a submission has: its reference, also sign by sign."""
    return reference, " ".join(reference.replace("-", ""))
