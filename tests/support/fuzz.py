"""Fuzzing led by coverage: make fuzz (SECONDS=60 for each target)

atheris (libFuzzer for Python) looks for inputs that reach new code in the form, the ciphertext parser, the armor parser and the
message format. Any exception but the ones that are meant, and any broken promise, ends it with the input printed.
"""

import email
import email.policy
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["contact_service"]):
    from contact_service.mail import message, submission
    from contact_service.openpgp import armor, ciphertext
    from contact_service.settings import config
    from contact_service.web import app as web

from tests.support.built_site import REPO
from tests.support.fuzz_ciphertext import armored, seeds
from tests.support.stack import Stack

Target = Callable[[bytes], None]
SITE = REPO / "site"


def armor_target(_folder: Path) -> tuple[Target, list[bytes]]:
    """Nothing but one whole armored message passes, and what passes is read as what was written."""

    def target(data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")
        try:
            packets = armor.dearmored(text)
        except armor.ArmorDamaged:
            packets = None
        if packets is not None:
            assert text.count("-----BEGIN") == text.count("-----END") == 1
            assert armor.dearmored(armored(packets)) == packets
        if len(data) >= 3:
            # A checksum that misses a changed bit would let damage pass.
            assert armor.checksum(data) != armor.checksum(bytes([data[0] ^ 1]) + data[1:])

    return target, [armored(b"packets").encode()]


def ciphertext_target(folder: Path) -> tuple[Target, list[bytes]]:
    """Hostile packets are refused in one way only."""
    texts, keys = seeds(folder)

    def target(data: bytes) -> None:
        try:
            ciphertext.check(armored(data), keys, message.BUCKETS_BYTES)
        except ciphertext.CiphertextRefused:
            return
        addressees = {subkey for key in keys for subkey in key}
        assert any(bytes.fromhex(subkey) in data for subkey in addressees), "passed, and for nobody who is expected"

    return target, [armor.dearmored(text) for text in texts]


def message_target(_folder: Path) -> tuple[Target, list[bytes]]:
    """Whatever is typed, the mail is one text part under the headers that we wrote, in one of the sizes."""
    names = ("reach", "name", "when", "message")
    longest = (submission.MAX_REACH_CHARACTERS, submission.MAX_LINE_CHARACTERS, submission.MAX_LINE_CHARACTERS)
    limits = dict(zip(names, (*longest, submission.MAX_MESSAGE_CHARACTERS), strict=True))

    def target(data: bytes) -> None:
        provider = atheris.FuzzedDataProvider(data)
        typed = {name: provider.ConsumeUnicodeNoSurrogates(limits[name]) for name in names}
        answers = {name: submission.as_typed(text) for name, text in typed.items()}
        kinds = {"role": list(submission.ROLES), "topic": list(submission.TOPICS)}
        choices = {name: provider.PickValueInList(values) for name, values in kinds.items()}
        form = submission.Submission(language="nl", voicemail=provider.ConsumeBool(), **choices, **answers)
        sent = {"team": "Team", "association": "Vereniging", "sender": "formulier@hulp.example", "nonce": "0" * 32}
        entity = message.inner_entity(form, address="https://hulp.example/", **sent)
        assert len(entity) in message.BUCKETS_BYTES
        read = email.message_from_bytes(entity, policy=email.policy.default)
        assert " ".join(read.keys()) == "Subject From To Reply-To HP-Outer HP-Outer HP-Outer MIME-Version Content-Type"
        [part] = read.get_payload()
        text = message.body(form, team="Team", address="https://hulp.example/", nonce="0" * 32)
        assert part.get_payload(decode=True).decode() == text.replace("\n", "\r\n")

    return target, [b"06 12345678\r\nBcc: x@y\n--inner-\x00\xe2\x80\xa8"]


def form_target(folder: Path) -> tuple[Target, list[bytes]]:
    """Whatever is posted is answered with a page that gives the phone number, and nothing typed becomes markup."""
    stack = Stack(folder, SITE)
    os.environ.update(stack.environment)
    client = web.create_app(config.web_settings()).test_client()
    shown = client.get("/contact/", base_url=f"http://127.0.0.1:{stack.port}").get_data(as_text=True)
    token = shown.split('name="token" value="')[1].split('"')[0].encode()

    def target(data: bytes) -> None:
        # Half of the inputs may get past the token.
        body = data.replace(b"TOKEN", token)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Host": f"127.0.0.1:{stack.port}"}
        answer = client.post("/contact/", data=body, headers=headers)
        assert answer.status_code in (200, 400), answer.status_code
        text = answer.get_data(as_text=True)
        assert 'href="tel:' in text
        assert "<fuzz" not in text.lower()

    fields = b"token=TOKEN&role=burgemeester&reach=%3Cfuzz%3E06&message=%3Cfuzz+onload%3D1%3E&website=&topic=&when=&name="
    return target, [fields, b"token=TOKEN&role=raadslid&ciphertext=-----BEGIN+PGP+MESSAGE-----%0A%0A"]


TARGETS: dict[str, Callable[[Path], tuple[Target, list[bytes]]]] = {
    "armor": armor_target,
    "ciphertext": ciphertext_target,
    "message": message_target,
    "form": form_target,
}
# A form post takes milliseconds and more memory than a parser.
OPTIONS = ("-rss_limit_mb=2048", "-timeout=20", "-max_len=8000", "-verbosity=0", "-print_final_stats=1", "-close_fd_mask=0")


def fuzz(name: str, seconds: int) -> None:
    """Fuzz one target in this process, which libFuzzer ends."""
    with tempfile.TemporaryDirectory(prefix="fz-") as place:
        folder = Path(place)
        target, known = TARGETS[name](folder)
        corpus = folder / "corpus"
        corpus.mkdir()
        for number, data in enumerate(known):
            (corpus / str(number)).write_bytes(data)
        atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", *OPTIONS, f"-artifact_prefix={folder}/", str(corpus)], target)
        atheris.Fuzz()


def main(seconds: int) -> int:
    """Fuzz each target in a process of its own; exit status 1 when one found something."""
    status = 0
    for name in TARGETS:
        command = [sys.executable, "-m", "tests.support.fuzz", name, str(seconds)]
        run = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
        told = dict(line.split(":", 1) for line in run.stderr.splitlines() if line.startswith("stat::") for line in [line[6:]])
        count = told.get("number_of_executed_units", "?").strip()
        print(
            f"{name:12} {count:>10} inputs in {seconds} s: {'FOUND SOMETHING' if run.returncode else 'nothing found'}",
            flush=True,
        )
        if run.returncode:
            print(run.stdout[-3000:], run.stderr[-3000:], sep="\n")
        status |= bool(run.returncode)
    return status


if __name__ == "__main__":
    if sys.argv[1] in TARGETS:
        fuzz(sys.argv[1], int(sys.argv[2]))
    sys.exit(main(int(sys.argv[1])))
