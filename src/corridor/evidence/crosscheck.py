"""Whether the parts of a bundle tell the same story: log against receipts, receipts against each other.

Signatures and proofs are checked elsewhere (`verification`); here every part is taken at its word.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, NamedTuple

from corridor.base.ids import ParticipantId, ProcessId, printable
from corridor.evidence.bundle import Header, ProvenEvent
from corridor.evidence.bundle_reader import Bundle, Finding, Placed
from corridor.evidence.event import AgreementConcluded, DataReceived, DataServed, subjects
from corridor.evidence.receipt import AgreementStatement, DeliveryStatement, Receipt

_AGREED: Final = ("dataset", "provider", "consumer", "policy", "papers")
_CONTENT: Final = ("dataset", "sha256", "blake3")
_COMPARED: Final = 16
"""How many contents of one transfer are looked at to say what differs; many more may be in a hostile bundle."""
CLOCK_TOLERANCE: Final = timedelta(seconds=60)
"""How much earlier than what stands before it an event may be: decisions take their time before they are committed,
side by side, and replicas have clocks of their own. The order of the log is proven without them."""


class _Content(NamedTuple):
    dataset: str
    sha256: str
    blake3: str


@dataclass(slots=True)
class _Moved:
    """What the log has of one content: sizes and rows of whole movements, and the bytes of all together."""

    wholes: set[int] = field(default_factory=set)
    rows: set[int] = field(default_factory=set)
    total: int = 0

    def add(self, event: DataServed | DataReceived) -> None:
        """Count one movement in."""
        self.total += event.size
        if event.complete:
            self.wholes.add(event.size)
            if event.rows is not None:
                self.rows.add(event.rows)

    def covers(self, size: int) -> bool:
        """Whether `size` bytes went whole, or in parts that make up for it."""
        return size in self.wholes or (not self.wholes and self.total >= size)


def cross_check(bundle: Bundle) -> Iterator[Finding]:
    """Every contradiction between the lines of `bundle`."""
    yield from _check_log_order(bundle)
    yield from _check_no_duplicates(bundle)
    if bundle.header is not None:
        yield from _check_subject(bundle, bundle.header.value)
        yield from _check_agreement(bundle)
        yield from _check_deliveries(bundle, bundle.header.value.exporter)


def _check_log_order(bundle: Bundle) -> Iterator[Finding]:
    latest: ProvenEvent | None = None
    for before, placed in itertools.pairwise(bundle.events):
        if placed.value.index <= before.value.index:
            yield placed.finding(f"not after event {before.value.index} in the log")
        latest = max(latest or before.value, before.value, key=lambda proven: proven.event.at)
        if latest.event.at - placed.value.event.at > CLOCK_TOLERANCE:
            yield placed.finding(f"earlier than event {latest.index} before it")


def _check_no_duplicates(bundle: Bundle) -> Iterator[Finding]:
    seen: set[str] = set()
    for placed in bundle.receipts:
        if placed.value.digest in seen:
            yield placed.finding("stands in the bundle twice")
        seen.add(placed.value.digest)


def _check_subject(bundle: Bundle, header: Header) -> Iterator[Finding]:
    """Everything is about the header's agreement, and the exporter is one of its parties."""
    for placed in bundle.events:
        event = placed.value.event
        agreement = subjects(event).get("agreement", header.agreement)
        if agreement != header.agreement:
            yield placed.finding(f"about the agreement `{printable(agreement)}`, not the bundle's")
        if isinstance(event, AgreementConcluded) and header.exporter not in (event.provider, event.consumer):
            yield placed.finding(f"the exporter `{printable(header.exporter)}` is no party to it")
    for receipt in bundle.receipts:
        statement = receipt.value.statement
        if statement.agreement != header.agreement:
            yield receipt.finding(f"about the agreement `{printable(statement.agreement)}`, not the bundle's")
        if header.exporter not in (statement.provider, statement.consumer):
            yield receipt.finding(f"the exporter `{printable(header.exporter)}` is no party to it")


