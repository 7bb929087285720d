"""The packages that readers' browsers load, as npm installed and verified them: unmodified, with their licences."""

import json
import shutil
from functools import cache
from pathlib import Path

NODE_MODULES = Path(__file__).resolve().parents[2] / "node_modules"
OPENPGP, ALTCHA = NODE_MODULES / "openpgp", NODE_MODULES / "altcha"


def absent() -> str:
    """What to do when a package is not there; empty when nothing is absent."""
    there = OPENPGP.is_dir() and ALTCHA.is_dir()
    return "" if there else "OpenPGP.js, with which readers' browsers encrypt, or ALTCHA is not there: run 'npm ci' first"


@cache
def openpgp_folder() -> str:
    """Name the folder of OpenPGP.js after its version, so that browsers never mix the files of two."""
    return f"openpgp-{json.loads((OPENPGP / 'package.json').read_text('utf-8'))['version']}"


def hand_out(site: Path) -> None:
    """Put both into the built site."""
    _copy(site / "assets" / openpgp_folder(), OPENPGP / "LICENSE", *(OPENPGP / "dist" / "lightweight").glob("*.min.mjs"))
    # The proof of work that assets/proof.js asks for when very many messages come in.
    _copy(site / "assets" / "altcha", ALTCHA / "LICENSE.txt", ALTCHA / "dist" / "workers" / "pbkdf2.js")


def _copy(folder: Path, *files: Path) -> None:
    folder.mkdir(parents=True)
    for file in files:
        shutil.copyfile(file, folder / file.name)
