from __future__ import annotations

from datetime import date

import pytest

from corridor.base.errors import NotFoundError
from corridor.law.international import Form, Standing
from corridor.law.international_source import load_registry

SOURCE = "{address: treaties.example, checked: 2026-11-01, verified: recalled}"
FILES = {
    "blocs.yaml": f"""
blocs:
  UNION:
    source: {SOURCE}
    entries:
      - {{members: [DE, FR], from: 2000-01-01, pin: treaty}}
      - {{members: [GB], from: 2000-01-01, to: 2020-12-31, pin: treaty}}
""",
    "trade.yaml": f"""
instruments:
  - id: int/pact
    title: {{en: Pact, fr: Pacte}}
    form: treaty
    source: {SOURCE}
    does: Promises flows.
    does_not: It opens no route.
    note: A note.
    parties:
      - {{members: [SG], standing: in_force, from: 2021-01-01}}
      - {{members: [UNION], standing: signed, from: 2021-01-01, to: 2024-12-31}}
      - {{members: [UNION], standing: in_force, from: 2025-01-01}}
      - {{members: [CN], standing: applied, from: 2022-01-01, note: Talks go on.}}
    provisions:
      - {{pin: art 1, topic: data_flows, says: Data flow., exceptions: security, disputes: full, verified: official}}
      - {{pin: art 2, topic: personal_data, says: Each keeps its law.}}
  - id: int/talks
    title: {{en: Talks}}
    form: dialogue
    source: {SOURCE}
    does: Talk.
    does_not: Nothing is promised.
    parties: [{{members: [SG, DE, AE-DU/DIFC], standing: participant, from: 2023-01-01}}]
""",
}


@pytest.fixture(scope="module")
def registry():
    return load_registry(FILES)


def ids(found):
    return [(one.instrument.id, one.first.value.standing, one.second.value.standing) for one in found]


def test_what_both_sides_stand_to_is_found_through_their_bloc(registry):
    assert ids(registry.between("SG", "FR", date(2024, 12, 31))) == [
        ("int/pact", Standing.IN_FORCE, Standing.SIGNED),
    ]
    assert ids(registry.between("FR", "SG", date(2025, 1, 1))) == [("int/pact", Standing.IN_FORCE, Standing.IN_FORCE)]


def test_a_state_that_left_its_bloc_is_no_party_any_more(registry):
    assert registry.between("SG", "GB", date(2021, 1, 1)) == ()


def test_what_is_in_force_comes_first_and_the_most_binding_of_that(registry):
    found = registry.between("DE", "SG", date(2025, 1, 1))
    assert [one.instrument.form for one in found] == [Form.TREATY, Form.DIALOGUE]
    before = registry.between("DE", "SG", date(2024, 1, 1))
    assert [(one.instrument.id, one.in_force) for one in before] == [("int/talks", True), ("int/pact", False)]


def test_a_part_of_a_country_stands_for_itself_and_through_the_country(registry):
    assert ids(registry.between("AE-DU/DIFC", "SG", date(2025, 1, 1))) == [
        ("int/talks", Standing.PARTICIPANT, Standing.PARTICIPANT)
    ]
    assert registry.between("AE", "SG", date(2025, 1, 1)) == ()


def test_the_next_change_of_a_standing_is_known(registry):
    assert registry.next_change("SG", "FR", date(2024, 6, 1)) == (date(2025, 1, 1), ("Pact",))
    assert registry.next_change("SG", "FR", date(2025, 1, 1)) is None
    assert registry.next_change("SG", "BR", date(2024, 6, 1)) is None


def test_an_id_that_there_is_not_is_refused_with_the_nearest(registry):
    assert registry.get("int/pact").title == "Pact"
    with pytest.raises(NotFoundError, match="no international instrument `int/pakt`; did you mean `int/pact`"):
        registry.get("int/pakt")