def _check_agreement(bundle: Bundle) -> Iterator[Finding]:
    """One receipt of the agreement at most, and the log says what it says."""
    receipts = _agreement_receipts(bundle)
    for placed, _ in receipts[1:]:
        yield placed.finding("a second receipt of the agreement")
    for placed, statement in receipts[:1]:
        concluded = [event for event in _events(bundle) if isinstance(event, AgreementConcluded)]
        if not concluded:
            yield placed.finding("the log does not say that the agreement was concluded")
        for event in concluded:
            yield from _differences(placed, statement, event, _AGREED, "log")


def _check_deliveries(bundle: Bundle, exporter: ParticipantId) -> Iterator[Finding]:
    agreed = [statement for _, statement in _agreement_receipts(bundle)]
    served, received = _by_transfer(bundle, DataServed), _by_transfer(bundle, DataReceived)
    for placed in bundle.receipts:
        statement = placed.value.statement
        if not isinstance(statement, DeliveryStatement):
            continue
        if not agreed:
            yield placed.finding("there is no receipt of the agreement that it refers to")
        for agreement in agreed[:1]:
            names = ("dataset", "provider", "consumer")
            yield from _differences(placed, statement, agreement, names, "receipt of the agreement")
        # What the exporter's own log has of the transfer: as provider it served, as consumer it received.
        if exporter == statement.provider:
            moved = served.get((statement.provider_pid, statement.consumer), {})
        else:
            moved = received.get((statement.consumer_pid, statement.provider), {})
        yield from _check_delivery(placed, statement, moved)


def _check_delivery(
    placed: Placed[Receipt], statement: DeliveryStatement, moved: Mapping[_Content, _Moved]
) -> Iterator[Finding]:
    """What both sides signed is among what the exporter moved over this transfer."""
    if not moved:
        yield placed.finding("the log has no delivery over this transfer")
        return
    same = moved.get(_content(statement))
    if same is None:
        closest = min(
            itertools.islice(moved, _COMPARED), key=lambda content: len(_unlike(statement, content, _CONTENT))
        )
        yield from _differences(placed, statement, closest, _CONTENT, "log")
    elif not same.covers(statement.size):
        yield placed.finding("`size` is not what the log says")
    elif statement.rows is not None and same.rows and statement.rows not in same.rows:
        yield placed.finding("`rows` is not what the log says")


def _by_transfer(
    bundle: Bundle, kind: type[DataServed | DataReceived]
) -> Mapping[tuple[ProcessId, ParticipantId], Mapping[_Content, _Moved]]:
    """What was moved by the exporter's pid and its peer, then by content: a transfer may deliver more than once."""
    found: dict[tuple[ProcessId, ParticipantId], dict[_Content, _Moved]] = {}
    for event in _events(bundle):
        if isinstance(event, kind):
            contents = found.setdefault((event.transfer, event.peer), {})
            contents.setdefault(_content(event), _Moved()).add(event)
    return found


def _content(said: DeliveryStatement | DataServed | DataReceived) -> _Content:
    return _Content(said.dataset, said.sha256, said.blake3)


def _unlike(one: object, other: object, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if getattr(one, name) != getattr(other, name))


def _differences(
    placed: Placed[Receipt], one: object, other: object, names: Sequence[str], source: str
) -> Iterator[Finding]:
    for name in _unlike(one, other, names):
        yield placed.finding(f"`{name}` is not what the {source} says")


def _events(bundle: Bundle) -> Iterator[object]:
    return (placed.value.event for placed in bundle.events)


def _agreement_receipts(bundle: Bundle) -> list[tuple[Placed[Receipt], AgreementStatement]]:
    return [
        (placed, placed.value.statement)
        for placed in bundle.receipts
        if isinstance(placed.value.statement, AgreementStatement)
    ]
