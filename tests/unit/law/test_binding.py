from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError
from corridor.law.binding import Declared, bind
from corridor.law.dated import Parameter, Register
from corridor.law.vocabulary import ITEM

DECLARED = Declared(
    {},
    frozenset({"personal_data"}),
    {"many": Parameter("many", "persons", ()), "metres": Parameter("metres", "metres", ())},
    {"exported": "persons"},
    {"EEA": Register("EEA", "place", ())},
)


def bound(text, element=None):
    return bind(text, "f:1:1", DECLARED, element)


@pytest.mark.parametrize(
    "text",
    [
        "exporter.located_in in EEA",
        "exporter.located_in in [CN, AE-DU/DIFC]",
        "exporter.located_in == importer.located_in",
        "exported >= many and many < 5",
        "personal_data",
        "data.items any category == health",
        "transfer.access_from all (it in [CN])",
        "transfer.access_from has CN",
        "purpose has marketing",
        "papers any (kind == eu/scc and module in [1, 2])",
        "paper.module == 2 and paper.result == passed",
        "transfer.starts >= 2026-01-01",
        "exporter.designations has 'CN:CIIO'",
        "exporter.id != importer.id",
        "exporter.public_body == true",
        "true or false",
    ],
)
def test_conditions_over_declared_names_are_bound(text):
    assert bound(text).text == text


def test_a_condition_tells_what_it_uses():
    condition = bound("exported >= many and exporter.located_in in EEA and personal_data")
    assert condition.uses == {"exported", "many", "EEA", "personal_data"}


def test_fields_of_the_element_come_before_facts():
    assert bound("personal and subject == minor_u14", ITEM)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exporter.locatd_in == CN", "f:1:1 character 1: `exporter.locatd_in` is no fact; did you mean"),
        ("exportd >= many", "did you mean `exported`"),
        ("transfer.kind == sendd", "character 18: `sendd` is no code here; did you mean `send`"),
        ("exporter.located_in in [EU]", "`EU` is no code here"),
        ("exporter.located_in in EAA", "`EAA` is no list; did you mean `EEA`"),
        ("exported >= metres", "`persons` are compared with `metres`"),
        ("exported >= transfer.starts", "cannot be compared so"),
        ("transfer.kind < send", "cannot be compared so"),
        ("exporter.id == 5", "cannot be compared so"),
        ("data.items == 5", "cannot be compared so"),
        ("exporter.located_in", "is not true or false"),
        ("5", "`5` is not true or false"),
        ("2026-01-01", "is not true or false"),
        ("'text'", "is not true or false"),
        ("exporter any personal", "`exporter` is no list; leave `any` out"),
        ("exporter.role has controller", "`exporter.role` is no set of codes"),
        ("exporter.designations has CN:CIO", "`CN:CIO` is no code here; did you mean `CN:CIIO`"),
        ("data.items has health", "is no set of codes"),
        ("exporter.id in [a]", "is no code, place or number"),
        ("(a and b) == c", "a condition stands where a value should"),
        ("paper.modul == 1", "`paper.modul` is no fact"),
        ("data.items any colour == red", "`colour` is no fact"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_character(text, message):
    with pytest.raises(MalformedError, match=message):
        bound(text)
