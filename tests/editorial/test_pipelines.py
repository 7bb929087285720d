"""What a code host does with a proposal and with main: commands that anybody can type, and no secret for a proposal."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from editorial.desk.yaml_text import load_build_settings
from tests.support.built_site import REPO
from tests.support.seeded_faults import today

pytestmark = pytest.mark.program

GITLAB = REPO / ".gitlab-ci.yml"
GITHUB, FORGEJO = (sorted((REPO / folder / "workflows").glob("*.yml")) for folder in (".github", ".forgejo"))
# Programs that others wrote, each known by its commit; Forgejo's own come from where Forgejo is made.
KNOWN = re.compile(r"actions/[\w-]+@[0-9a-f]{40}|https://code\.forgejo\.org/forgejo/upload-artifact@v4")


def workflow(path: Path) -> dict[Any, Any]:
    return load_build_settings(path.read_text("utf-8"))


def jobs(path: Path) -> dict[str, Any]:
    read = workflow(path)
    return read["jobs"] if "jobs" in read else {name: job for name, job in read.items() if name in ("proposal", "release")}


def commands(job: dict[str, Any]) -> list[str]:
    """What a job runs, whichever host it is for."""
    return [step["run"] for step in job.get("steps", ()) if "run" in step] + list(job.get("script", ()))


@pytest.mark.parametrize(
    ("schema", "files"), [("gitlab-ci", [GITLAB]), ("github-workflows", [*GITHUB, *FORGEJO])], ids=["gitlab", "workflows"]
)
def test_the_files_are_what_the_hosts_expect(schema: str, files: list[Path]) -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    run = subprocess.run([program, "--builtin-schema", f"vendor.{schema}", *files], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("path", [GITLAB, *GITHUB, *FORGEJO], ids=lambda path: path.relative_to(REPO).as_posix())
def test_each_step_is_one_command_of_the_makefile(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (REPO / "Makefile").read_text("utf-8"), re.M))
    for job in jobs(path).values():
        assert commands(job)
        for command in commands(job):
            assert re.fullmatch(r'make ([a-z-]+)( [A-Z_]+="[\w/]*\$\w+")*', command)[1] in targets
        assert all(KNOWN.fullmatch(step["uses"]) for step in job.get("steps", ()) if "uses" in step)


@pytest.mark.parametrize("path", [GITLAB, *GITHUB, *FORGEJO], ids=lambda path: path.relative_to(REPO).as_posix())
def test_a_proposal_gets_no_secret_and_may_change_nothing_on_the_host(path: Path) -> None:
    read = workflow(path)
    for name, job in jobs(path).items():
        told = str(job)
        if name == "proposal":
            assert "secrets." not in told and "RELEASE" not in told and "environment" not in job
        else:
            # Main alone; on GitLab by a rule, elsewhere by what starts the workflow.
            assert "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" in told or read[True] == {"push": {"branches": ["main"]}}
    if path != GITLAB:
        assert read["permissions"] == {"contents": "read"}
        assert read[True] in ("pull_request", {"push": {"branches": ["main"]}})
        assert all(
            step["with"]["persist-credentials"] is False
            for job in jobs(path).values()
            for step in job["steps"]
            if "checkout" in str(step)
        )


def test_both_kinds_of_workflows_take_the_same_steps() -> None:
    for one, other in zip(GITHUB, FORGEJO, strict=True):
        theirs, ours = ({name: commands(job) for name, job in jobs(path).items()} for path in (one, other))
        assert theirs == ours and theirs


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with the environment of this repository, on a branch of its own; what is not committed here comes along."""
    root = tmp_path / "clone"
    left_out = shutil.ignore_patterns(".git", ".venv", "node_modules", "site", "var", ".*_cache", "__pycache__", "mutants")
    shutil.copytree(REPO, root, ignore=left_out, symlinks=True)
    for name in (".venv", "node_modules"):
        (root / name).symlink_to(REPO / name)
    git(root, "init", "--quiet", "--initial-branch", "main")
    (root / ".git/info/exclude").write_text(".venv\nnode_modules\n", "utf-8")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "before")
    git(root, "switch", "--quiet", "--create", "proposal")
    return root


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false", *arguments]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout


