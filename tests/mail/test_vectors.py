"""The shared vectors: the same submission is the same inner text, byte for byte, in the service and in the browser."""

import json
import subprocess

import pytest

from contact_service.mail.message import BUCKETS_BYTES
from contact_service.mail.submission import ROLES, TOPICS
from tests.support import vectors


def test_the_vectors_are_what_the_service_makes_today() -> None:
    assert vectors.FILE.read_text("ascii") == vectors.document(), "run `make vectors`, then look at what changed"


@pytest.mark.program
def test_the_browser_makes_the_same_bytes_from_the_vectors() -> None:
    run = subprocess.run(["node", "--test", str(vectors.FILE.with_suffix(".test.mjs"))], capture_output=True, text=True)

    assert run.returncode == 0, run.stdout


def test_the_vectors_hold_every_choice_every_bucket_and_its_edges() -> None:
    cases = json.loads(vectors.FILE.read_text("ascii"))["cases"]
    answers = [case["answers"] for case in cases]

    assert {answer["role"] for answer in answers} == set(ROLES)
    assert {answer["topic"] for answer in answers} == {"", *TOPICS}
    assert {answer["language"] for answer in answers} == {"nl", "en"}
    assert {case["bytes"] for case in cases} == set(BUCKETS_BYTES)
    filled = [len(vectors._trimmed(vectors.inner(answer))) for answer in answers]
    for bucket in BUCKETS_BYTES[:3]:
        assert {bucket - 1, bucket, bucket + 1} <= set(filled)
