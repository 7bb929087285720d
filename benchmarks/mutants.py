"""`make mutants`: change the modules that everything rests on, one place at a time, and count what the tests notice."""

import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

LEAST = 0.9
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


def main() -> int:
    """Run all mutants and list the survivors; exit status 1 when a module keeps more than a tenth of them."""
    subprocess.run([MUTMUT, "run"], check=True)
    for mutant, fate in fates():
        if fate != "killed":
            print(f"{mutant}: {fate}\n{change(mutant)}")
    shares = {}
    for module, counts in results().items():
        # A mutant that makes a test run for ever was noticed too.
        killed = counts["killed"] + counts["timeout"]
        shares[module] = killed / counts.total()
        print(f"{module:12} {killed:4} of {counts.total():4} killed, {100 * shares[module]:.1f} %")
    return 1 if min(shares.values()) < LEAST else 0


if __name__ == "__main__":
    sys.exit(main())
