"""Reads the evidence log from a place on, for whoever wants certain events: in order, none missing, none twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from corridor.base.ids import AgreementId, ProcessId
from corridor.evidence.selection import Selection
from corridor.service.ports import Store
from corridor.service.records import LoggedEvent

SCANNED: Final = 1000
"""Events that one reading looks at, at most, in search of those that are wanted."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one look at the log gave.

    Attributes:
        events: those that were wanted, in order.
        position: index of the last event that was looked at; reading goes on after it.
        more: whether there may be more behind it already.
    """

    events: tuple[LoggedEvent, ...]
    position: int
    more: bool


async def read(store: Store, selection: Selection, after: int, limit: int) -> Reading:
    """At most `limit` wanted events after the index `after`; there can be fewer, or none, although there are more.

    With an agreement, those that belong to it are wanted (`Store.events`): its negotiation's and transfers' too.
    """
    agreement = await _agreement(store, selection)
    wanted = replace(selection, agreement=None)
    look = limit + 1 if wanted == Selection() else SCANNED
    logged = await store.events(agreement=agreement, after=after, limit=look)
    found = tuple(event for event in logged if wanted.wants(event.document))
    if len(found) > limit:
        return Reading(found[:limit], found[limit - 1].index, more=True)
    return Reading(found, logged[-1].index if logged else after, more=len(logged) == look)


async def _agreement(store: Store, selection: Selection) -> AgreementId | None:
    """The agreement along whose index the wanted events are found; that of a transfer is known from its start."""
    if selection.agreement is not None:
        return AgreementId(selection.agreement)
    if selection.transfer is None:
        return None
    record = await store.transfer(ProcessId(selection.transfer))
    return None if record is None else record.transfer.agreement_id
