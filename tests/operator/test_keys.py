"""The operator's commands about keys: the table, the warnings, the practice mail."""

import email
import email.policy
import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from contact_service.keys.advisers import Adviser, Association
from contact_service.keys.verdict import Verdict
from contact_service.keys.warnings import is_due, warnings
from contact_service.operator.cli import main
from contact_service.outbox.kept import Kept
from contact_service.outbox.outbox import Outbox
from contact_service.settings import config
from contact_service.web.app import create_app
from tests.support.key_maker import Maker, key

pytestmark = pytest.mark.program

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
PIN = "0123456789ABCDEF0123456789ABCDEF01234567"
ROLES = ("burgemeester", "wethouder", "raadslid", "statenlid", "anders")
GROUP = Association("Vereniging", ROLES, (Adviser("adviseur", "adviseur@vereniging.example", (PIN,)),))


class Service:
    """The settings of a service with one association and the keys of these kinds."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.keys = folder, folder / "keys"
        self.keys.mkdir()
        for name, value in {"ADVISERS": folder / "advisers.toml", "KEYS": self.keys, "OPERATOR": "beheer@hulp.example"}.items():
            monkeypatch.setenv(f"CONTACT_{name}", str(value))

    def has(self, *kinds: str, file: bool = True) -> "Service":
        lines = [f'[[association]]\nname = "Vereniging"\nroles = {json.dumps(ROLES)}']
        for number, kind in enumerate(kinds):
            fingerprint, data = key(kind)
            if file:
                (self.keys / f"adviseur-{number}.asc").write_bytes(data)
            lines.append(f'[[association.advisers]]\nname = "adviseur-{number}"\naddress = "a{number}@vereniging.example"')
            lines.append(f'fingerprints = ["{fingerprint}"]')
        (self.folder / "advisers.toml").write_text("\n".join(lines), encoding="utf-8")
        return self


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    return Service(tmp_path, monkeypatch)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        (("healthy",), 0),
        (("healthy", "expires-tomorrow"), 2),
        (("healthy", "expired"), 1),
        (("expires-tomorrow", "revoked"), 1),
    ],
)
def test_the_exit_status_tells_the_worst_key(service: Service, kinds: tuple[str, ...], status: int) -> None:
    service.has(*kinds)
    assert run("keys").exit_code == status


@pytest.mark.parametrize(
    ("kinds", "status"), [(("healthy", "expired"), 0), (("expires-tomorrow",), 0), (("expired", "revoked"), 1)]
)
def test_a_reload_is_refused_only_when_nobody_could_read_any_more(
    service: Service, kinds: tuple[str, ...], status: int
) -> None:
    service.has(*kinds)
    told = run("keys", "--before-reload")
    assert told.exit_code == status
    assert ("burgemeester" in told.output) == bool(status)


def test_a_reload_is_refused_when_the_file_of_the_advisers_cannot_be_read(service: Service) -> None:
    service.has("healthy")
    (service.folder / "advisers.toml").write_text("[[association]\n", "utf-8")
    assert run("keys", "--before-reload").exit_code == 1


def test_the_table_shows_association_adviser_fingerprint_end_and_verdict(service: Service) -> None:
    service.has("expires-tomorrow")
    fingerprint, _file = key("expires-tomorrow")
    line = run("keys").output.splitlines()[1]
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m}"
    shown = ("Vereniging", "adviseur-0", f"{fingerprint[:4]} {fingerprint[4:8]}", tomorrow, "fit: De sleutel")
    assert [part in line for part in shown] == [True] * 5


def test_json_says_the_same_to_a_machine(service: Service) -> None:
    service.has("healthy", "expired")
    rows = json.loads(run("keys", "--json").output)["keys"]
    assert [(row["code"], row["days_left"]) for row in rows] == [("fit", None), ("expired", 0)]


def test_a_new_key_file_shows_its_fingerprint_before_anybody_pins_it(service: Service) -> None:
    service.has("healthy")
    fingerprint, data = key("second")
    (service.keys / "adviseur-0-nieuw.asc").write_bytes(data)
    assert f"adviseur-0-nieuw.asc holds {fingerprint[:4]} {fingerprint[4:8]}" in run("keys").output


def test_a_key_that_was_saved_in_a_way_that_nobody_reads_is_named(service: Service) -> None:
    service.has("healthy")
    for name in ("anna.asc.txt", "anna.gpg", "anna"):
        (service.keys / name).write_bytes(key("second")[1])
    (service.keys / "cut.asc").write_bytes(key("second")[1][:100])
    (service.keys / ".DS_Store").write_bytes(b"x")
    os.mkfifo(service.keys / "pipe.asc")
    (service.keys / "folder.asc").mkdir()
    (service.keys / "gone.asc").symlink_to("nowhere")

    result = run("keys")

    assert result.exit_code == 0
    assert result.output.splitlines()[2:] == [
        "cut.asc holds no key that can be read: damaged.",
        *(f"{name}.asc holds no key that can be read: unreadable." for name in ("folder", "gone", "pipe")),
        *(f"{name} is not looked at: a key is a file NAME.asc." for name in ("anna", "anna.asc.txt", "anna.gpg")),
    ]


def test_a_fault_in_the_settings_is_named_instead_of_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONTACT_ADVISERS", raising=False)
    monkeypatch.setenv("CONTACT_KEYS", "/nowhere")
    result = run("keys")
    assert result.exit_code == 1 and "CONTACT_ADVISERS" in result.output and "/nowhere" in result.output


def test_warnings_are_weekly_from_sixty_days_and_daily_from_seven() -> None:
    assert [days for days in range(100, -1, -1) if is_due(days)] == [60, 53, 46, 39, 32, 25, 18, 11, 7, 6, 5, 4, 3, 2, 1, 0]
    assert not is_due(float("inf"))


@given(st.integers(0, 2_000_000), st.integers(0, 59))
def test_no_key_reaches_its_last_day_without_a_warning_in_each_week_before(later: int, minutes: int) -> None:
    end = NOW + timedelta(minutes=later)
    verdict = Verdict("adviseur", PIN, "fit", "", end)
    runs = [end - timedelta(days=days, minutes=minutes) for days in range(61, 0, -1)]
    due = [is_due(verdict.days_left(now)) for now in runs]
    assert sum(due) >= 14 and any(due[:8])


def letters(*verdicts: Verdict, group: Association = GROUP) -> list[tuple[str, str, str]]:
    mails = warnings([group], verdicts, "formulier@hulp.example", "beheer@hulp.example", NOW)
    parsed = [email.message_from_bytes(mail.mail, policy=email.policy.default) for mail in mails]
    return [(message["To"], message["Subject"], message.get_content()) for message in parsed]


def ends_in(days: int, code: str = "fit", fingerprint: str = PIN) -> Verdict:
    return Verdict("adviseur", fingerprint, code, f"De sleutel: {code}.", NOW + timedelta(days=days))


def test_an_adviser_is_told_in_dutch_what_to_do_and_the_operator_which_key() -> None:
    to_adviser, to_operator = letters(ends_in(60))
    assert to_adviser[0] == "adviseur@vereniging.example"
    assert to_adviser[1] == "Verleng uw sleutel: die verloopt over 60 dagen"
    assert "Wat moet u doen?" in to_adviser[2] and "beheer@hulp.example" in to_adviser[2]
    assert to_operator[0] == "beheer@hulp.example" and "0123 4567 89AB" in to_operator[2]


def test_nobody_is_warned_while_all_is_well() -> None:
    assert letters(ends_in(59)) == [] and letters(Verdict("adviseur", PIN, "fit", "")) == []


def test_an_adviser_with_a_fresh_second_key_is_left_in_peace_about_the_old_one() -> None:
    other = PIN[::-1]
    group = Association("Vereniging", ROLES, (Adviser("adviseur", "adviseur@vereniging.example", (PIN, other)),))
    assert [to for to, _subject, _text in letters(ends_in(-1, "expired"), ends_in(700, fingerprint=other), group=group)] == [
        "beheer@hulp.example"
    ]


def test_a_file_that_vanished_from_the_server_is_the_operators_to_mend() -> None:
    ((to, _subject, text),) = letters(Verdict("adviseur", PIN, "missing", "Er is geen bestand met deze sleutel."))
    assert to == "beheer@hulp.example" and "No adviser of Vereniging can read" in text


def test_a_key_that_only_browsers_refuse_is_not_said_to_be_unread() -> None:
    refused = Verdict("adviseur", PIN, "browser", "Browsers weigeren hem.", NOW + timedelta(days=3))

    assert refused.is_usable(NOW) and not refused.is_fit(NOW) and refused.days_left(NOW) == 3
    assert "No adviser" not in "".join(text for _to, _subject, text in letters(refused))


def test_the_adviser_of_a_key_that_browsers_refuse_hears_that_it_ends_and_to_make_another() -> None:
    (to, subject, text), _operator = letters(ends_in(3, "browser"))

    assert (to, subject) == ("adviseur@vereniging.example", "Vervang uw sleutel: die verloopt over 3 dagen")
    assert "Maak een nieuwe sleutel" in text and "Kies Vervaldatum wijzigen" not in text
    assert letters(Verdict("adviseur", PIN, "browser", "Browsers weigeren hem.")) == []


def test_an_expired_key_is_told_every_day_until_it_is_mended() -> None:
    assert [subject for _to, subject, _text in letters(ends_in(-40, "expired"))][0] == "Uw sleutel werkt niet meer"


def test_two_runs_on_one_day_write_the_same_message_id() -> None:
    def ids(hour: int) -> list[str]:
        now = NOW.replace(hour=hour)
        mails = warnings([GROUP], [ends_in(5)], "formulier@hulp.example", "beheer@hulp.example", now)
        return [email.message_from_bytes(mail.mail)["Message-ID"] for mail in mails]

    assert ids(6) == ids(9)


@pytest.fixture
def practice(service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, site: Path):  # type: ignore[no-untyped-def]
    maker = Maker(tmp_path / "home").primary(address="a0@vereniging.example").subkey()
    (service.keys / "adviseur-0.asc").write_bytes(maker.public())
    toml = f'[[association]]\nname = "Vereniging"\nroles = {json.dumps(ROLES)}\n[[association.advisers]]\nname = "adviseur-0"\n'
    toml += f'address = "a0@vereniging.example"\nfingerprints = ["{maker.fingerprint}"]\n'
    (service.folder / "advisers.toml").write_text(toml, encoding="utf-8")
    more = {"SITE": site, "KEYRING": tmp_path / "keyring", "OUTBOX": f"sqlite:///{tmp_path / 'outbox.sqlite'}"}
    more |= {"SECRET_KEY": "x" * 40, "HOSTS": "hulp.example", "FROM": "formulier@hulp.example", "MINIMUM_FREE_BYTES": 0}
    for name, value in more.items():
        monkeypatch.setenv(f"CONTACT_{name}", str(value))
    yield maker
    maker.close()


def test_a_practice_mail_carries_its_word_encrypted_and_under_an_honest_subject(practice: Maker, tmp_path: Path) -> None:
    said = run("test-mail", "adviseur-0").output
    word = said.rsplit(": ", 1)[1].strip()
    mail = Outbox(f"sqlite:///{tmp_path / 'outbox.sqlite'}").claim(1)
    assert mail is not None and word.encode() not in mail.mail
    plaintext = practice.gpg("--decrypt", given=mail.mail).decode()
    assert word in plaintext and "Subject: Oefenbericht" in plaintext and len(plaintext.encode()) == 4096


def test_keys_shows_who_read_a_practice_mail_and_who_never_did(
    practice: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert json.loads(run("keys", "--json").output)["keys"][0]["practised"] == "?"
    run("test-mail", "adviseur-0")
    assert json.loads(run("keys", "--json").output)["keys"][0]["practised"] == "never"
    outbox = Outbox(f"sqlite:///{tmp_path / 'outbox.sqlite'}")
    mail = outbox.claim(1)
    assert mail
    link = re.search("gelezen/([0-9a-f]{32})", practice.gpg("--decrypt", given=mail.mail).decode())
    assert link
    outbox.record_handed_over(mail, 3600)
    client = create_app(config.web_settings()).test_client()

    assert "oefenbericht" in client.get(f"/gelezen/{link[1]}", base_url="https://hulp.example").text
    assert json.loads(run("keys", "--json").output)["keys"][0]["practised"] == "never"
    for _again in range(2):
        page = client.post(f"/gelezen/{link[1]}", base_url="https://hulp.example", data={"have": "yes"}).text
        assert "Uw sleutel werkt" in page

    today = f"{datetime.now(UTC):%Y-%m-%d}"
    shown = run("keys").output
    assert "PRACTISED   VERDICT\n" in shown and f"  {today}  fit: " in shown
    assert run("outbox").output == "0 not opened\n"
    monkeypatch.delenv("CONTACT_OUTBOX")
    assert re.search(r"  \?  +fit: ", run("keys").output)


def test_nobody_is_reminded_of_a_practice_mail_and_one_that_comes_back_is_told_of(practice: Maker, tmp_path: Path) -> None:
    run("test-mail", "adviseur-0")
    outbox = Outbox(f"sqlite:///{tmp_path / 'outbox.sqlite'}")
    mail = outbox.claim(1)
    assert mail
    outbox.record_handed_over(mail, -1e9)

    assert outbox.claim(1) is None
    assert re.match(r"\S+  \S+  adviseur-0  practice, handed over", run("outbox").output)
    assert Kept(outbox.database).answered(mail.id, "5.1.1 unknown", failed=True)
    assert outbox.queue().came_back == 1
    for heard in (
        mail.reference.lower().replace("-", ""),
        f" {mail.reference[:4]} {mail.reference[5:]}".replace("0", "o").replace("1", "l"),
    ):
        assert run("outbox", "resend", heard).output == "adviseur-0: is sent again\n"
    for nothing in ("", "-", "☃", "%"):
        assert "is here" in run("outbox", "resend", nothing).output


def test_a_practice_mail_for_nobody_says_that_nobody_has_this_name(practice: Maker) -> None:
    result = run("test-mail", "niemand")
    assert result.exit_code == 1
    assert "nobody in advisers.toml is called 'niemand'; the names are adviseur-0" in result.output


def test_no_practice_mail_goes_to_a_key_that_is_unfit(practice: Maker, service: Service) -> None:
    (service.keys / "adviseur-0.asc").write_bytes(practice.revoke().public())
    result = run("test-mail", "adviseur-0")
    assert result.exit_code == 1 and "has no key that can be used" in result.output
