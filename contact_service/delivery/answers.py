"""What a mail server said, as one line that may be kept, logged and shown."""

import re

MAX_ANSWER_CHARACTERS = 200

# What a server says may quote an address or a host; the operator needs the rest of the sentence.
_PERSONAL = re.compile(r"\S+@\S+|\[\S+\]|\b\d{1,3}(?:\.\d{1,3}){3}\b|(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F.]*")


def plain_line(text: str) -> str:
    """Printable characters alone, without addresses: it goes into a log and onto a terminal, and PostgreSQL takes no NUL."""
    # Whoever likes says a megabyte, and the search below looks at each place for itself.
    text = text[: 10 * MAX_ANSWER_CHARACTERS]
    line = "".join(character if character.isprintable() else " " for character in text)
    return _PERSONAL.sub("…", " ".join(line.split()))[:MAX_ANSWER_CHARACTERS]
