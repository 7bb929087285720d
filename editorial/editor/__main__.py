"""`make desk` and `make edit`: builds the editor with buttons, and serves it on this machine."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from editorial.editor.config import HOSTS, configuration
from editorial.editor.server import serve

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
DESK = Path("desk")
USAGE = "Zeg erbij welke codehost: make desk HOST=forgejo REPO=ot/site URL=https://code.example (HOST: {hosts})"


def build(desk: Path) -> None:
    """Put the editor together from the pinned packages, in a folder that a web server can show as it is."""
    shutil.rmtree(desk, ignore_errors=True)
    desk.mkdir(parents=True)
    bundle = ["npx", "--no-install", "esbuild", str(HERE / "start.mjs"), "--bundle", "--minify", "--format=esm", "--splitting"]
    # The highlighting of programs, which no page has, would bring 300 languages along.
    command = [*bundle, f"--outdir={desk / 'app'}", "--external:@shikijs/*", "--log-level=error"]
    subprocess.run(command, check=True, cwd=HERE.parents[1])  # noqa: S603
    shutil.copytree(PACKAGES / "@sveltia/cms/npm/assets", desk / "app/assets", dirs_exist_ok=True)
    shutil.copy(PACKAGES / "@sveltia/cms/LICENSE.txt", desk / "app/LICENSE.txt")
    shutil.copy(HERE / "index.html", desk)


def main() -> int:
    """Build the editor for a code host, or serve it here."""
    parser = argparse.ArgumentParser(prog="python -m editorial.editor")
    parser.add_argument("command", choices=["build", "serve"])
    command = parser.parse_args().command
    if command == "build":
        host, repository, address = (os.environ.get(name, "").strip() for name in ("HOST", "REPO", "URL"))
        if host not in HOSTS or not repository or not (address or host == "github"):
            print(USAGE.format(hosts=", ".join(HOSTS)), file=sys.stderr)
            return 1
        build(DESK.absolute())
        told = configuration(host, repository, address.rstrip("/"), os.environ.get("APP", "").strip())
        (DESK / "config.json").write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")
        print("De editor staat in de map desk. De handleiding voor beheerders zegt hoe u hem op een eigen adres zet.")
        return 0
    if not (DESK / "app/start.js").exists():
        build(DESK.absolute())
    port = int(os.environ.get("PORT") or 8001)
    server = serve(Path.cwd(), DESK.absolute(), port)
    print(f"Open http://127.0.0.1:{server.server_port}/ in uw browser. Bekijken: make serve. Stoppen: Ctrl+C.")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
