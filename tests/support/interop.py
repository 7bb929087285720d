"""Who opens the very mail that delivery handed over: `make interop` prints the table, test_interop.py checks it.

One submission, encrypted by the service and by the browser's code, goes through the intake, the outbox, delivery and a real
Postfix to five advisers, each with a key of another program; then every program tries to open every one of the mails.
"""

import email
import email.policy
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from contact_service.delivery.post_office import PostOffice
from contact_service.delivery.process import deliver_next
from contact_service.keys.advisers import Adviser, Association
from contact_service.keys.keyring import Keyring
from contact_service.mail.message import inner_entity
from contact_service.mail.submission import Submission, as_typed
from contact_service.openpgp.key_files import inspect
from contact_service.outbox.outbox import Outbox
from contact_service.settings.config import DeliverySettings
from contact_service.web.intake import Intake
from contact_service.web.page import read_facts
from tests.support.built_site import built
from tests.support.chromium import chromium
from tests.support.fuzz_ciphertext import sealed
from tests.support.key_maker import Maker
from tests.support.openers import OPENERS, missing_programs, sequoia_key
from tests.support.postfix import POSTFIX, Postfix
from tests.support.reader_page import ReaderPage
from tests.support.replies import is_safe, seen
from tests.support.replies import table as reply_table
from tests.support.stack import REPO, wait_until
from tests.support.thunderbird import THUNDERBIRD, Shown, Thunderbird

# Whatever a form may hold, and whatever a program on the way may stumble over.
AS_TYPED = as_typed(
    "€ ő ñ ß ﬁ 漢字 שלום مرحبا 👮🏽‍♀️ e\u0301 \u202e gniw \u202c nul\x00 bel\x07 esc\x1b[31m tab\t.\n"
    ".\n..\nFrom iemand\n>From\n-- \n--inner-0\n=20 =3D =\n-----BEGIN PGP MESSAGE-----\n"
    "  twee spaties  \nregel\r\nregel\rregel\u2028regel\x85regel\n" + "lang " * 400
)


SUBJECT = "Wethouder, contactformulier ("
WAYS = ("encrypted by the service", "encrypted by the browser")
Mails = dict[tuple[str, str], "Delivered"]


@dataclass(frozen=True)
class Delivered:
    """One adviser's mail as it lies in the mailbox, and the adviser's secret key."""

    key: Path
    mail: Path

    @property
    def ciphertext(self) -> bytes:
        """The armored message in the mail."""
        message = email.message_from_bytes(self.mail.read_bytes(), policy=email.policy.default)
        return bytes(list(message.iter_parts())[1].get_payload(decode=True))


def typed_text(entity: bytes) -> str:
    """What the adviser reads of the message: the lines below its question, without their indent."""
    return _typed(email.message_from_bytes(entity, policy=email.policy.default).get_body(("plain",)).get_content())


def _typed(text: str) -> str:
    lines = text.replace("\r\n", "\n").split("Bericht\n", 2)[-1].split("\nEinde van het bericht.")[0].split("\n")
    return "\n".join(line.removeprefix("    ") for line in lines).removesuffix("\n")


def delivered(folder: Path, page: Page) -> Mails:
    """A mail for each way and kind of key, one made by the reader in `page`, through all that a submission goes through."""
    keys = _secret_keys(folder) | {"lezer.html": _key_of_the_reader(folder, page)}
    (folder / "keys").mkdir()
    advisers = []
    for kind, (fingerprint, secret, public) in keys.items():
        (folder / f"{kind}.secret.asc").write_bytes(secret)
        (folder / "keys" / f"{kind}.asc").write_bytes(public)
        advisers.append(Adviser(kind, f"{kind}@vereniging.example", (fingerprint,)))
    postfix, mails, known = Postfix(folder).start(), {}, set[bytes]()
    try:
        for number, way in enumerate(WAYS):
            _send(way, folder, Association("Vereniging", ("wethouder",), tuple(advisers)), postfix)
            for kind, address in ((adviser.name, adviser.address) for adviser in advisers):
                wait_until(lambda: set(postfix.received(address)) - known, what=f"the mail for {kind}, {way}")  # noqa: B023
                (mail,) = set(postfix.received(address)) - known
                known.add(mail)
                mails[way, kind] = Delivered(folder / f"{kind}.secret.asc", folder / f"{kind}-{number}.eml")
                mails[way, kind].mail.write_bytes(mail)
    finally:
        postfix.stop()
    return mails


