"""Against flooding, without knowing anyone: how many submissions are taken in a while without more ado, per sender, per
adviser, and in all.

A sender is a keyed hash of an address; its key is random, lives in memory alone and is forgotten within a day. The limits
are generous, since a town hall or a Tor exit is one address. Past them a flood may delay, but it never closes the way: whoever
shows a proof of work gets through, and so does whoever took a minute, as long as the sender's own limit isn't reached.
"""

import hashlib
import hmac
import ipaddress
import logging
import math
import secrets
import threading
from collections.abc import Iterable
from time import time
from typing import Any, cast

from limits import parse
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

log = logging.getLogger(__name__)

SALT_SECONDS = 24 * 3600
# For browsers without JavaScript, counted from when the form was opened: most people need longer to fill it in.
PATIENCE_SECONDS = 60
_SALT = "contact-salt"


class LimitReached(Exception):
    """Very many submissions came: prove that work was done, wait so many minutes and send again, or phone."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.minutes = max(1, math.ceil(seconds / 60))


class Limits:
    """Counts in this process, or for all processes in Valkey or Redis when a URL says where."""

    def __init__(self, url: str, allowance: str) -> None:
        """`allowance` holds the limits per sender, per adviser and in all: "30/hour,60/hour,600/hour"."""
        self._alone = url.startswith("memory:")
        patience = {} if self._alone else {"socket_timeout": 2, "socket_connect_timeout": 2}
        # Valkey speaks Redis's language. Errors are wrapped to tell a counter that is away from a fault of ours.
        self._storage = cast(Any, storage_from_string(url.replace("valkey", "redis", 1), wrap_exceptions=True, **patience))
        self._counter = FixedWindowRateLimiter(self._storage)
        self._sender, self._adviser, self._total = (parse(text) for text in allowance.split(","))
        if self._alone:
            # A hit would start a thread that drops old counts, unless one is alive: that made a hit ten times as slow, and a
            # browser-encrypted submission a tenth. The salt's renewal drops them all; this thread is always alive.
            self._storage.timer = threading.main_thread()
        self._salt, self._salt_until = b"", 0.0

    def take(self, address: str, advisers: Iterable[str], *, proven: bool, waited_seconds: float) -> None:
        """Count one submission to these advisers.

        Raises LimitReached when a limit is, and neither proof nor patience helps. A counter that is away closes the way for
        nobody: then nothing is limited.
        """
        try:
            sender = (self._sender, self.hashed(address))
            counts = [sender, *((self._adviser, name) for name in advisers), (self._total, "all")]
            # Look at all before counting in any: who is refused should not use up the room of others.
            full = [] if proven else [count for count in counts if not self._counter.test(*count)]
            if sender in full:
                raise LimitReached(self._counter.get_window_stats(*sender).reset_time - time())
            if full and waited_seconds < PATIENCE_SECONDS:
                raise LimitReached(PATIENCE_SECONDS - waited_seconds)
            for count in counts:
                self._counter.hit(*count)
        except StorageError:
            log.error("CONTACT_LIMITS cannot be reached: submissions are not limited")

    def hashed(self, address: str) -> str:
        """The sender's name for the counter: not to be turned back into an address once the day's salt is gone."""
        return hmac.new(self._salt_of_today(), _network(address).encode(), hashlib.sha256).hexdigest()[:24]

    def _salt_of_today(self) -> bytes:
        if time() >= self._salt_until:
            self._salt, self._salt_until = secrets.token_bytes(32), time() + SALT_SECONDS
            if self._alone:
                # Yesterday's names say nothing any more.
                self._storage.reset()
        if self._alone:
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
