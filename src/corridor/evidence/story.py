"""Events as short sentences for people, in the words of the one whose log they are from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from corridor.base.clock import format_instant
from corridor.base.ids import printable
from corridor.evidence.event import (
    AccessDenied,
    AgreementConcluded,
    DataReceived,
    DataServed,
    DatasetPublished,
    DatasetWithdrawn,
    DecisionMade,
    Event,
    NegotiationChanged,
    NegotiationRequested,
    NegotiationTerminated,
    PaperAdded,
    PaperRevoked,
    ReceiptSigned,
    TransferChanged,
)

MAX_SENTENCE: Final = 400
"""Characters of a sentence at most; identifiers from outside may be long."""

SENTENCES: Final[Mapping[type[Event], str]] = {
    DatasetPublished: "dataset {e.dataset} was published",
    DatasetWithdrawn: "dataset {e.dataset} was withdrawn",
    NegotiationRequested: "negotiation {e.negotiation} with {e.peer} began, for offer {e.offer} of {e.dataset}",
    DecisionMade: "{e.peer} at {e.phase} for {e.dataset}: allowed is {e.verdict.name}, with {reasons} reasons",
    NegotiationChanged: "negotiation {e.negotiation} became {e.state}",
    AgreementConcluded: "agreement {e.agreement} on {e.dataset} bound {e.provider} and {e.consumer}",
    NegotiationTerminated: "negotiation {e.negotiation} with {e.peer} was terminated",
    TransferChanged: "transfer {e.transfer} became {e.state}",
    DataServed: "{e.size} bytes were served to {e.peer} over transfer {e.transfer}, {extent}",
    DataReceived: "{e.size} bytes were received from {e.peer} over transfer {e.transfer}, {extent}",
    AccessDenied: "access was denied ({e.code}): {e.reason}",
    PaperAdded: "paper {e.paper} ({e.kind}) was put on file",
    PaperRevoked: "paper {e.paper} ({e.kind}) was revoked",
    ReceiptSigned: "a receipt for {e.peer} was signed ({e.receipt})",
}
"""The sentence of every event; `e` is the event."""


def tell(events: Iterable[Event]) -> tuple[str, ...]:
    """One sentence for each event, its instant in front, safe to print."""
    return tuple(sentence(event) for event in events)


def sentence(event: Event) -> str:
    """What happened, such as `2026-11-22T10:00:00Z dataset urn:d was published`."""
    said = SENTENCES[type(event)].format(
        e=event,
        reasons=len(getattr(event, "reasons", ())),
        extent="whole" if getattr(event, "complete", False) else "in part",
    )
    return f"{format_instant(event.at)} {printable(said, MAX_SENTENCE)}"
