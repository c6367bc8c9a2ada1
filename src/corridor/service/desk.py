"""Who decides what is said next: the node by itself, a rule of its settings, a hook of its user's, or a person.

At every turn of a process a `Desk` is shown the `Situation` and answers with a `Move`; also where the node would only
wait, so that a desk can act unasked. No move leads past `service.admit`: what law or terms refuse stays refused, and
what the protocol does not allow in the state is not sent, but held for a person.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from corridor.base.ids import AgreementId, DatasetId, OfferId, ParticipantId, ProcessId, printable
from corridor.base.json import JsonObject
from corridor.base.reasons import Decision
from corridor.dsp.messages import Role
from corridor.dsp.states import NegotiationState, TransferState
from corridor.service.records import Approval, Held, OfferVersion

_log = structlog.get_logger(__name__)


class ProcessKind(enum.StrEnum):
    """What is decided on."""

    NEGOTIATION = "negotiation"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True)
class Proceed:
    """Take the node's proposal."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Leave it to a person: nothing is said until somebody approves or refuses."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Postpone:
    """Ask again after a time; whatever happens meanwhile is asked about at once."""

    by: timedelta


@dataclass(frozen=True, slots=True)
class Wait:
    """Say nothing: it is for the partner to go on."""


@dataclass(frozen=True, slots=True)
class Counter:
    """Make an offer: as provider a contract offer, as consumer a request for other terms.

    Attributes:
        body: the policy's members (`permission`, `prohibition`, ...), without target and parties.
        offer: its id; that of the offer on the table if left out.
    """

    body: JsonObject
    offer: OfferId | None = None


@dataclass(frozen=True, slots=True)
class Accept:
    """As consumer, accept the provider's offer."""


@dataclass(frozen=True, slots=True)
class Agree:
    """As provider, agree to what the consumer asks for or has accepted."""


@dataclass(frozen=True, slots=True)
class Verify:
    """As consumer, verify the provider's agreement."""


@dataclass(frozen=True, slots=True)
class Finalize:
    """As provider, finalize the agreement."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """End the process; code and reasons reach the partner."""

    code: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """Let data flow, for the first time or again: as provider with a token, as consumer by asking for it."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """As consumer, have the data plane fetch what a started transfer gives."""


@dataclass(frozen=True, slots=True)
class Push:
    """As provider, have the data plane send the bytes to where the consumer wants them."""


@dataclass(frozen=True, slots=True)
class Suspend:
    """Pause the transfer; code and reasons reach the partner."""

    code: str = "suspended"
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Complete:
    """Say that all data have been transferred."""


NegotiationMove = Counter | Accept | Agree | Verify | Finalize
"""What is said in a negotiation alone."""
TransferMove = Start | Fetch | Push | Suspend | Complete
"""What is said in a transfer alone."""
Move = Proceed | Hold | Postpone | Wait | Refuse | NegotiationMove | TransferMove
"""Everything that a desk can answer."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A turn of a process.

    Attributes:
        process: our pid.
        role: ours.
        state: what both sides have acknowledged.
        dataset: the dataset that it is about.
        agreement: the agreement, where there is one already.
        offers: every version of a negotiation's offer, the latest last; empty for a transfer.
        decision: what terms and law say to the step that is next, with reasons; None where no step is ours.
        proposal: what the node does if it is told to `Proceed`.
        approval: what a person's approval, or a rule `automatic`, makes of it; other than `proposal` only where the
            node leaves a step to people by itself.
        approved: whether a person has approved an earlier step on the same terms.
    """

    kind: ProcessKind
    process: ProcessId
    role: Role
    state: NegotiationState | TransferState | None
    partner: ParticipantId
    dataset: DatasetId
    agreement: AgreementId | None
    offers: tuple[OfferVersion, ...]
    decision: Decision | None
    proposal: Move
    approval: Move
    approved: bool = False


Desk = Callable[[Situation], Awaitable[Move]]
"""Answers what is to be done; a hook of the user's has this shape too."""


async def automatic(_: Situation) -> Move:
    """The desk of a node without rules and hook."""
    return Proceed()


class Do(enum.StrEnum):
    """What a rule does."""

    AUTOMATIC = "automatic"
    HOLD = "hold"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the settings; what it leaves empty fits everything.

    Attributes:
        kind: the processes that it is about.
        partner: the partner's DID.
        dataset: the dataset, or with a `*` at the end every dataset that begins so.
        role: our role.
        reason: told to the partner by `refuse`, shown to people by `hold`.
    """

    do: Do
    kind: ProcessKind = ProcessKind.NEGOTIATION
    partner: str = ""
    dataset: str = ""
    role: Role | None = None
    reason: str = ""

    def fits(self, situation: Situation) -> bool:
        """Whether the rule is about this process."""
        return (
            self.kind is situation.kind
            and self.partner in ("", situation.partner)
            and self.role in (None, situation.role)
            and self._names(situation.dataset)
        )

    def _names(self, dataset: str) -> bool:
        if self.dataset.endswith("*"):
            return dataset.startswith(self.dataset[:-1])
        return self.dataset in ("", dataset)

    def move(self, situation: Situation) -> Move:
        """What it makes of a turn; a turn that is the partner's stays so."""
        if isinstance(situation.proposal, Wait):
            return Wait()
        if self.do is Do.REFUSE:
            return Refuse("rule", (self.reason,) if self.reason else ())
        if self.do is Do.HOLD and not situation.approved:
            return Hold(self.reason or "a rule of the settings holds it")
        return situation.approval


@dataclass(frozen=True, slots=True)
class RuledDesk:
    """A desk on which the first rule that fits decides; where none does, the hook."""

    rules: tuple[Rule, ...]
    hook: Desk = automatic

    async def __call__(self, situation: Situation) -> Move:
        """What the rules, or the hook, make of a turn."""
        rule = next((rule for rule in self.rules if rule.fits(situation)), None)
        return await self.hook(situation) if rule is None else rule.move(situation)


def desk_of(rules: Iterable[Rule] = (), hook: Desk = automatic) -> Desk:
    """The first rule that fits decides; where none does, the hook."""
    return RuledDesk(tuple(rules), hook)


def acts_unasked(desk: Desk) -> bool:
    """Whether the desk may act where the node would only wait: neither rules nor the node by itself do."""
    return desk is not automatic and not (isinstance(desk, RuledDesk) and desk.hook is automatic)


async def move_of(desk: Desk, situation: Situation) -> Move:
    """What `desk` answers; a desk that fails loses nothing: the process is held for a person."""
    try:
        move: object = await desk(situation)
    except Exception as error:  # noqa: BLE001 - a hook is not our code: whatever it raises is a fault of its own
        _log.exception("the decision hook failed", process=situation.process)
        return Hold(f"the decision hook failed: {printable(str(error) or type(error).__name__, 200)}")
    if not isinstance(move, Move):
        _log.error("the decision hook gave no move", process=situation.process, given=type(move).__name__)
        return Hold(f"the decision hook gave a {type(move).__name__}, which is no move")
    return situation.proposal if isinstance(move, Proceed) else move


def name_of(move: Move) -> str:
    """The move's name, for people and for machines: `agree`."""
    return type(move).__name__.lower()


def still_approved(approval: Approval | None, offers: int) -> bool:
    """Whether a person's yes still counts: the terms are those that it was given to."""
    return approval is not None and approval.offers == offers


def held(approval: Move, reason: str, now: datetime) -> Held:
    """What a person is shown of a step that waits; `approval` is what comes of a yes as far as is known."""
    return Held(name_of(approval), reason, now)
