"""Mails for an outbox, and what becomes of them, for tests that look at it as processes do."""

from typing import Any

from contact_service.outbox.kept import Kept
from contact_service.outbox.outbox import HELD, WAITING, Mail, Outbox

LEASE_SECONDS = 60.0
TELL_SECONDS, KEEP_SECONDS = 24 * 3600.0, 14 * 24 * 3600.0
CODE = "c0de" * 16


def mail(number: int = 1, content: bytes = b"ciphertext", **more: Any) -> Mail:
    about = {"reference": "ABCD-EFGH", "adviser": "anna", "address": "anna@ngb.example", "code": CODE}
    return Mail(id=f"key-{number}", mail=content, **{**about, **more})


def unsent(outbox: Outbox) -> list[Mail]:
    """What has not left yet."""
    return [mail for mail in Kept(outbox.database).unopened() if mail.state in (WAITING, HELD)]


def hand_over(outbox: Outbox, number: int = 1, **more: Any) -> Mail:
    """Put a mail and let the next server take it."""
    outbox.put([mail(number, **more)])
    outbox.record_handed_over(claimed(outbox), TELL_SECONDS)
    return next(found for found in Kept(outbox.database).unopened() if found.id == f"key-{number}")


def open_it(outbox: Outbox) -> None:
    Kept(outbox.database).open(CODE, lambda _: ())


def claimed(outbox: Outbox) -> Mail:
    mail = outbox.claim(LEASE_SECONDS)
    assert mail
    return mail


def execute(outbox: Outbox, statement: str) -> list[Any]:
    with outbox.database.transaction() as connection:
        result = connection.exec_driver_sql(statement)
        return list(result) if result.returns_rows else []