def _send(way: str, folder: Path, group: Association, postfix: Postfix) -> None:
    url = f"sqlite:///{folder / 'outbox.sqlite'}"
    outbox = Outbox(url)
    outbox.create()
    # An intake with these advisers; the form's settings play no part here.
    intake = Intake.__new__(Intake)
    intake.associations = {"wethouder": group}
    intake.keyring = Keyring([group], folder / "keys", folder / "keyring")
    intake.outbox, intake.sender, intake._facts = outbox, "formulier@hulp.example", read_facts(built())
    intake._address = "https://hulp.example/"
    fields = {"reach": "06-12345678", "name": "Ő. Nna €", "when": "", "voicemail": False, "topic": "bedreiging"}
    submission = Submission(language="nl", role="wethouder", message=AS_TYPED, **fields)
    if way == WAYS[0]:
        intake.accept(submission, "wethouder", intake.receipt(submission, "nonce"))
    else:
        names = {"team": intake._facts.team, "association": group.name}
        inner = inner_entity(submission, **names, address="https://hulp.example/", sender=intake.sender, nonce="nonce")
        public = [str(folder / "keys" / f"{adviser.name}.asc") for adviser in group.advisers]
        ciphertext = sealed(inner, *public)
        intake.accept(ciphertext, "wethouder", intake.receipt(ciphertext, "nonce"))
    settings = DeliverySettings(
        url, "beheer@hulp.example", "localhost", postfix.port, "starttls", None, None, postfix.ca_file, 10
    )
    post_office = PostOffice(settings)
    while deliver_next(outbox, post_office):
        continue
    post_office.close()
    assert outbox.queue().oldest_accepted_at is None


def _secret_keys(folder: Path) -> dict[str, tuple[str, bytes, bytes]]:
    """Fingerprint, secret and public key, by the name of the program that made it."""
    keys = {}
    for kind, algorithms in {"gnupg-curve": ("ed25519", "cv25519"), "gnupg-rsa": ("rsa3072", "rsa3072")}.items():
        maker = Maker(folder / kind).primary(algorithms[0], address=f"{kind}@vereniging.example").subkey(algorithms[1])
        keys[kind] = (maker.fingerprint, maker.secret(), maker.public())
        maker.close()
    secret, public = sequoia_key(folder, "sequoia@vereniging.example", "--can-encrypt", "universal")
    keys["sequoia"] = (_fingerprint(public), secret, public)
    node = ["node", str(REPO / "tests" / "support" / "openpgpjs.mjs")]
    secret = subprocess.run([*node, "generate", "plain"], check=True, capture_output=True).stdout
    public = subprocess.run([*node, "public"], input=secret, check=True, capture_output=True).stdout
    keys["openpgpjs"] = (_fingerprint(public), secret, public)
    return keys


def _key_of_the_reader(folder: Path, page: Page) -> tuple[str, bytes, bytes]:
    made = ReaderPage(page).make_key(folder, address="lezer.html@vereniging.example")
    # Programs ask for a passphrase each in a way of its own, which is no matter here.
    unlock = ["node", str(REPO / "tests" / "support" / "openpgpjs.mjs"), "unlock", made.passphrase]
    secret = subprocess.run(unlock, input=made.secret.read_bytes(), check=True, capture_output=True).stdout
    return made.fingerprint, secret, made.public.read_bytes()


def _fingerprint(public: bytes) -> str:
    return inspect("key.asc", public).fingerprint


