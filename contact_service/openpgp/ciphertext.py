"""What a message must look like from outside: checked without a key, and without gpg, which hostile input must not reach.

It proves form, not content: that this is one message, to whom its packets are addressed, and how long it is.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from contact_service.openpgp.armor import ArmorDamaged, dearmored
from contact_service.openpgp.packets import PROTECTED_DATA, SESSION_KEY, PacketsDamaged, read_packets

RSA, ECDH = (1, 2), 18
# Measured: gpg 2.2 adds 50 to 53 bytes (its literal packet may come in parts), OpenPGP.js 6.3 adds 50 or 53.
OVERHEAD_BYTES = range(50, 58)


class CiphertextRefused(Exception):
    """This is not one message for exactly the readers it should have."""


class OtherReaders(CiphertextRefused):
    """A message, but for other keys than those in force: they may have changed since the form was shown."""


def check(armored: str, keys: Sequence[Mapping[str, int]], sizes: Collection[int]) -> None:
    """Pass one armored message of one of these sizes for one subkey of each of these keys, and for nobody else.

    A key is given as the ids of its usable encryption subkeys with their algorithms. Raises CiphertextRefused.
    """
    try:
        packets = list(read_packets(dearmored(armored)))
    except ArmorDamaged:
        raise CiphertextRefused("not one whole armored message") from None
    except PacketsDamaged as fault:
        raise CiphertextRefused(str(fault)) from None
    kinds = [kind for kind, _ in packets]
    data = packets[-1][1]
    if kinds != [SESSION_KEY] * (len(kinds) - 1) + [PROTECTED_DATA] or data[:1] != b"\x01":
        raise CiphertextRefused("not an encrypted message that every mail program can open")
    waiting = list(keys)
    for subkey, algorithm in (_addressee(body) for _, body in packets[:-1]):
        key = next((key for key in waiting if key.get(subkey) == algorithm), None)
        if key is None:
            raise OtherReaders("for a key that is not expected")
        waiting.remove(key)
    if waiting or not keys:
        raise OtherReaders("not for all keys that are expected")
    if not any(len(data) - size in OVERHEAD_BYTES for size in sizes):
        raise CiphertextRefused("not padded to one of the sizes")


def addressees(armored: str) -> set[tuple[str, int]]:
    """For which subkeys, with their algorithms, a message that passed `check` is locked."""
    return {_addressee(body) for kind, body in read_packets(dearmored(armored)) if kind == SESSION_KEY}


def subkeys(key: Mapping[str, Any], now: datetime) -> dict[str, int]:
    """The id and the algorithm of each part of a key, as gpg lists it, that a message can be for now."""
    parts = [part for part in (key, *key.get("subkey_info", {}).values()) if "e" in part["cap"] and part["trust"] not in "reid"]
    in_force = [part for part in parts if not part["expires"] or int(part["expires"]) > now.timestamp()]
    return {part["keyid"]: int(part["algo"]) for part in in_force}


def _addressee(body: bytes) -> tuple[str, int]:
    """The subkey that a session key is for, with its algorithm; what it is locked in must fill the packet to its end."""
    if len(body) < 13 or body[0] != 3 or body[9] not in (*RSA, ECDH):
        raise CiphertextRefused("not a session key of a kind that every mail program can open")
    bits = int.from_bytes(body[10:12])
    end = 12 + (bits + 7) // 8
    if body[9] == ECDH:
        end += 1 + body[end] if end < len(body) else 1
    if end != len(body) or (bits - 1) % 8 + 1 != body[12].bit_length():
        raise CiphertextRefused("a session key of another shape")
    return body[1:9].hex().upper(), body[9]
