"""Against flooding, without knowing anyone: how many submissions are taken in a while, per sender, per adviser, and in all,
from people who don't work for it.

A sender is a keyed hash of a network; its key is random, lives in memory alone and is forgotten within a day. The limits are
generous, since a town hall or a Tor exit is one address. The second half of what an adviser gets is for people who took a
minute over each text; past the limits only a proof of work helps, which isn't counted here (`proof`).
"""

import hmac
import ipaddress
import logging
import math
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from time import time
from typing import Any

from limits import RateLimitItem, RateLimitItemPerMinute, parse
from limits.errors import StorageError
from limits.storage import storage_from_string

from contact_service.web.counts import SharedCounts

log = logging.getLogger(__name__)

SALT_SECONDS = 24 * 3600
# For browsers without JavaScript, counted from when the form was opened: most people need longer to fill it in.
PATIENCE_SECONDS = 60
# One text a minute of each form: who has waited once has not waited for the next one.
_PATIENCE = RateLimitItemPerMinute(1)
# What is one customer's, and what is one provider's rack or a row of Tor exits, which gets twice as much: prefix lengths.
_NETWORKS = {4: (32, 24), 6: (64, 48)}
_SALT = "contact-salt"

Count = tuple[RateLimitItem, str]  # a limit, and the key under which somebody's use of it is counted
# The last ones: something answers there that is no counter, and answers nonsense.
AWAY = (StorageError, AttributeError, TypeError, ValueError, RecursionError)


class LimitReached(Exception):
    """Very many submissions came: prove that work was done, wait so many minutes and send again, or phone."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.minutes = max(1, math.ceil(seconds / 60))


class Limits:
    """Counts for the processes that share `counts`, or for all on many machines in Valkey or Redis when a URL says where."""

    def __init__(self, url: str, allowance: str, counts: SharedCounts | None = None) -> None:
        """`allowance` holds the limits per sender, per adviser and in all: "30/hour,60/hour,600/hour"."""
        self._shared = (counts or SharedCounts()) if url.startswith("memory:") else None
        # Valkey speaks Redis's language. Errors are wrapped to tell a counter that is away from a fault of ours.
        patience = {"socket_timeout": 2, "socket_connect_timeout": 2}
        self._storage: Any = self._shared or storage_from_string(
            re.sub("^valkey", "redis", url), wrap_exceptions=True, **patience
        )
        self._sender, self._adviser, self._total = (parse(text) for text in allowance.split(","))
        self._wider = type(self._sender)(2 * self._sender.amount, self._sender.multiples)

    def take(self, address: str, advisers: Iterable[str], *, nonce: str, waited_seconds: float) -> list[Count]:
        """Count one submission to these advisers, from the form with this nonce; returns what to give back if it fails here.

        Raises LimitReached when a limit is, or when it's near and nobody took a minute over this text. A counter that is away
        closes the way for nobody: then nothing is limited.
        """
        taken: list[Count] = []
        try:
            senders = self._senders(address)
            shared = [_count(self._adviser, name) for name in advisers] + [_count(self._total, "all")]
            # Look at all before counting in any: who is refused should not use up the room of others.
            left = [self._left(count) for count in (*shared, *senders)]
            if 0 in left:
                raise self._reached((*shared, *senders)[left.index(0)])
            if any(room * 2 <= item.amount for room, (item, _) in zip(left, shared, strict=False)):
                if waited_seconds < PATIENCE_SECONDS:
                    raise LimitReached(PATIENCE_SECONDS - waited_seconds)
                senders.append(_count(_PATIENCE, nonce))
            for count in (*reversed(senders), *shared):
                self._hit(count)
                taken.append(count)
        except AWAY:
            log.error("CONTACT_LIMITS cannot be reached: submissions are not limited")
        return taken

    def give_back(self, taken: Iterable[Count]) -> None:
        """Count a submission no longer that was not received through a fault of ours: nobody waits for that."""
        with suppress(*AWAY):
            for item, key in taken:
                self._storage.incr(key, item.get_expiry(), -1)

    def faults(self) -> Iterator[str]:
        """Ask the counter once; "limits-away" when it does not take what is written to it now."""
        try:
            self._salt_of_today()
        except AWAY:
            yield "limits-away"

    def _senders(self, address: str) -> list[Count]:
        """The sender's counts, whose names are not to be turned back into an address once the day's salt is gone."""
        salt, parsed = self._salt_of_today(), _parsed(address)
        counts: list[Count] = []
        for prefix, item in zip(_NETWORKS[parsed.version], (self._sender, self._wider), strict=True):
            network = int(parsed) >> parsed.max_prefixlen - prefix
            name = hmac.digest(salt, f"{network}/{prefix}/{parsed.version}".encode(), "sha256")
            counts.append(_count(item, name.hex()[:24]))
        return counts

    def _left(self, count: Count) -> int:
        item, key = count
        return max(0, item.amount - int(self._storage.get(key)))

    def _hit(self, count: Count) -> None:
        item, key = count
        # Another process may have been first since it was looked at.
        if self._storage.incr(key, item.get_expiry()) > item.amount:
            raise self._reached(count)

    def _reached(self, count: Count) -> LimitReached:
        return LimitReached(self._storage.get_expiry(count[1]) - time())

    def _salt_of_today(self) -> bytes:
        if self._shared:
            return self._shared.salt(SALT_SECONDS)
        # All processes need the same one: the first puts it there, and the store forgets it within a day.
        try:
            self._storage.storage.set(_SALT, secrets.token_hex(32), nx=True, ex=SALT_SECONDS)
            kept = self._storage.storage.get(_SALT)
        except self._storage.base_exceptions as fault:
            raise StorageError(fault) from None
        # What answers a number to everything, say, is no counter, and what it says of a sender is worth nothing.
        if not re.fullmatch(b"[0-9a-f]{64}", kept):
            raise ValueError("not what was written to it")
        return bytes(kept)


def _count(item: RateLimitItem, name: str) -> Count:
    return item, item.key_for(name)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address; what is none counts as one sender."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ipaddress.IPv4Address(0)
    return getattr(parsed, "ipv4_mapped", None) or parsed
