"""What rule files may and may not say of parties."""

from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError
from corridor.law.document import render_instrument
from corridor.law.from_source import load_rulebook

HEAD = """
jurisdiction: XA
name: {en: Aland}
encoded_from: 2020-01-01
territory: AR
ladders: [{id: main, title: Export}]
presume:
  - {fact: party.organised_under, same_as: located_in, why: it is where it is}
  - {fact: party.kind, value: entity, why: it is a company}
  - {fact: party.designations has US:DPF, value: false, why: it is not listed}
  - {fact: data.marketed_as, value: [], why: it is not marketed}
  - {fact: data.location_precision_m, value: 100, why: it is precise}
"""
ACT = """
instrument: xa/act
title: {en: Act}
enacted_by: Parliament
in_force: {from: 2020-01-01}
source: {address: gazette.example, checked: 2026-11-01, verified: official}
parameters:
  half: {unit: percent, values: [{from: 2020-01-01, value: 50, pin: s 1}]}
  many: {unit: persons, values: [{from: 2020-01-01, value: 5, pin: s 1}]}
shares:
  foes_share: {of: foe, through: half, pin: s 2}
derive:
  born_foe: {of: party, is: organised_under any (it == CL), pin: s 1}
  foe: {of: party, is: born_foe or foes_share >= half, pin: s 2}
  small: {is: 'data.items several (category == health)', pin: s 3}
provisions:
  - {ladder: main, pin: s 4, when: importer is foe, answer: PROHIBITED, says: No foes.}
  - {ladder: main, pin: s 5, when: 'true', answer: ALLOWED, says: Go.}
"""


def load(*pairs, head=HEAD, act=ACT):
    for old, new in pairs:
        assert old in head + act
        head, act = head.replace(old, new), act.replace(old, new)
    return load_rulebook({"xa/jurisdiction.yaml": head, "xa/act.yaml": act})


def test_they_are_read_and_shown():
    law = load().jurisdictions["XA"]
    assert (set(law.of_party), set(law.derived)) == ({"born_foe", "foe"}, {"small"})
    assert law.shares["foes_share"].through is law.parameters["half"]
    text = render_instrument(load(), "xa/act")
    assert "foe (of a party): born_foe or foes_share >= half" in text
    assert "foes_share: percent of a party held by whom `foe` is derived of, s 2" in text


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{of: party, is: born_foe or", "{of: item, is: born_foe or", "facts are derived of nothing but a party"),
        (
            "{of: party, is: organised_under any (it == CL), pin: s 1}",
            "[{of: party, is: kind == entity, pin: s 1, to: 2021-01-01}, {is: 'true', pin: s 1, from: 2021-01-02}]",
            "`born_foe` is derived of a party in one definition and not in another",
        ),
        ("of: foe, through", "of: foo, through", "`foo` is not derived of parties; did you mean `foe`"),
        ("through: half", "through: many", "`many` is no limit in percent"),
        ("through: half, ", "", "`foes_share` is derived from itself by way of `foe`, `foes_share`"),
        ("foes_share >= half,", "not foes_share >= half,", "`foe` is derived from itself"),
        ("foes_share >= half,", "foes_share < half,", "`foe` is derived from itself"),
        ("foes_share >= half,", "works_for none (it is foe),", "`foe` is derived from itself"),
        ("foes_share >= half,", "foes_share > half,", "a share is rounded down, so `>` cannot be asked"),
        ("when: importer is foe", "when: importer is foes", "`foes` is not derived of parties; did you mean `foe`"),
        ("when: importer is foe", "when: importer is 7", "`7` stands where the name of what is derived of a party"),
        ("when: importer is foe", "when: transfer is foe", "`transfer` is no party"),
        ("when: importer is foe", "when: foe", "`foe` is no fact"),
        ("when: importer is foe", "when: foes_share >= half", "`foes_share` is no fact"),
        ("same_as: located_in", "same_as: kind", "`kind` cannot stand in for `party.organised_under`"),
        ("fact: party.organised_under", "fact: importer.organised_under", "`located_in` cannot stand in for"),
        ("value: entity", "value: planet", "`planet` is no code here"),
        ("fact: party.kind", "fact: party.kin", "`kin` is no fact"),
        ("fact: data.marketed_as", "fact: data.marketing", "a presumed value must be one code, number or truth value"),
    ],
)
def test_what_does_not_fit_is_refused(old, new, message):
    with pytest.raises(MalformedError, match=message):
        load((old, new))


def test_a_definition_that_comes_back_to_itself_by_another_party_is_no_circle():
    law = load(("born_foe or", "works_for any (it is foe) or born_foe or")).jurisdictions["XA"]
    assert "foe" in law.of_party


def test_a_fact_of_the_transfer_in_a_circle_is_refused():
    with pytest.raises(MalformedError, match="is derived from itself"):
        load(("small: {is: 'data.items several (category == health)'", "small: {is: small or importer is foe"))
