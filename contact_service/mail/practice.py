"""The practice mail: an adviser opens it and reads its word back on the phone, so both know that the way works."""

import secrets

from contact_service.mail.message import padded_entity
from contact_service.mail.receipt import code_sum, mark_of, reference_of
from contact_service.mail.words import OPENED_PAGE

PRACTICE_SUBJECT = "Oefenbericht: lees het woord voor aan de beheerder"

# Short, and hard to mishear on the phone.
WORDS = """
anker appel beker boter brug citroen dolfijn druif eekhoorn emmer fiets fontein gitaar gordijn haven herfst kachel
kasteel klaver konijn lantaarn lepel magneet mantel molen nacht olifant parel piano rivier schilder sleutel spiegel
tafel tijger tomaat vlinder vogel walvis winter zadel zilver
"""


def practice_word() -> str:
    """A word that nobody can know who has not opened the mail."""
    return secrets.choice(WORDS.split())


def practice_entity(word: str, code: str, *, address: str, association: str, sender: str, nonce: str) -> bytes:
    """The MIME entity to encrypt for practice; with the code in it a reader says "I have it", at the site's address."""
    subject = f"{PRACTICE_SUBJECT} ({reference_of(nonce)})"
    text = practice_text(word, f"{address}{OPENED_PAGE}{code}")
    return padded_entity(subject, text, mark=mark_of(code_sum(code)), association=association, sender=sender, nonce=nonce)


def practice_text(word: str, link: str) -> str:
    """The text of a practice mail, in the adviser's language; `link` is where a reader says "I have it"."""
    return f"""Oefenbericht van de beheerder van het contactformulier

Ik heb dit bericht: {link}
Beantwoord deze mail niet. Niemand vraagt nu om hulp.

U kunt dit bericht lezen, dus uw sleutel werkt. Het woord is:

    {word}

1. Bel de beheerder en lees dit woord voor.
2. Open de link hierboven en druk op de knop, zoals bij een echt bericht.
3. Gooi daarna dit bericht weg.
"""
