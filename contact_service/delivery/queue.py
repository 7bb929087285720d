"""What the mail server on this machine still holds of ours: those mails have left the outbox, and arrived nowhere."""

import json
import logging
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
        entries = [json.loads(line) for line in run.stdout.splitlines()]
    except (OSError, subprocess.TimeoutExpired, ValueError) as fault:
        log.warning("postqueue does not say what waits: %s", type(fault).__name__)
        return 0
    return sum(entry.get("sender") == sender and entry.get("arrival_time", time()) < time() - late_seconds for entry in entries)
