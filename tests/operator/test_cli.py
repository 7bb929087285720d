"""The operator's commands: what is wrong is said in words and in the exit status, and never what somebody typed."""

import json
import logging
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from contact_service.keys.advisers import Adviser
from contact_service.mail.submission import ROLES
from contact_service.operator.cli import main
from contact_service.outbox.database import Database
from contact_service.outbox.health import DELIVERY
from contact_service.outbox.signals import Signals
from contact_service.settings.config import WebSettings
from contact_service.web import page
from contact_service.web.app import create_app
from contact_service.web.page import SiteInvalid
from tests.conftest import Computer, advisers_toml
from tests.support.built_site import REPO
from tests.support.crafted_keys import CRAFTED
from tests.support.form_page import TYPED_WORDS, send, soup
from tests.support.key_maker import ADDRESS, key
from tests.support.production import PostOffice
from tests.support.stack import free_port

pytestmark = pytest.mark.program

Environment = Callable[..., None]


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """The commands set up logging for the whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def test_check_says_that_all_is_in_order(
    environment: Environment, settings: WebSettings, state: Path, computers: dict[str, Computer], tmp_path: Path
) -> None:
    office = PostOffice(tmp_path)
    office.start()
    environment(SMTP_PORT=office.port, SMTP_CA_FILE=office.ca_file, SMTP_USER=None)
    signals = Signals(Database(settings.outbox))
    signals.create()
    signals.give(DELIVERY)

    try:
        result = run("check")
    finally:
        office.stop()

    assert result.exit_code == 0, result.output
    assert result.output.endswith("All in order.\n")
    fingerprint = computers["anna"].adviser.fingerprints[0]
    assert f"key {fingerprint} of anna: De sleutel is bruikbaar zonder einddatum." in result.output


def test_check_names_a_role_whose_readers_are_others_than_the_site_says(
    environment: Environment, site: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(site, tmp_path / "site")
    facts = (own / "facts.json").read_text("utf-8")
    (own / "facts.json").write_text(facts.replace('"raadslid": "Vereniging van raadslid"', '"raadslid": "ngb"'), "utf-8")
    environment(SITE=own)

    result = run("check")

    assert result.exit_code == 1
    assert "FAULT advisers.toml sends raadslid to 'Vereniging van raadslid', but the site says 'ngb'" in result.output


def test_check_lists_the_keys_in_the_order_of_the_file(environment: Environment) -> None:
    environment()

    names = [line.split(" of ")[1].partition(":")[0] for line in run("check").output.splitlines() if line.startswith("key ")]

    assert names == ["anna", "bert", "cora", "cora-elders"]


def test_check_names_every_wrong_setting_once(environment: Environment) -> None:
    environment(OUTBOX="mysql://x/y", SECRET_KEY=None, SMTP_PORT="0", FROM="nobody")

    result = run("check")

    assert result.exit_code == 1
    faults = [line.split()[1] for line in result.output.splitlines() if line.startswith("FAULT")]
    assert sorted(faults) == ["CONTACT_FROM:", "CONTACT_OUTBOX:", "CONTACT_SECRET_KEY:", "CONTACT_SMTP_PORT:"]
    assert result.output.endswith("Not in order.\n")


@pytest.mark.parametrize("name", ["CONTACT_KEEP_DAY", "CONTACT_ALERT_COMAND", "CONTACT_SMTP_PASWORD_FILE", "CONTACT_Outbox"])
def test_check_names_a_setting_that_does_not_exist(
    name: str, environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment()
    assert "is no setting" not in run("check").output
    monkeypatch.setenv(name, "7")

    result = run("check")

    assert f"FAULT {name} is no setting of this version: is it misspelt?" in result.output


@pytest.mark.parametrize("command", ["/no/such/program", "/etc/passwd", "no-such-program -s x"])
def test_check_names_a_program_for_alerts_that_cannot_be_run(command: str, environment: Environment) -> None:
    environment(ALERT_COMMAND=command)

    assert f"FAULT CONTACT_ALERT_COMMAND: {command.split()[0]} is no program" in run("check").output


@pytest.mark.parametrize(
    ("flaw", "code"), [("expired", "expired"), ("revoked", "revoked"), ("sign-only", "no-encryption"), (None, "missing")]
)
def test_check_names_a_bad_key_and_the_roles_that_it_closes(
    flaw: str, code: str, environment: Environment, tmp_path: Path
) -> None:
    fingerprint, file = key(flaw or "healthy")
    (tmp_path / "keys").mkdir()
    if flaw:
        (tmp_path / "keys" / "dora.asc").write_bytes(file)
    advisers = tmp_path / "advisers.toml"
    advisers.write_text(advisers_toml(ROLES, Adviser("dora", "dora@advies.example", (fingerprint,))), "utf-8")
    environment(KEYS=tmp_path / "keys", ADVISERS=advisers)

    result = run("check")

    assert result.exit_code == 1
    assert f"FAULT the key {fingerprint} of dora cannot be used: {code}" in result.output
    for role in ROLES:
        assert f"FAULT the form is closed for {role}: no adviser has a usable key" in result.output


def test_check_and_keys_name_a_key_that_browsers_refuse_and_close_no_role_for_it(
    environment: Environment, site: Path, tmp_path: Path
) -> None:
    own = shutil.copytree(site, tmp_path / "site")
    shutil.copytree(REPO / "node_modules" / "openpgp" / "dist" / "lightweight", own / "assets" / "openpgp-0")
    shutil.copy(REPO / "overrides" / "assets" / "seal.js", own / "assets")
    made = CRAFTED["newer subkey bound with SHA-1"][1]()
    fingerprint = made.primary.fingerprint.hex().upper()
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "dora.asc").write_bytes(made.public())
    advisers = tmp_path / "advisers.toml"
    advisers.write_text(advisers_toml(ROLES, Adviser("dora", ADDRESS, (fingerprint,))), "utf-8")
    environment(KEYS=tmp_path / "keys", ADVISERS=advisers, SITE=own)

    checked, shown, reload = run("check"), run("keys", "--json"), run("keys", "--before-reload")

    assert f"FAULT the key {fingerprint} of dora is refused by browsers: only our server encrypts: browser" in checked.output
    assert checked.exit_code == 1 and "the form is closed" not in checked.output and "cannot be used" not in checked.output
    (row,) = json.loads(shown.output)["keys"]
    assert (shown.exit_code, row["code"], row["days_left"]) == (1, "browser", None)
    assert "op een oude manier ondertekend" in row["sentence"] and row["sentence"] in checked.output
    assert (reload.exit_code, reload.output) == (0, "")


@pytest.mark.parametrize(
    ("setting", "value", "word"),
    [
        ("SITE", "/dev", "build the site first"),
        ("ADVISERS", "/dev/null", "reaches 0 associations"),
        ("OUTBOX", "sqlite:////nowhere/outbox.sqlite", "sqlite: its file cannot be opened"),
        ("OUTBOX", "postgresql+psycopg://nobody:sesame@127.0.0.1:1/contact", "postgresql|psycopg"),
        ("KEYRING", "/dev/null/keyring", "keyring"),
        ("SMTP_CA_FILE", "/etc/hostname", "CONTACT_SMTP_CA_FILE: names /etc/hostname"),
    ],
)
def test_check_says_what_cannot_be_used(setting: str, value: str, word: str, environment: Environment) -> None:
    environment(**{setting: value})

    result = run("check")

    assert result.exit_code == 1
    faults = [line for line in result.output.splitlines() if line.startswith("FAULT")]
    assert any(re.search(word, fault) for fault in faults), result.output
    assert "sesame" not in result.output


def test_check_and_the_service_say_that_the_dutch_texts_are_missing(
    environment: Environment, settings: WebSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "CATALOGUE", tmp_path / "messages.mo")
    environment()

    assert re.search(r"FAULT \S+messages\.mo: the Dutch texts", run("check").output)
    with pytest.raises(SiteInvalid, match="Dutch texts"):
        create_app(settings)


def test_check_asks_the_counter_and_says_when_it_is_away(environment: Environment) -> None:
    environment(LIMITS=f"valkey://:open-sesame@127.0.0.1:{free_port()}")
    result = run("check")
    assert "FAULT CONTACT_LIMITS cannot be used" in result.output
    assert "sesame" not in result.output
    assert result.exit_code == 1


def test_check_says_that_gpg_is_missing(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    environment()
    monkeypatch.setenv("PATH", "/nowhere")

    result = run("check")

    assert result.exit_code == 1
    assert "gpg" in result.output


def test_check_names_a_bounce_address_that_would_take_what_advisers_reply(environment: Environment) -> None:
    environment(FROM="formulier@hulp.example", BOUNCES="Formulier@hulp.example")

    assert "FAULT CONTACT_BOUNCES: is that of CONTACT_FROM" in run("check").output


@pytest.mark.parametrize("command", ["check", "keys"])
@pytest.mark.parametrize(
    ("script", "said"),
    [
        # As gpg 2.4 does for an option that it does not know.
        ("echo gpg: /etc/gnupg/gpg.conf:1: invalid option >&2; exit 2", "/etc/gnupg/gpg.conf:1: invalid option"),
        ("kill -9 $$", "-9"),
        ("exit 0", "it does not say its version"),
    ],
)
def test_a_gpg_that_does_not_run_is_told_in_its_own_words(
    script: str, said: str, command: str, environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment()
    program = tmp_path / "gpg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    result = run(command)

    assert result.exit_code == 1
    assert "gpg does not run on this machine" in result.output and said in result.output


def test_check_never_prints_a_secret_or_an_address(environment: Environment) -> None:
    environment(SMTP_HOST=None)

    output = run("check").output

    for secret in ("secret-of-the-tests", "correct horse", "advies.example"):
        assert secret not in output


def test_the_outbox_shows_what_waits_and_nothing_of_what_is_in_it(
    environment: Environment, client: FlaskClient, outbox_rows: Callable[[], list[sqlite3.Row]]
) -> None:
    environment()
    references = [soup(send(client, role=role)).select_one(".reference").text for role in ("burgemeester", "raadslid")]

    result = run("outbox")

    assert result.exit_code == 0
    lines = [line.split() for line in result.output.splitlines()]
    # What stands behind [...] in the mail's open subject: by it an adviser names a mail that does not open.
    mails = b"".join(bytes(row["mail"]) for row in outbox_rows()).decode("ascii")
    marks = re.findall(r"^Subject: \[\.\.\.\] (\w{4})\r$", mails, re.MULTILINE)
    assert [line.pop(1) for line in lines[:3]] == marks and marks[1] == marks[2]
    assert lines == [
        [references[0], "anna", "waiting", "0", "min", "0", "attempts"],
        [references[1], "bert", "waiting", "0", "min", "0", "attempts"],
        [references[1], "cora", "waiting", "0", "min", "0", "attempts"],
        ["3", "not", "opened"],
    ]
    for word in (*TYPED_WORDS, "advies.example", "PGP"):
        assert word not in result.output


def test_the_outbox_shows_why_a_mail_is_held(environment: Environment, client: FlaskClient, state: Path) -> None:
    environment()
    send(client)
    with sqlite3.connect(state / "outbox.sqlite") as connection:
        connection.execute(
            "UPDATE outbox SET state = 'held', attempts = 3, last_answer = '550 no such user', accepted_at = accepted_at - 7260"
        )
    connection.close()

    assert "anna  held  121 min  3 attempts  550 no such user" in run("outbox").output


def test_an_empty_outbox_says_so(environment: Environment, client: FlaskClient) -> None:
    environment()

    assert run("outbox").output == "0 not opened\n"


def test_retry_makes_every_mail_due_now(environment: Environment, client: FlaskClient, state: Path) -> None:
    environment()
    send(client, role="raadslid")
    with sqlite3.connect(state / "outbox.sqlite") as connection:
        connection.execute("UPDATE outbox SET due_at = due_at + 3600, state = 'held'")

    result = run("outbox", "retry")

    assert result.output == "2 due now\n"
    assert connection.execute("SELECT count(*) FROM outbox WHERE due_at <= unixepoch() + 1").fetchone() == (2,)
    connection.close()


@pytest.mark.parametrize("command", [("outbox",), ("outbox", "retry"), ("deliver",)])
def test_a_command_without_its_settings_names_them_and_fails(command: tuple[str, ...], environment: Environment) -> None:
    environment(OUTBOX=None)

    result = run(*command)

    assert result.exit_code == 1
    assert "CONTACT_OUTBOX" in result.output


@pytest.mark.parametrize("command", [("outbox",), ("outbox", "retry")])
def test_a_command_without_an_outbox_says_so_and_fails(command: tuple[str, ...], environment: Environment) -> None:
    environment(OUTBOX="sqlite:////nowhere/outbox.sqlite")

    result = run(*command)

    assert result.exit_code == 1
    assert result.output.startswith("Error: sqlite")


def test_the_process_that_delivers_has_no_key_and_no_form() -> None:
    """One command is this process: what the others need it does not even read, be it broken or large."""
    code = """
