"""The mail format, and the only place that knows it: a `Submission` becomes the text that is encrypted, and the ciphertext
becomes a mail for one adviser.

The inner text is fixed, byte for byte, by the submission and the form token, so that another implementation can be tested
against the same vectors. It follows RFC 3156 (PGP/MIME) and RFC 9788 (protected headers); `protected-headers="v1"` is for
Thunderbird, which does not read RFC 9788 yet and would show the outer subject (measured with Thunderbird 153).
"""

import hashlib
from datetime import datetime
from email.utils import format_datetime

from contact_service.receipt import Receipt, reference_of
from contact_service.submission import Submission

# Sizes of the inner text. Somebody who sees the mail learns only which of these the submission fits in.
BUCKETS_BYTES = (4096, 8192, 16384, 32768)

OUTER_SUBJECT = "[...]"  # RFC 9788 section 3.2.2 (hcp_baseline)

# Advisers read Dutch, whatever language the official wrote in.
ROLE_NAMES = {
    "burgemeester": "burgemeester",
    "wethouder": "wethouder",
    "raadslid": "raadslid",
    "statenlid": "Statenlid",
    "anders": "andere rol",
}
TOPIC_NAMES = {
    "": "geen onderwerp gekozen",
    "bedreiging": "bedreiging of agressie",
    "onveilig": "onveilig gevoel, zonder incident",
    "beveiliging": "beveiliging",
    "rechtshulp": "aangifte of rechtshulp",
    "vrouwen": "intimidatie als vrouw in de politiek",
    "nazorg": "nazorg",
    "anders": "iets anders",
}
LANGUAGE_NAMES = {"nl": "Nederlands", "en": "Engels"}
UNANSWERED = "(niet ingevuld)"


def body(submission: Submission, reference: str) -> str:
    """Question and answer in Dutch. Answers are indented: no answer can pass itself off as another question's."""
    answers = {
        "Hoe kunnen wij u veilig bereiken?": submission.reach,
        "Naam": submission.name,
        "Wanneer kunnen wij veilig bellen?": submission.when,
        "Mogen wij een bericht achterlaten (voicemail)?": "ja" if submission.voicemail else "nee",
        "Bericht": submission.message,
    }
    lines = [
        "Bericht via het contactformulier van het Ondersteuningsteam Weerbaar Bestuur",
        "",
        f"Referentie: {reference}",
        f"Rol: {ROLE_NAMES[submission.role]}",
        f"Onderwerp: {TOPIC_NAMES[submission.topic]}",
        f"Taal van het formulier: {LANGUAGE_NAMES[submission.language]}",
    ]
    for question, answer in answers.items():
        lines += ["", question, *(f"    {line}" if line else "" for line in (answer or UNANSWERED).split("\n"))]
    lines += [
        "",
        "-- ",
        "Beantwoord deze mail niet: uw antwoord bereikt de inzender niet.",
        "Neem contact op zoals de inzender vraagt.",
        "",
    ]
    return "\n".join(lines)


def inner_entity(submission: Submission, *, association: str, sender: str, nonce: str) -> bytes:
    """The MIME entity to encrypt for a submission."""
    reference = reference_of(nonce)
    subject = f"{ROLE_NAMES[submission.role]}, {TOPIC_NAMES[submission.topic]} ({reference})"
    text = body(submission, reference)
    return padded_entity(subject[0].upper() + subject[1:], text, association=association, sender=sender, nonce=nonce)


def padded_entity(subject: str, text: str, *, association: str, sender: str, nonce: str) -> bytes:
    """The real subject, the text, and padding up to the next bucket, in the MIME epilogue that programs do not show."""
    boundary = "inner-" + _digest("inner boundary", nonce)
    entity = "\n".join(
        [
            f"Subject: {subject}",
            f"From: {sender}",
            # A group without addresses (RFC 5322 section 3.4): advisers do not see each other's addresses.
            f"To: {association}:;",
            f"HP-Outer: Subject: {OUTER_SUBJECT}",
            f"HP-Outer: From: {sender}",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/mixed; boundary="{boundary}"; protected-headers="v1"; hp="cipher"',
            "",
            f"--{boundary}",
            "Content-Type: text/plain; charset=utf-8",
            # Never transported as it is, so lines may be as long as they were typed (RFC 2045 section 2.9).
            "Content-Transfer-Encoding: binary",
            "",
            text,
            f"--{boundary}--",
            "",
        ]
    )
    return _padded(entity.replace("\n", "\r\n").encode())


def outer_mail(ciphertext: str, *, address: str, sender: str, receipt: Receipt, now: datetime) -> bytes:
    """The finished mail for one adviser, with `ciphertext` armored. It says no more than who, when to the hour, how big."""
    boundary = "outer-" + _digest("outer boundary", receipt.nonce)
    hour = now.replace(minute=0, second=0, microsecond=0)
    mail = "\n".join(
        [
            f"From: {sender}",
            f"To: {address}",
            f"Subject: {OUTER_SUBJECT}",
            f"Date: {format_datetime(hour)}",
            # Stable, so that a mailbox can drop the copy of a mail that SMTP had to send twice.
            f"Message-ID: <{receipt.key[:32]}@{sender.rpartition('@')[2]}>",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary="{boundary}"',
            "",
            f"--{boundary}",
            "Content-Type: application/pgp-encrypted",
            "",
            "Version: 1",
            "",
            f"--{boundary}",
            # Webmail with a PGP extension finds the part by exactly this name (peers research 5, point 4).
            'Content-Type: application/octet-stream; name="encrypted.asc"',
            'Content-Disposition: attachment; filename="encrypted.asc"',
            "",
            ciphertext.replace("\r\n", "\n").strip(),
            "",
            f"--{boundary}--",
            "",
        ]
    )
    return mail.replace("\n", "\r\n").encode("ascii")


def _digest(purpose: str, nonce: str) -> str:
    return hashlib.sha256(f"{purpose} {nonce}".encode()).hexdigest()[:32]


def _padded(entity: bytes) -> bytes:
    size = next(bucket for bucket in BUCKETS_BYTES if bucket >= len(entity))
    filler = (b"." * 70 + b"\r\n") * (size // 72 + 1)
    return entity + filler[: size - len(entity)]
