"""What identifies a submission without saying anything about it."""

import hashlib
import re
from dataclasses import dataclass

from contact_service.mail.submission import Submission


@dataclass(frozen=True)
class Receipt:
    """What identifies a submission without saying anything about it; all of it derives from the form token's nonce.

    `key` also covers the content: the same form sent twice is one submission, an edited one is a second submission, so
    that no added word is lost. `reference` is what the official reads and can name on the phone.
    """

    nonce: str
    key: str
    reference: str

    @classmethod
    def of(cls, nonce: str, content: bytes) -> "Receipt":
        """The receipt of this content in the form with this token."""
        key = hashlib.sha256(nonce.encode() + b"\0" + content).hexdigest()
        return cls(nonce, key, reference_of(nonce))


def reference_of(nonce: str) -> str:
    """Eight characters to read out on the phone, from an alphabet without I, L, O, U (Crockford's base 32)."""
    letters = _letters(int(digest("reference", nonce)[:10], 16), 8)
    return f"{letters[:4]}-{letters[4:]}"


def mark_of(code_sum: str) -> str:
    """Four characters that keep mails apart from outside, from the sum of a code (or any other sum in hexadecimal digits).

    From the nonce alone they would tell which mails came from one form, and pile an edited message onto the first. In capitals
    they would cost half a point (SUBJ_ALL_CAPS of SpamAssassin 4.0.1).
    """
    return _letters(int(code_sum[:5], 16), 4).lower()


def as_read_out(heard: str) -> str:
    """The reference that somebody read out: without its hyphen, with small letters, or with those that look like a digit."""
    letters = re.sub("[^0-9A-Z]", "", heard.upper()).translate(str.maketrans("OIL", "011"))
    return f"{letters[:4]}-{letters[4:]}"


def _letters(number: int, count: int) -> str:
    return "".join("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[number >> 5 * at & 31] for at in reversed(range(count)))


def inner_boundary(nonce: str) -> str:
    """What parts the encrypted text in two: nobody who types an answer can know it."""
    return "inner-" + digest("inner boundary", nonce)


def code_of(submission: Submission, nonce: str) -> str:
    """The code by which a reader says "I have it": known to whom the text is locked for, and to whoever wrote it.

    It covers every answer, as `key` does: to have one submission is not to have another that came from the same form.
    """
    of = submission
    answers = (of.language, of.role, of.topic, str(int(of.voicemail)), of.reach, of.name, of.when, of.message)
    # Answers hold no control character, so that no two submissions give the same.
    return hashlib.sha256("\0".join(["code", nonce, *answers]).encode()).hexdigest()[:32]


def code_sum(code: str) -> str:
    """What is kept of a code: enough to recognise it, too little to make it."""
    return hashlib.sha256(code.encode()).hexdigest()


def digest(purpose: str, nonce: str) -> str:
    """32 hexadecimal digits for one purpose."""
    return hashlib.sha256(f"{purpose} {nonce}".encode()).hexdigest()[:32]
