"""Who reads what: each role reaches one association, and a file that is not right is refused with every fault named."""

import re
from pathlib import Path

import pytest

from contact_service.keys.advisers import AdvisersInvalid, read_associations
from contact_service.mail.submission import ROLES
from deploy.demo.advisers import EXAMPLE

ROUTES = {
    "burgemeester": "ngb",
    "wethouder": "wethouders",
    "raadslid": "raadsleden",
    "statenlid": "statenleden",
    "anders": "bzk",
}


@pytest.mark.parametrize(("role", "association"), ROUTES.items())
def test_each_role_reaches_its_own_association(role: str, association: str) -> None:
    assert read_associations(EXAMPLE)[role].name == association


def test_an_association_can_have_several_advisers() -> None:
    advisers = read_associations(EXAMPLE)["raadslid"].advisers

    assert [adviser.name for adviser in advisers] == ["raadsleden-adviseur", "raadsleden-tweede-adviseur"]


def test_the_example_names_no_real_address_or_key() -> None:
    advisers = [adviser for association in read_associations(EXAMPLE).values() for adviser in association.advisers]

    assert all(adviser.address.endswith(".example") for adviser in advisers)
    assert all(re.fullmatch("0{39}[0-9]", pinned) for adviser in advisers for pinned in adviser.fingerprints)


def test_a_fingerprint_may_be_written_as_people_read_it_out() -> None:
    assert read_associations(EXAMPLE)["burgemeester"].advisers[0].fingerprints == ("0" * 39 + "1",)


@pytest.mark.parametrize("between", ["", "  ", "\\t", "\u00a0", "\u202f", "\\n"])
def test_a_fingerprint_may_be_copied_from_anywhere(between: str, tmp_path: Path) -> None:
    path = tmp_path / "advisers.toml"
    groups = " ".join(["0000"] * 9 + ["0001"])
    path.write_text(EXAMPLE.read_text("utf-8").replace(groups, groups.replace(" ", between)), "utf-8")

    assert read_associations(path)["burgemeester"].advisers[0].fingerprints == ("0" * 39 + "1",)


@pytest.mark.parametrize("change", [("", "\ufeff"), ("\n", "\r\n")], ids=["a mark in front", "ends of lines of Windows"])
def test_a_file_may_come_from_a_windows_editor(change: tuple[str, str], tmp_path: Path) -> None:
    path = tmp_path / "advisers.toml"
    old, new = change
    text = EXAMPLE.read_text("utf-8")
    path.write_bytes((text.replace(old, new) if old else new + text).encode())

    assert read_associations(path) == read_associations(EXAMPLE)


FAULTS = {
    "a role that does not exist": ('roles = ["burgemeester"]', 'roles = ["keizer"]', "'keizer' is unknown"),
    "a role that nobody takes": ('roles = ["burgemeester"]', "roles = []", "'burgemeester' reaches 0"),
    "a role that two take": ('roles = ["wethouder"]', 'roles = ["wethouder", "anders"]', "'anders' reaches 2"),
    "two advisers of one name": ('"bzk-adviseur"', '"ngb-adviseur"', "'ngb-adviseur' is used by 2"),
    "a line break in an association": ('"statenleden"', '"statenleden\\nBcc: x@y.example"', "plain letters"),
    "a group that ends early": ('"statenleden"', '"x:;, y@z.example"', "plain letters"),
    "an association without a name": ('name = "statenleden"', "", "plain letters"),
    "a name with an address in it": ('"ngb-adviseur"', '"jan@ngb.example"', "lower-case letters"),
    "a name that is too long": ('"ngb-adviseur"', f'"{"a" * 81}"', "80"),
    "an address with a line break": (
        "adviseur@ngb.example",
        "adviseur@ngb.example\\nBcc: x@y.example",
        "no plain mail address",
    ),
    "an address with a display name": ("adviseur@ngb.example", "Jan <adviseur@ngb.example>", "no plain mail address"),
    "an address that is too long": ("adviseur@ngb.example", f"{'a' * 250}@ngb.example", "no plain mail address"),
    "no address": ('address = "adviseur@ngb.example"', "", "no plain mail address"),
    "no fingerprint": ('fingerprints = ["0000 0000 0000 0000 0000 0000 0000 0000 0000 0001"]', "", "no fingerprints"),
    "an empty list of fingerprints": ('["0000 0000 0000 0000 0000 0000 0000 0000 0000 0001"]', "[]", "no fingerprints"),
    "half a fingerprint": ('"0000 0000 0000 0000 0000 0000 0000 0000 0000 0001"', '"00000001"', "'00000001' is not"),
    "a name for a fingerprint": ('"0000 0000 0000 0000 0000 0000 0000 0000 0000 0001"', '"adviseur"', "'ADVISEUR' is not"),
    "fingerprints that are no list": (
        'fingerprints = ["0000 0000 0000 0000 0000 0000 0000 0000 0000 0001"]',
        'fingerprints = "0000"',
        'ngb: ngb-adviseur: fingerprints must be a list: write fingerprints = ["0000"]',
    ),
    "roles that are no list": (
        'roles = ["burgemeester"]',
        'roles = "burgemeester"',
        "ngb: roles must be a list: write roles = [",
    ),
    "a slip in the name of a table": ("[[association.advisers]]", "[[association.adviser]]", "ngb: 'adviser' is none of name"),
    "a slip in a reserve": ("[association.reserve]", "[association.reserves]", "ngb: 'reserves' is none of name, roles"),
    "a slip in everybody's reserve": ("[reserve]", "[reserv]", "the file: 'reserv' is none of association, reserve"),
    "a slip in a name": ("fingerprints = [", "fingerprint = [", "'fingerprint' is none of name, address, fingerprints"),
    "an unfinished line": ('roles = ["burgemeester"]', "roles = [", "advisers.toml"),
    "a role that is no list": ('roles = ["burgemeester"]', "roles = 5", "advisers.example.toml"),
    "a list among the roles": ('roles = ["burgemeester"]', 'roles = [["burgemeester"]]', "advisers.example.toml"),
    "associations in single brackets": ('[[association]]\nname = "st', '[association.x]\nname = "st', "advisers.toml"),
}


