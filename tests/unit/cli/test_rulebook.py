"""`corridor rulebook`: the instruments, an instrument as a document, and whether every case comes out right."""

import pytest

JURISDICTION = """
jurisdiction: PH
name: {en: Philippines (house rules)}
encoded_from: 2026-01-01
territory: PH
reach: ["DPA:PH"]
ladders: [{id: export, title: Transfers out of the Philippines}]
"""
HOUSE = """
instrument: ph/house-rules
title: {en: House rules on transfers out of the Philippines}
enacted_by: Our legal department
in_force: {from: 2026-01-01}
source: {address: legal department, checked: 2026-11-22, verified: recalled}
provisions:
  - {ladder: export, pin: sec 1, when: "true", answer: ALLOWED, says: Data leave freely.}
"""
CASES = """
cases:
  - id: ph-free
    source: House rules, section 1
    verified: recalled
    as_of: 2026-11-22
    facts: {exporter: {located_in: PH}, importer: {located_in: BR}}
    expect: {outcome: ALLOWED, pin: sec 1}
"""

MORE = """\
cases:
  - id: within
    source: nobody
    verified: recalled
    as_of: 2026-11-22
    facts: {exporter: {located_in: DE}, importer: {located_in: FR}, data: {items: [{category: health}]}}
    expect: {outcome: NOT_A_TRANSFER}
"""


@pytest.fixture
def house(tmp_path):
    """A folder with the rules of one more jurisdiction."""
    folder = tmp_path / "ph"
    folder.mkdir()
    for name, text in (("jurisdiction", JURISDICTION), ("house", HOUSE), ("cases", CASES)):
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    return folder


def test_every_instrument_is_listed_with_its_date_and_class(corridor, wide):
    said = corridor("rulebook", "list")
    assert said.code == 0
    (decree,) = (line for line in said.out.splitlines() if line.startswith("cn/decree-16 "))
    assert "2024-03-22" in decree
    assert said.out.splitlines()[-1] == "This is not legal advice."


def test_machines_get_the_list_with_the_digest(corridor):
    found = corridor("rulebook", "list", "--json").json
    assert found["digest"].startswith("sha-256:")
    (gdpr,) = (one for one in found["instruments"] if one["id"] == "eu/gdpr")
    assert gdpr.keys() == {"id", "title", "in_force_from", "verified"}
    assert gdpr["in_force_from"] == "2018-05-25"


def test_an_instrument_is_printed_as_a_document(corridor):
    said = corridor("rulebook", "show", "cn/decree-16")
    assert said.code == 0
    assert "Provisions on Promoting and Regulating Cross-border Data Flows" in said.out
    assert "art 5(1)(iv)" in said.out
    assert corridor("rulebook", "show", "cn/decree-16", "--json").json == {
        "id": "cn/decree-16",
        "text": said.out.removesuffix("\n"),
    }


def test_an_instrument_that_there_is_not_is_refused_with_those_that_there_are(corridor):
    said = corridor("rulebook", "show", "nowhere")
    assert said.code == 1
    assert said.problem.startswith("the rulebook has no instrument `nowhere`; see `corridor rulebook list`")
    assert corridor("rulebook", "show", "cn/decree-61").problem.endswith("; did you mean `cn/decree-16`?")


def test_every_case_that_ships_comes_out_right(corridor, wide):
    said = corridor("rulebook", "check")
    assert (said.code, said.err) == (0, "")
    by_class = said.out.partition("cases by class")[2]
    assert [line.split()[0] for line in by_class.splitlines()[1:]] == ["class", "official", "secondary", "recalled"]
    found = corridor("rulebook", "check", "--json").json
    assert found["wrong"] == []
    assert {score["wrong"] for score in found["scores"].values()} == {0}


def test_rules_of_our_own_are_listed_shown_and_checked_beside_those_that_ship(corridor, house, wide):
    ours = ("--rules", house)
    assert "ph/house-rules" in corridor("rulebook", "list", *ours).out
    assert "Data leave freely." in corridor("rulebook", "show", "ph/house-rules", *ours).out
    shipped, both = (corridor("rulebook", "check", *more, "--json").json for more in ((), ours))
    assert both["digest"] != shipped["digest"]
    assert both["scores"]["recalled"]["right"] == shipped["scores"]["recalled"]["right"] + 1


def test_a_case_that_comes_out_wrong_is_exit_1_with_its_place_and_the_difference(corridor, house):
    (house / "cases.yaml").write_text(CASES.replace("outcome: ALLOWED", "outcome: PROHIBITED"), "utf-8")
    said = corridor("rulebook", "check", "--rules", house)
    assert said.code == 1
    (line,) = (line for line in said.out.splitlines() if "ph-free" in line)
    assert line.startswith("ph/cases.yaml:3:")
    assert "PROHIBITED" in line
    machine = corridor("rulebook", "check", "--rules", house, "--json")
    assert machine.code == 1
    assert [one["case"] for one in machine.json["wrong"]] == ["ph-free"]


