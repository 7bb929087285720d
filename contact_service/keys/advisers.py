"""Who reads what: the associations, their advisers, and the role that leads to each. Read from `advisers.toml`."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contact_service.mail.submission import ROLES
from contact_service.mail.words import PLAIN_NAME
from contact_service.settings.environment import MAIL_ADDRESS


class AdvisersInvalid(Exception):
    """`advisers.toml` cannot be used; the message has one line for each fault."""


@dataclass(frozen=True)
class Adviser:
    """Somebody who may read submissions. `name` is what logs and alerts say; the address appears in mails alone."""

    name: str
    address: str
    fingerprints: tuple[str, ...]


@dataclass(frozen=True)
class Association:
    """A group of advisers that gets every submission of its roles. A reserve takes over only when none of them can read.

    `name` is its key in docs/facts.yml, where the name stands that readers and advisers see.
    """

    name: str
    roles: tuple[str, ...]
    advisers: tuple[Adviser, ...]
    reserves: tuple[Adviser, ...] = ()


def read_associations(path: Path) -> dict[str, Association]:
    """The association of each role.

    Raises AdvisersInvalid, which names every fault in the file at once.
    """
    faults: list[str] = []
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        everyones = _reserve(document, "all associations", faults)
        associations = [_association(table, everyones, faults) for table in document.get("association", [])]
        reached = Counter(role for association in associations for role in association.roles)
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as fault:
        raise AdvisersInvalid(f"{path}: {fault}") from None
    except (AttributeError, TypeError):
        raise AdvisersInvalid(f"{path}: has another shape than advisers.example.toml (mind [[ ]] and lists)") from None
    faults += [f"role {role!r} is unknown; the roles are {', '.join(ROLES)}" for role in reached if role not in ROLES]
    faults += [f"role {role!r} reaches {reached[role]} associations, not one" for role in ROLES if reached[role] != 1]
    # Somebody who reads for one association may be everybody's reserve.
    own = [person for group in associations for person in (*group.advisers, *group.reserves) if person not in everyones]
    names = Counter(person.name for person in (*own, *everyones))
    faults += [f"the name {name!r} is used by {count} advisers" for name, count in names.items() if count > 1]
    if faults:
        raise AdvisersInvalid("\n".join(f"{path}: {fault}" for fault in faults))
    return {role: association for association in associations for role in association.roles}


def everybody(associations: Iterable[Association]) -> list[Adviser]:
    """All advisers and reserves, each once."""
    return list(dict.fromkeys(person for group in associations for person in (*group.advisers, *group.reserves)))


def _association(table: dict[str, Any], everyones: tuple[Adviser, ...], faults: list[str]) -> Association:
    name = str(table.get("name", ""))
    if not re.fullmatch(PLAIN_NAME, name):
        faults.append(f"an association's name {name!r} must be plain letters, digits and spaces")
    advisers = tuple(_adviser(entry, name, faults) for entry in table.get("advisers", []))
    if not advisers:
        faults.append(f"{name} has no advisers")
    return Association(name, tuple(table.get("roles", ())), advisers, (*_reserve(table, name, faults), *everyones))


def _reserve(table: dict[str, Any], association: str, faults: list[str]) -> tuple[Adviser, ...]:
    return (_adviser(table["reserve"], association, faults),) if "reserve" in table else ()


def _adviser(entry: dict[str, Any], association: str, faults: list[str]) -> Adviser:
    name, address = str(entry.get("name", "")), str(entry.get("address", ""))
    fingerprints = tuple(str(value).replace(" ", "").upper() for value in entry.get("fingerprints", ()))
    # The outbox has room for this much.
    if not re.fullmatch(r"[a-z0-9-]{1,80}", name):
        faults.append(f"{association}: an adviser's name {name!r} must be at most 80 lower-case letters, digits and hyphens")
    if not re.fullmatch(MAIL_ADDRESS, address) or len(address) > 254:
        faults.append(f"{association}: {name} has no plain mail address")
    if not fingerprints:
        faults.append(f"{association}: {name} has no fingerprints")
    # Only the full 40 digits pin a key: gpg takes anything shorter as a search word (measured, crypto research 1.3).
    faults += [
        f"{association}: {name}: {value!r} is not a fingerprint of 40 hexadecimal digits"
        + (" (64 digits: a version 6 key, which many mail programs cannot read yet)" if len(value) == 64 else "")
        for value in fingerprints
        if not re.fullmatch(r"[0-9A-F]{40}", value)
    ]
    return Adviser(name, address, fingerprints)
