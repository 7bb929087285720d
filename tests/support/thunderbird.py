"""A real Thunderbird without a screen, driven through Marionette: takes a key, opens a mail, says what a reader sees.

Its profile is new each time and knows no network: every proxy points at a closed port.
"""

import base64
import json
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.marionette import Marionette
from tests.support.stack import free_port, is_open, wait_until

THUNDERBIRD = shutil.which("thunderbird")
NOWHERE = "http://127.0.0.1:9"
SETTINGS = {
    "app.update.enabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    "mail.accountmanager.accounts": "account1",
    "mail.accountmanager.localfoldersserver": "server1",
    "mail.account.account1.server": "server1",
    "mail.server.server1.hostname": "Local Folders",
    "mail.server.server1.name": "Local Folders",
    "mail.server.server1.type": "none",
    "mail.server.server1.userName": "nobody",
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.rights.version": 1,
    "mail.shell.checkDefaultClient": False,
    "mail.spotlight.firstRunDone": True,
    "mailnews.start_page.enabled": False,
    "network.manage-offline-status": False,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.type": 1,
    "offline.autoDetect": False,
    "offline.startup_state": 3,
    "services.settings.server": NOWHERE,
}

IMPORT_KEY = """
const { RNP } = ChromeUtils.importESModule("chrome://openpgp/content/modules/RNP.sys.mjs");
const { EnigmailCore } = ChromeUtils.importESModule("chrome://openpgp/content/modules/core.sys.mjs");
await EnigmailCore.init?.();
const asked = (_window, _prompt, flags) => { flags.canceled = false; return given.passphrase; };
const result = await RNP.importSecKeyBlockImpl(null, asked, false, given.key);
return result.exitCode;
"""
MAKE_KEY = """
const { RNP } = ChromeUtils.importESModule("chrome://openpgp/content/modules/RNP.sys.mjs");
const { EnigmailCore } = ChromeUtils.importESModule("chrome://openpgp/content/modules/core.sys.mjs");
const { EnigmailKeyRing } = ChromeUtils.importESModule("chrome://openpgp/content/modules/keyRing.sys.mjs");
await EnigmailCore.init?.();
const id = await RNP.genKey(given.user, "ECC", 0, 365, "");
EnigmailKeyRing.clearCache();
const fingerprint = EnigmailKeyRing.getKeyById(id).fpr;
return [await RNP.backupSecretKeys([fingerprint], given.passphrase), await RNP.getMultiplePublicKeys([`0x${fingerprint}`])];
"""
OPEN_MAIL = """
const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
file.initWithPath(given);
const { MailUtils } = ChromeUtils.importESModule("resource:///modules/MailUtils.sys.mjs");
await MailUtils.openEMLFile(window, file, Services.io.newFileURI(file));
function shown() {
  const view = window.document.getElementById("tabmail").currentAboutMessage?.document;
  const text = view?.getElementById("messagepane")?.contentDocument?.body?.textContent ?? "";
  const subject = view?.getElementById("expandedsubjectBox")?.textContent.trim().replace(/^(Subject|Onderwerp):?/, "") ?? "";
  const icon = view?.getElementById("encryptedHdrIcon");
  const attachments = view?.getElementById("attachmentName")?.value ?? "";
  if (text.trim() && icon && !icon.hidden) return { subject, text, lock: icon.getAttribute("src"), attachments };
}
for (let tries = 0; tries < 200 && !shown(); tries++) await new Promise(resolve => setTimeout(resolve, 100));
return shown() ?? null;
"""
REPLY = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { accounts } = MailServices;
if (!accounts.allIdentities.length) {
  const account = accounts.createAccount(), identity = accounts.createIdentity();
  account.incomingServer = accounts.createIncomingServer("reader", "127.0.0.1", "pop3");
  identity.email = given;
  account.addIdentity(identity);
  accounts.defaultAccount = account;
}
window.document.getElementById("tabmail").currentAboutMessage.commandController.doCommand("cmd_reply");
const answer = () => Services.wm.getMostRecentWindow("msgcompose")?.document;
const quoted = () => answer()?.getElementById("messageEditor")?.contentDocument?.body?.textContent.includes(">");
for (let tries = 0; tries < 200 && !quoted(); tries++) await new Promise(resolve => setTimeout(resolve, 100));
// Its buttons come after the text.
await new Promise(resolve => setTimeout(resolve, 1000));
return {
  to: [...answer().querySelectorAll("mail-address-pill")].map((pill) => pill.fullAddress).join(),
  subject: answer().getElementById("msgSubject").value,
  can_send: !answer().getElementById("button-send").disabled,
};
"""
CLOSE_MAIL = """
window.document.getElementById("tabmail").closeTab();
return true;
"""


@dataclass(frozen=True)
class Answer:
    """What stands in the window of a reply, and whether it could be sent as it is."""

    to: str
    subject: str
    can_send: bool


@dataclass(frozen=True)
class Shown:
    """What Thunderbird shows of an encrypted mail."""

    subject: str
    text: str
    lock: str
    attachments: str

    @property
    def hides_padding(self) -> bool:
        """True when no row of padding dots is to be seen."""
        return "." * 20 not in self.text


class Thunderbird:
    """One running Thunderbird."""

    def __init__(self, profile: Path, language: str = "en-US") -> None:
        port = free_port()
        profile.mkdir(parents=True)
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in SETTINGS.items()]
        lines += [f'user_pref("marionette.port", {port});', f'user_pref("intl.locale.requested", "{language}");']
        (profile / "user.js").write_text("\n".join(lines), encoding="utf-8")
        command = [str(THUNDERBIRD), "--headless", "--no-remote", "--profile", str(profile)]
        command += ["--marionette", "-remote-allow-system-access"]
        environment = os.environ | {"MOZ_HEADLESS_WIDTH": "1100", "MOZ_HEADLESS_HEIGHT": "760", "HOME": str(profile)}
        with (profile / "log").open("wb") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        wait_until(lambda: is_open(port), 60, f"Thunderbird, see {profile / 'log'}")
        self._marionette = Marionette(port, 90)
        self._marionette.command("Marionette:SetContext", value="chrome")

    def take_key(self, armored: str, passphrase: str = "") -> None:
        """Import a secret key as its owner would."""
        assert self.run(IMPORT_KEY, {"key": armored, "passphrase": passphrase}) == 0

    def make_key(self, user: str, passphrase: str) -> tuple[bytes, bytes]:
        """Make a key as its dialogue does; the backup that it hands out behind the passphrase, and the public key."""
        secret, public = self.run(MAKE_KEY, {"user": user, "passphrase": passphrase})
        return secret.encode("ascii"), public.encode("ascii")

    def open(self, mail: Path) -> Shown | None:
        """Open a mail file; None when it does not show as decrypted within 20 seconds."""
        shown = self.run(OPEN_MAIL, str(mail))
        return Shown(**shown) if shown else None

    def reply(self, address: str) -> Answer:
        """Press Reply to the mail that is open, as somebody with this address."""
        return Answer(**self.run(REPLY, address))

    def close(self) -> None:
        """Close the tab of the opened mail."""
        self.run(CLOSE_MAIL)

    def picture(self, file: Path) -> None:
        """Save what the window shows."""
        file.write_bytes(base64.b64decode(self._marionette.command("WebDriver:TakeScreenshot", full=True, hash=False)["value"]))

    def picture_of_newest_window(self, file: Path) -> None:
        """Save what the window shows that was opened last."""
        handles = self._marionette.command("WebDriver:GetWindowHandles")
        self._marionette.command("WebDriver:SwitchToWindow", handle=handles[-1])
        self.picture(file)
        self._marionette.command("WebDriver:SwitchToWindow", handle=handles[0])

    def run(self, script: str, given: object = None) -> Any:
        """Run a script with Thunderbird's own rights; `given` is its argument."""
        wrapped = (
            f"const [given, done] = arguments; (async () => {{{script}}})().then(done, e => done({{ fault: String(e) }}));"
        )
        options = {"script": wrapped, "args": [given], "newSandbox": True, "scriptTimeout": 60_000}
        value = self._marionette.command("WebDriver:ExecuteAsyncScript", **options)["value"]
        assert not (isinstance(value, dict) and "fault" in value), value
        return value

    def stop(self) -> None:
        """End the process and what it started."""
        self._marionette.close()
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
