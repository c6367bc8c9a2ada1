"""Contract negotiations and the agreements that they lead to."""

from __future__ import annotations

from functools import partial
from operator import attrgetter

from corridor.base.errors import MalformedError, NotFoundError, UnauthenticatedError
from corridor.base.ids import AgreementId, DatasetId, OfferId, ProcessId, check_id
from corridor.http.management import models, views
from corridor.http.management.calls import Call
from corridor.http.management.datasets import refused_by_partner
from corridor.http.management.inputs import (
    NegotiationBody,
    NegotiationsQuery,
    NoQuery,
    PageQuery,
    ProposalBody,
    ReasonBody,
    TermsBody,
    WaitQuery,
)
from corridor.http.management.waiting import negotiation_settled, wait_until
from corridor.service import negotiate
from corridor.service.context import Context
from corridor.service.discover import choose
from corridor.service.records import NegotiationRecord


async def begin_negotiation(call: Call[NoQuery, NegotiationBody]) -> models.Negotiation:
    """Ask a partner for a contract on one of its offers.

    Raises:
        ForbiddenError: the partner does not know us.
    """
    body = call.body
    provider = check_id(body.provider, "$.provider")
    dataset = DatasetId(check_id(body.dataset, "$.dataset"))
    offer = None if body.offer is None else OfferId(check_id(body.offer, "$.offer"))
    try:
        choice = await choose(call.ctx, provider, dataset, offer)
    except UnauthenticatedError as error:
        raise refused_by_partner(error) from None
    record = await negotiate.request(call.ctx, choice.peer, dataset, choice.offer, choice.profile, attended=body.hold)
    return views.negotiation(record)


async def propose_offer(call: Call[NoQuery, ProposalBody]) -> models.Negotiation:
    """As provider, make a partner an offer unasked."""
    body = call.body
    peer = await call.ctx.directory.peer(check_id(body.consumer, "$.consumer"))
    dataset = DatasetId(check_id(body.dataset, "$.dataset"))
    offer = None if body.offer is None else OfferId(check_id(body.offer, "$.offer"))
    try:
        record = await negotiate.offer(call.ctx, peer, dataset, offer, body.terms, attended=body.hold)
    except MalformedError as error:
        raise _in_terms(error) from None
    return views.negotiation(record)


def _in_terms(error: MalformedError) -> MalformedError:
    """The fault with its place in the body of the request."""
    inside = (error.place or "$").removeprefix("$")
    return MalformedError(error.message, place=f"$.terms{inside}", remedy=error.remedy)


async def list_negotiations(call: Call[NegotiationsQuery, None]) -> models.Page[models.NegotiationSummary]:
    """A page of all negotiations, of both roles, or of those that wait for a person."""
    query, store = call.query, call.ctx.store
    read = store.negotiations_held if query.held else store.negotiations
    found = await read(after=query.after, limit=query.limit + 1)
    return views.page(found, query.limit, views.negotiation_summary, attrgetter("pid"))


async def show_negotiation(call: Call[WaitQuery, None]) -> models.Negotiation:
    """A negotiation, as soon as it is settled or the wait is over.

    Raises:
        NotFoundError: there is no such negotiation.
    """
    pid = ProcessId(call.path["pid"])
    read = partial(_negotiation, call.ctx, pid)
    return views.negotiation(await wait_until(call.watcher, read, negotiation_settled, call.query.wait, pid))


async def _negotiation(ctx: Context, pid: ProcessId) -> NegotiationRecord:
    record = await ctx.store.negotiation(pid)
    if record is None:
        raise NotFoundError("there is no such negotiation", remedy="GET /negotiations lists them")
    return record


async def accept_offer(call: Call[NoQuery, None]) -> models.Negotiation:
    """As consumer, accept the provider's offer."""
    return views.negotiation(await negotiate.accept(call.ctx, ProcessId(call.path["pid"])))


async def counter_offer(call: Call[NoQuery, TermsBody]) -> models.Negotiation:
    """Offer other terms than those on the table."""
    try:
        return views.negotiation(await negotiate.counter(call.ctx, ProcessId(call.path["pid"]), call.body.terms))
    except MalformedError as error:
        raise _in_terms(error) from None


async def approve_negotiation(call: Call[NoQuery, None]) -> models.Negotiation:
    """Say yes to the step that waits for a person."""
    return views.negotiation(await negotiate.approve(call.ctx, ProcessId(call.path["pid"])))


async def refuse_negotiation(call: Call[NoQuery, ReasonBody]) -> models.Negotiation:
    """Say no to the step that waits for a person."""
    return views.negotiation(await negotiate.refuse(call.ctx, ProcessId(call.path["pid"]), call.body.reason))


async def terminate_negotiation(call: Call[NoQuery, ReasonBody]) -> models.Negotiation:
    """End a negotiation."""
    return views.negotiation(await negotiate.terminate(call.ctx, ProcessId(call.path["pid"]), call.body.reason))


async def list_agreements(call: Call[PageQuery, None]) -> models.Page[models.AgreementSummary]:
    """A page of all agreements, of both roles."""
    query = call.query
    found = await call.ctx.store.agreements(after=query.after, limit=query.limit + 1)
    return views.page(found, query.limit, views.agreement_summary, attrgetter("id"))


async def show_agreement(call: Call[NoQuery, None]) -> models.Agreement:
    """An agreement with its terms, usage and receipts.

    Raises:
        NotFoundError: there is no such agreement.
    """
    agreement = AgreementId(call.path["id"])
    record = await call.ctx.store.agreement(agreement)
    if record is None:
        raise NotFoundError("there is no such agreement", remedy="GET /agreements lists them")
    usage = await call.ctx.store.usage(agreement=agreement)
    return views.agreement(record, usage, await call.ctx.store.receipts(agreement))
