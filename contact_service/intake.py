"""From a valid form to committed mails: everything between "send" and "received"."""

from datetime import UTC, datetime
from typing import Any

from contact_service.advisers import Association, read_associations
from contact_service.config import WebSettings
from contact_service.encryption import Keyring
from contact_service.message import blank_entity, body, inner_entity, outer_mail
from contact_service.outbox import Mail, Outbox
from contact_service.receipt import Receipt
from contact_service.submission import Submission


class Intake:
    """Knows the advisers, their keys and the outbox.

    Raises AdvisersInvalid or OutboxUnavailable when it cannot be made.
    """

    def __init__(self, settings: WebSettings) -> None:
        self.associations = read_associations(settings.advisers)
        self.keyring = Keyring(dict.fromkeys(self.associations.values()), settings.keys, settings.keyring)
        self._outbox = Outbox(settings.outbox, settings.minimum_free_bytes)
        self._outbox.create()
        self._sender = settings.sender

    def closed_roles(self) -> list[str]:
        """The roles for which nobody could read a submission now."""
        now = datetime.now(UTC)
        return [role for role, association in self.associations.items() if not self.keyring.readers(association, now)]

    def accept(self, submission: Submission, nonce: str) -> Receipt:
        """Encrypt the submission and commit a mail for each adviser; only then is it received.

        Raises NoFitKey, EncryptionFailed or OutboxUnavailable; then nothing was accepted.
        """
        now = datetime.now(UTC)
        association = self.associations[submission.role]
        receipt = Receipt.of(nonce, body(submission, "").encode())
        inner = inner_entity(submission, association=association.name, sender=self._sender, nonce=nonce)
        self._commit(self.keyring.encrypt(inner, association, now), association, receipt, now)
        return receipt

    def accept_encrypted(self, ciphertext: str, role: str, nonce: str) -> Receipt:
        """Commit what the official's own browser encrypted, once it is sure for whom; nobody can read it here.

        Raises NoFitKey, CiphertextRefused or OutboxUnavailable; then nothing was accepted.
        """
        receipt = Receipt.of(nonce, ciphertext.encode())
        self._commit(ciphertext, self.associations[role], receipt, datetime.now(UTC))
        return receipt

    def blanks(self, nonce: str) -> dict[str, Any]:
        """What a browser needs to make the encrypted message itself: the blank text, and for each open role the keys."""
        now = datetime.now(UTC)
        readers = {
            role: {"association": association.name, "keys": self.keyring.recipients(association, now)}
            for role, association in self.associations.items()
            if self.keyring.readers(association, now)
        }
        return {**blank_entity(sender=self._sender, nonce=nonce), "readers": readers}

    def _commit(self, ciphertext: str, association: Association, receipt: Receipt, now: datetime) -> None:
        # The last guard for both ways: nothing leaves that is not locked for exactly these readers.
        self.keyring.check_ciphertext(ciphertext, association, now)
        self._outbox.put(
            Mail(
                id=f"{receipt.key}-{adviser.name}",
                reference=receipt.reference,
                adviser=adviser.name,
                address=adviser.address,
                mail=outer_mail(ciphertext, address=adviser.address, sender=self._sender, receipt=receipt, now=now),
            )
            for adviser in self.keyring.readers(association, now)
        )
