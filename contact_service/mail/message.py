"""The mail format, and the only place that knows it: a `Submission` becomes the text that is encrypted, and the ciphertext
becomes a mail for one adviser.

The inner text is fixed, byte for byte, by the submission and the form token, so that another implementation can be tested
against the same vectors. It follows RFC 3156 (PGP/MIME) and RFC 9788 (protected headers); `protected-headers="v1"` is for
Thunderbird, which does not read RFC 9788 yet and would show the outer subject (measured with Thunderbird 153).
"""

import re
from datetime import datetime

from contact_service.mail import words
from contact_service.mail.mime import NO_FOLLOW_UP, NOBODY, entity, letter, multipart
from contact_service.mail.receipt import code_of, code_sum, digest, inner_boundary, mark_of, reference_of
from contact_service.mail.submission import Submission

# Sizes of the inner text. Somebody who sees the mail learns only which of these the submission fits in.
BUCKETS_BYTES = (4096, 8192, 16384, 32768)

FILLER = "." * 70 + "\r\n"
# RFC 9788 section 3.2.2 (hcp_baseline), and a mark: programs that go by the subject would make one conversation of all mails,
# and below a read one a second cry for help is missed. It can be named on the phone when a mail does not open.
OUTER_SUBJECT = "[...] {mark}"


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
    subject = _filled(words.SUBJECT, role=words.ROLE_NAMES[submission.role], reference=reference_of(nonce))
    text = body(submission, team=team, address=address, nonce=nonce)
    mark = mark_of(code_sum(code_of(submission, nonce)))
    subject = subject[0].upper() + subject[1:]
    return padded_entity(subject, text, association=association, sender=sender, nonce=nonce, mark=mark)


def blank_entity(*, team: str, address: str, sender: str, nonce: str) -> dict[str, object]:
    """What a browser fills in and pads to get, byte for byte, what `inner_entity` makes: one source for both."""
    blank = words.BODY.replace("{team}", team).replace("{address}", address)
    return {
        "entity": _entity("{subject}", blank, "{association}", sender="{sender}", nonce=nonce, mark="{mark}"),
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
        "padding": words.PADDING + "\r\n",
        "filler": FILLER,
        "buckets": BUCKETS_BYTES,
    }


def padded_entity(subject: str, text: str, *, association: str, sender: str, nonce: str, mark: str) -> bytes:
    """The real subject, the text, and padding up to the next bucket.

    The padding stands in the MIME epilogue, which mail programs do not show (RFC 2046 section 5.1.1).
    """
    whole = _entity(subject, text, association, sender=sender, nonce=nonce, mark=mark).replace("\n", "\r\n").encode()
    size = next(bucket for bucket in BUCKETS_BYTES if bucket >= len(whole))
    first = f"{words.PADDING}\r\n".encode()
    whole += first if len(whole) + len(first) <= size else b""
    filler = FILLER.encode() * (size // len(FILLER) + 1)
    return whole + filler[: size - len(whole)]


def _entity(subject: str, text: str, association: str, *, sender: str, nonce: str, mark: str) -> str:
    boundary = inner_boundary(nonce)
    # Never transported as it is, so lines may be as long as they were typed (RFC 2045 section 2.9).
    part = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Transfer-Encoding", "binary")]
    headers = [
        # First, and not MIME-Version, Content-..., From or Date: after these Mailvelope reads the text as Latin-1 (6.2.1).
        ("Subject", subject),
        ("From", sender),
        # A group without addresses (RFC 5322 section 3.4): advisers do not see each other's addresses.
        ("To", f"{association}:;"),
        # Inside too: a program that follows RFC 9788 trusts nothing that stands outside alone.
        ("Reply-To", NOBODY),
        ("HP-Outer", f"Subject: {OUTER_SUBJECT.format(mark=mark)}"),
        ("HP-Outer", f"From: {sender}"),
        ("HP-Outer", f"Reply-To: {NOBODY}"),
        ("MIME-Version", "1.0"),
        ("Content-Type", f'multipart/mixed; boundary="{boundary}"; protected-headers="v1"; hp="cipher"'),
    ]
    return entity(headers, multipart(boundary, entity(part, text)))


def outer_mail(ciphertext: str, *, mark: str, mail_id: str, address: str, sender: str, now: datetime) -> bytes:
    """The finished mail for one adviser, with `ciphertext` armored. It says no more than who, when to the hour, how big."""
    # Not of the form token: whoever sees the mails would know which of them came from the same form.
    boundary = "outer-" + digest("outer boundary", mail_id)
    version = [("Content-Type", "application/pgp-encrypted")]
    # Webmail with a PGP extension finds the part by exactly this name (peers research 5, point 4).
    encrypted = [
        ("Content-Type", 'application/octet-stream; name="encrypted.asc"'),
        ("Content-Disposition", 'attachment; filename="encrypted.asc"'),
    ]
    armored = ciphertext.replace("\r\n", "\n").strip() + "\n"
    content = multipart(boundary, entity(version, "Version: 1\n"), entity(encrypted, armored))
    kind = f'multipart/encrypted; protocol="application/pgp-encrypted"; boundary="{boundary}"'
    subject = OUTER_SUBJECT.format(mark=mark)
    about = {"subject": subject, "mail_id": mail_id, "address": address, "sender": sender, "reply_to": NOBODY}
    return letter([NO_FOLLOW_UP, ("Content-Type", kind)], content, now=now, **about)


def _filled(blank: str, **values: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: values[name[1]], blank)


def _indented(answer: str) -> str:
    return "\n".join(words.INDENT + line if line else "" for line in (answer or words.UNANSWERED).split("\n"))
