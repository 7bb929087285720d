"""Demo advisers: a key pair for each, the public half for the service and the secret half in a home of the adviser's own."""

import tomllib
from pathlib import Path

import gnupg

EXAMPLE = Path(__file__).parent.parent / "advisers.example.toml"


def make_advisers(service: Path, computers: Path) -> None:
    """Write `advisers.toml` and `keys/` for the service; each adviser's secret key stays under `computers`."""
    text = EXAMPLE.read_text(encoding="utf-8")
    (service / "keys").mkdir(parents=True, exist_ok=True)
    for association in tomllib.loads(text)["association"]:
        for adviser in association["advisers"]:
            fingerprint, public_key = make_key(computers / adviser["address"], adviser["address"])
            (service / "keys" / f"{adviser['name']}.asc").write_text(public_key, encoding="ascii")
            text = text.replace(adviser["fingerprints"][0], fingerprint)
    (service / "advisers.toml").write_text(text, encoding="utf-8")


def make_key(home: Path, address: str) -> tuple[str, str]:
    """A new key pair in its own GnuPG home; its fingerprint and public half."""
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    gpg = gnupg.GPG(gnupghome=str(home))
    parameters = gpg.gen_key_input(
        key_type="EDDSA", key_curve="ed25519", subkey_type="ECDH", subkey_curve="cv25519", name_email=address, no_protection=True
    )
    fingerprint = str(gpg.gen_key(parameters).fingerprint)
    stop_agent(home)
    return fingerprint, str(gpg.export_keys(fingerprint))


def stop_agent(home: Path) -> None:
    """End the gpg-agent that GnuPG started for this home; it would stay behind otherwise."""
    import subprocess

    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True)
