"""`make pipelines`: every step of the pipelines in a clone, GitLab's with gitlab-ci-local, and a release over a real sshd.

The clone has the environment of this repository, or makes one of its own (CLEAN=1), as on a code host.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.editorial.test_pipelines import FORGEJO, GITHUB, commands, jobs
from tests.support.built_site import REPO
from tests.support.editor_tasks import DAY_SECONDS, git

LOCAL_RUNNER = REPO / "tests/support/gitlab/node_modules/.bin/gitlab-ci-local"
EDIT = ("docs/facts.yml", "088-183 22 00", "088-183 22 01")


def proposal(folder: Path) -> tuple[Path, Path]:
    """A code host's repository, and a clone with a proposal in it."""
    host, clone = folder / "host.git", folder / "clone"
    git(folder, "clone", "--quiet", "--bare", str(REPO), str(host))
    git(host, "update-ref", "refs/heads/main", git(REPO, "rev-parse", "HEAD").strip())
    git(folder, "clone", "--quiet", "--branch", "main", str(host), str(clone))
    git(clone, "switch", "--quiet", "--create", "proposal")
    if not os.environ.get("CLEAN"):
        share_environment(clone)
    name, old, new = EDIT
    (clone / name).write_text((clone / name).read_text("utf-8").replace(old, new, 1), "utf-8")
    git(clone, "commit", "--quiet", "--all", "--message", "a new number")
    return host, clone


def share_environment(clone: Path) -> None:
    """Let a clone use what is installed here, and never install anything itself."""
    (clone / ".git/info/exclude").write_text(".venv\nnode_modules\n", "utf-8")
    for name in (".venv", "node_modules"):
        (clone / name).symlink_to(REPO / name)
    # To make, a file of the clone is newer than what was installed from the same one.
    for path in (*clone.glob("*.lock"), *clone.glob("package*.json"), clone / "pyproject.toml"):
        os.utime(path, (0, 0))


def steps(clone: Path) -> None:
    """What GitHub and Forgejo run for a proposal."""
    summary = clone.parent / "summary.md"
    variables = os.environ | {"GITHUB_BASE_REF": "main", "GITHUB_STEP_SUMMARY": str(summary), "SOURCE_DATE_EPOCH": DAY_SECONDS}
    for path in (GITHUB[0], FORGEJO[0]):
        summary.unlink(missing_ok=True)
        for command in commands(jobs(clone / path.relative_to(REPO))["proposal"]):
            subprocess.run(["bash", "-e", "-c", command], cwd=clone, env=variables, check=True, stdout=subprocess.DEVNULL)
        assert "0 fouten" in summary.read_text("utf-8")
        print(f"{path.relative_to(REPO)}: every step of a proposal ran, and the report is in the summary.")


def gitlab(clone: Path) -> None:
    """GitLab's own job, as its runner reads the file."""
    base = git(clone, "rev-parse", "origin/main").strip()
    told = {
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
        "SOURCE_DATE_EPOCH": DAY_SECONDS,
    }
    variables = [part for name, value in told.items() for part in ("--variable", f"{name}={value}")]
    command = [str(LOCAL_RUNNER), "--force-shell-executor", "--no-shell-isolation", *variables, "proposal"]
    run = subprocess.run(command, cwd=clone, capture_output=True, text=True, check=False)
    assert run.returncode == 0 and "0 fouten" in run.stdout, run.stdout[-2000:] + run.stderr[-2000:]
    print(".gitlab-ci.yml: the job of a proposal ran.")


@contextmanager
def server(folder: Path, source: Path, online: Path) -> Iterator[dict[str, str]]:
    """An sshd on loopback, whose one key may ask for a release and do nothing else."""
    for name in ("host_key", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    allowed = f'restrict,command="{source}/deploy/release-main {online}" {(folder / "key.pub").read_text("utf-8")}'
    (folder / "authorized_keys").write_text(allowed, "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = [f"HostKey={folder}/host_key", f"AuthorizedKeysFile={folder}/authorized_keys", "StrictModes=no", "UsePAM=no",
                "ListenAddress=127.0.0.1", f"Port={port}", "PermitRootLogin=forced-commands-only", "PidFile=none",
                f"SetEnv=SOURCE_DATE_EPOCH={DAY_SECONDS}"]  # fmt: skip
    Path("/run/sshd").mkdir(exist_ok=True)
    options = [part for setting in settings for part in ("-o", setting)]
    daemon = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", "/dev/null", *options], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        known = f"[127.0.0.1]:{port} {(folder / 'host_key.pub').read_text('utf-8')}"
        (folder / "known").write_text(known, "utf-8")
        user = os.environ.get("USER") or "root"
        yield {"SERVER": f"ssh://{user}@127.0.0.1:{port}", "KEY": str(folder / "key"), "HOST_KEY": str(folder / "known")}
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()


def release(folder: Path, host: Path, clone: Path) -> None:
    """What a merge starts: the server puts main online, and the key does nothing else."""
    source, online = folder / "source", folder / "online"
    git(folder, "clone", "--quiet", "--branch", "main", str(host), str(source))
    share_environment(source)
    with server(folder, source, online) as variables:
        asked = [f"{name}={value}" for name, value in variables.items()]
        git(clone, "push", "--quiet", "origin", "proposal:proposal")
        subprocess.run(["make", "--no-print-directory", "release-on", *asked], cwd=clone, check=True, stdout=subprocess.DEVNULL)
        assert EDIT[1] in (online / "current/kaart/index.html").read_text("utf-8") or EDIT[1] in _all(online)
        print("What is only proposed is not online.")
        git(clone, "push", "--quiet", "origin", "proposal:main")
        subprocess.run(["make", "--no-print-directory", "release-on", *asked], cwd=clone, check=True, stdout=subprocess.DEVNULL)
        assert EDIT[2] in _all(online) and len([*(online / "releases").iterdir()]) == 2
        print("What was merged is online, as a release of its own.")
        stolen = ["ssh", "-i", variables["KEY"], "-o", f"UserKnownHostsFile={variables['HOST_KEY']}", "-o", "BatchMode=yes",
                  variables["SERVER"], "touch", str(folder / "MARK")]  # fmt: skip
        subprocess.run(stolen, check=False, capture_output=True)
        assert not (folder / "MARK").exists()
        print("The pipeline's key runs nothing else.")


def _all(online: Path) -> str:
    return "".join(path.read_text("utf-8") for path in (online / "current").rglob("*.html"))


def main() -> int:
    """Run all of it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        host, clone = proposal(folder)
        steps(clone)
        gitlab(clone)
        release(folder, host, clone)
    return 0


if __name__ == "__main__":
    sys.exit(main())
