"""The proof of work: a sum that takes a browser a second or two, asked only when very many messages come in (ALTCHA).

One proof is good for one submission, word for word: the signature of its challenge covers the receipt's key, and the outbox
takes the same submission once. So nothing has to be remembered.
"""

import secrets
from time import time
from typing import Any

from altcha import create_challenge, verify_solution

from contact_service.mail.receipt import Receipt

# The browser tries the counters from 0 on, each one a PBKDF2 of so many rounds; measured in `make measure-browser`.
ROUNDS, COUNTERS = 5000, range(150, 250)
LIFETIME_SECONDS = 3600


class Proofs:
    """Makes challenges and checks proofs, with keys derived from the service's secret."""

    def __init__(self, secret_key: str) -> None:
        self._secret_key = secret_key

    def challenge(self, receipt: Receipt) -> dict[str, Any]:
        """What the browser that sent this submission should solve."""
        lock, key = self._secrets(receipt)
        end, counter = int(time()) + LIFETIME_SECONDS, secrets.choice(COUNTERS)
        made = create_challenge(
            "PBKDF2/SHA-256", ROUNDS, counter=counter, expires_at=end, hmac_secret=lock, hmac_key_secret=key
        )
        return made.to_dict()

    def is_proven(self, proof: str, receipt: Receipt) -> bool:
        """Whether this proof was made for this very submission."""
        lock, key = self._secrets(receipt)
        return bool(proof) and verify_solution(proof, lock, hmac_key_secret=key).verified

    def _secrets(self, receipt: Receipt) -> tuple[str, str]:
        return f"challenge {receipt.key} {self._secret_key}", f"solution {receipt.key} {self._secret_key}"
