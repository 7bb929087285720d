"""The practice mail: an adviser opens it and reads its word back on the phone, so both know that the way works."""

import secrets

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


def practice_text(word: str) -> str:
    """The text of a practice mail, in the adviser's language."""
    return f"""Dit is een oefenbericht van de beheerder van het contactformulier.
Niemand vraagt nu om hulp. U kunt dit bericht lezen, dus uw sleutel werkt.
Beantwoord deze mail niet.

Het woord is:

    {word}

Bel de beheerder en lees dit woord voor. Gooi daarna dit bericht weg.
"""