def opened(mails: Mails) -> dict[tuple[str, str, str], bool]:
    """For each program, way and kind of key: whether the text arrives exactly as it was typed."""
    return {
        (program, way, kind): typed_text(opener(mail.key, mail.ciphertext)) == AS_TYPED
        for program, opener in OPENERS.items()
        for (way, kind), mail in mails.items()
    }


def shown_by_parsers(mails: Mails) -> dict[tuple[str, str, str], bool]:
    """What the parsers of Proton and of browser extensions make of each mail: subject and text exactly, and no padding."""
    given = [(mail.key.read_text("ascii"), mail.ciphertext.decode("ascii")) for mail in mails.values()]
    node = ["node", str(REPO / "tests" / "support" / "parsers" / "read.mjs")]
    run = subprocess.run(node, input=json.dumps(given).encode(), check=True, capture_output=True)
    return {
        (program, *which): subject.startswith(SUBJECT) and _typed(text) == AS_TYPED and "opvulling" not in text
        for which, shown in zip(mails, json.loads(run.stdout), strict=True)
        for program, (subject, text) in shown.items()
    }


def shown_by_thunderbird(mails: Mails, folder: Path) -> dict[tuple[str, str], Shown | None]:
    """What Thunderbird shows of each mail, with a picture of each beside it."""
    thunderbird, shown = Thunderbird(folder / "profile"), {}
    try:
        for key in sorted({mail.key for mail in mails.values()}):
            thunderbird.take_key(key.read_text("ascii"))
        for which, mail in mails.items():
            shown[which] = thunderbird.open(mail.mail)
            thunderbird.picture(mail.mail.with_suffix(".png"))
            thunderbird.close()
    finally:
        thunderbird.stop()
    return shown


def shown_by_the_reader(mails: Mails, page: Page) -> dict[tuple[str, str], bool]:
    """Whether the advisers' page shows the text of each mail exactly as it was typed."""
    reader, exact = ReaderPage(page), {}
    for which, mail in mails.items():
        page.click("#forget")
        reader.give("mail-file", mail.mail)
        reader.give("key-file", mail.key)
        reader.read("")
        exact[which] = page.text_content("#letter .asked:last-of-type .answer", timeout=10_000) == AS_TYPED
    return exact


def is_readable(shown: Shown | None) -> bool:
    """The real subject, the text, and no padding."""
    return bool(shown and shown.subject.startswith(SUBJECT) and "漢字" in shown.text and shown.hides_padding)


def absent() -> list[str]:
    """What this machine lacks for the whole table."""
    return missing_programs() + [name for name, found in (("postfix", POSTFIX), ("thunderbird", THUNDERBIRD)) if not found]


def main() -> int:
    """Print the table; 0 when every program opens every mail."""
    if absent():
        sys.exit(f"Please install first: {', '.join(absent())}")
    folder = Path(tempfile.mkdtemp(prefix="interop-"))
    with chromium() as browser:
        page = browser.new_context(accept_downloads=True).new_page()
        mails = delivered(folder, page)
        table = {("lezer.html", *which): exact for which, exact in shown_by_the_reader(mails, page).items()}
    parsed = shown_by_parsers(mails)
    table |= opened(mails) | parsed
    table |= {("Thunderbird", *which): is_readable(s) for which, s in shown_by_thunderbird(mails, folder).items()}
    kinds = list(dict.fromkeys(kind for _, kind in mails))
    for way in WAYS:
        print(f"{way + ', for a key of':42}" + "".join(f"{kind:14}" for kind in kinds))
        for program in [*OPENERS, "Thunderbird", "lezer.html", *dict.fromkeys(program for program, *_ in parsed)]:
            print(f"{program:42}" + "".join(f"{'yes' if table[program, way, kind] else 'NO':14}" for kind in kinds))
    print(f"Pictures of what Thunderbird shows: {folder}/*.png\n")
    mail = mails[WAYS[1], "gnupg-curve"]
    found = seen(mail.key, mail.mail)
    print("\n".join(reply_table(found, "漢字 שלום")))
    return 0 if all(table.values()) and all(map(is_safe, found.values())) else 1


if __name__ == "__main__":
    sys.exit(main())
