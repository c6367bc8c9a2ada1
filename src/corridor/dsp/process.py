"""What a negotiation and a transfer process have in common: events, the message on its way, and the rule for races.

A state advances when the peer has acknowledged. Until then our message is `pending`: the peer may have seen it or not,
and its next message tells. With `state` acknowledged and `pending.state` the one that our message leads to, an inbound
message is

1. a **retransmission** if its id was seen before: nothing changes, and the answer is the present state again;
2. applied to `state` if the table allows it there. Then our message was **overtaken**: it is cancelled if the new state
   has no place for it, except that of two crossing messages the one with the stronger result wins (termination over
   completion over anything else), so that both sides end in the same state whoever's message arrives first;
3. applied to `pending.state` if the table allows it only there: the peer acts on our message, which is thereby
   **acknowledged implicitly**, before the HTTP answer to it has come;
4. a `ConflictError` otherwise, and nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Generic, NamedTuple, TypeVar

from corridor.base.errors import ConflictError, LocalError, MalformedError
from corridor.base.ids import MessageId, ParticipantId, ProcessId
from corridor.dsp.commands import Cancel, Closed, Command, Decide, Send
from corridor.dsp.messages import (
    DIGEST_PREFIX,
    Kind,
    NegotiationTermination,
    ProcessMessage,
    Role,
    TransferSuspension,
    TransferTermination,
    pid_of,
)
from corridor.dsp.states import S, Table, legal_kinds, successor

FIRST_PROTOCOL: Final = "2025-1"
"""The version of the wire of what was kept before processes remembered theirs."""
REMEMBERED: Final = 16
"""How many inbound message ids a process remembers to recognise retransmissions, also such that arrive late."""

M_co = TypeVar("M_co", bound=ProcessMessage, covariant=True)


@dataclass(frozen=True, slots=True)
class Pending(Generic[S]):
    """Our message that the peer has not acknowledged yet.

    Attributes:
        message_id: of the message.
        kind: of the message.
        state: what it leads to.
        code: why, for machines, where the message says so.
        reasons: why, for people, where the message says so.
        crossed: whether a message of the peer's came meanwhile after which ours is not legal; ours wins if it arrived
            first, which only its answer tells.
    """

    message_id: MessageId
    kind: Kind
    state: S
    code: str | None = None
    reasons: tuple[str, ...] = ()
    crossed: bool = False


@dataclass(frozen=True, slots=True)
class Received(Generic[M_co]):
    """The peer sent `message`."""

    message: M_co


@dataclass(frozen=True, slots=True)
class Intend(Generic[M_co]):
    """We decided to send `message`."""

    message: M_co


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The peer answered our message with success; `peer_pid` is its process id where the answer gave it."""

    message_id: MessageId
    peer_pid: ProcessId | None = None


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """The peer refused our message for good, or could not be reached as long as we were willing to try."""

    message_id: MessageId
    code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Process(Generic[S]):
    """One side of an exchange with one peer.

    Attributes:
        role: what we are in it.
        own_pid: our process id.
        peer_pid: the peer's process id, or None until it is known.
        participant: we.
        peer: the counter-party.
        peer_url: base URL to which our messages go: the peer's endpoint, or the callback address that it gave.
        protocol: the version of the wire that both sides speak in it, from its first message to its last.
        state: the state that both sides have acknowledged; None until the first message is.
        pending: our message on its way.
        received: ids of the peer's messages, the latest last, at most `REMEMBERED`.
        code: why it was suspended or terminated, for machines.
        reasons: why it was suspended or terminated, for people.
    """

    role: Role
    own_pid: ProcessId
    peer_pid: ProcessId | None
    participant: ParticipantId
    peer: ParticipantId
    peer_url: str
    protocol: str = FIRST_PROTOCOL
    state: S | None = None
    pending: Pending[S] | None = None
    received: tuple[MessageId, ...] = ()
    code: str | None = None
    reasons: tuple[str, ...] = ()

    @property
    def provider_pid(self) -> ProcessId | None:
        """The provider's process id, where known."""
        return self.own_pid if self.role is Role.PROVIDER else self.peer_pid

    @property
    def consumer_pid(self) -> ProcessId | None:
        """The consumer's process id, where known."""
        return self.own_pid if self.role is Role.CONSUMER else self.peer_pid

    @property
    def provider(self) -> ParticipantId:
        """The participant who provides."""
        return self.participant if self.role is Role.PROVIDER else self.peer

    @property
    def consumer(self) -> ParticipantId:
        """The participant who consumes."""
        return self.participant if self.role is Role.CONSUMER else self.peer

    @property
    def last_received(self) -> MessageId | None:
        """The id of the peer's latest message."""
        return self.received[-1] if self.received else None

    @property
    def reported_state(self) -> S | None:
        """What a GET answers: the peer may ask before the answer to our message has reached us."""
        return self.pending.state if self.pending else self.state

    @property
    def closed(self) -> bool:
        """Whether the state is final and nothing is on its way."""
        return self.state is not None and self.state.final and self.pending is None


