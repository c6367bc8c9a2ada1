"""A dialogue with a machine, written as it is spoken: `>> event` goes in, `<< command` comes out.

::

    talk = Playbook(step, negotiation)
    assert (
        talk
        >> Received(request)
        << Decide()
        >> Intend(offer)
        << Send(offer)
        >> Acknowledged(offer.message_id)
        << Decide()
    )
    assert talk.process.state is NegotiationState.OFFERED

A command that nobody expected is reported at the next event, or where the dialogue is asserted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar

from corridor.base.errors import CorridorError
from corridor.dsp.commands import Command
from corridor.dsp.process import Process, Step

P = TypeVar("P", bound=Process[Any])


class Playbook(Generic[P]):
    """A machine, the process that it has come to, and what was said so far.

    Attributes:
        process: the process after the latest event.
    """

    def __init__(self, step: Callable[[P, Any], Step[P]], process: P) -> None:
        self._step = step
        self.process = process
        self._unheard: list[Command] = []
        self._transcript: list[str] = []

    @classmethod
    def begin(cls, step: Callable[[P, Any], Step[P]], first: Step[P]) -> Self:
        """A dialogue that starts with the outcome of a `begin_*` or `receive_*` function."""
        playbook = cls(step, first.process)
        playbook._unheard.extend(first.commands)
        return playbook

    def __rshift__(self, event: object) -> Self:
        self._expect_silence()
        self._transcript.append(f">> {event}")
        outcome = self._step(self.process, event)
        self.process = outcome.process
        self._unheard.extend(outcome.commands)
        return self

    def __lshift__(self, command: Command) -> Self:
        heard = self._unheard.pop(0) if self._unheard else None
        if heard != command:
            raise self._wrong(f"expected << {command}\nheard    << {heard or 'nothing'}")
        self._transcript.append(f"<< {command}")
        return self

    def refuses(self, event: object, error: type[CorridorError]) -> Self:
        """The machine raises `error` at `event`, and stays where it is."""
        self._expect_silence()
        try:
            outcome = self._step(self.process, event)
        except error as refusal:
            self._transcript.append(f">> {event}\n!! {refusal}")
            return self
        raise self._wrong(f"expected {error.__name__} at >> {event}\nheard    << {outcome.commands}")

    def repeats(self, event: object) -> Self:
        """The machine takes `event` for a retransmission: it says nothing and stays where it is."""
        self._expect_silence()
        outcome = self._step(self.process, event)
        if not outcome.retransmission or outcome.process != self.process or outcome.commands:
            raise self._wrong(f"expected a retransmission at >> {event}\nheard    << {outcome.commands}")
        self._transcript.append(f">> {event} (again)")
        return self

    def __bool__(self) -> bool:
        self._expect_silence()
        return True

    def _expect_silence(self) -> None:
        if self._unheard:
            raise self._wrong("nobody expected " + ", ".join(f"<< {command}" for command in self._unheard))

    def _wrong(self, what: str) -> AssertionError:
        return AssertionError("\n".join([*self._transcript, what]))
