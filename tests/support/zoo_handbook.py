"""The table of keys in the advisers' handbook, held to the zoo: every kind has one row, with its verdict and who opens it.

The words of a row are ours; its last cell is as `cell` makes it. `make zoo RELEASE=trixie` holds all of it, and the gate that
each kind has its row.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from tests.support.stack import REPO

HANDBOOK = REPO / "deploy" / "handboek-adviseurs" / "welke-sleutel.md"
# How a row begins, and which kinds it is about; of several the first. An unfit key has a row for its verdict.
KINDS = {
    "een post-quantumdeel": "post-quantum subkey beside.*",
    "een Curve 448-deel": "Curve 448 subkey beside.*",
    "een nieuwere subsleutel met": "newer subkey (with something critical|with a critical remark|made to sign with SHA-1)",
    "een foto in": "photo.*|.* by a colleague|somebody else may revoke it|subkey of version . beside.*|packets of a program.*",
    "een sleutel die om": "that asks for (OCB|AEAD)|every feature|preferences of nobody|no preferences",
    "RSA, ondertekend met SHA-1": "RSA signed with SHA-1",
    "één RSA-sleutel voor alles": "one RSA key for everything",
    "RSA met 6144": r"RSA subkey of \d+ bits",
    "Brainpool": ".*[Bb]rainpool.*",
    "meer subsleutels": ".*subkey.*",
    "meer namen": ".*(name|user ID|address).*",
    "NIST": "NIST.*|nist.*|p256|p384|p521",
    "RSA met 3072": "RSA.*|rsa.*",
    "Curve 25519 (ECC)": ".*",
    "ondertekend met RIPEMD-160": ".*RIPEMD-160",
    "Curve 25519 waarin iets": ".*SHA-1.*",
    "alle namen ingetrokken": "all names revoked|name whose signature ended",
    "verlengd met een klok": ".*(will be bound|will be signed|clock ahead)",
    "een sleutel die niet zegt": ".*flags",
    "een naam met onzichtbare": "name that begins with a byte order mark|somebody else may revoke it, said with the name",
}
UP_TO_SIX = ["geen", "een", "twee", "drie", "vier", "vijf", "zes"]
NUMBERS = [*UP_TO_SIX, "zeven", "acht", "negen", "tien", "elf", "twaalf", "dertien", "veertien", "vijftien"]
FAMILIES = {"sq": "Sequoia", "rnp": "RNP"}


def rows() -> dict[str, tuple[str, str]]:
    """The verdict and the last cell of each row, by its first cell."""
    lines = [line.strip("| ").split(" | ") for line in HANDBOOK.read_text("utf-8").splitlines() if line.startswith("| ")]
    found = {}
    for words, verdict, opened in lines[1:]:
        code = re.match(r"`([a-z-]+)`: |bruikbaar", verdict)
        assert code, f"{HANDBOOK.name}: no verdict in {verdict!r}"
        found[words] = (code[1] or "fit", opened)
    return found


def row_of(what: str, verdict: str, table: Mapping[str, tuple[str, str]]) -> str:
    """The first cell of the row for a key of this kind with this verdict; nothing where the handbook has none."""
    of_verdict = [words for words, (code, _) in table.items() if code == verdict]
    if verdict not in ("fit", "browser"):
        return of_verdict[0] if len(of_verdict) == 1 else ""
    begins = next((begin for begin, kinds in KINDS.items() if re.fullmatch(kinds, what) and _begins(begin, of_verdict)), "")
    return _begins(begins, of_verdict) if begins else ""


def _begins(begin: str, names: Iterable[str]) -> str:
    return next((words for words in names if words.startswith(begin)), "")


def cell(shut: Iterable[Iterable[str]], programs: Sequence[str]) -> str:
    """Who opens the keys of a row, in words; `shut` has, for each key, the programs that do not."""
    sets = {frozenset(names) for names in shut}
    counts = [NUMBERS[number] for number in sorted({len(programs) - len(names) for names in sets})]
    if sets == {frozenset()}:
        return f"alle {counts[0]}"
    if len(sets) > 1:
        return counts[0] if len(counts) == 1 else f"{counts[0]} {'of' if len(counts) == 2 else 'tot'} {counts[-1]}"
    return f"{counts[0]}; niet {_named(*sets, programs)}"


def _named(shut: Iterable[str], programs: Sequence[str]) -> str:
    """By their family where all of its versions are meant."""
    names = {}
    for program in sorted(shut, key=programs.index):
        family, _, version = program.partition(" ")
        is_whole = all(other in shut for other in programs if other.partition(" ")[0] == family)
        name = FAMILIES.get(family, family)
        names[name if is_whole else f"{name} {'.'.join(version.split('.')[:2])}"] = True
    return ", ".join(names)


def faults(seen: Iterable[tuple[str, str, Iterable[str]]], programs: Sequence[str]) -> list[str]:
    """Where the handbook says something else; `seen` has kind, verdict, and the programs that do not open it."""
    table, found, said = rows(), dict[str, list[Iterable[str]]](), []
    for what, verdict, shut in seen:
        row = row_of(what, verdict, table)
        said += [] if row else [f"{HANDBOOK.name} has no row for {what} ({verdict})"]
        found.setdefault(row, []).append(shut)
    for words, (verdict, opened) in table.items():
        if words in found and verdict in ("fit", "browser") and opened != (right := cell(found[words], programs)):
            said.append(f"{HANDBOOK.name}: {words!r} opens in {right!r}, not in {opened!r}")
        if words not in found and verdict != "secret":
            said.append(f"{HANDBOOK.name}: {words!r} is about no key of the zoo")
    return said