P = TypeVar("P", bound=Process[Any])


class Step(NamedTuple, Generic[P]):
    """What an event did: the process after it, what the caller has to do, and whether it was a retransmission."""

    process: P
    commands: tuple[Command, ...] = ()
    retransmission: bool = False


def intend(process: P, table: Table[Any], message: ProcessMessage) -> Step[P]:
    """Put our message on its way; the state stays until the peer has acknowledged it.

    Raises:
        ConflictError: the table does not allow it now, another message is on its way, or the peer's pid is not known.
        LocalError: the message's pids are not those of the process.
    """
    _check_outbound_pids(process, message)
    state = _next(process, table, message.kind, process.role)
    if state is None:
        raise _illegal(process, table, message, process.role)
    cancelled = _make_way(process, message)
    return Step(replace(process, pending=on_its_way(message, state)), (*cancelled, Send(message)))


def on_its_way(message: ProcessMessage, state: S) -> Pending[S]:
    """What a process keeps of our `message` until it is acknowledged and `state` is reached."""
    return Pending(message.message_id, message.kind, state, *_why(message))


def _make_way(process: Process[Any], message: ProcessMessage) -> tuple[Command, ...]:
    """Only a termination may replace a message on its way, and only one that does not end the process itself."""
    pending = process.pending
    if pending is None:
        return ()
    if message.kind.terminates and not pending.state.final:
        return (Cancel(pending.message_id),)
    raise ConflictError(
        f"a {pending.kind} is still on its way to the peer",
        remedy="wait until the peer has acknowledged it",
    )


def receive(process: P, table: Table[Any], message: ProcessMessage) -> Step[P]:
    """Apply the peer's message by the four cases above.

    Raises:
        MalformedError: the message's pids are not those of the process.
        ConflictError: the table allows it neither in the acknowledged state nor in the pending one, or it would begin
            a process with the pids of this one.
    """
    sender = process.role.other
    new = _next(process, table, message.kind, sender)
    if _seen(process, message, acceptable=new is not None):
        return Step(process, (), retransmission=True)
    heard = _with_checked_pids(process, message)
    if new is not None:
        return _overtaken(_moved(heard, new, message), table, new)
    if process.pending is not None:
        new = successor(table, process.pending.state, message.kind, sender)
    if process.pending is None or new is None:
        raise _illegal(process, table, message, sender)
    advanced = replace(_moved(heard, new, message), pending=None)
    return Step(advanced, (Cancel(process.pending.message_id), *_what_next(advanced)))


def _next(process: Process[Any], table: Table[S], kind: Kind, sender: Role) -> S | None:
    """The table's successor of the acknowledged state; what begins a process is for `begin_*` and `receive_*` alone."""
    return None if process.state is None else successor(table, process.state, kind, sender)


def _seen(process: Process[Any], message: ProcessMessage, *, acceptable: bool) -> bool:
    """Whether the message came before.

    An `@id` is proof. A message without one is known by its content, and the same content can be meant anew (resume,
    suspend, resume): there the state decides, except for a first message, which names no process of ours.
    """
    if message.message_id not in process.received:
        return False
    meant_anew = acceptable and message.message_id.startswith(DIGEST_PREFIX)
    return not meant_anew or pid_of(message, process.role) is None


