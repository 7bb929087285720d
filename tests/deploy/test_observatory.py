"""Mozilla's own HTTP Observatory grades the real nginx set-up (`make attack` installs it)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.built_site import REPO
from tests.support.production import NAME, authority, production, wait_for

OBSERVATORY = REPO / "tests" / "support" / "observatory"

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not (OBSERVATORY / "node_modules").exists(), reason="`make attack` installs the Observatory"),
]


def test_the_observatory_grades_site_and_form_a_plus(tmp_path: Path) -> None:
    with production(tmp_path) as server:
        server.start_web(workers=1)
        server.start_nginx()
        wait_for(lambda: server.ask("GET", "/contact/")[0] == 200)
        authority().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        ports = [str(server.http_port), str(server.https_port)]
        environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(tmp_path / "ca.pem")}
        command = ["node", str(OBSERVATORY / "scan.mjs"), NAME, *ports]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert told["grade"] == "A+", told
    assert [name for name, verdict in told["tests"].items() if not verdict["pass"]] == []
    sys.stdout.write(f"\nHTTP Observatory: {told['grade']}, {told['score']} points\n")
