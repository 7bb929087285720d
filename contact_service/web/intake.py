"""From a valid form to committed mails: everything between "send" and "received"."""

import secrets
from datetime import UTC, datetime
from typing import Any

from contact_service.keys.advisers import Association, everybody, read_associations
from contact_service.keys.keyring import Keyring
from contact_service.mail.message import blank_entity, body, inner_entity, outer_mail
from contact_service.mail.practice import practice_entity
from contact_service.mail.receipt import Receipt, code_of, code_sum, mark_of
from contact_service.mail.submission import Submission
from contact_service.openpgp.ciphertext import CiphertextRefused
from contact_service.openpgp.gpg import EncryptionFailed
from contact_service.outbox.health import LOCKING, Health, examine
from contact_service.outbox.mails import PRACTICE, SUBMISSION
from contact_service.outbox.notice import Notice
from contact_service.outbox.outbox import Mail, Outbox, OutboxUnavailable
from contact_service.outbox.practised import Practised
from contact_service.outbox.signals import Signals
from contact_service.outbox.upgrade import mail_id
from contact_service.settings.config import WebSettings
from contact_service.web.page import Facts, read_facts, site_address


class Intake:
    """Knows the advisers, their keys and the outbox.

    Raises AdvisersInvalid, SiteInvalid or OutboxUnavailable when it cannot be made.
    """

    def __init__(self, settings: WebSettings, facts: Facts | None = None) -> None:
        """Who has read the facts of the site already can hand them on."""
        self.associations = read_associations(settings.advisers)
        self._facts = facts or read_facts(settings.site)
        self.keyring = Keyring(dict.fromkeys(self.associations.values()), settings.keys, settings.keyring)
        self.outbox = Outbox(settings.outbox, settings.minimum_free_bytes)
        self.outbox.create()
        Signals(self.outbox.database).create()
        self._late_seconds = settings.late_minutes * 60
        self.notice = Notice(self.outbox, self._late_seconds)
        self.sender, self._address = settings.sender, site_address(settings.hosts[0])

    def recipients(self) -> dict[str, list[str]]:
        """The fingerprints for which a submission of each role is encrypted now; none where nobody could read it."""
        now = datetime.now(UTC)
        return {role: self.keyring.fit_keys(group, now) for role, group in self.associations.items()}

    def closed_roles(self) -> list[str]:
        """The roles for which nobody could read a submission now."""
        return [role for role, keys in self.recipients().items() if not keys]

    def strangers(self) -> list[str]:
        """The roles whose readers are not those whom the site names to the official."""
        return [
            f"advisers.toml sends {role} to {group.name!r}, but the site says {self._facts.groups[role]!r} (docs/facts.yml)"
            for role, group in self.associations.items()
            if group.name != self._facts.groups[role]
        ]

    def health(self, *also: str) -> Health:
        """Whether submissions are accepted and reach their advisers; `also` are faults that are known already."""
        now = datetime.now(UTC)
        unfit = sum(not verdict.is_fit(now) for verdict in self.keyring.verdicts)
        figures = {"keys_unfit": unfit, "roles_closed": len(self.closed_roles())}
        return examine(self.outbox, self._late_seconds, *also, **figures)

    def receipt(self, content: Submission | str, nonce: str) -> Receipt:
        """What identifies a submission, or one that the official's own browser encrypted."""
        text = body(content, team=self._facts.team, address="", nonce=nonce) if isinstance(content, Submission) else content
        return Receipt.of(nonce, text.encode())

    def has(self, receipt: Receipt, role: str) -> bool:
        """Whether this very submission is known to have been received before."""
        try:
            return self.outbox.has(mail_id(receipt.key, person.name) for person in everybody([self.associations[role]]))
        except OutboxUnavailable:
            return False

    def accept(self, content: Submission | str, role: str, receipt: Receipt, code: str = "") -> None:
        """Commit a mail for each adviser; only then is it received. A submission is encrypted here; what the official's own
        browser encrypted nobody can read here, so it comes with the sum of the code that stands in it.

        Raises NoFitKey, EncryptionFailed, CiphertextRefused or OutboxUnavailable; then nothing was accepted.
        """
        now = datetime.now(UTC)
        association = self.associations[role]
        self.keyring.alert(association, now)
        if isinstance(content, Submission):
            names = {"team": self._facts.team, "association": self._facts.associations["nl"][role]}
            about = {"address": self._address, "sender": self.sender, "nonce": receipt.nonce}
            code = code_sum(code_of(content, receipt.nonce))
            content = self._locked(inner_entity(content, **names, **about), association, now)
        else:
            self.keyring.check_ciphertext(content, association, now)
        self._commit(content, association, receipt, now, code=code)

    def readers(self, role: str) -> list[str]:
        """The names of those who would read a submission of this role now."""
        return [adviser.name for adviser in self.keyring.readers(self.associations[role], datetime.now(UTC))]

    def blanks(self, nonce: str) -> dict[str, Any]:
        """What a browser needs to make the encrypted message itself: the blank text, and for each open role the keys."""
        named = self._facts.associations["nl"]
        readers = {role: {"association": named[role], "keys": keys} for role, keys in self.recipients().items() if keys}
        blank = blank_entity(team=self._facts.team, address=self._address, sender=self.sender, nonce=nonce)
        return {**blank, "readers": readers}

    def practise(self, name: str, word: str) -> str:
        """Commit an encrypted practice mail with this word for one adviser or reserve; returns its reference.

        Raises NoFitKey, EncryptionFailed or OutboxUnavailable; then nothing is sent. KeyError: nobody has this name.
        """
        adviser = {person.name: person for person in everybody(self.associations.values())}[name]
        role = next(role for role, group in self.associations.items() if adviser in (*group.advisers, *group.reserves))
        home = self._facts.associations["nl"][role]
        now, nonce, opener = datetime.now(UTC), secrets.token_hex(16), secrets.token_hex(16)
        about = {"address": self._address, "association": home, "sender": self.sender, "nonce": nonce}
        inner, code = practice_entity(word, opener, **about), code_sum(opener)
        alone = Association(home, (), (adviser,))
        ciphertext, receipt = self._locked(inner, alone, now), Receipt.of(nonce, word.encode())
        Practised(self.outbox.database).sent(code, self.keyring.recipients(alone, now))
        self._commit(ciphertext, alone, receipt, now, code=code, kind=PRACTICE)
        return receipt.reference

    def _locked(self, inner: bytes, association: Association, now: datetime) -> str:
        try:
            ciphertext = self.keyring.encrypt(inner, association, now)
            self.keyring.check_ciphertext(ciphertext, association, now)
        except (EncryptionFailed, CiphertextRefused) as fault:
            # Our own fault: no reader is told that the message did not arrive whole, and the operator is told.
            Signals(self.outbox.database).give(LOCKING)
            raise EncryptionFailed(f"gpg and the guard do not agree here: {fault}") from None
        return ciphertext

    def _commit(
        self, ciphertext: str, association: Association, receipt: Receipt, now: datetime, code: str = "", kind: str = SUBMISSION
    ) -> None:
        readers = self.keyring.readers(association, now)
        reserve = next((reserve.address for reserve in association.reserves if reserve not in readers), "")
        mails, mark = [], mark_of(code or receipt.key)
        for adviser in readers:
            name, address = mail_id(receipt.key, adviser.name), adviser.address
            mail = outer_mail(ciphertext, mark=mark, mail_id=name, address=address, sender=self.sender, now=now)
            parts = (name, receipt.reference, adviser.name, address, mail)
            mails.append(Mail(*parts, kind=kind, code=code, reserve=reserve))
        self.outbox.put(mails)
