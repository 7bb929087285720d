"""What a line in the machine's own gpg.conf or common.conf does to the service: `make gpg-lines`, for the gpg that is here.

No option keeps gpg from reading these files. Each line stands in a copy of /etc that the commands of one row alone see.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import markdown
from contact_service.keys.advisers import everybody, read_associations
from deploy.demo.advisers import opened
from tests.support.production import Production, demo_advisers, production

PLAIN, ASKING = "ngb-adviseur", "wethouders-adviseur"
LINES = [
    ("gpg.conf", "comment Anybody"),
    ("gpg.conf", "encrypt-to {other}"),
    ("gpg.conf", "no-such-option"),
    ("gpg.conf", "compliance gnupg"),
    ("gpg.conf", "force-ocb"),
    ("gpg.conf", "recipient {other}"),
    ("gpg.conf", "hidden-recipient {other}"),
    ("gpg.conf", "throw-keyids"),
    ("gpg.conf", "cipher-algo 3DES"),
    ("gpg.conf", "compress-algo zlib"),
    ("gpg.conf", "output {folder}/a-mail"),
    ("common.conf", "use-keyboxd"),
]
IN_A_COPY_OF_ETC = """set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work"
mount -t overlay -o "lowerdir=/etc,upperdir=$1/upper,workdir=$1/work" overlay /etc
mkdir -p /etc/gnupg
printf '%s\\n' "$3" > "/etc/gnupg/$2"
shift 3
exec "$@"
"""


def main() -> None:
    """Print one row for each line: what becomes of an ordinary key, of one that asks for OCB, and of a practice mail."""
    with tempfile.TemporaryDirectory(prefix="gpg-lines-") as place:
        folder = Path(place)
        keys = shutil.copytree(demo_advisers() / "service", folder / "service")
        asks = _ask_for_ocb(keys, folder / "computer")
        settings = {"CONTACT_ADVISERS": str(keys / "advisers.toml"), "CONTACT_KEYS": str(keys / "keys")}
        with production(folder, **settings) as machine:
            other = _fingerprints(machine, "gpg.conf", "")["ot-reserve"]["fingerprint"]
            rows = [_row(machine, file, line.format(other=other, folder=folder), asks, line) for file, line in LINES]
    version = subprocess.run(["gpg", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    head = ["line", "an ordinary key is", "one that asks for OCB", "a practice mail", "`check`"]
    sys.stdout.write(f"{version}\n\n{markdown([head, *rows])}\n")


def _row(machine: Production, file: str, line: str, asks: bool, shown: str) -> list[str]:
    keys = _fingerprints(machine, file, line)
    codes = [keys[name]["code"] if keys else "nothing: gpg does not run" for name in (PLAIN, ASKING)]
    mail = _command(machine, file, line, "test-mail", PLAIN)
    said = _command(machine, file, line, "check").stdout
    named = f"NOTE every gpg of this machine obeys /etc/gnupg/{file}: {line}" in said
    faults = [part for part in ("gpg does not run", "cannot be used", "is closed for") if part in said]
    told = "; ".join(["names the line" if named else "says NOTHING of it", *faults])
    shown = shown.replace("{other}", "FINGERPRINT").replace("{folder}/a-mail", "FILE")
    return [f"`{file}`: `{shown}`", codes[0], codes[1] if asks else "-", "sent" if mail.returncode == 0 else "not sent", told]


def _fingerprints(machine: Production, file: str, line: str) -> dict[str, dict[str, str]]:
    run = _command(machine, file, line, "keys", "--json")
    assert "Traceback" not in run.stderr, run.stderr
    return {key["adviser"]: key for key in json.loads(run.stdout)["keys"]} if run.stdout else {}


def _command(machine: Production, file: str, line: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory(prefix="etc-") as copy:
        inside = ["unshare", "--mount", "sh", "-c", IN_A_COPY_OF_ETC, "sh", copy, file, line]
        command = [*inside, sys.executable, "-m", "tests.support.cli", *arguments]
        return subprocess.run(command, env=machine.environment, capture_output=True, text=True, check=False)


def _ask_for_ocb(keys: Path, home: Path) -> bool:
    """Give one adviser a key that asks for OCB; False where this gpg makes none."""
    home.mkdir(mode=0o700)
    with opened(home) as gpg:
        options = ["--batch", "--passphrase", "", "--compliance=gnupg", "--quick-generate-key", "adviseur@wethouders.example"]
        subprocess.run(["gpg", "--homedir", gpg.gnupghome, *options], check=True, capture_output=True)
        fingerprint = gpg.list_keys()[0]["fingerprint"]
        public = gpg.export_keys(fingerprint)
    packets = subprocess.run(["gpg", "--list-packets"], input=public.encode(), capture_output=True, check=True).stdout
    if b"features: 07" not in packets:
        return False
    (keys / "keys" / f"{ASKING}.asc").write_text(public)
    advisers = keys / "advisers.toml"
    pinned = next(person for person in everybody(read_associations(advisers).values()) if person.name == ASKING).fingerprints[0]
    advisers.write_text(advisers.read_text().replace(pinned, fingerprint))
    return True


if __name__ == "__main__":
    main()
