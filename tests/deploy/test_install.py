"""What `deploy/install` lays down; `make install-test` runs all of it in a clean Debian."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.built_site import REPO

pytestmark = pytest.mark.program

UNITS = ("contact-web", "contact-delivery", "contact-check", "contact-warn-keys", "contact-failed@")


def unit(name: str) -> str:
    return (REPO / f"deploy/systemd/{name}.service").read_text("utf-8")


@pytest.mark.parametrize("name", UNITS)
def test_each_unit_is_hardened(name: str) -> None:
    command = ["systemd-analyze", "security", "--offline=yes", "--no-pager", f"deploy/systemd/{name}.service"]
    report = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=True).stdout
    assert float(re.search(r"Overall exposure level.*: ([\d.]+)", report)[1]) <= 1.5


def test_web_and_delivery_are_different_users_with_different_secrets() -> None:
    web, delivery = unit("contact-web"), unit("contact-delivery")
    assert re.findall("^User=.*", web, re.M) != re.findall("^User=.*", delivery, re.M)
    assert "smtp-password" not in web
    assert "delivery.env" not in web
    assert "secret-key" not in delivery
    assert "web.env" not in delivery


def test_the_web_process_reaches_no_network() -> None:
    assert {"PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX"} <= set(unit("contact-web").splitlines())


def test_the_keys_are_looked_at_before_a_reload_and_each_day() -> None:
    reloads = re.findall("^ExecReload=(.*)", unit("contact-web"), re.M)
    assert [line.split()[-1] for line in reloads] == ["--before-reload", '$MAINPID"']
    assert "warn-keys" in unit("contact-warn-keys")
    assert re.search("^OnCalendar=", (REPO / "deploy/systemd/contact-warn-keys.timer").read_text("utf-8"), re.M)
    assert "contact-warn-keys.timer" in (REPO / "deploy/install").read_text("utf-8")


def test_every_setting_has_a_file_of_its_process() -> None:
    example, install = ((REPO / "deploy" / name).read_text("utf-8") for name in ("settings.example.env", "install"))
    parts = re.search("for part in (.*); do", install)[1].split()
    headings = re.findall("^# --- (.*?) -+$", example, re.M)
    assert [heading.split()[0] in parts for heading in headings] == [True] * len(parts)


def test_gunicorn_is_ended_only_after_a_request_could_finish() -> None:
    timeout = int(re.search(r"^timeout = (\d+)", (REPO / "deploy/gunicorn.conf.py").read_text(), re.M)[1])
    assert int(re.search(r"TimeoutStopSec=(\d+)", unit("contact-web"))[1]) > timeout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout that once held an older version, was built and run, and then got the code of today."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "README.md", "LICENSE", "contact_service", "deploy"):
        copy = shutil.copytree if (REPO / name).is_dir() else shutil.copyfile
        copy(REPO / name, folder / name)
    (folder / ".venv").symlink_to(REPO / ".venv")
    left = {
        "build/lib/contact_service/encryption.py": "old = 1",
        "build/lib/contact_service/templates/form.html": "old",
        "contact_service/__pycache__/encryption.cpython-311.pyc": "old",
        "contact_service/translations/nl/LC_MESSAGES/messages.mo": "old",
        "contact_service/templates/form.html": "old",
        "contact_service.egg-info/SOURCES.txt": "contact_service/encryption.py\ncontact_service/templates/form.html\n",
        "contact_service.egg-info/PKG-INFO": "Metadata-Version: 2.1\nName: contact-service\nVersion: 0.0.1\n",
    }
    for name, text in left.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.mark.server
def test_a_wheel_from_a_checkout_of_an_older_version_holds_nothing_of_it(checkout: Path, tmp_path: Path) -> None:
    before = sorted(checkout.rglob("*"))

    subprocess.run([checkout / "deploy" / "wheel", tmp_path], check=True, capture_output=True)

    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if not name.partition("/")[0].endswith(".dist-info")}
    of_git = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "contact_service"]
    listed = subprocess.run(of_git, cwd=REPO, capture_output=True, text=True, check=True).stdout.split()
    ours = {*listed, "contact_service/web/translations/nl/LC_MESSAGES/messages.mo"} - {"contact_service/web/babel.cfg"}
    assert packed == ours
    assert sorted(checkout.rglob("*")) == before


@pytest.mark.parametrize("script", ["install", "install-test", "wheel", "alert.example"])
def test_each_script_is_sound_shell(script: str) -> None:
    path = REPO / "deploy" / script
    subprocess.run(["bash", "-n", str(path)], check=True)
    assert path.stat().st_mode & 0o111


PUT = re.search(r"^put\(\) \{.*?^\}$", (REPO / "deploy/install").read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_one_half_installed_package_among_thousands_is_seen() -> None:
    """Of whatever length the list is: with pipefail a reader that hangs up early makes its writer fail."""
    [look] = re.findall(r"    if dpkg-query .*?\n    fi\n", (REPO / "deploy/install").read_text("utf-8"), re.DOTALL)
    packages = r"""dpkg-query() { echo half-configured; printf "installed\n%.0s" {1..100000}; }"""
    command = ["bash", "-c", f"set -euo pipefail\n{packages}\n{look}"]

    run = subprocess.run(command, capture_output=True, text=True, check=False)

    assert run.returncode == 1
    assert "dpkg --configure -a" in run.stderr
    hasty = [
        path.name
        for path in (REPO / "deploy").iterdir()
        if path.is_file() and re.search(r"\| *grep -\w*q", path.read_text("utf-8"))
    ]
    assert hasty == []


def put(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """What the installer's own function makes of the output of a command."""
    assert PUT
    head = f"set -euo pipefail; shopt -s lastpipe; staging={folder}; changed() {{ echo changed: $1; }}; {PUT[0]}"
    owner = subprocess.check_output(["id", "-un"], text=True).strip()
    script = f"{head}\n{command} | put {folder}/kept 644 {owner}:{owner}"
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)


