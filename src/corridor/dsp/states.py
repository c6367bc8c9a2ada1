"""The two state machines of the Dataspace Protocol as data: `(state, kind of message, sender) -> state`.

What a table does not list is an error; nothing else in the product decides a transition. The rows are those of the
figures in DSP 2025-1, *Contract Negotiation Protocol* and *Transfer Process Protocol*, sections *State Machine*; the
figures name the party that may send in brackets. None stands for "no such process yet".

`docs/reference/states.md` is generated from these tables by `tools/state_diagrams.py`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final, TypeVar

from corridor.dsp.messages import Kind, Role


class NegotiationState(enum.StrEnum):
    """States of a contract negotiation; the values are those on the wire."""

    REQUESTED = "REQUESTED"
    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    AGREED = "AGREED"
    VERIFIED = "VERIFIED"
    FINALIZED = "FINALIZED"
    TERMINATED = "TERMINATED"

    @property
    def final(self) -> bool:
        """Whether no message is legal any more."""
        return self.rank > 0

    @property
    def rank(self) -> int:
        """How strong the state is when two messages cross: a final state beats others, termination beats all."""
        return _RANKS.get(self, 0)


class TransferState(enum.StrEnum):
    """States of a transfer process; the values are those on the wire."""

    REQUESTED = "REQUESTED"
    STARTED = "STARTED"
    SUSPENDED = "SUSPENDED"
    COMPLETED = "COMPLETED"
    TERMINATED = "TERMINATED"

    @property
    def final(self) -> bool:
        """Whether no message is legal any more."""
        return self.rank > 0

    @property
    def rank(self) -> int:
        """How strong the state is when two messages cross: a final state beats others, termination beats all."""
        return _RANKS.get(self, 0)


_RANKS: Final[Mapping[str, int]] = {"FINALIZED": 1, "COMPLETED": 1, "TERMINATED": 2}

S = TypeVar("S", bound=NegotiationState | TransferState)
Table = Mapping[tuple[S | None, Kind, Role], S]

_C, _P = Role.CONSUMER, Role.PROVIDER

NEGOTIATION_FIGURE: Final[Table[NegotiationState]] = {
    (None, Kind.CONTRACT_REQUEST, _C): NegotiationState.REQUESTED,
    (None, Kind.CONTRACT_OFFER, _P): NegotiationState.OFFERED,
    (NegotiationState.REQUESTED, Kind.CONTRACT_OFFER, _P): NegotiationState.OFFERED,
    (NegotiationState.REQUESTED, Kind.CONTRACT_AGREEMENT, _P): NegotiationState.AGREED,
    (NegotiationState.REQUESTED, Kind.NEGOTIATION_TERMINATION, _C): NegotiationState.TERMINATED,
    (NegotiationState.REQUESTED, Kind.NEGOTIATION_TERMINATION, _P): NegotiationState.TERMINATED,
    (NegotiationState.OFFERED, Kind.CONTRACT_REQUEST, _C): NegotiationState.REQUESTED,
    (NegotiationState.OFFERED, Kind.ACCEPTED, _C): NegotiationState.ACCEPTED,
    (NegotiationState.OFFERED, Kind.NEGOTIATION_TERMINATION, _C): NegotiationState.TERMINATED,
    (NegotiationState.OFFERED, Kind.NEGOTIATION_TERMINATION, _P): NegotiationState.TERMINATED,
    (NegotiationState.ACCEPTED, Kind.CONTRACT_AGREEMENT, _P): NegotiationState.AGREED,
    (NegotiationState.ACCEPTED, Kind.NEGOTIATION_TERMINATION, _P): NegotiationState.TERMINATED,
    (NegotiationState.AGREED, Kind.AGREEMENT_VERIFICATION, _C): NegotiationState.VERIFIED,
    (NegotiationState.AGREED, Kind.NEGOTIATION_TERMINATION, _C): NegotiationState.TERMINATED,
    (NegotiationState.VERIFIED, Kind.FINALIZED, _P): NegotiationState.FINALIZED,
    (NegotiationState.VERIFIED, Kind.NEGOTIATION_TERMINATION, _P): NegotiationState.TERMINATED,
}
"""The sixteen rows of the figure."""

NEGOTIATION_PROSE: Final[Table[NegotiationState]] = {
    # *Contract Negotiation Termination Message*: either side may send it in any state, while the figure gives ACCEPTED,
    # AGREED and VERIFIED one sender each. The wider reading holds; docs/spec-divergences.md says why.
    (NegotiationState.ACCEPTED, Kind.NEGOTIATION_TERMINATION, _C): NegotiationState.TERMINATED,
    (NegotiationState.AGREED, Kind.NEGOTIATION_TERMINATION, _P): NegotiationState.TERMINATED,
    (NegotiationState.VERIFIED, Kind.NEGOTIATION_TERMINATION, _C): NegotiationState.TERMINATED,
}
"""Rows that the figure lacks and the prose asks for."""

NEGOTIATION_TABLE: Final[Table[NegotiationState]] = {**NEGOTIATION_FIGURE, **NEGOTIATION_PROSE}
"""Every legal transition of a contract negotiation."""

TRANSFER_TABLE: Final[Table[TransferState]] = {
    (None, Kind.TRANSFER_REQUEST, _C): TransferState.REQUESTED,
    (TransferState.REQUESTED, Kind.TRANSFER_START, _P): TransferState.STARTED,
    (TransferState.REQUESTED, Kind.TRANSFER_TERMINATION, _C): TransferState.TERMINATED,
    (TransferState.REQUESTED, Kind.TRANSFER_TERMINATION, _P): TransferState.TERMINATED,
    (TransferState.STARTED, Kind.TRANSFER_COMPLETION, _C): TransferState.COMPLETED,
    (TransferState.STARTED, Kind.TRANSFER_COMPLETION, _P): TransferState.COMPLETED,
    (TransferState.STARTED, Kind.TRANSFER_SUSPENSION, _C): TransferState.SUSPENDED,
    (TransferState.STARTED, Kind.TRANSFER_SUSPENSION, _P): TransferState.SUSPENDED,
    (TransferState.STARTED, Kind.TRANSFER_TERMINATION, _C): TransferState.TERMINATED,
    (TransferState.STARTED, Kind.TRANSFER_TERMINATION, _P): TransferState.TERMINATED,
    # The figure lets either side resume, the prose names the provider alone: docs/spec-divergences.md.
    (TransferState.SUSPENDED, Kind.TRANSFER_START, _C): TransferState.STARTED,
    (TransferState.SUSPENDED, Kind.TRANSFER_START, _P): TransferState.STARTED,
    (TransferState.SUSPENDED, Kind.TRANSFER_TERMINATION, _C): TransferState.TERMINATED,
    (TransferState.SUSPENDED, Kind.TRANSFER_TERMINATION, _P): TransferState.TERMINATED,
}
"""Every legal transition of a transfer process: the fourteen rows of the figure."""


def successor(table: Table[S], state: S | None, kind: Kind, sender: Role) -> S | None:
    """The state that `kind` from `sender` leads to, or None where the table does not allow it."""
    return table.get((state, kind, sender))


def legal_kinds(table: Table[S], state: S | None, sender: Role) -> tuple[Kind, ...]:
    """What `sender` may send in `state`, in the order of the table."""
    return tuple(kind for (before, kind, by) in table if before == state and by is sender)