@pytest.mark.parametrize(("good", "bad", "complaint"), FAULTS.values(), ids=FAULTS)
def test_a_wrong_file_is_refused_and_the_fault_is_named(good: str, bad: str, complaint: str, tmp_path: Path) -> None:
    text = EXAMPLE.read_text("utf-8")
    assert good in text
    path = tmp_path / "advisers.toml"
    path.write_text(text.replace(good, bad, 1), "utf-8")

    with pytest.raises(AdvisersInvalid, match=re.escape(complaint)):
        read_associations(path)


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 5000 + "]" * 5000,
        'association = "x"',
        "association = 5",
        "[association]\nname='x'",
        "[[association]]\nadvisers = 5",
        "",
    ],
    ids=["thousands of brackets", "text", "number", "one table", "advisers are a number", "empty file"],
)
def test_a_file_of_another_shape_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "advisers.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(AdvisersInvalid, match=re.escape(str(path))):
        read_associations(path)


def test_an_association_without_advisers_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "advisers.toml"
    path.write_text('[[association]]\nname = "Alle rollen"\nroles = ' + str(list(ROLES)), "utf-8")

    with pytest.raises(AdvisersInvalid, match="Alle rollen has no advisers"):
        read_associations(path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [("# Zo\u00eb".encode("latin-1"), "save it anew"), (None, "No such file")],
    ids=["not UTF-8", "missing"],
)
def test_an_unreadable_file_is_refused(content: bytes | None, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "advisers.toml"
    if content:
        path.write_bytes(content)

    with pytest.raises(AdvisersInvalid, match=f"{re.escape(str(path))}.*{complaint}"):
        read_associations(path)


def test_all_faults_of_a_file_are_named_together(tmp_path: Path) -> None:
    path = tmp_path / "advisers.toml"
    text = EXAMPLE.read_text("utf-8").replace("adviseur@bzk.example", "bzk").replace('["burgemeester"]', '["keizer"]')
    reserve = re.search(r'address = "reserve@ot.example"\nfingerprints = .*', text)
    assert reserve
    path.write_text(text.replace(reserve[0], f'address = "wacht"\nfingerprints = ["{"a" * 64}", "00"]'), "utf-8")

    with pytest.raises(AdvisersInvalid) as fault:
        read_associations(path)

    assert str(fault.value).splitlines() == [
        f"{path}: all associations: ot-reserve has no plain mail address",
        f"{path}: all associations: ot-reserve: '{'A' * 64}' is not a fingerprint of 40 hexadecimal digits"
        " (64 digits: a version 6 key, which many mail programs cannot read yet)",
        f"{path}: all associations: ot-reserve: '00' is not a fingerprint of 40 hexadecimal digits",
        f"{path}: bzk: bzk-adviseur has no plain mail address",
        f"{path}: role 'keizer' is unknown; the roles are burgemeester, wethouder, raadslid, statenlid, anders",
        f"{path}: role 'burgemeester' reaches 0 associations, not one",
    ]


def test_an_adviser_without_anything_is_told_all_that_lacks(tmp_path: Path) -> None:
    path = tmp_path / "advisers.toml"
    path.write_text('[[association]]\nname = "Allen"\nroles = ' + str(list(ROLES)) + "\nadvisers = [{}]\n", "utf-8")

    with pytest.raises(AdvisersInvalid) as fault:
        read_associations(path)

    assert str(fault.value).splitlines() == [
        f"{path}: Allen: an adviser's name '' must be at most 80 lower-case letters, digits and hyphens",
        f"{path}: Allen:  has no plain mail address",
        f"{path}: Allen:  has no fingerprints",
    ]


@pytest.mark.parametrize(("length", "fits"), [(254, True), (255, False)])
def test_an_address_may_be_as_long_as_mail_servers_take_it(length: int, fits: bool, tmp_path: Path) -> None:
    address = "a" * (length - len("@ngb.example")) + "@ngb.example"
    path = tmp_path / "advisers.toml"
    path.write_text(EXAMPLE.read_text("utf-8").replace("adviseur@ngb.example", address), "utf-8")

    if fits:
        assert read_associations(path)["burgemeester"].advisers[0].address == address
    else:
        with pytest.raises(AdvisersInvalid, match="no plain mail address"):
            read_associations(path)


def test_a_reserve_belongs_to_its_association_or_to_all() -> None:
    found = read_associations(EXAMPLE)

    assert [reserve.name for reserve in found["burgemeester"].reserves] == ["ngb-reserve", "ot-reserve"]
    assert [reserve.name for reserve in found["wethouder"].reserves] == ["ot-reserve"]