def test_a_program_that_fails_never_empties_a_file(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("all headers")

    run = put(tmp_path, "false")

    assert run.returncode != 0 and f"there is nothing to write to {tmp_path}/kept" in run.stderr
    assert (tmp_path / "kept").read_text() == "all headers"


def test_a_file_that_differs_is_replaced_whole_and_told(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("old")

    assert put(tmp_path, "echo new").stdout == f"changed: {tmp_path}/kept\n"
    assert put(tmp_path, "echo new").stdout == ""
    assert (tmp_path / "kept").read_text() == "new\n"
    assert {path.name for path in tmp_path.iterdir()} == {"kept", "file"}


def test_an_environment_of_another_python_is_made_anew() -> None:
    install = (REPO / "deploy/install").read_text("utf-8")

    assert len(re.findall(r"state=\$\(state_of ", install)) == 2 and "python3 --version" in install
    # A link that sed rewrites becomes a copy of the interpreter.
    assert not re.search(r"sed -i [^\n]*venv", re.sub(r"find .* -type f -exec sed -i", "", install))


def test_every_alert_has_its_paragraph_in_the_guide() -> None:
    faults = (REPO / "contact_service/outbox/faults.py").read_text("utf-8")
    codes = set(re.findall(r'^    "([a-z-]+)": "', faults, re.M))
    guide = Path(REPO / "deploy/GUIDE.md").read_text("utf-8")
    assert len(codes) >= 8
    assert {code for code in codes if f"| `{code}` |" not in guide} == set()


def test_mail_to_the_next_hop_needs_an_encrypted_connection_from_this_machine() -> None:
    settings = (REPO / "deploy/postfix/main.cf").read_text("utf-8").splitlines()
    assert {"smtpd_tls_security_level = encrypt", "inet_interfaces = loopback-only"} <= set(settings)


def test_what_proves_our_name_lies_where_root_alone_writes_and_nginx_may_look() -> None:
    conf, guide, tmpfiles = (
        (REPO / "deploy" / name).read_text() for name in ("nginx/nginx.conf", "GUIDE.md", "systemd/tmpfiles.conf")
    )
    folder = re.search(r"acme-challenge/ \{ root (\S+);", conf)[1]
    assert f"certbot certonly --webroot -w {folder} " in guide
    made = {line.split()[1]: line.split()[2:4] for line in tmpfiles.splitlines() if line.startswith("d ")}
    assert made[folder] == ["0755", "root"]
    assert not [other for other in made if other != folder and Path(other) in Path(folder).parents]


def test_a_load_balancer_is_named_in_a_file_and_a_wrong_line_is_told(tmp_path: Path) -> None:
    file, conf = tmp_path / "balancer", (REPO / "deploy/nginx/nginx.conf").read_text("utf-8")
    command = [sys.executable, "-m", "deploy.nginx.balancer", str(file)]

    def printed() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=REPO, input=conf, capture_output=True, text=True, check=False)

    assert printed().stdout == conf
    file.write_text("192.0.2.1  # the first\n\n2001:db8::/48\n")
    behind = printed().stdout
    assert len(re.findall("listen .*443 ssl.* proxy_protocol;", behind)) == 4
    assert "set_real_ip_from 192.0.2.1/32;" in behind and "set_real_ip_from 2001:db8::/48;" in behind
    file.write_text("192.0.2.1; access_log /tmp/x\n")
    refused = printed()
    assert (refused.returncode, refused.stdout) == (2, "")
    assert str(file) in refused.stderr


def test_no_command_fetches_what_no_hash_was_kept_of() -> None:
    makefile = (REPO / "Makefile").read_text("utf-8")
    fetches = re.findall(r"(?:PIP_INSTALL\)|pip install|npm (?:ci|install)|\bnpx\b|\bcurl\b|\bwget\b)[^\n]*", makefile)
    sound = (
        "--require-hashes",
        "--no-deps",
        "npm ci",
        "pip install --quiet --disable-pip-version-check",
        "curl,curl",
        "install --silent",
    )
    assert len(fetches) > 5
    assert [fetch for fetch in fetches if not any(part in fetch for part in sound)] == []
