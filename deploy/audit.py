"""What others wrote of what we ship: known holes, licences, and a bill of materials. `make audit` prints and checks it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
PYTHON_LOCK, NPM_LOCK = REPO / "requirements.lock", REPO / "package-lock.json"
BILLS = REPO / "var" / "sbom"
# Free to use beside the EUPL-1.2; the LGPL because we load these libraries as they are. GPL and AGPL would bind our own code.
ALLOWED = re.compile(r"0?BSD|MIT|MIT-0|ISC|Apache|PSF|Python Software Foundation|MPL|Mozilla|LGPL|EUPL|Zlib|Unlicense|CC0")


def licences() -> Iterator[tuple[str, str]]:
    """Every package in the service's and the site's lock, as far as it's installed here, with its licence."""
    names = re.findall(r"^([a-z0-9._-]+)==", PYTHON_LOCK.read_text("utf-8"), re.M)
    for entry in json.loads(_run(_beside("pip-licenses"), "--format=json", "--packages", *names).stdout):
        yield entry["Name"], entry["License"]
    for name, entry in json.loads(NPM_LOCK.read_text("utf-8"))["packages"].items():
        if name and not entry.get("dev"):
            yield name.removeprefix("node_modules/"), str(entry.get("license", "UNKNOWN"))


def is_allowed(licence: str) -> bool:
    """Whether one of the licences that we may choose from is on the list, and where all count, all are."""
    return any(
        all(ALLOWED.search(part) for part in re.split(r"\band\b", choice, flags=re.I))
        for choice in re.split(r";|\bor\b", licence, flags=re.I)
    )


def python_holes() -> tuple[list[str], str]:
    """Known holes in the service's packages; the second part says why they are not known."""
    run = _run(_beside("pip-audit"), "--no-deps", "--disable-pip", "--format=json", "-r", str(PYTHON_LOCK))
    try:
        packages = json.loads(run.stdout)["dependencies"]
    except (ValueError, KeyError):
        return [], _last_line(run.stderr)
    # It calls everything in order, too, when it could ask about nothing.
    skipped = [package for package in packages if "skip_reason" in package]
    holes = [f"{package['name']}: {hole['id']}" for package in packages for hole in package.get("vulns", ())]
    return holes, f"{len(skipped)} of {len(packages)} packages could not be asked about" if skipped else ""


def npm_holes() -> tuple[list[str], str]:
    """The same for the site's packages."""
    run = _run("npm", "audit", "--json", "--omit=dev")
    found = json.loads(run.stdout or "{}")
    if "vulnerabilities" not in found:
        return [], found.get("message", "no answer").split(" - ")[0]
    return [f"{name}: {hole['severity']}" for name, hole in found["vulnerabilities"].items()], ""


def write_bills() -> list[Path]:
    """A CycloneDX document for the service and one for the site, under var/sbom."""
    BILLS.mkdir(parents=True, exist_ok=True)
    commands: dict[str, tuple[str, ...]] = {
        "service": (_beside("cyclonedx-py"), "requirements", "--output-reproducible", str(PYTHON_LOCK)),
        "site": ("npm", "sbom", "--sbom-format=cyclonedx", "--package-lock-only", "--omit=dev"),
    }
    written = []
    for name, command in commands.items():
        document = json.loads(_run(*command).stdout)
        written.append(BILLS / f"{name}.cdx.json")
        written[-1].write_text(json.dumps(document, indent=1), "utf-8")
    return written


def main() -> int:
    """Print all of it; exit status 1 for a known hole or a licence that isn't on the list."""
    found = sorted(licences())
    for name, licence in found:
        print(f"{'' if is_allowed(licence) else 'NOT ALLOWED '}{name}: {licence}")
    status = int(not all(is_allowed(licence) for _name, licence in found))
    for kind, (holes, unknown) in {"service": python_holes(), "site": npm_holes()}.items():
        print(*(f"KNOWN HOLE {hole}" for hole in holes), sep="\n", end="\n" if holes else "")
        print(f"known holes, {kind}: {len(holes)}" + (f"; NOT FULLY ASKED, is there a network? ({unknown})" if unknown else ""))
        status |= bool(holes)
    for bill in write_bills():
        count = len(json.loads(bill.read_text("utf-8"))["components"])
        print(f"bill of materials: {bill.relative_to(REPO)}, {count} components")
    return status


def _beside(program: str) -> str:
    return str(Path(sys.executable).parent / program)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no answer"])[-1][:200]


if __name__ == "__main__":
    sys.exit(main())
