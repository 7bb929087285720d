"""`make mutants`: change the modules that everything rests on, one place at a time, and count what the tests notice."""

import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.report import record

LEAST = 90
MUTMUT = Path(sys.executable).with_name("mutmut")


def results() -> dict[str, Counter[str]]:
    """For each module, how many of its mutants had which fate."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for mutant, fate in fates():
        found[mutant.split(".")[1]][fate] += 1
    return dict(found)


def fates() -> list[tuple[str, str]]:
    """Every mutant by its name, and what became of it."""
    run = subprocess.run([MUTMUT, "results", "--all", "true"], capture_output=True, text=True, check=True)
    return re.findall(r"^\s*(contact_service\.\S+): (.+)$", run.stdout, re.MULTILINE)


def change(mutant: str) -> str:
    """The line that a mutant changed, before and after."""
    run = subprocess.run([MUTMUT, "show", mutant], capture_output=True, text=True, check=True)
    return "\n".join(f"    {line}" for line in run.stdout.splitlines() if re.match(r"[-+][^-+]", line))


def shares(results: dict[str, Counter[str]]) -> list[Figure]:
    """How many of a module's mutants a test noticed. One that makes a test run for ever was noticed too."""
    noticed = {module: (counts["killed"] + counts["timeout"]) / counts.total() for module, counts in results.items()}
    return [Figure(f"mutants of {module} that a test noticed", 100 * noticed[module], "%", None, LEAST) for module in noticed]


def main() -> int:
    """Run all mutants and list the survivors; exit status 1 when a module keeps more than a tenth of them."""
    subprocess.run([MUTMUT, "run"], check=True)
    for mutant, fate in fates():
        if fate != "killed":
            print(f"{mutant}: {fate}\n{change(mutant)}")
    return 1 if record("mutants", shares(results())) else 0


if __name__ == "__main__":
    sys.exit(main())
