"""Makes the pictures of the advisers' handbook: `make adviser-pictures`. All but the page with the button show a real
Thunderbird in Dutch."""

import re
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from contact_service.keys.advisers import Adviser, Association
from contact_service.keys.keyring import Keyring
from contact_service.mail.message import inner_entity, outer_mail, padded_entity
from contact_service.mail.practice import PRACTICE_SUBJECT, practice_text
from contact_service.mail.submission import Submission
from contact_service.outbox.outbox import Outbox
from deploy.demo.advisers import decrypt
from tests.support.built_site import built
from tests.support.chromium import chromium
from tests.support.key_maker import Maker
from tests.support.stack import REPO, Stack
from tests.support.thunderbird import THUNDERBIRD, Thunderbird

PICTURES = REPO / "deploy" / "handboek-adviseurs" / "beelden"
ADDRESS, SENDER, NONCE, MARK = "adviseur@vereniging.example", "formulier@hulp.example", "voorbeeld", "3f7k"
GROUP = "Wethoudersvereniging"
PHONE = {"width": 375, "height": 720}
DIALOGS = {
    "nieuwe-sleutel": ("chrome://openpgp/content/ui/keyWizard.xhtml", "{}"),
    "sleutelbeheer": ("chrome://openpgp/content/ui/enigmailKeyManager.xhtml", "{}"),
    "sleutel-eigenschappen": ("chrome://openpgp/content/ui/keyDetailsDlg.xhtml", "{ keyId: given.key, refresh: true }, {}"),
}
OPEN_DIALOG = """
const dialog = window.openDialog(given.address, "", "chrome,dialog=no,width=900,height=520", %s);
await new Promise(resolve => dialog.addEventListener("load", resolve, { once: true }));
const settled = () => dialog.document.readyState === "complete" && dialog.document.hasPendingL10nMutations !== true;
for (let tries = 0; tries < 30 || !settled(); tries++) await new Promise(resolve => setTimeout(resolve, 100));
return true;
"""


def example_mails(maker: Maker, folder: Path) -> dict[str, bytes]:
    """A message and a practice mail for this key, by the name of the picture."""
    (folder / "keys").mkdir()
    (folder / "keys" / "adviseur.asc").write_bytes(maker.public())
    group = Association(GROUP, ("wethouder",), (Adviser("adviseur", ADDRESS, (maker.fingerprint,)),))
    keyring, now = Keyring([group], folder / "keys", folder / "keyring"), datetime.now(UTC)
    message = "Er lag vanochtend een brief op de mat.\nIk weet niet wat ik ermee moet doen."
    reach = {"reach": "06-00000000, liever een sms", "name": "Voorbeeld", "when": "na 20 uur", "voicemail": False}
    submission = Submission(language="nl", role="wethouder", topic="bedreiging", message=message, **reach)
    team = "Ondersteuningsteam Weerbaar Bestuur"
    about = {"association": GROUP, "sender": SENDER, "nonce": NONCE}
    entities = {
        "bericht": inner_entity(submission, team=team, address="https://hulp.example/", **about),
        "oefenbericht": padded_entity(
            PRACTICE_SUBJECT, practice_text("lantaarn", f"https://hulp.example/gelezen/{'0' * 32}"), mark=MARK, **about
        ),
    }
    outer = {"mark": MARK, "mail_id": NONCE, "address": ADDRESS, "sender": SENDER, "now": now}
    return {name: outer_mail(keyring.encrypt(entity, group, now), **outer) for name, entity in entities.items()}


def picture_of_button(folder: Path) -> None:
    """The page behind "Ik heb dit bericht", as an adviser sees it on a phone."""
    stack = Stack(folder, built())
    try:
        stack.start("web")
        stack.post(token=stack.token(), role="wethouder", reach="06-00000000", message="Voorbeeld.")
        mail = Outbox(stack.environment["CONTACT_OUTBOX"]).claim(1)
        inner = decrypt(stack.computers / mail.address, mail.mail) if mail else None
        link = re.search(rb"^Ik heb dit bericht: (\S+)\r$", inner or b"", re.MULTILINE)
        if not link:
            sys.exit("no message with a link came into the outbox")
        with chromium() as browser:
            page = browser.new_page(viewport=PHONE, device_scale_factor=2)
            page.goto(link[1].decode())
            page.screenshot(path=PICTURES / "knop.png")
    finally:
        stack.stop()


def main() -> None:
    """Write every picture."""
    if not THUNDERBIRD:
        sys.exit("Please install Thunderbird first:  sudo apt-get install thunderbird thunderbird-l10n-nl")
    folder = Path(tempfile.mkdtemp(prefix="pictures-"))
    maker = Maker(folder / "home").primary(expires="2y", address=ADDRESS).subkey(expires="2y")
    mails = example_mails(maker, folder)
    PICTURES.mkdir(parents=True, exist_ok=True)
    picture_of_button(folder / "stack")
    thunderbird = Thunderbird(folder / "profile", "nl")
    try:
        thunderbird.take_key(maker.secret().decode())
        for name, mail in mails.items():
            (folder / f"{name}.eml").write_bytes(mail)
            if not thunderbird.open(folder / f"{name}.eml"):
                sys.exit(f"Thunderbird does not show {folder / name}.eml as decrypted")
            thunderbird.picture(PICTURES / f"{name}.png")
            thunderbird.close()
        for name, (address, inputs) in DIALOGS.items():
            thunderbird.run(OPEN_DIALOG % inputs, {"address": address, "key": f"0x{maker.fingerprint}"})
            thunderbird.picture_of_newest_window(PICTURES / f"{name}.png")
    finally:
        thunderbird.stop()
        maker.close()


if __name__ == "__main__":
    main()
