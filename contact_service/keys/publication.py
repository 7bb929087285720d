"""The public keys in force, as a static site serves them: Web Key Directory, downloads, and `keys.json` for the page."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from contact_service.keys.advisers import Association
from contact_service.keys.keyring import Keyring

DIRECTORY = Path(".well-known/openpgpkey")
NOT_PUBLISHED = (
    "not published: the key has another mail address than advisers.toml, revoked this one, or has it in no UTF-8 name"
)


def publish(
    associations: Sequence[Association], keys: Path, folder: Path, own_domain: str | None, now: datetime
) -> list[tuple[str, str]]:
    """Write to `folder` the keys of those who would read a message now, and nobody's that was there before.

    Returns for each person what became of the key.
    """
    for old in (folder / DIRECTORY, folder / "keys"):
        shutil.rmtree(old, ignore_errors=True)
    (folder / "keys").mkdir(parents=True)
    entries, results, directory = [], {}, dict[str, dict[str, bytes]]()
    with tempfile.TemporaryDirectory(prefix="contact-publish-") as home:
        keyring = Keyring(associations, keys, Path(home))
        for group in associations:
            for reader in keyring.readers(group, now):
                public = keyring.public_keys(reader, now)
                if not public:
                    results[reader.name] = NOT_PUBLISHED
                    continue
                (folder / "keys" / f"{reader.name}.asc").write_text(public.armored, encoding="ascii")
                # Several may share a mailbox: a mail program asks for its address once, and gets all of its keys.
                directory.setdefault(reader.address.lower(), {}).update(public.each)
                results[reader.name] = ", ".join(_places(reader.address, own_domain))
                entries.append(
                    {"association": group.name, "address": reader.address}
                    | {"fingerprints": public.fingerprints, "file": f"keys/{reader.name}.asc"}
                )
    for address, found in directory.items():
        _to_directory(folder, address, b"".join(found.values()), own_domain)
    (folder / "keys.json").write_text(json.dumps(entries, ensure_ascii=False, indent=1), encoding="utf-8")
    return list(results.items())


def _places(address: str, own_domain: str | None) -> list[str]:
    """Both methods of draft-koch-openpgp-webkey-service: by subdomain for every address, direct for the site's own domain."""
    local, _at, domain = address.lower().rpartition("@")
    folders = [DIRECTORY / domain, *([DIRECTORY] if domain == own_domain else [])]
    return [(folder / "hu" / local_part_hash(local)).as_posix() for folder in folders]


def _to_directory(site: Path, address: str, keys: bytes, own_domain: str | None) -> None:
    for place in (site / place for place in _places(address, own_domain)):
        place.parent.mkdir(parents=True, exist_ok=True)
        (place.parent.parent / "policy").touch()
        place.write_bytes(keys)


def local_part_hash(local: str) -> str:
    """The name under which mail programs look a key up: SHA-1 in z-base-32."""
    number = int.from_bytes(hashlib.sha1(local.lower().encode(), usedforsecurity=False).digest(), "big")
    return "".join("ybndrfg8ejkmcpqxot1uwisza345h769"[number >> shift & 31] for shift in range(155, -1, -5))
