from __future__ import annotations

import pytest

from corridor.app.rulebook import load_international, load_rules
from corridor.base.errors import MalformedError
from corridor.law.international_source import check_ties, load_registry

ONE = """
blocs:
  UNION:
    source: {address: treaties.example, checked: 2026-11-01, verified: recalled}
    entries: [{members: [DE], from: 2000-01-01, pin: treaty}]
instruments:
  - id: int/pact
    title: {en: Pact}
    form: treaty
    source: {address: treaties.example, checked: 2026-11-01, verified: recalled}
    does: Promises flows.
    does_not: It opens no route.
    parties: [{members: [SG, UNION], standing: in_force, from: 2021-01-01}]
    provisions: [{pin: art 1, topic: data_flows, says: Data flow.}]
    domestic: [{provision: xa/act s 3(2), says: Friends may have data.}]
"""


def test_what_ships_is_read_and_its_ties_are_provisions_of_the_rulebook():
    registry = load_international()
    check_ties(registry, load_rules()[0])
    for name in [
        "depa",
        "cptpp",
        "rcep",
        "eu-sg-dta",
        "eu-jp-data-flows",
        "global-cbpr",
        "asean-mcc",
        "global-digital-compact",
        "cn-eu-mechanism",
        "cn-sg-dialogue",
        "cn-de-mou",
        "beijing-initiative",
    ]:
        assert registry.get(f"int/{name}").does_not


def test_dialogues_and_declarations_say_what_they_do_not_do():
    registry = load_international()
    for name in ["global-digital-compact", "cn-eu-mechanism", "cn-sg-dialogue", "cn-de-mou", "cn-data-flow-initiative"]:
        assert registry.get(f"int/{name}").form in {"dialogue", "initiative", "memorandum"}
    assert all(one.does_not for one in registry.instruments.values())


def test_a_tie_to_a_provision_that_is_not_there_is_refused(rulebook):
    check_ties(load_registry({"a.yaml": ONE}), rulebook)
    with pytest.raises(MalformedError, match=r"a.yaml:15:16: `xa/act s 33` is no provision of the rulebook"):
        check_ties(load_registry({"a.yaml": ONE.replace("s 3(2)", "s 33")}), rulebook)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("does_not: It opens no route.\n", "note: x\n", "an international instrument has no `does_not`"),
        ("form: treaty", "form: treatise", "`treatise` cannot be `form`; did you mean `treaty`"),
        ("id: int/pact", "id: pact", "`pact` is no id of an international instrument; write it as int/pact"),
        ("[SG, UNION]", "[SG, ONION]", "`ONION` is neither a place nor a bloc"),
        ("members: [DE]", "members: [DEU]", "`DEU` is no place"),
        ("standing: in_force, from: 2021-01-01", "standing: in_force", "a party has no date"),
        ("standing: in_force", "standing: inforce", "`inforce` cannot be `standing`"),
        ("topic: data_flows, ", "", "a provision has no `topic`"),
        ("pin: art 1, ", "", "a provision has no `pin`"),
        (
            "checked: 2026-11-01, verified: recalled}\n    does",
            "verified: recalled}\n    does",
            "source has no `checked`",
        ),
        ("title: {en: Pact}", "title: {fr: Pacte}", "`title` has no English"),
        (
            "[{members: [SG, UNION]",
            "[{members: [SG], standing: signed, from: 2020-01-01}, {members: [SG, UNION]",
            "`int/pact SG` has two values on one day",
        ),
        ("instruments:\n", "agreements:\n", "`agreements` is no field of a registry file"),
    ],
)
def test_what_is_undated_uncited_or_unknown_is_refused_with_its_place(old, new, problem):
    assert old in ONE
    with pytest.raises(MalformedError) as refused:
        load_registry({"a.yaml": ONE.replace(old, new, 1)})
    assert problem in str(refused.value)
    assert str(refused.value.place).startswith("a.yaml:")


def test_an_instrument_that_stands_twice_is_refused():
    second = ONE[ONE.index("instruments:") :]
    with pytest.raises(MalformedError, match=r"b.yaml:2:5: the instrument `int/pact` stands twice"):
        load_registry({"a.yaml": ONE, "b.yaml": second})
