from __future__ import annotations

from corridor.dsp.codec.v2025_1.terms import LOGICAL, OPERATORS
from corridor.dsp.codec.v2025_1.vocabulary import BY_IRI, MARKS, ODRL, PREFIXES, TERMS, WORDS, Sort
from corridor.dsp.messages import EventType, Kind
from corridor.dsp.states import NegotiationState, TransferState


def test_no_two_terms_have_one_iri():
    assert len(BY_IRI) == len(TERMS)
    assert all(TERMS[name].name == name for name in TERMS)


def test_every_iri_lies_in_a_namespace_of_the_context_and_is_known_by_its_mark():
    for iri in [*BY_IRI, *WORDS]:
        assert iri.startswith(tuple(PREFIXES.values()))
        assert iri.startswith(MARKS)


def test_every_state_event_and_type_is_a_word():
    spoken = {*NegotiationState, *TransferState, *EventType, *(kind.partition(":")[0] for kind in Kind)}
    assert {str(word) for word in spoken} <= set(WORDS.values())


def test_logical_operands_are_lists_of_constraints_and_operators_are_no_members():
    assert {TERMS[name].sort for name in LOGICAL} == {Sort.NODES}
    assert not OPERATORS & set(TERMS)


def test_terms_of_a_policy_are_odrl():
    assert {TERMS[name].iri.startswith(ODRL) for name in ("permission", "target", "action", "rightOperand")} == {True}
