"""A key is tried as it will be used: this machine's gpg locks a message for it, and the guard of submissions looks at it."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from contact_service.openpgp.ciphertext import CiphertextRefused, check, subkeys
from contact_service.openpgp.gpg import EncryptionFailed, lock

TRIAL_BYTES = 4096


def fault_of(home: Path, key: Mapping[str, Any], now: datetime) -> str:
    """What keeps a key of this home folder from being used here: "" for nothing, "unusable", or "other-format".

    Upstream's gpg 2.4 locks in a format of its own (OCB) for keys that announce it, and a line in /etc/gnupg/gpg.conf can do
    the same or add readers: the guard would then refuse every submission.
    """
    try:
        check(lock(home, bytes(TRIAL_BYTES), [key["fingerprint"]]), [subkeys(key, now)], [TRIAL_BYTES])
    except EncryptionFailed:
        return "unusable"
    except CiphertextRefused:
        return "other-format"
    return ""
