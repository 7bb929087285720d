"""How the installer builds the site: whatever a page could ever do, it would do as nobody, and root takes over plain files."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import pytest

from editorial.build.__main__ import make
from tests.editorial.test_hostile import MARK, PAGES, SAID, copy_of_the_repository, propose
from tests.support.built_site import REPO

SYSTEM_PYTHON = Path("/usr/bin/python3")
# In the place of the build: it tells what it may do.
PROBE = """
import json, os, subprocess, sys
from pathlib import Path
subprocess.Popen(["sleep", "LINGER"], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
def may(what):
    try:
        what()
    except OSError:
        return False
    return True
site = Path(sys.argv[sys.argv.index("--site-dir") + 1])
site.mkdir()
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
(site / "index.html").write_text(json.dumps({
    "user": os.getuid(), "groups": os.getgroups(), "capabilities": int(status["CapEff"], 16) | int(status["CapBnd"], 16),
    "environment": sorted(os.environ),
    "writes": [place for place in (".", "docs/nl", str(Path(sys.executable).parent), "..", "/etc", "/root", "/var/www", "/opt")
               if may(lambda: Path(place, "hostile").touch())],
    "reads": [place for place in ("/etc/shadow", "/root/.") if may(lambda: os.stat(place) and os.open(place, os.O_RDONLY))],
    "networks": [line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line],
}))
if "LINK" in Path("docs/facts.yml").read_text():
    (site / "secret").symlink_to("/etc/shadow")
"""

# How long something goes on that the build left behind.
LINGER = f"{os.getpid()}.25"
PROBE = PROBE.replace("LINGER", LINGER)

A_DAY = datetime(2020, 6, 1, tzinfo=UTC)

NEEDS_DEBIAN = pytest.mark.skipif(
    os.getuid() != 0
    or not SYSTEM_PYTHON.exists()
    or subprocess.run(
        [SYSTEM_PYTHON, "-c", "import sys; print(sys.version_info[:2])"], capture_output=True, text=True
    ).stdout.strip()
    != str(sys.version_info[:2]),
    reason="needs root, and Debian's Python of the version that runs the tests",
)
pytestmark = [pytest.mark.server, NEEDS_DEBIAN]


@pytest.fixture(scope="module")
def tools() -> Iterator[Path]:
    """What the installer lays down in /opt/contact-service/build: copies, since nobody else may read root's own clone."""
    folder = Path(tempfile.mkdtemp(prefix="tools-"))
    folder.chmod(0o755)
    subprocess.run([SYSTEM_PYTHON, "-m", "venv", "--without-pip", folder], check=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    for name in re.findall(r"^([\w.-]+)==", (REPO / "requirements-run.lock").read_text("utf-8"), re.MULTILINE):
        for file in metadata.files(name) or ():
            if file.parts[0] != "..":
                (packages / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file.locate(), packages / file)
    shutil.copytree(REPO / "node_modules", folder / "node_modules", symlinks=True)
    yield folder
    shutil.rmtree(folder)


def built_by(root: Path, tools: Path, target: Path) -> subprocess.CompletedProcess[str]:
    command = [root / "deploy/build-site", target, tools]
    environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"} | {"SECRET": "of root"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy in a folder that root alone may read, as /root is."""
    return copy_of_the_repository(tmp_path / "repository")


def test_the_installer_builds_the_same_site_as_everybody(repository: Path, tools: Path, tmp_path: Path) -> None:
    for path in repository.rglob("*"):
        os.utime(path, (A_DAY.timestamp(), A_DAY.timestamp()), follow_symlinks=False)
    run = built_by(repository, tools, tmp_path / "site")
    assert run.returncode == 0, run.stderr
    # Nor does the day of the build show, or the installer would find a new site on each.
    days = set(re.findall("<lastmod>(.*)</lastmod>", (tmp_path / "site/sitemap.xml").read_text("utf-8")))
    assert days == {f"{A_DAY:%Y-%m-%d}"}
    assert make(repository, tmp_path / "made") == []
    theirs, ours = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*.html")}
        for root in (tmp_path / "site", tmp_path / "made")
    )
    assert theirs == ours
    assert {path.owner() for path in (tmp_path / "site").rglob("*")} == {"root"}
    assert all(path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644) for path in (tmp_path / "site").rglob("*"))


def test_the_installer_refuses_a_hostile_proposal_in_the_words_of_the_desk(
    repository: Path, tools: Path, tmp_path: Path
) -> None:
    propose(repository)
    run = built_by(repository, tools, tmp_path / "site")
    assert run.returncode != 0 and not (tmp_path / "site").exists()
    assert {(f"docs/nl/{slug}.md", rule) for slug, (_, rule) in PAGES.items()} <= set(SAID.findall(run.stderr))
    assert not [*tmp_path.rglob(MARK)]


def test_who_builds_owns_nothing(repository: Path, tools: Path, tmp_path: Path) -> None:
    (repository / "editorial/build/__main__.py").write_text(PROBE, "utf-8")
    run = built_by(repository, tools, tmp_path / "site")
    assert run.returncode == 0, run.stderr
    could = json.loads((tmp_path / "site/index.html").read_text("utf-8"))
    assert could["user"] == 65534 and could["groups"] == [] and could["capabilities"] == 0
    assert could["writes"] == [] and could["reads"] == [] and could["networks"] == ["lo"]
    assert "SECRET" not in could["environment"] and "HOME" not in could["environment"]
    assert [*running(LINGER)] == []


def running(word: str) -> Iterator[Path]:
    """The processes in whose command this stands."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if word.encode() in path.read_bytes():
                yield path


def test_root_takes_over_nothing_but_files(repository: Path, tools: Path, tmp_path: Path) -> None:
    (repository / "editorial/build/__main__.py").write_text(PROBE, "utf-8")
    (repository / "docs/facts.yml").write_text("LINK", "utf-8")
    run = built_by(repository, tools, tmp_path / "site")
    assert run.returncode != 0 and "secret" in run.stderr and not (tmp_path / "site").exists()
