"""The behaviour that the kit's scenarios ask of a connector, as a decision hook of a user's: `decide` is all there is.

A scenario is known by the dataset that is negotiated, or by the agreement under which data are asked for. Where a
script says nothing, the connector waits: the kit goes on, or sees that what it sends is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from corridor.dsp.states import NegotiationState, TransferState
from corridor.service.desk import (
    Accept,
    Agree,
    Complete,
    Counter,
    Finalize,
    Move,
    ProcessKind,
    Refuse,
    Situation,
    Start,
    Suspend,
    Verify,
    Wait,
)

N, T = NegotiationState, TransferState
OFFER = Counter({"permission": [{"action": "use"}]})
END = Refuse("scenario", ("the scenario ends here",))

NEGOTIATIONS: Mapping[str, Mapping[tuple[NegotiationState, int], Move]] = {
    # As provider. A state counts together with the versions of the offer: request, offer, counter-request.
    "ACN0101": {(N.REQUESTED, 1): OFFER},
    "ACN0102": {(N.REQUESTED, 1): OFFER, (N.REQUESTED, 3): END},
    "ACN0103": {(N.REQUESTED, 1): OFFER, (N.ACCEPTED, 2): Agree(), (N.VERIFIED, 2): Finalize()},
    "ACN0104": {(N.REQUESTED, 1): Agree(), (N.VERIFIED, 1): Finalize()},
    "ACN0201": {(N.REQUESTED, 1): END},
    "ACN0202": {},
    "ACN0203": {(N.REQUESTED, 1): Agree()},
    "ACN0204": {(N.REQUESTED, 1): OFFER},
    "ACN0205": {(N.REQUESTED, 1): OFFER, (N.OFFERED, 2): END},
    "ACN0206": {(N.REQUESTED, 1): OFFER, (N.ACCEPTED, 2): END},
    "ACN0207": {(N.REQUESTED, 1): Agree(), (N.VERIFIED, 1): END},
    "ACN0301": {(N.REQUESTED, 1): Agree(), (N.VERIFIED, 1): Finalize()},
    "ACN0302": {(N.REQUESTED, 1): OFFER},
    "ACN0303": {(N.REQUESTED, 1): OFFER},
    "ACN0304": {(N.REQUESTED, 1): OFFER},
    # As consumer: request, offer.
    "ACNC0101": {(N.OFFERED, 2): Accept(), (N.AGREED, 2): Verify()},
    "ACNC0102": {(N.OFFERED, 2): OFFER},
    "ACNC0103": {(N.OFFERED, 2): END},
    "ACNC0104": {(N.AGREED, 1): Verify()},
    "ACNC0201": {},
    "ACNC0202": {(N.REQUESTED, 1): END},
    "ACNC0203": {(N.AGREED, 1): END},
    "ACNC0204": {},
    "ACNC0205": {(N.OFFERED, 2): Accept()},
    "ACNC0206": {(N.AGREED, 1): Verify()},
    "ACNC0301": {},
    "ACNC0302": {},
    "ACNC0303": {},
    "ACNC0304": {(N.OFFERED, 2): Accept()},
    "ACNC0305": {(N.OFFERED, 2): Accept()},
    "ACNC0306": {(N.OFFERED, 2): Accept()},
}
TRANSFERS: Mapping[str, Mapping[tuple[TransferState, int], Move]] = {
    # A state counts together with how often the process has been in it.
    "ATP0101": {(T.REQUESTED, 1): Start(), (T.STARTED, 1): END},
    "ATP0102": {(T.REQUESTED, 1): Start(), (T.STARTED, 1): Complete()},
    "ATP0103": {(T.REQUESTED, 1): Start(), (T.STARTED, 1): Suspend(), (T.SUSPENDED, 1): END},
    "ATP0104": {
        (T.REQUESTED, 1): Start(),
        (T.STARTED, 1): Suspend(),
        (T.SUSPENDED, 1): Start(),
        (T.STARTED, 2): Complete(),
    },
    "ATP0105": {(T.REQUESTED, 1): END},
    "ATP0201": {(T.REQUESTED, 1): Start()},
    "ATP0202": {(T.REQUESTED, 1): Start()},
    "ATP0203": {(T.REQUESTED, 1): Start()},
    "ATP0205": {},
    "ATP0301": {},
    "ATP0302": {},
    "ATP0303": {(T.REQUESTED, 1): Start()},
    "ATP0304": {(T.REQUESTED, 1): Start()},
    "ATP0305": {(T.REQUESTED, 1): Start()},
    "ATP0306": {(T.REQUESTED, 1): Start()},
    **{f"ATPC010{number}": {} for number in range(1, 6)},
    "ATPC0201": {(T.STARTED, 1): END},
    "ATPC0202": {(T.STARTED, 1): Complete()},
    "ATPC0203": {(T.STARTED, 1): Suspend(), (T.SUSPENDED, 1): END},
    "ATPC0205": {(T.REQUESTED, 1): END},
    **{f"ATPC030{number}": {} for number in range(1, 7)},
}


class Script:
    """Plays the scenarios; remembers the states that each transfer has been in, in order."""

    def __init__(self) -> None:
        self._been: dict[str, list[TransferState]] = {}

    def move(self, situation: Situation) -> Move:
        """What the scenario has at this turn; the same turn again has the same answer."""
        if situation.kind is ProcessKind.NEGOTIATION:
            script = NEGOTIATIONS.get(situation.dataset, {})
            return script.get((NegotiationState(str(situation.state)), len(situation.offers)), Wait())
        state = TransferState(str(situation.state))
        been = self._been.setdefault(situation.process, [])
        if been[-1:] != [state]:
            been.append(state)
        return TRANSFERS.get(str(situation.agreement), {}).get((state, been.count(state)), Wait())


_SCRIPT = Script()


async def decide(situation: Situation) -> Move:
    """The hook, named in the settings as `behaviour:decide`."""
    return _SCRIPT.move(situation)
