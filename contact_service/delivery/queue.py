"""What the mail server on this machine still holds of ours: those mails have left the outbox, and arrived nowhere."""

import json
import logging
import math
import shutil
import subprocess
from time import time

log = logging.getLogger(__name__)

COMMAND_SECONDS = 30


def late_in_queue(sender: str, late_seconds: float) -> int:
    """How many mails from this envelope sender Postfix holds longer; 0 where there is no Postfix, or one that does not say."""
    command = shutil.which("postqueue")
    if not command:
        return 0
    try:
        run = subprocess.run([command, "-j"], capture_output=True, timeout=COMMAND_SECONDS, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as fault:
        log.warning("postqueue does not say what waits: %s", type(fault).__name__)
        return 0
    # What a server far away said stands in it as it came. A line that cannot be read hides none of the others.
    found = [_arrived(line, sender) for line in run.stdout.decode("utf-8", "replace").split("\n") if line]
    if run.returncode or None in found:
        log.warning("postqueue does not say all that waits: status %d, %d odd lines", run.returncode, found.count(None))
    return sum(arrived is not None and arrived < time() - late_seconds for arrived in found)


def _arrived(line: str, sender: str) -> float | None:
    """When the mail of this line came to the queue; infinitely late for one from somebody else, None for no mail."""
    try:
        entry = json.loads(line)
        return float(entry["arrival_time"]) if entry["sender"] == sender else math.inf
    except (ValueError, TypeError, KeyError):
        return None