def propose(root: Path) -> subprocess.CompletedProcess[str]:
    """What `make proposal` runs, on the day of these tests."""
    day = str(int(today().strftime("%s")) + 43200)
    variables = os.environ | {"BASE": "main", "SOURCE_DATE_EPOCH": day, "PYTHONPATH": str(root)}
    command = [sys.executable, "-m", "editorial.commands.proposal"]
    return subprocess.run(command, cwd=root, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.browser
def test_a_proposal_shows_its_report_the_pages_that_change_and_pictures_of_them(clone: Path) -> None:
    number = clone / "docs/facts.yml"
    number.write_text(number.read_text("utf-8").replace("088-183 22 00", "088-183 22 01"), "utf-8")
    with (clone / "Makefile").open("a", encoding="utf-8") as makefile:
        makefile.write("\n# more\n")
    git(clone, "commit", "--quiet", "--all", "--message", "a new number")
    run = propose(clone)
    assert run.returncode == 0, run.stderr
    report = (clone / "var/proposal/report.md").read_text("utf-8")
    assert report.strip() == run.stdout.strip() and "0 fouten" in report and "- `Makefile`" in report
    linked = re.findall(r"\]\(([^)]+)\)", report)
    assert linked and all((clone / "var/proposal" / name).is_file() for name in linked)
    changed = [name for name in linked if name.endswith(".html")]
    # The number stands on a few pages in each language, and on no other.
    assert {"nl", "en"} == {name.removeprefix("pages/")[:2] for name in changed} and len(changed) < 20
    for name in changed:
        page = (clone / "var/proposal" / name).read_text("utf-8")
        assert "088-183 22 01" in page and "<script" not in page
        links = re.findall(r'href="([^"#:]+\.html)', page)
        assert links and all((clone / "var/proposal/pages" / link).is_file() for link in links)
    assert len([*(clone / "var/proposal/pictures").iterdir()]) == 2 * len(changed)


def test_a_proposal_with_an_error_says_so_and_shows_nothing(clone: Path) -> None:
    page = clone / "docs/nl/nu.md"
    page.write_text(page.read_text("utf-8") + "\nBel 0900-8844.\n", "utf-8")
    run = propose(clone)
    report = (clone / "var/proposal/report.md").read_text("utf-8")
    assert run.returncode == 1 and "`typed-phone`" in report and "`typed-phone`" in run.stderr
    assert sorted(path.name for path in (clone / "var/proposal").iterdir()) == ["report.md"]


@pytest.fixture
def server(tmp_path: Path) -> tuple[Path, Path]:
    """A code host's repository and what a server checked out of it; its Makefile says what was asked."""
    host, source = tmp_path / "host.git", tmp_path / "source"
    work = tmp_path / "work"
    (work / "deploy").mkdir(parents=True)
    shutil.copy(REPO / "deploy/release-main", work / "deploy")
    (work / "Makefile").write_text('release:\n\t@echo "main $$(git log -1 --format=%s) to $(TARGET)"\n', "utf-8")
    git(work, "init", "--quiet", "--initial-branch", "main")
    git(work, "add", "--all")
    git(work, "commit", "--quiet", "--message", "first")
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(host))
    git(tmp_path, "clone", "--quiet", str(host), str(source))
    git(work, "commit", "--quiet", "--allow-empty", "--message", "merged")
    git(work, "push", "--quiet", str(host), "main")
    git(work, "switch", "--quiet", "--create", "proposal")
    git(work, "commit", "--quiet", "--allow-empty", "--message", "proposed")
    git(work, "push", "--quiet", str(host), "proposal")
    return host, source


def test_whoever_asks_a_server_for_a_release_gets_main_and_nothing_else(server: tuple[Path, Path]) -> None:
    _, source = server
    (source / "Makefile").write_text("release:\n\t@echo changed here\n", "utf-8")
    asked = os.environ | {"SSH_ORIGINAL_COMMAND": "release proposal; touch MARK"}
    command = [source / "deploy/release-main", "/srv/site"]
    run = subprocess.run(command, env=asked, cwd="/", capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "main merged to /srv/site\n"), run.stderr
    assert not [*source.rglob("MARK")]


@pytest.mark.parametrize(("variables", "told"), [({}, "key"), ({"RELEASE_KEY": "x"}, "HOST_KEY"), ({"SERVER": ""}, "SERVER=")])
def test_what_a_release_lacks_is_named_before_anybody_is_called(variables: dict[str, str], told: str) -> None:
    environment = {"PATH": "/usr/bin:/bin", "SERVER": "release@127.0.0.1"} | variables
    run = subprocess.run([REPO / "deploy/ask-release"], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode != 0 and told in run.stderr


def test_packages_that_a_link_leads_to_stay_when_a_clone_installs_its_own(tmp_path: Path) -> None:
    theirs, clone = tmp_path / "theirs", tmp_path / "clone"
    theirs.mkdir()
    (theirs / "package").write_text("needed", "utf-8")
    # A package of the clone itself, so that npm asks nobody.
    own, needs = {"name": "own", "version": "1.0.0"}, {"name": "clone", "version": "1.0.0", "dependencies": {"own": "file:own"}}
    lock = {"": needs, "node_modules/own": {"resolved": "own", "link": True}, "own": own}
    (clone / "own").mkdir(parents=True)
    (clone / "own/package.json").write_text(json.dumps(own), "utf-8")
    (clone / "package.json").write_text(json.dumps(needs), "utf-8")
    (clone / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "packages": lock}), "utf-8")
    shutil.copy(REPO / "Makefile", clone)
    (clone / "node_modules").symlink_to(theirs)
    subprocess.run(["make", "--silent", "node_modules/stamp"], cwd=clone, check=True, capture_output=True)
    assert (theirs / "package").read_text("utf-8") == "needed"
    assert (clone / "node_modules/own").exists() and not (clone / "node_modules").is_symlink()
