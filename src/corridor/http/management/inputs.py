"""What requests bring: queries and bodies. A name that is not listed is refused.

Shapes and bounds are checked here; identifiers and days by the handlers, documents by their use cases.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from corridor.base.ids import MAX_ID_LENGTH

LONGEST_WAIT: Final = 60
"""Seconds that one request may wait for a process to settle."""
LARGEST_PAGE: Final = 1000
"""Items on one page."""
_LONGEST_REASON: Final = 1000

Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH)]
"""An identifier; of which characters, `base.ids.check_id` says."""


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that a request brings."""


class NoQuery(Input, frozen=True, kw_only=True):
    """No query."""


class PageQuery(Input, frozen=True, kw_only=True):
    """Which part of a list."""

    after: Annotated[str, Meta(description="`next` of the page before; left out for the first page")] = ""
    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE, description="items on the page")] = 100


class TasksQuery(PageQuery, frozen=True, kw_only=True):
    """Which tasks."""

    parked: Annotated[bool, Meta(description="whether only those are listed that wait for a person")] = False


class DatasetsQuery(PageQuery, frozen=True, kw_only=True):
    """Which datasets."""

    withdrawn: Annotated[bool, Meta(description="whether withdrawn datasets are listed too")] = False


class TransfersQuery(PageQuery, frozen=True, kw_only=True):
    """Which transfer processes."""

    agreement: Annotated[Id | None, Meta(description="only those under this agreement")] = None


class ReceiptsQuery(PageQuery, frozen=True, kw_only=True):
    """Which receipts."""

    agreement: Annotated[Id, Meta(description="the agreement that they belong to")]


class EventsQuery(Input, frozen=True, kw_only=True):
    """Which events of the evidence log."""

    after: Annotated[int, Meta(ge=-1, le=2**53 - 1, description="`next` of the page before; -1 for the first")] = -1
    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE, description="events on the page")] = 100
    agreement: Annotated[Id | None, Meta(description="only those that belong to this agreement")] = None


class WaitQuery(Input, frozen=True, kw_only=True):
    """How long to wait for a process to settle."""

    wait: Annotated[
        int, Meta(ge=0, le=LONGEST_WAIT, description="seconds to wait until the process is settled, or has ended")
    ] = 0


class ExplainQuery(Input, frozen=True, kw_only=True, rename={"partner": "for"}):
    """Whose question it is, about which offer, on which day."""

    dataset: Annotated[Id, Meta(description="one of our datasets")]
    partner: Annotated[Id, Meta(description="DID of the participant who would ask")]
    offer: Annotated[Id | None, Meta(description="one of the dataset's offers; the first if left out")] = None
    as_of: Annotated[
        str | None, Meta(description="day (2026-11-30, from 00:00 UTC) or instant that is asked about; now if left out")
    ] = None


class PublicationBody(Input, frozen=True, kw_only=True):
    """A dataset to publish, or to publish anew under the same id."""

    id: Annotated[Id, Meta(description="the dataset's identifier, such as a URN")]
    title: Annotated[str, Meta(description="what it is, in a few words")]
    source: Annotated[dict[str, Any], Meta(description="where the bytes are, and how they are prepared: `file`, ...")]
    offers: Annotated[
        tuple[dict[str, Any], ...], Meta(min_length=1, max_length=100, description="ODRL offers, each with an `id`")
    ]
    description: Annotated[str, Meta(description="what it is, in full")] = ""
    keywords: Annotated[tuple[str, ...], Meta(description="words to find it by")] = ()
    profile: Annotated[
        dict[str, Any], Meta(description="facts about the data, in the vocabulary of the rulebook; never conclusions")
    ] = {}


class CatalogueBody(Input, frozen=True, kw_only=True):
    """Whose catalogue."""

    provider: Annotated[Id, Meta(description="the partner: its DID, or the base URL of its node")]


class NegotiationBody(Input, frozen=True, kw_only=True):
    """What to ask a contract for."""

    provider: Annotated[Id, Meta(description="the partner: its DID, or the base URL of its node")]
    dataset: Annotated[Id, Meta(description="one of the partner's datasets")]
    offer: Annotated[Id | None, Meta(description="one of its offers; may be left out where there is only one")] = None


class ReasonBody(Input, frozen=True, kw_only=True):
    """Why; the partner is told."""

    reason: Annotated[str, Meta(max_length=_LONGEST_REASON, description="one sentence for people")] = ""


class TransferBody(Input, frozen=True, kw_only=True):
    """What to transfer."""

    agreement: Annotated[Id, Meta(description="an agreement under which we are the consumer")]
    fetch: Annotated[bool, Meta(description="whether this node fetches the bytes as soon as it may")] = False


class PaperBody(msgspec.Struct, frozen=True, kw_only=True):
    """A paper to put on file. Further members: any fact of a paper in the vocabulary of the rulebook."""

    kind: Annotated[str, Meta(description="a kind that the rulebook knows, such as `cn/standard-contract`")]
    digest: Annotated[str, Meta(pattern="^sha-256:[0-9a-f]{64}$", description="SHA-256 of the document")]
    id: Annotated[Id | None, Meta(description="an identifier of your own; made up if left out")] = None
    number: Annotated[str | None, Meta(description="the number under which an authority knows it")] = None
    effective: Annotated[str | None, Meta(description="the day from which it has effect")] = None
    filed: Annotated[str | None, Meta(description="the day on which it was filed")] = None
    valid_to: Annotated[str | None, Meta(description="its last day")] = None


class AssessmentBody(Input, frozen=True, kw_only=True):
    """A described transfer."""

    facts: Annotated[dict[str, Any], Meta(description="the transfer, in the vocabulary of the rulebook")]
    as_of: Annotated[str | None, Meta(description="the day that is asked about; today (UTC) if left out")] = None
