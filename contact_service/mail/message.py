"""The mail format, and the only place that knows it: a `Submission` becomes the text that is encrypted, and the ciphertext
becomes a mail for one adviser.

The inner text is fixed, byte for byte, by the submission and the form token, so that another implementation can be tested
against the same vectors. It follows RFC 3156 (PGP/MIME) and RFC 9788 (protected headers); `protected-headers="v1"` is for
Thunderbird, which does not read RFC 9788 yet and would show the outer subject (measured with Thunderbird 153).
"""

import re
from datetime import datetime

from contact_service.mail import words
from contact_service.mail.date import to_the_hour
from contact_service.mail.receipt import code_of, digest, inner_boundary, reference_of
from contact_service.mail.submission import Submission

# Sizes of the inner text. Somebody who sees the mail learns only which of these the submission fits in.
BUCKETS_BYTES = (4096, 8192, 16384, 32768)

FILLER = "." * 70 + "\r\n"
OUTER_SUBJECT = "[...]"  # RFC 9788 section 3.2.2 (hcp_baseline)


def body(submission: Submission, *, team: str, address: str, nonce: str) -> str:
    """Question and answer in Dutch. Answers are indented: no answer can pass itself off as another question's."""
    blanks = {name: _indented(getattr(submission, name)) for name in ("reach", "name", "when", "message")}
    return _filled(
        words.BODY,
        **blanks,
        team=team,
        address=address,
        code=code_of(submission, nonce),
        reference=reference_of(nonce),
        role=words.ROLE_NAMES[submission.role],
        topic=words.TOPIC_NAMES[submission.topic],
        language=words.LANGUAGE_NAMES[submission.language],
        voicemail=_indented(words.VOICEMAIL_NAMES[submission.voicemail]),
    )


def inner_entity(submission: Submission, *, team: str, address: str, association: str, sender: str, nonce: str) -> bytes:
    """The MIME entity to encrypt for a submission; `address` is the site's, to which its link leads."""
    role, topic = words.ROLE_NAMES[submission.role], words.TOPIC_NAMES[submission.topic]
    subject = _filled(words.SUBJECT, role=role, topic=topic, reference=reference_of(nonce))
    text = body(submission, team=team, address=address, nonce=nonce)
    return padded_entity(subject[0].upper() + subject[1:], text, association=association, sender=sender, nonce=nonce)


def blank_entity(*, team: str, address: str, sender: str, nonce: str) -> dict[str, object]:
    """What a browser fills in and pads to get, byte for byte, what `inner_entity` makes: one source for both."""
    blank = words.BODY.replace("{team}", team).replace("{address}", address)
    return {
        "entity": _entity("{subject}", blank, "{association}", sender="{sender}", nonce=nonce),
        "nonce": nonce,
        "subject": words.SUBJECT,
        "sender": sender,
        "reference": reference_of(nonce),
        "roles": words.ROLE_NAMES,
        "topics": words.TOPIC_NAMES,
        "languages": words.LANGUAGE_NAMES,
        "voicemail": [words.VOICEMAIL_NAMES[False], words.VOICEMAIL_NAMES[True]],
        "unanswered": words.UNANSWERED,
        "indent": words.INDENT,
        "filler": FILLER,
        "buckets": BUCKETS_BYTES,
    }


def padded_entity(subject: str, text: str, *, association: str, sender: str, nonce: str) -> bytes:
    """The real subject, the text, and padding up to the next bucket.

    The padding stands in the MIME epilogue, which mail programs do not show (RFC 2046 section 5.1.1).
    """
    entity = _entity(subject, text, association=association, sender=sender, nonce=nonce).replace("\n", "\r\n").encode()
    size = next(bucket for bucket in BUCKETS_BYTES if bucket >= len(entity))
    filler = FILLER.encode() * (size // len(FILLER) + 1)
    return entity + filler[: size - len(entity)]


def _entity(subject: str, text: str, association: str, *, sender: str, nonce: str) -> str:
    boundary = inner_boundary(nonce)
    return "\n".join(
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


def outer_mail(ciphertext: str, *, mail_id: str, address: str, sender: str, now: datetime) -> bytes:
    """The finished mail for one adviser, with `ciphertext` armored. It says no more than who, when to the hour, how big."""
    # Not of the form token: whoever sees the mails would know which of them came from the same form.
    boundary = "outer-" + digest("outer boundary", mail_id)
    mail = "\n".join(
        [
            f"From: {sender}",
            f"To: {address}",
            f"Subject: {OUTER_SUBJECT}",
            f"Date: {to_the_hour(now)}",
            # Stable, so that a mailbox can drop the copy of a mail that SMTP had to send twice.
            f"Message-ID: <{mail_id}@{sender.rpartition('@')[2]}>",
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


def _filled(blank: str, **values: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: values[name[1]], blank)


def _indented(answer: str) -> str:
    return "\n".join(words.INDENT + line if line else "" for line in (answer or words.UNANSWERED).split("\n"))
