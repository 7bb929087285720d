"""Keys as browsers see them: OpenPGP.js itself is asked, and so is what asks it in a browser."""

import json
import logging
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

LONGEST_SECONDS = 100
# The beginnings of the names by which gpg calls the curves that OpenPGP.js 6.3 takes. It knows secp256k1, and rejects it.
CURVES = ("ed25519", "cv25519", "nistp", "brainpool")


def strange_curve(*parts: Mapping[str, Any]) -> str:
    """The first curve of these parts of a key, as gpg lists them, that browsers do not take; nothing when they take all."""
    curves = [part.get("curve", "") for part in parts if part.get("trust") != "r"]
    return next((curve for curve in curves if curve and not curve.startswith(CURVES)), "")


def refused_by_browsers(site: Path, armored_keys: Mapping[str, str]) -> dict[str, str]:
    """Which of these keys, by fingerprint, no browser could lock a message for, and why in the library's words.

    None, with a warning in the log, when it cannot be asked: Node.js or the site's own files are not here.
    """
    # Without making code while it runs: a service in a sandbox may not.
    command = ["node", "--jitless", "--no-warnings", str(Path(__file__).with_suffix(".mjs")), str(site.resolve())]
    try:
        given = json.dumps(armored_keys).encode()
        run = subprocess.run(command, input=given, capture_output=True, timeout=LONGEST_SECONDS, check=True)  # noqa: S603
        return dict(json.loads(run.stdout))
    except (OSError, ValueError, subprocess.SubprocessError) as fault:
        log.warning("browsers were not asked about the keys: %s", type(fault).__name__)
        return {}
