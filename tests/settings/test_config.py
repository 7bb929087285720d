"""Settings: every fault is named, all at once, and no secret is ever shown."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from contact_service.settings.commands import outbox_url
from contact_service.settings.config import delivery_settings, web_settings
from contact_service.settings.environment import SettingsInvalid
from contact_service.settings.files import read_files

Environment = Callable[..., None]


def test_a_complete_environment_gives_both_settings(environment: Environment) -> None:
    environment()

    assert web_settings().hosts == ["hulp.example"]
    assert delivery_settings().smtp_port == 587
    assert outbox_url().startswith("sqlite:///")


def test_all_missing_settings_are_named_at_once(environment: Environment) -> None:
    required = ["ADVISERS", "FROM", "HOSTS", "KEYRING", "KEYS", "OUTBOX", "SECRET_KEY", "SITE"]
    environment(**dict.fromkeys(required))

    with pytest.raises(SettingsInvalid) as fault:
        web_settings()

    assert [line.partition(":")[0] for line in str(fault.value).splitlines()] == [f"CONTACT_{name}" for name in required]


DATABASES_ASTRAY = [
    "postgresql+psycopg://contact:open-sesame@A:5532,B:5533/contact",
    "postgresql+psycopg://contact:open/sesame@host/contact",
    "postgresql+psycopg://contact:open-sesame@host:door/contact",
    "postgresql+psycopg://contact:open-sesame@[::1/contact",
]
COUNTERS_ASTRAY = [
    "redis://:open@se:s/ame@h",
    "redis://h:abc",
    "valkey://:open#sesame@h",
    "valkey://h:99999",
    "rediss://h/sesame",
    "valkeys://",
]
WRONG = {
    "SITE": ["/does/not/exist", ""],
    "ADVISERS": ["/does/not/exist", ""],
    "KEYS": ["/does/not/exist", ""],
    "KEYRING": [""],
    "OUTBOX": [
        "",
        "outbox.sqlite",
        "sqlite",
        "sqlite:/tmp/o",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "mysql://x/y",
        *DATABASES_ASTRAY,
    ],
    "LIMITS": ["", "valkey", "redis+sentinel://h", *COUNTERS_ASTRAY],
    "SECRET_KEY": ["", "short", "x" * 31],
    "HOSTS": [
        *(
            "",
            ",",
            "hulp.example,",
            "https://hulp.example",
            "hulp.example/",
            "hulp.example:port",
            "hulp.example www.hulp.example",
        ),
        *(
            "hulp.example;www.hulp.example",
            "*.hulp.example",
            "hülp.example",
            "hulp.example.",
            '"hulp.example"',
            "hulp.example:",
        ),
    ],
    "FROM": ["", "form", "a@b", "Form <form@hulp.example>", "form@hulp.example\nBcc: x@y.example", "formulïer@hulp.example"],
    "MINIMUM_FILL_SECONDS": ["-1", "soon"],
    "MINIMUM_FREE_BYTES": ["-1", "many"],
}
WRONG_DELIVERY = {
    "OUTBOX": ["", "outbox.sqlite", "sqlite:///:memory:"],
    "BOUNCES": ["", "nobody", "beheer@hulp.example\r\nBcc: x@y.example"],
    "SMTP_HOST": ["", "smtp://localhost", "localhost:587", "[::1]", "a b", "user@host"],
    "ALERT_COMMAND": ["mail -s 'late", '"', "\\"],
    "SMTP_PORT": ["0", "65536", "smtp"],
    "SMTP_SECURITY": ["none", ""],
    "SMTP_CA_FILE": ["/does/not/exist", "", __file__],
    "SMTP_TIMEOUT_SECONDS": ["0", "241", "long"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_web_setting_is_named(name: str, value: str, environment: Environment) -> None:
    environment(**{name: value})

    with pytest.raises(SettingsInvalid, match=rf"\ACONTACT_{name}: [^\n]+\Z"):
        web_settings()


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG_DELIVERY.items() for value in values])
def test_a_wrong_delivery_setting_is_named(name: str, value: str, environment: Environment) -> None:
    environment(**{name: value})

    with pytest.raises(SettingsInvalid, match=rf"\ACONTACT_{name}: [^\n]+\Z"):
        delivery_settings()


@pytest.mark.parametrize(("days", "hours", "most"), [(1, 24, 17), (1, 18, 17), (14, 300, 267), (2, 37, 36)])
def test_nothing_may_be_erased_before_somebody_hears_that_nobody_opened_it(
    days: int, hours: int, most: int, environment: Environment
) -> None:
    environment(KEEP_DAYS=days, UNOPENED_HOURS=hours)
    with pytest.raises(
        SettingsInvalid, match=f"CONTACT_UNOPENED_HOURS: with CONTACT_KEEP_DAYS={days} it may be {most} at most"
    ):
        delivery_settings()
    environment(KEEP_DAYS=days, UNOPENED_HOURS=most)
    assert delivery_settings().unopened_hours == most


@pytest.mark.parametrize(
    ("name", "url"), [("OUTBOX", url) for url in DATABASES_ASTRAY] + [("LIMITS", url) for url in COUNTERS_ASTRAY]
)
def test_a_wrong_address_is_told_without_a_piece_of_it(name: str, url: str, environment: Environment) -> None:
    environment(**{name: url})

    with pytest.raises(SettingsInvalid) as fault:
        web_settings()

    assert not re.search("sesame|ame@|5532|abc|door|contact:", str(fault.value))


@pytest.mark.parametrize(
    "url",
    [
        "redis://valkey:6379",
        "valkey://:valkey-geheim@h",
        "rediss://:p%40ss@h/2?ssl_ca_certs=/etc/ca.pem",
        "valkeys://user:pw@[::1]:6380/0",
        "valkey://h/",
    ],
)
def test_counters_are_known_by_their_address(url: str, environment: Environment) -> None:
    environment(LIMITS=url)

    assert web_settings().limits == url


@pytest.mark.parametrize(
    "url", ["redis://h?db=x", "redis://h/0?protocol=geheim", "redis://h?ssl_ca_certs=/ca", "rediss://h?nosuch=1"]
)
def test_an_option_that_no_counter_takes_is_found_at_the_start(url: str, environment: Environment) -> None:
    environment(LIMITS=url)

    with pytest.raises(SettingsInvalid, match="CONTACT_LIMITS: may end in") as fault:
        web_settings()
    assert "geheim" not in str(fault.value)


@pytest.mark.parametrize("part", ["u:geh@im@h:1", "u:geheim@h:", "u:ge/heim@h", "u:geheim@a:1,b:2", "u:geheim@h:99999"])
def test_a_database_that_cannot_be_found_by_its_address_is_found_at_the_start(part: str, environment: Environment) -> None:
    environment(OUTBOX=f"postgresql+psycopg://{part}/n")

    with pytest.raises(SettingsInvalid, match="CONTACT_OUTBOX: .*HOST:") as fault:
        outbox_url()
    assert "geh" not in str(fault.value)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///relative.sqlite",
        "sqlite:////absolute.sqlite",
        "postgresql+psycopg://user@host/name",
        "postgresql+psycopg://user:p%40ss@/name?host=A:5432&host=B:5433&target_session_attrs=read-write",
    ],
)
def test_sqlite_files_and_postgresql_are_outboxes(url: str, environment: Environment) -> None:
    environment(OUTBOX=url)

    assert outbox_url() == url


def test_several_hosts_may_have_spaces_between_them(environment: Environment) -> None:
    environment(HOSTS="hulp.example, www.hulp.example")

    assert web_settings().hosts == ["hulp.example", "www.hulp.example"]


@pytest.mark.parametrize(
    "host", ["hulp.example:8443", "127.0.0.1:8000", "[::1]:8000", "localhost", "HULP.example", "www-1.a_b.nl"]
)
def test_a_site_may_have_any_name_that_browsers_send(host: str, environment: Environment) -> None:
    environment(HOSTS=host)

    assert web_settings().hosts == [host]


def test_blanks_around_a_value_are_none_of_it(environment: Environment) -> None:
    environment(SMTP_SECURITY=" starttls\t", SMTP_HOST=" localhost ", FROM="formulier@hulp.example\r")

    assert (delivery_settings().smtp_security, delivery_settings().smtp_host) == ("starttls", "localhost")
    assert web_settings().sender == "formulier@hulp.example"


SPELLINGS = {
    "quoted": 'NAME="VALUE"',
    "quoted otherwise": "NAME='VALUE'",
    "for a shell": "export NAME=VALUE",
    "with blanks": " NAME = VALUE ",
    "after comments and an empty line": "# NAME=else\n\n; it's this one:\n ;NAME=other\nNAME=VALUE",
    "with a mark in front": "\ufeffNAME=VALUE",
    "with the ends of lines of Windows": "\r\nNAME=VALUE\r\n",
    "twice": "NAME=else\nNAME=VALUE",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("value", ["postgresql+psycopg://u:a${b}$c%23d@h/n", "sqlite:////var/lib/it's here.sqlite"])
def test_a_file_of_settings_is_read_however_it_is_written(
    spelling: str, value: str, environment: Environment, tmp_path: Path
) -> None:
    if "'" in value and "otherwise" in spelling:
        value = value.replace("'", "")
    environment()  # what is set now is unset when the test ends
    environment(OUTBOX=None)
    file = tmp_path / "settings.env"
    file.write_bytes(SPELLINGS[spelling].replace("NAME", "CONTACT_OUTBOX").replace("VALUE", value).encode())

    read_files([str(file)])

    assert outbox_url() == value


def test_the_last_of_several_files_counts_and_the_environment_before_all(environment: Environment, tmp_path: Path) -> None:
    environment()  # what is set now is unset when the test ends
    environment(OUTBOX=None, FROM="given@hulp.example")
    for number in (1, 2):
        lines = f"CONTACT_OUTBOX=sqlite:///{number}.sqlite\nCONTACT_FROM=file@hulp.example\n"
        (tmp_path / f"{number}.env").write_text(lines, "utf-8")

    read_files([str(tmp_path / "1.env"), str(tmp_path / "2.env")])

    assert (outbox_url(), web_settings().sender) == ("sqlite:///2.sqlite", "given@hulp.example")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"CONTACT_FROM=f\xe9@hulp.example\n", "is no text in UTF-8"),
        ("CONTACT_FROM=x\n".encode("utf-16"), "is no text in UTF-8"),
        (b'A=1\nCONTACT_FROM="formulier\n', "line 2 is not like NAME=value"),
        (b"CONTACT_FROM formulier\n", "line 1 is not like NAME=value"),
        (b"CONTACT_FROM=form\0ulier\n", "line 1 is not like NAME=value"),
    ],
)
def test_a_file_of_settings_that_cannot_be_read_is_named(content: bytes, words: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_bytes(content)

    with pytest.raises(SettingsInvalid, match=f"{file}: {words}"):
        read_files([str(file)])


def test_a_secret_can_be_read_from_a_file(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("k" * 40 + "\n", "ascii")
    environment(SECRET_KEY=None, SECRET_KEY_FILE=tmp_path / "secret")

    assert web_settings().secret_key == "k" * 40


def test_a_secret_file_that_does_not_exist_is_named_among_the_other_faults(environment: Environment, tmp_path: Path) -> None:
    environment(SECRET_KEY=None, SECRET_KEY_FILE=tmp_path / "nowhere", FROM="nobody")

    with pytest.raises(SettingsInvalid) as fault:
        web_settings()

    assert "CONTACT_SECRET_KEY_FILE" in str(fault.value)
    assert "CONTACT_FROM" in str(fault.value)


def test_no_secret_is_printed_with_the_settings(environment: Environment) -> None:
    environment(OUTBOX="postgresql+psycopg://contact:open-sesame@host/name")

    printed = f"{web_settings()!r} {delivery_settings()!r} {web_settings()} {delivery_settings()}"

    assert "secret-of-the-tests" not in printed
    assert "correct horse" not in printed
    assert "open-sesame" not in printed


def test_no_secret_is_printed_with_a_fault(environment: Environment) -> None:
    environment(SECRET_KEY="too-short-secret", OUTBOX="mysql://contact:open-sesame@host/name")

    with pytest.raises(SettingsInvalid) as fault:
        web_settings()

    assert "too-short-secret" not in str(fault.value)
    assert "open-sesame" not in str(fault.value)


def test_the_web_process_does_not_need_the_mail_servers_password(environment: Environment) -> None:
    environment(SMTP_HOST=None, SMTP_USER=None, SMTP_PASSWORD=None, BOUNCES=None)

    assert web_settings().sender == "formulier@hulp.example"


def test_the_delivery_process_does_not_need_the_forms_secret(environment: Environment) -> None:
    environment(SECRET_KEY=None, KEYS=None, ADVISERS=None, SITE=None)

    assert delivery_settings().smtp_host == "localhost"
