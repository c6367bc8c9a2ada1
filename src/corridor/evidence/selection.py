"""Which events somebody wants to hear of: by type, and by whom and what they are about."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.evidence.event import EVENT_TYPES, Event, event_name, subjects

_PARTIES: Final = ("peer", "provider", "consumer")
FAMILIES: Final = tuple(sorted({name.partition(".")[0] + ".*" for name in EVENT_TYPES}))
"""What stands for all events whose names begin alike, such as `transfer.*`."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What an event has to be to be wanted; what is left empty restricts nothing.

    Attributes:
        types: names of `EVENT_TYPES`, or families such as `transfer.*`.
        partners: identifiers, one of which has to be a party of the event.
        agreement: the `agreement` that the event names.
        negotiation: the `negotiation` that the event names.
        transfer: the `transfer` that the event names.
    """

    types: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    agreement: str | None = None
    negotiation: str | None = None
    transfer: str | None = None

    def wants(self, document: Mapping[str, Any]) -> bool:
        """Whether a logged event, as its JSON document, is wanted."""
        return self._wants(str(document.get("type")), document)

    def wants_event(self, event: Event) -> bool:
        """Whether an event that is not logged yet is wanted."""
        return self._wants(event_name(event), subjects(event))

    def _wants(self, name: str, about: Mapping[str, Any]) -> bool:
        return (
            (not self.types or name in self.types or name.partition(".")[0] + ".*" in self.types)
            and (not self.partners or any(about.get(party) in self.partners for party in _PARTIES))
            and self.agreement in (None, about.get("agreement"))
            and self.negotiation in (None, about.get("negotiation"))
            and self.transfer in (None, about.get("transfer"))
        )


def check_types(names: Iterable[str], place: str) -> tuple[str, ...]:
    """The names, if each is a type of event or a family of them.

    Raises:
        MalformedError: with `place`, one is neither; suggests the nearest.
    """
    every = (*EVENT_TYPES, *FAMILIES)
    given = tuple(names)
    for name in given:
        if name not in every:
            close = difflib.get_close_matches(name, every, 1)
            remedy = f"did you mean `{close[0]}`?" if close else f"one of {', '.join(every)}"
            raise MalformedError(f"`{printable(name)}` is no type of event", place=place, remedy=remedy)
    return given