def _moved(process: P, state: Any, message: ProcessMessage) -> P:
    received = (*process.received, message.message_id)[-REMEMBERED:]
    code, reasons = _why(message)
    return replace(process, state=state, received=received, code=code, reasons=reasons)


def _why(message: ProcessMessage) -> tuple[str | None, tuple[str, ...]]:
    if isinstance(message, NegotiationTermination | TransferSuspension | TransferTermination):
        return message.code, message.reasons
    return None, ()


def _overtaken(moved: P, table: Table[S], state: S) -> Step[P]:
    """Settle what becomes of our message after the peer's has moved the state."""
    pending = moved.pending
    if pending is None:
        return Step(moved, _what_next(moved))
    if successor(table, state, pending.kind, moved.role) is not None:
        return Step(moved)
    if pending.state.rank > state.rank:
        return Step(replace(moved, pending=replace(pending, crossed=True)))
    settled = replace(moved, pending=None)
    return Step(settled, (Cancel(pending.message_id), *_what_next(settled)))


def acknowledge(process: P, event: Acknowledged) -> Step[P]:
    """Advance to the state of the message that the peer acknowledged; any other acknowledgement is stale."""
    pending = process.pending
    if pending is None or pending.message_id != event.message_id:
        return Step(process)
    peer_pid = process.peer_pid or event.peer_pid
    advanced = replace(
        process, state=pending.state, pending=None, peer_pid=peer_pid, code=pending.code, reasons=pending.reasons
    )
    return Step(advanced, _what_next(advanced))


def give_up(process: P, terminated: Any, event: Undeliverable) -> Step[P]:
    """End the process where it cannot go on, without a message: the peer would refuse that as well.

    A refused message that crossed the peer's is no harm: the peer's holds.
    """
    pending = process.pending
    if pending is None or pending.message_id != event.message_id:
        return Step(process)
    if pending.crossed:
        kept = replace(process, pending=None)
        return Step(kept, _what_next(kept))
    reasons = (event.reason,) if event.reason else ()
    ended = replace(process, state=terminated, pending=None, code=event.code, reasons=reasons)
    return Step(ended, _what_next(ended))


def _what_next(process: Process[Any]) -> tuple[Command, ...]:
    return (Closed(),) if process.closed else (Decide(),)


def _check_outbound_pids(process: Process[Any], message: ProcessMessage) -> None:
    if pid_of(message, process.role) != process.own_pid:
        raise LocalError(f"the message is not of the process `{process.own_pid}`")
    if process.peer_pid is None:
        raise ConflictError(
            "the peer's process id is not known yet", remedy="wait until the peer has acknowledged the first message"
        )
    if pid_of(message, process.role.other) != process.peer_pid:
        raise LocalError(f"the message is not for the peer's process `{process.peer_pid}`")


def _with_checked_pids(process: P, message: ProcessMessage) -> P:
    """The process with the peer's pid learnt from its message, where the acknowledgement has not brought it yet."""
    ours = pid_of(message, process.role)
    if ours is None:
        raise ConflictError(
            f"the {process.role.other}'s process id belongs to another exchange already",
            place=f"$.{process.role.other}Pid",
            remedy="begin a new exchange with a fresh process id",
        )
    _check_pid(process.role, ours, process.own_pid)
    theirs = pid_of(message, process.role.other)
    if process.peer_pid is None:
        return replace(process, peer_pid=theirs)
    _check_pid(process.role.other, theirs, process.peer_pid)
    return process


def _check_pid(role: Role, given: ProcessId | None, expected: ProcessId) -> None:
    if given != expected:
        raise MalformedError(
            f"the {role}'s process id is not the one of this process",
            place=f"$.{role}Pid",
            remedy="send both process ids as they were exchanged in the first message and its answer",
        )


def _illegal(process: Process[Any], table: Table[Any], message: ProcessMessage, sender: Role) -> ConflictError:
    state = process.reported_state
    legal = ", ".join(legal_kinds(table, state, sender)) or "nothing"
    return ConflictError(
        f"the {sender} cannot send {message.kind} in state {state}",
        remedy=f"in this state it may send {legal}",
        code="illegal_transition",
    )
