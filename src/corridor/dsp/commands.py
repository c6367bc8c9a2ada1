"""What a machine asks of its caller; a machine itself changes nothing outside the process that it returns."""

from __future__ import annotations

from dataclasses import dataclass

from corridor.base.ids import MessageId
from corridor.dsp.messages import ProcessMessage


@dataclass(frozen=True, slots=True)
class Send:
    """Deliver `message` to the peer, again and again, until it answers.

    The answer comes back as the event `Acknowledged` or `Undeliverable`.
    """

    message: ProcessMessage


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop delivering the message: it has arrived as the peer's next message shows, or it was overtaken.

    An attempt under way has to be broken off or awaited before the next message of the process is sent.
    """

    message_id: MessageId


@dataclass(frozen=True, slots=True)
class Decide:
    """The state has changed and nothing is on its way: it may be our turn."""


@dataclass(frozen=True, slots=True)
class Closed:
    """The process has reached a final state and nothing is on its way: nothing will change it any more."""


Command = Send | Cancel | Decide | Closed
"""Everything that a machine can ask for."""