@pytest.mark.parametrize("verb", ["list", "check"])
def test_a_rule_file_that_is_malformed_is_refused_with_its_place(corridor, house, verb):
    (house / "house.yaml").write_text(HOUSE + "  - [", "utf-8")
    said = corridor("rulebook", verb, "--rules", house)
    assert said.code == 1
    assert said.problem.startswith("ph/house.yaml:10:1: not YAML: ")


def test_a_rule_file_that_is_not_utf8_is_named(corridor, house):
    (house / "house.yaml").write_bytes(b"\xff")
    assert corridor("rulebook", "list", "--rules", house).problem == (
        f"{house}/house.yaml: a rule file cannot be read: it is not UTF-8"
    )


def test_a_folder_that_is_a_file_is_refused(corridor, document):
    said = corridor("rulebook", "check", "--rules", document("a: 1"), "--json")
    assert (said.code, said.json["error"]["code"]) == (1, "settings")


def test_more_cases_are_run_and_scored_for_their_jurisdiction_and_class(corridor, tmp_path, wide):
    folder = tmp_path / "bank" / "eu"
    folder.mkdir(parents=True)
    (folder / "more.yaml").write_text(MORE, "utf-8")
    (tmp_path / "bank" / "README").write_text("no cases", "utf-8")
    before, after = (
        corridor("rulebook", "check", *more, "--json").json for more in ((), ("--cases", tmp_path / "bank"))
    )
    assert after["digest"] == before["digest"]
    assert _right(after, "EU", "recalled") == _right(before, "EU", "recalled") + 1
    (line,) = (
        line
        for line in corridor("rulebook", "check", "--cases", tmp_path / "bank").out.splitlines()
        if line.split()[:2] == ["EU", "recalled"]
    )
    assert line.split()[2:] == [str(_right(after, "EU", "recalled")), "0", "0"]


def _right(found, jurisdiction, verified):
    return next(
        row["right"]
        for row in found["by_jurisdiction"]
        if (row["jurisdiction"], row["class"]) == (jurisdiction, verified)
    )


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("aq/more.yaml", "`aq/more.yaml` lies in no folder of a jurisdiction that has rules"),
        ("more.yaml", "`more.yaml` lies in no folder of a jurisdiction that has rules"),
    ],
)
def test_cases_of_nobody_are_refused(corridor, tmp_path, path, problem):
    (tmp_path / "bank" / path).parent.mkdir(parents=True)
    (tmp_path / "bank" / path).write_text(MORE, "utf-8")
    assert problem in corridor("rulebook", "check", "--cases", tmp_path / "bank").problem


def test_a_folder_of_cases_that_is_not_there_is_refused(corridor, tmp_path):
    said = corridor("rulebook", "check", "--cases", tmp_path / "bank")
    assert said.problem.startswith(f"there is no folder of cases `{tmp_path}/bank`")


def test_a_corridor_is_printed_both_ways(corridor, wide):
    said = corridor("rulebook", "corridor", "CN", "DE", "--as-of", "2026-11-25")
    assert said.code == 0
    assert said.out.startswith("Corridor CN and DE on 2026-11-25\n")
    for word in ("CN to DE", "DE to CN", "CONFLICT", "Instruments of both sides", "This is not legal advice."):
        assert word in said.out
    machine = corridor("rulebook", "corridor", "CN", "DE", "--as-of", "2026-11-25", "--json").json
    assert [way["jurisdiction"] for way in machine["directions"]] == ["CN", "EU"]
    assert machine["rulebook"].startswith("sha-256:")


def test_a_corridor_tells_its_next_change(corridor, wide):
    said = corridor("rulebook", "corridor", "CN", "DE", "--as-of", "2024-06-25")
    assert "Next change, 2024-06-26: " in said.out


def test_a_corridor_to_nowhere_is_refused(corridor):
    assert "`XX` is no ISO code of a place" in corridor("rulebook", "corridor", "CN", "XX").problem


def test_an_international_instrument_is_shown_and_listed(corridor, wide):
    assert "What it does not do" in corridor("rulebook", "show", "int/depa").out
    assert "int/depa" in corridor("rulebook", "list").out
    assert "int/depa" in {one["id"] for one in corridor("rulebook", "list", "--json").json["international"]}
    assert "did you mean `int/depa`" in corridor("rulebook", "show", "int/dpa").problem


def test_what_changes_between_two_days_is_printed(corridor):
    said = corridor("rulebook", "diff", "--from", "2025-12-31", "--to", "2026-01-01")
    assert said.code == 0
    assert "cn/decree-16: Provisions on Promoting and Regulating Cross-border Data Flows" in said.out
    assert "  2026-01-01  route art 8 by certification begins: certification with cn/certification (art 8)" in said.out
    found = corridor("rulebook", "diff", "--from", "2025-12-31", "--to", "2026-01-01", "--json").json
    assert {"instrument": "cn/decree-16", "kind": "route"}.items() <= next(
        one.items() for one in found["changes"] if one["instrument"] == "cn/decree-16"
    )


def test_days_in_the_wrong_order_are_refused(corridor):
    said = corridor("rulebook", "diff", "--from", "2026-01-02", "--to", "2026-01-01")
    assert said.problem == "--to: 2026-01-01 lies before 2026-01-02; write the earlier day first"
