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
LARGEST_LISTING: Final = 10_000
"""Datasets in one listing of a partner's catalogue, where a limit is asked for."""
_LONGEST_REASON: Final = 1000

Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH)]
"""An identifier; of which characters, `base.ids.check_id` says."""

Field = Annotated[str, Meta(min_length=1, max_length=8192)]
"""What stands in a URL or in the field of a request."""
Index = Annotated[int, Meta(ge=-1, le=2**53 - 1)]
"""The place of an event in the log; -1 is before the first."""


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
    held: Annotated[bool, Meta(description="only those that wait for a person, under whatever agreement")] = False


class ReceiptsQuery(PageQuery, frozen=True, kw_only=True):
    """Which receipts."""

    agreement: Annotated[Id, Meta(description="the agreement that they belong to")]


class EventsQuery(Input, frozen=True, kw_only=True):
    """Which events of the evidence log."""

    after: Annotated[int, Meta(ge=-1, le=2**53 - 1, description="`next` of the page before; -1 for the first")] = -1
    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE, description="events on the page; a stream has no pages")] = 100
    type: Annotated[str | None, Meta(description="only these types or families (`transfer.*`), with commas")] = None
    partner: Annotated[Id | None, Meta(description="only those to which this participant is a party")] = None
    agreement: Annotated[Id | None, Meta(description="only those that belong to this agreement")] = None
    negotiation: Annotated[Id | None, Meta(description="only those that name this negotiation")] = None
    transfer: Annotated[Id | None, Meta(description="only those that name this transfer process")] = None


class LettersQuery(Input, frozen=True, kw_only=True):
    """Which dead letters."""

    after: Annotated[int, Meta(ge=-1, le=2**53 - 1, description="`next` of the page before; -1 for the first")] = -1
    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE, description="dead letters on the page")] = 100


class SubscriptionBody(Input, frozen=True, kw_only=True):
    """Who is to be told of which events."""

    url: Annotated[str, Meta(min_length=1, max_length=8192, description="where: https, on a public address")]
    types: Annotated[
        tuple[str, ...], Meta(max_length=100, description="only these types or families (`transfer.*`); empty for all")
    ] = ()
    partners: Annotated[
        tuple[Id, ...], Meta(max_length=100, description="only with one of these participants; empty for all")
    ] = ()
    after: Annotated[Index | None, Meta(description="begin behind this event; -1 for the first, null for the next")] = (
        None
    )
    batch: Annotated[bool, Meta(description="whether one request may bring several events")] = False
    validate: Annotated[
        bool, Meta(description="whether the receiver is asked first, as the web hooks of CloudEvents are")
    ] = False


class RedeliveryBody(Input, frozen=True, kw_only=True):
    """Which dead letters to deliver once more."""

    index: Annotated[Index | None, Meta(description="of this event; null for all")] = None


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
    catalogue: Annotated[str, Meta(description="the named catalogue within ours that it belongs to; empty: none")] = ""
    profile: Annotated[
        dict[str, Any], Meta(description="facts about the data, in the vocabulary of the rulebook; never conclusions")
    ] = {}


class CatalogueBody(Input, frozen=True, kw_only=True):
    """Whose catalogue, and what of it."""

    provider: Annotated[Id, Meta(description="the partner: its DID, or the base URL of its node")]
    filter: Annotated[
        tuple[dict[str, Any], ...],
        Meta(max_length=32, description='what to look for, such as `[{"keyword": "trade"}]`; all of it has to hold'),
    ] = ()
    limit: Annotated[
        Annotated[int, Meta(ge=1, le=LARGEST_LISTING)] | None, Meta(description="datasets at most; all if left out")
    ] = None
    after: Annotated[str, Meta(max_length=8192, description="`next` of the listing before; left out for the first")] = (
        ""
    )


class NegotiationsQuery(PageQuery, frozen=True, kw_only=True):
    """Which negotiations."""

    held: Annotated[bool, Meta(description="only those that wait for a person")] = False


class NegotiationBody(Input, frozen=True, kw_only=True):
    """What to ask a contract for."""

    provider: Annotated[Id, Meta(description="the partner: its DID, or the base URL of its node")]
    dataset: Annotated[Id, Meta(description="one of the partner's datasets")]
    offer: Annotated[Id | None, Meta(description="one of its offers; may be left out where there is only one")] = None
    hold: Annotated[bool, Meta(description="whether a person is asked before we bind ourselves")] = False


class ProposalBody(Input, frozen=True, kw_only=True):
    """Whom to make an offer, and which."""

    consumer: Annotated[Id, Meta(description="the partner: its DID, or the base URL of its node")]
    dataset: Annotated[Id, Meta(description="one of our datasets")]
    offer: Annotated[Id | None, Meta(description="one of its offers; may be left out where there is only one")] = None
    terms: Annotated[
        dict[str, Any] | None, Meta(description="other terms than the offer's: ODRL rules without target and parties")
    ] = None
    hold: Annotated[bool, Meta(description="whether a person is asked before we bind ourselves")] = False


class TermsBody(Input, frozen=True, kw_only=True):
    """Terms in place of those on the table."""

    terms: Annotated[dict[str, Any], Meta(description="ODRL rules without target and parties")]


class ReasonBody(Input, frozen=True, kw_only=True):
    """Why; the partner is told."""

    reason: Annotated[str, Meta(max_length=_LONGEST_REASON, description="one sentence for people")] = ""


class DestinationBody(Input, frozen=True, kw_only=True):
    """Where the provider has to push to, if not to this node."""

    endpoint: Annotated[Field, Meta(description="an https URL that takes a PUT")]
    authorization: Annotated[
        Field | None, Meta(description="the value of the header of that name: a secret, kept sealed")
    ] = None


class TransferBody(Input, frozen=True, kw_only=True):
    """What to transfer."""

    agreement: Annotated[Id, Meta(description="an agreement under which we are the consumer")]
    fetch: Annotated[bool, Meta(description="whether this node fetches the bytes as soon as it may")] = False
    format: Annotated[
        Id | None, Meta(description="such as `HttpData-PULL` or `HttpData-PUSH`; this node's choice if left out")
    ] = None
    destination: Annotated[
        DestinationBody | None, Meta(description="where the provider has to push to, if not to this node")
    ] = None


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
