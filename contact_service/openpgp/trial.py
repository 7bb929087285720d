"""A key is tried as it will be used: this machine's gpg locks a message for it, and the guard of submissions looks at it."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from contact_service.openpgp.ciphertext import CiphertextRefused, addressees, check, subkeys
from contact_service.openpgp.gpg import EncryptionFailed, lock

TRIAL_BYTES = 4096


def tried(home: Path, key: Mapping[str, Any], now: datetime) -> tuple[str, str]:
    """What keeps a key of this home folder from being used ("unusable", "other-format"), or else the subkey that gpg locks for.

    Upstream's gpg 2.4 locks in a format of its own (OCB) for keys that announce it, and a line in /etc/gnupg/gpg.conf can do
    the same or add readers: the guard would then refuse every submission.
    """
    try:
        message = lock(home, bytes(TRIAL_BYTES), [key["fingerprint"]])
        check(message, [subkeys(key, now)], [TRIAL_BYTES])
    except EncryptionFailed:
        return "unusable", ""
    except CiphertextRefused:
        return "other-format", ""
    ((subkey, _algorithm),) = addressees(message)
    return "", subkey
