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
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        _must_know(document, ("association", "reserve"), "the file", faults)
        everyones = _reserve(document, "all associations", faults)
        associations = [_association(table, everyones, faults) for table in document.get("association", [])]
        reached = Counter(role for association in associations for role in association.roles)
    except UnicodeError:
        raise AdvisersInvalid(f"{path}: not in UTF-8; save it anew in that encoding") from None
    except (OSError, tomllib.TOMLDecodeError) as fault:
        raise AdvisersInvalid(f"{path}: {fault}") from None
    except (AttributeError, TypeError, RecursionError):
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
    _must_know(table, ("name", "roles", "advisers", "reserve"), name, faults)
    if not re.fullmatch(PLAIN_NAME, name):
        faults.append(f"an association's name {name!r} must be plain letters, digits and spaces")
    advisers = tuple(_adviser(entry, name, faults) for entry in table.get("advisers", []))
    if not advisers:
        faults.append(f"{name} has no advisers")
    return Association(
        name, tuple(_listed(table, "roles", name, faults)), advisers, (*_reserve(table, name, faults), *everyones)
    )


def _reserve(table: dict[str, Any], association: str, faults: list[str]) -> tuple[Adviser, ...]:
    return (_adviser(table["reserve"], association, faults),) if "reserve" in table else ()


def _adviser(entry: dict[str, Any], association: str, faults: list[str]) -> Adviser:
    name, address = str(entry.get("name", "")), str(entry.get("address", ""))
    _must_know(entry, ("name", "address", "fingerprints"), f"{association}: {name}", faults)
    pinned = _listed(entry, "fingerprints", f"{association}: {name}", faults)
    # Whatever a page or program that it was copied from puts between its groups.
    fingerprints = tuple("".join(str(value).split()).upper() for value in pinned)
    # The outbox has room for this much.
    if not re.fullmatch(r"[a-z0-9-]{1,80}", name):
        faults.append(f"{association}: an adviser's name {name!r} must be at most 80 lower-case letters, digits and hyphens")
    if not re.fullmatch(MAIL_ADDRESS, address) or len(address) > 254:
        faults.append(f"{association}: {name} has no plain mail address")
    if not fingerprints and not isinstance(entry.get("fingerprints"), str):
        faults.append(f"{association}: {name} has no fingerprints")
    # Only the full 40 digits pin a key: gpg takes anything shorter as a search word (measured, crypto research 1.3).
    faults += [
        f"{association}: {name}: {value!r} is not a fingerprint of 40 hexadecimal digits"
        + (" (64 digits: a version 6 key, which many mail programs cannot read yet)" if len(value) == 64 else "")
        for value in fingerprints
        if not re.fullmatch(r"[0-9A-F]{40}", value)
    ]
    return Adviser(name, address, fingerprints)


def _must_know(table: dict[str, Any], known: tuple[str, ...], where: str, faults: list[str]) -> None:
    """A name with a slip in it would be looked over in silence, and with it an adviser or a reserve."""
    faults += [f"{where}: {name!r} is none of {', '.join(known)}" for name in table if name not in known]


def _listed(table: dict[str, Any], name: str, where: str, faults: list[str]) -> Iterable[Any]:
    found: Iterable[Any] = table.get(name, ())
    if isinstance(found, str):
        faults.append(f'{where}: {name} must be a list: write {name} = ["{found}"]')
        return ()
    return found
