"""Against flooding, without knowing anyone: how many submissions are taken in a while, per sender, per association, and in all.

A sender is a keyed hash of an address; its key is random, lives in memory alone and is forgotten within a day. The limits
are generous, since a town hall or a Tor exit is one address, and whoever meets one keeps the text and reads a phone number.
"""

import hashlib
import hmac
import ipaddress
import logging
import secrets
from time import time
from typing import Any

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

log = logging.getLogger(__name__)

SALT_SECONDS = 24 * 3600
_SALT = "contact-salt"


class LimitReached(Exception):
    """Too many submissions came; try again after so many seconds, or phone."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.minutes = max(1, -(-seconds // 60))


class Limits:
    """Counts in this process, or for all processes in Valkey or Redis when a URL says where."""

    def __init__(self, url: str, allowance: str) -> None:
        """`allowance` holds the limits per sender, per association and in all: "30/hour,600/hour,3000/hour"."""
        patience = {} if url.startswith("memory:") else {"socket_timeout": 2, "socket_connect_timeout": 2}
        # Valkey speaks Redis's language. Errors are wrapped to tell a counter that is away from a fault of ours.
        self._storage: Any = storage_from_string(url.replace("valkey", "redis", 1), wrap_exceptions=True, **patience)
        self._counter = FixedWindowRateLimiter(self._storage)
        self._sender, self._association, self._total = (parse(text) for text in allowance.split(","))
        self._salt, self._salt_until = b"", 0.0

    def take(self, address: str, association: str) -> None:
        """Count one submission; raises LimitReached when one of the limits is.

        A counter that is away never closes the way for a person: then nothing is limited.
        """
        try:
            self._take((self._sender, self.hashed(address)), (self._association, association), (self._total, "all"))
        except StorageError:
            log.error("CONTACT_LIMITS cannot be reached: submissions are not limited")

    def hashed(self, address: str) -> str:
        """The sender's name for the counter: not to be turned back into an address once the day's salt is gone."""
        return hmac.new(self._salt_of_today(), _network(address).encode(), hashlib.sha256).hexdigest()[:24]

    def _take(self, *counts: tuple[RateLimitItem, str]) -> None:
        # Look at all before counting in any: who is refused should not use up the room of others.
        for item, name in counts:
            if not self._counter.test(item, name):
                reset = self._counter.get_window_stats(item, name).reset_time
                raise LimitReached(max(1, int(reset - time())))
        for item, name in counts:
            self._counter.hit(item, name)

    def _salt_of_today(self) -> bytes:
        if time() >= self._salt_until:
            self._salt, self._salt_until = secrets.token_bytes(32), time() + SALT_SECONDS
        if isinstance(self._storage, MemoryStorage):
            return self._salt
        # All processes need the same one: the first puts it there, and the store forgets it within a day.
        try:
            self._storage.storage.set(_SALT, self._salt.hex(), nx=True, ex=SALT_SECONDS)
            kept = self._storage.storage.get(_SALT)
        except self._storage.base_exceptions as fault:
            raise StorageError(fault) from None
        return bytes(kept) if kept else self._salt


def _network(address: str) -> str:
    """The address, or the network of an IPv6 address: one customer has 2^64 of those."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
