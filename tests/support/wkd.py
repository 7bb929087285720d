"""Asks for published keys as mail programs do, over HTTPS: `make wkd` (needs root: it takes the names of others for itself).

gpg, sq and OpenPGP.js look for the keys of an address where two advisers share a mailbox, one adviser has two keys, one key
carries two addresses, one address was revoked, one is written with capitals, and one holds a sign of gpg's filters.
"""

import functools
import http.server
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from contact_service.keys.advisers import Adviser, Association
from contact_service.keys.publication import publish
from tests.support.key_maker import Maker
from tests.support.openers import is_old_sequoia
from tests.support.stack import REPO

DOMAIN = "vereniging.example"
HOSTS = (f"openpgpkey.{DOMAIN}", DOMAIN)
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


def main() -> int:
    """Print who finds which keys; 0 when everybody finds exactly those that are published."""
    if "alone" not in sys.argv:
        command = ["unshare", "--net", "--mount", sys.executable, "-m", "tests.support.wkd", "alone"]
        return subprocess.run(command, check=False, cwd=REPO).returncode
    folder = Path(tempfile.mkdtemp(prefix="wkd-"))
    wanted, pinned = published(folder)
    _serve(folder)
    is_right = True
    for address, names in wanted.items():
        for program, ask in PROGRAMS.items():
            found = ask(address, folder)
            right = found == {pinned[name] for name in names}
            is_right &= right
            shown = ", ".join(sorted(name for name in pinned if pinned[name] in found)) or "nothing"
            print(f"{address:32} {program:12} {shown:20} {'' if right else 'NOT AS PUBLISHED'}")
    return 0 if is_right else 1


def published(folder: Path) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Publish; which of our keys should be found at each address, and the fingerprint of each key."""
    (folder / "keys").mkdir()
    pinned = {}
    for name, addresses in {
        "a": ["team"],
        "b": ["team"],
        "c": ["twee"],
        "d": ["twee"],
        "e": ["nieuw", "oud"],
        "f": ["Hoofd"],
        "g": ["jan&piet"],
    }.items():
        maker = Maker(folder / name).primary(address=f"{addresses[0]}@{DOMAIN}").subkey()
        for address in addresses[1:]:
            maker.gpg("--quick-add-uid", maker.fingerprint, f"{address}@{DOMAIN}")
            maker.gpg("--quick-revoke-uid", maker.fingerprint, f"{address}@{DOMAIN}")
        (folder / "keys" / f"{name}.asc").write_bytes(maker.public())
        pinned[name] = maker.fingerprint
        maker.close()
    people = [
        ("anna", "team", "a"),
        ("bert", "team", "b"),
        ("cora", "twee", "cd"),
        ("dirk", "nieuw", "e"),
        ("eva", "oud", "e"),
        ("fay", "HOOFD", "f"),
        ("gijs", "jan&piet", "g"),
    ]
    advisers = [Adviser(name, f"{local}@{DOMAIN}", tuple(pinned[key] for key in keys)) for name, local, keys in people]
    group = Association("Vereniging", ("wethouder",), tuple(advisers))
    publish([group], folder / "keys", folder / "site", DOMAIN, datetime.now(UTC))
    names = {"team": ("a", "b"), "twee": ("c", "d"), "nieuw": ("e",), "oud": (), "Hoofd": ("f",), "jan&piet": ("g",)}
    return {f"{local}@{DOMAIN}": keys for local, keys in names.items()}, pinned


def _serve(folder: Path) -> None:
    """The published folder under the names of others, for this process and its children alone."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    certificate = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    certificate += ["-subj", f"/CN={DOMAIN}", "-addext", "subjectAltName=" + ",".join(f"DNS:{host}" for host in HOSTS)]
    certificate += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(certificate, check=True, capture_output=True)
    (folder / "hosts").write_text(f"127.0.0.1 localhost {' '.join(HOSTS)}\n")
    (folder / "authorities").write_bytes(AUTHORITIES.read_bytes() + (folder / "cert.pem").read_bytes())
    for ours, theirs in (("hosts", Path("/etc/hosts")), ("authorities", AUTHORITIES)):
        subprocess.run(["mount", "--bind", str(folder / ours), str(theirs)], check=True)
    handler = functools.partial(_Quiet, directory=str(folder / "site"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 443), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def _by_gpg(address: str, folder: Path) -> set[str]:
    home = Path(tempfile.mkdtemp(prefix="gpg-"))
    (home / "dirmngr.conf").write_text(f"standard-resolver\nhkp-cacert {folder / 'cert.pem'}\n")
    gpg = ["gpg", "--homedir", str(home), "--batch", "--with-colons"]
    try:
        subprocess.run(
            [*gpg, "--auto-key-locate", "clear,wkd", "--locate-external-keys", address], capture_output=True, check=False
        )
        return _fingerprints(subprocess.run([*gpg, "--list-keys"], capture_output=True, check=True).stdout)
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)
        shutil.rmtree(home, ignore_errors=True)


def _by_sequoia(address: str, folder: Path) -> set[str]:
    command = (
        ["sq", "wkd", "get", "--binary", address]
        if is_old_sequoia()
        else ["sq", "network", "wkd", "search", "--output", "-", address]
    )
    found = subprocess.run(command, capture_output=True, check=False, env=os.environ | {"SEQUOIA_HOME": str(folder / "sq")})
    command = ["gpg", "--no-options", "--homedir", str(folder), "--show-keys", "--with-colons"]
    return _fingerprints(subprocess.run(command, input=found.stdout, capture_output=True, check=False).stdout)


def _by_openpgpjs(address: str, folder: Path) -> set[str]:
    script = """
import { createHash } from "node:crypto";
import * as openpgp from "openpgp";
const [local, domain] = process.argv[2].split("@"), letters = "ybndrfg8ejkmcpqxot1uwisza345h769";
const sum = [...createHash("sha1").update(local.toLowerCase()).digest()];
const bits = sum.map((byte) => byte.toString(2).padStart(8, "0")).join("");
const name = bits.match(/.{5}/g).map((five) => letters[parseInt(five, 2)]).join("");
for (const place of [`openpgpkey.${domain}/.well-known/openpgpkey/${domain}`, `${domain}/.well-known/openpgpkey`]) {
  const answer = await fetch(`https://${place}/hu/${name}?l=${local}`).catch(() => null);
  if (!answer?.ok) continue;
  const keys = await openpgp.readKeys({ binaryKeys: new Uint8Array(await answer.arrayBuffer()) });
  const usable = await Promise.all(keys.map((key) => key.getEncryptionKey().then(() => key, () => null)));
  process.stdout.write(usable.filter(Boolean).map((key) => key.getFingerprint().toUpperCase()).join(" "));
  break;
}
"""
    environment = os.environ | {"NODE_EXTRA_CA_CERTS": str(folder / "cert.pem")}
    command = ["node", "--input-type=module", "-", address]
    run = subprocess.run(command, input=script.encode(), capture_output=True, check=True, cwd=REPO, env=environment)
    return set(run.stdout.decode().split())


def _fingerprints(listing: bytes) -> set[str]:
    return set(re.findall(r"^pub:[^\n]*\nfpr:+([0-9A-F]{40}):", listing.decode(), re.MULTILINE))


PROGRAMS: dict[str, Callable[[str, Path], set[str]]] = {"gpg": _by_gpg, "sq": _by_sequoia, "OpenPGP.js": _by_openpgpjs}

if __name__ == "__main__":
    sys.exit(main())
