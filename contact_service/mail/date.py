"""The date of an outer mail: to the hour, and never old enough to look like junk."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime

# Filters count it against a mail that it was written three hours before it came (SpamAssassin 4.0.1).
OLD = timedelta(hours=2)
_DATE = re.compile(rb"^Date: ([^\r\n]+)", re.MULTILINE)


def to_the_hour(now: datetime) -> str:
    """The time as it stands in a mail: it tells no more than the hour."""
    return format_datetime(now.replace(minute=0, second=0, microsecond=0))


def renewed(mail: bytes, now: datetime) -> bytes:
    """The same mail, with the date of now when it waited long. Nothing inside the encrypted part names the date."""
    found = _DATE.search(mail)
    if not found or now - parsedate_to_datetime(found[1].decode()).astimezone(UTC) <= OLD:
        return mail
    return mail[: found.start(1)] + to_the_hour(now).encode() + mail[found.end(1) :]
