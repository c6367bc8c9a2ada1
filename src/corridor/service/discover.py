"""Look at a partner's offers: as consumer, before anything is agreed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from corridor.base.errors import ForbiddenError, NotFoundError, RemoteError, UnauthenticatedError, UnreachableError
from corridor.base.ids import DatasetId, MessageId, OfferId, printable
from corridor.base.json import JsonObject
from corridor.dsp.binding import Target, catalog_target, dataset_target
from corridor.dsp.catalog import Catalog, Dataset
from corridor.dsp.messages import CatalogRequest, Offer
from corridor.service.catalogue import PROFILE
from corridor.service.context import Context
from corridor.service.ports import Peer, Reply

MOST_PAGES: Final = 1000
"""Pages of one catalogue that are followed."""
_REFUSALS: Final[dict[int, type[RemoteError]]] = {401: UnauthenticatedError, 403: ForbiddenError, 404: NotFoundError}


@dataclass(frozen=True, slots=True)
class Choice:
    """An offer that was found at a partner, with the facts about the data that it states."""

    peer: Peer
    dataset: Dataset
    offer: Offer
    profile: JsonObject


async def catalogue_of(ctx: Context, reference: str) -> tuple[Peer, Catalog]:
    """The catalogue of the partner that `reference` (a DID or a base URL) names, all its pages together.

    Raises:
        UnreachableError: the partner cannot be reached.
        UnauthenticatedError: the partner does not know us.
        MalformedError: what it answers is no catalogue.
    """
    peer = await ctx.directory.peer(reference)
    codec = ctx.codecs.get(peer.protocol)
    request = codec.encode(CatalogRequest(MessageId(ctx.new_id())))
    target: Target | None = catalog_target(peer.dsp_url)
    pages: list[Catalog] = []
    while target is not None and len(pages) < MOST_PAGES:
        reply = await _ask(ctx, peer, target, request)
        pages.append(codec.decode(Catalog, reply.document))
        target = Target(target.method, reply.next) if reply.next else None
    return peer, replace(pages[0], datasets=tuple(dataset for page in pages for dataset in page.datasets))


async def choose(ctx: Context, reference: str, dataset: DatasetId, offer: OfferId | None) -> Choice:
    """An offer on a partner's dataset: the one named, or the only one that there is.

    Raises:
        NotFoundError: there is no such dataset or offer, or it is not for us.
        UnreachableError: the partner cannot be reached.
        MalformedError: more than one offer and none was named, or what the partner answers is no dataset.
    """
    peer = await ctx.directory.peer(reference)
    reply = await _ask(ctx, peer, dataset_target(dataset, peer.dsp_url), None)
    found = ctx.codecs.get(peer.protocol).decode(Dataset, reply.document)
    chosen = [candidate for candidate in found.offers if offer in (None, candidate.id)]
    if not chosen:
        raise NotFoundError(f"there is no offer `{printable(offer or '')}` on this dataset", remedy=_named(found))
    if len(chosen) > 1:
        raise NotFoundError("the dataset has several offers", remedy=f"name one: {_named(found)}")
    profile = found.properties.get(PROFILE, {})
    return Choice(peer, found, chosen[0], profile if isinstance(profile, dict) else {})


def _named(dataset: Dataset) -> str:
    return ", ".join(f"`{printable(offer.id)}`" for offer in dataset.offers[:10])


async def _ask(ctx: Context, peer: Peer, target: Target, document: JsonObject | None) -> Reply:
    reply = await ctx.sender.request(peer.id, target.method, target.url, document)
    if 200 <= reply.status < 300 and reply.document is not None:  # noqa: PLR2004 - HTTP's range of success
        return reply
    error = _REFUSALS.get(reply.status)
    if error is None:
        raise UnreachableError(f"the partner answered {reply.status}", status=reply.status)
    said = (reply.document or {}).get("reason")
    reason = printable(str(said[0]), 200) if isinstance(said, list) and said else f"it answered {reply.status}"
    raise error(f"the partner refuses: {reason}")