import sys
from contact_service.operator.cli import main
from contact_service.operator.deliver import deliver
assert main.get_command(None, "deliver") is deliver
print([name for name in ("flask", "wtforms", "jinja2", "gnupg", "limits", "contact_service.openpgp") if name in sys.modules])
"""

    run = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=True)

    assert run.stdout == "[]\n"


def handed_over(state: Path, **changes: str) -> None:
    """Let every mail have left; `changes` are put into the row."""
    values = {"state": "handed over", "due_at": None, "left_at": 1.0, **changes}
    with sqlite3.connect(state / "outbox.sqlite") as connection:
        for name, value in values.items():
            connection.execute(f"UPDATE outbox SET {name} = ?", (value,))  # noqa: S608
    connection.close()


def test_resend_sends_it_to_the_address_of_now_under_the_same_message_id(
    environment: Environment, client: FlaskClient, state: Path, advisers_file: Path, tmp_path: Path
) -> None:
    reference = soup(send(client, role="raadslid")).select_one(".reference").text
    handed_over(state, last_answer="failed: 5.1.1 no such user")
    moved = tmp_path / "advisers.toml"
    moved.write_text(advisers_file.read_text("utf-8").replace("bert@advies.example", "bert@elders.example"), "utf-8")
    environment(ADVISERS=moved)

    result = run("outbox", "resend", reference.lower())

    assert (result.exit_code, result.output) == (0, "bert: is sent again\ncora: is sent again\n")
    with sqlite3.connect(state / "outbox.sqlite") as connection:
        rows = connection.execute("SELECT id, adviser, address, state, mail FROM outbox ORDER BY adviser").fetchall()
    connection.close()
    assert [row[1:4] for row in rows] == [
        ("bert", "bert@elders.example", "waiting"),
        ("cora", "cora@advies.example", "waiting"),
    ]
    mail = rows[0][4].decode()
    assert "To: bert@elders.example\r\n" in mail and f"Message-ID: <{rows[0][0]}@hulp.example>" in mail
    assert mail.count("bert@") == 1


@pytest.mark.parametrize(
    ("change", "words"), [("key", "locked for other keys"), ("name", "nobody in advisers.toml has this name")]
)
def test_resend_sends_nothing_that_its_adviser_could_not_open_and_says_so(
    change: str,
    words: str,
    environment: Environment,
    client: FlaskClient,
    state: Path,
    advisers_file: Path,
    keys: Path,
    tmp_path: Path,
    computers: dict[str, Computer],
) -> None:
    reference = soup(send(client)).select_one(".reference").text
    handed_over(state)
    fingerprint, file = key("healthy")
    folder = Path(shutil.copytree(keys, tmp_path / "keys"))
    (folder / "new.asc").write_bytes(file)
    old, new = (computers["anna"].adviser.fingerprints[0], fingerprint) if change == "key" else ('"anna"', '"anne"')
    (tmp_path / "advisers.toml").write_text(advisers_file.read_text("utf-8").replace(old, new), "utf-8")
    environment(ADVISERS=tmp_path / "advisers.toml", KEYS=folder)

    result = run("outbox", "resend", reference)

    assert result.exit_code == 1
    assert result.output.startswith("anna: NOT sent: ") and words in result.output
    assert "handed over" in run("outbox").output


def test_resend_of_what_is_not_here_says_so(environment: Environment, client: FlaskClient) -> None:
    environment()

    result = run("outbox", "resend", "ABCD-EFGH")

    assert result.exit_code == 1 and "nothing of ABCD-EFGH is here" in result.output


def test_check_names_an_operator_that_nobody_wrote(environment: Environment) -> None:
    environment(OPERATOR="")

    assert "FAULT CONTACT_OPERATOR: is not a plain mail address" in run("check").output
