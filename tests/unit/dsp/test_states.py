"""The tables against lists of the figures' arrows, written down anew from the specification."""

from __future__ import annotations

import itertools
import runpy
from pathlib import Path

import pytest

from corridor.dsp.messages import Kind, Role
from corridor.dsp.states import (
    NEGOTIATION_FIGURE,
    NEGOTIATION_PROSE,
    NEGOTIATION_TABLE,
    TRANSFER_TABLE,
    NegotiationState,
    TransferState,
    legal_kinds,
    successor,
)

# from | message | who may send | to
NEGOTIATION_ARROWS = """
-         | ContractRequestMessage                    | C  | REQUESTED
-         | ContractOfferMessage                      | P  | OFFERED
REQUESTED | ContractOfferMessage                      | P  | OFFERED
REQUESTED | ContractAgreementMessage                  | P  | AGREED
REQUESTED | ContractNegotiationTerminationMessage     | CP | TERMINATED
OFFERED   | ContractRequestMessage                    | C  | REQUESTED
OFFERED   | ContractNegotiationEventMessage:ACCEPTED  | C  | ACCEPTED
OFFERED   | ContractNegotiationTerminationMessage     | CP | TERMINATED
ACCEPTED  | ContractAgreementMessage                  | P  | AGREED
ACCEPTED  | ContractNegotiationTerminationMessage     | P  | TERMINATED
AGREED    | ContractAgreementVerificationMessage      | C  | VERIFIED
AGREED    | ContractNegotiationTerminationMessage     | C  | TERMINATED
VERIFIED  | ContractNegotiationEventMessage:FINALIZED | P  | FINALIZED
VERIFIED  | ContractNegotiationTerminationMessage     | P  | TERMINATED
"""
NEGOTIATION_EXTRA_ARROWS = """
ACCEPTED  | ContractNegotiationTerminationMessage     | C  | TERMINATED
AGREED    | ContractNegotiationTerminationMessage     | P  | TERMINATED
VERIFIED  | ContractNegotiationTerminationMessage     | C  | TERMINATED
"""
TRANSFER_ARROWS = """
-         | TransferRequestMessage     | C  | REQUESTED
REQUESTED | TransferStartMessage       | P  | STARTED
REQUESTED | TransferTerminationMessage | CP | TERMINATED
STARTED   | TransferCompletionMessage  | CP | COMPLETED
STARTED   | TransferSuspensionMessage  | CP | SUSPENDED
STARTED   | TransferTerminationMessage | CP | TERMINATED
SUSPENDED | TransferStartMessage       | CP | STARTED
SUSPENDED | TransferTerminationMessage | CP | TERMINATED
"""


def arrows(text, states):
    """`(state, kind, role) -> state` from lines of a list above."""
    found = {}
    for line in text.strip().splitlines():
        before, kind, senders, after = (cell.strip() for cell in line.split("|"))
        for sender in senders:
            role = Role.CONSUMER if sender == "C" else Role.PROVIDER
            found[(None if before == "-" else states(before), Kind(kind), role)] = states(after)
    return found


FIGURES = [
    (NEGOTIATION_FIGURE, arrows(NEGOTIATION_ARROWS, NegotiationState)),
    (NEGOTIATION_PROSE, arrows(NEGOTIATION_EXTRA_ARROWS, NegotiationState)),
    (NEGOTIATION_TABLE, arrows(NEGOTIATION_ARROWS + NEGOTIATION_EXTRA_ARROWS.lstrip(), NegotiationState)),
    (TRANSFER_TABLE, arrows(TRANSFER_ARROWS, TransferState)),
]


@pytest.mark.parametrize(("table", "figure"), FIGURES)
def test_every_triple_of_state_message_and_sender_is_as_the_figure_draws_it(table, figure):
    states = {type(after) for after in table.values()}.pop()
    for state, kind, sender in itertools.product([None, *states], Kind, Role):
        assert successor(table, state, kind, sender) == figure.get((state, kind, sender)), (state, kind, sender)


def test_the_figures_have_sixteen_and_fourteen_rows():
    assert (len(NEGOTIATION_FIGURE), len(NEGOTIATION_PROSE), len(TRANSFER_TABLE)) == (16, 3, 14)


@pytest.mark.parametrize("table", [NEGOTIATION_TABLE, TRANSFER_TABLE])
def test_final_states_are_those_with_no_way_out(table):
    for state in {type(after) for after in table.values()}.pop():
        assert state.final == all(before != state for before, _, _ in table), state


@pytest.mark.parametrize("table", [NEGOTIATION_TABLE, TRANSFER_TABLE])
def test_either_side_can_terminate_in_every_state_that_is_not_final(table):
    for state in {type(after) for after in table.values()}.pop():
        for sender in Role:
            terminates = any(kind.terminates for kind in legal_kinds(table, state, sender))
            assert terminates is not state.final, (state, sender)


@pytest.mark.parametrize("table", [NEGOTIATION_TABLE, TRANSFER_TABLE])
def test_every_state_can_be_reached(table):
    reached, frontier = set(), {None}
    while frontier:
        frontier = {after for (before, _, _), after in table.items() if before in frontier} - reached
        reached |= frontier
    assert reached == set({type(after) for after in table.values()}.pop())


def test_what_may_be_sent_comes_in_the_order_of_the_table():
    assert legal_kinds(NEGOTIATION_TABLE, NegotiationState.REQUESTED, Role.PROVIDER) == (
        Kind.CONTRACT_OFFER,
        Kind.CONTRACT_AGREEMENT,
        Kind.NEGOTIATION_TERMINATION,
    )
    assert legal_kinds(TRANSFER_TABLE, TransferState.COMPLETED, Role.CONSUMER) == ()


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        (TransferState.TERMINATED, TransferState.COMPLETED),
        (TransferState.COMPLETED, TransferState.SUSPENDED),
        (NegotiationState.TERMINATED, NegotiationState.FINALIZED),
        (NegotiationState.FINALIZED, NegotiationState.VERIFIED),
    ],
)
def test_termination_beats_completion_and_completion_beats_the_rest(stronger, weaker):
    assert stronger.rank > weaker.rank


def test_the_reference_page_is_what_the_tables_say():
    root = Path(__file__).parents[3]
    page = runpy.run_path(str(root / "tools/state_diagrams.py"))["render"]()
    assert (root / "docs/reference/states.md").read_text() == page, "run tools/state_diagrams.py"


def test_states_are_written_as_on_the_wire():
    assert [str(state) for state in TransferState] == ["REQUESTED", "STARTED", "SUSPENDED", "COMPLETED", "TERMINATED"]
    assert f"{NegotiationState.FINALIZED}" == "FINALIZED"
