"""Look at a partner's offers: as consumer, before anything is agreed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from corridor.base.errors import (
    CorridorError,
    ForbiddenError,
    MalformedError,
    NotFoundError,
    RemoteError,
    UnauthenticatedError,
    UnreachableError,
)
from corridor.base.ids import DatasetId, MessageId, OfferId, printable
from corridor.base.json import JsonObject
from corridor.dsp.binding import Target, catalog_target, dataset_target
from corridor.dsp.catalog import Catalog, Dataset
from corridor.dsp.messages import CatalogRequest, Offer
from corridor.service.context import Context
from corridor.service.finding import parse_filter
from corridor.service.listing import Window, fitting, together
from corridor.service.ports import Peer, Reply
from corridor.service.viewing import PROFILE

MOST_PAGES: Final = 1000
"""Pages of one catalogue that are followed at once."""
MOST_DATASETS: Final = 20_000
"""Datasets of one catalogue that are held at once."""
LONGEST: Final = timedelta(seconds=30)
"""After so long no further page is asked for: a partner must not keep us busy by answering slowly, but in time."""
_BAD_REQUEST: Final = 400
_REFUSALS: Final[dict[int, type[RemoteError]]] = {401: UnauthenticatedError, 403: ForbiddenError, 404: NotFoundError}
_PLACE: Final = re.compile(r"listing 1 (\S+) (\d{1,9}) (\S+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Choice:
    """An offer that was found at a partner, with the facts about the data that it states."""

    peer: Peer
    dataset: Dataset
    offer: Offer
    profile: JsonObject


@dataclass(frozen=True, slots=True)
class Search:
    """What to look for in a partner's catalogue.

    Attributes:
        filters: as `finding.parse_filter` reads them; all have to hold.
        limit: datasets at most; None for all.
        after: `next` of the listing before, or empty text.
    """

    filters: tuple[JsonObject, ...] = ()
    limit: int | None = None
    after: str = ""


EVERYTHING: Final = Search()


@dataclass(frozen=True, slots=True)
class Listing:
    """What was found in a partner's catalogue, all pages together; `next` says where it goes on, None at its end."""

    peer: Peer
    catalog: Catalog
    next: str | None


async def catalogue_of(ctx: Context, reference: str, search: Search = EVERYTHING) -> Listing:
    """The catalogue of the partner that `reference` (a DID or a base URL) names, as far as it fits.

    What comes is held against the filter here too (DSP 2025-1, *Queries and Filter Expressions*): a partner may not
    know our filters, and then refuses or ignores them.

    Raises:
        UnreachableError: the partner cannot be reached, or its pages lead in a circle.
        UnauthenticatedError: the partner does not know us.
        MalformedError: what it answers is no catalogue, a filter is not supported, or `after` is none of ours.
    """
    wanted = parse_filter(search.filters)
    peer = await ctx.directory.peer(reference)
    first = catalog_target(peer.dsp_url)
    skip, url = _opened(ctx, peer, search.after) if search.after else (0, first.url)
    asking = _Asking(ctx, peer, first.method, search.filters)
    window = Window(skip, MOST_DATASETS if search.limit is None else min(search.limit, MOST_DATASETS))
    pages: list[Catalog] = []
    asked: set[str] = set()
    following: str | None = url
    until = ctx.clock.now() + LONGEST
    while following and not window.full and len(asked) < MOST_PAGES and (not asked or ctx.clock.now() < until):
        url, window.passed = following, 0
        asked.add(url)
        page, following = await asking.page(url)
        if following in asked:
            raise UnreachableError("the pages of the partner's catalogue lead in a circle")
        pages.append(window.take(fitting(page, wanted)))
        window.skip = 0
    rest = _sealed(ctx, peer, window.passed, url) if window.over else following and _sealed(ctx, peer, 0, following)
    return Listing(peer, together(pages), rest)


@dataclass(slots=True)
class _Asking:
    """Requests for the pages of one catalogue, with the filter until the partner turns out not to support it."""

    ctx: Context
    peer: Peer
    method: str
    filters: tuple[JsonObject, ...]

    async def page(self, url: str) -> tuple[Catalog, str | None]:
        """A page, and the URL of the next one."""
        codec = self.ctx.codecs.get(self.peer.protocol)
        request = codec.encode(CatalogRequest(MessageId(self.ctx.new_id()), self.filters))
        try:
            reply = await _ask(self.ctx, self.peer, Target(self.method, url), request)
        except UnreachableError as error:
            if not self.filters or error.status != _BAD_REQUEST:
                raise
            self.filters = ()
            return await self.page(url)
        return codec.decode(Catalog, reply.document), reply.next


def _sealed(ctx: Context, peer: Peer, skip: int, url: str) -> str:
    """A place in a partner's catalogue as text; sealed, since we shall call the URL in it."""
    return ctx.secrets.seal(f"listing 1 {peer.id} {skip} {url}")


def _opened(ctx: Context, peer: Peer, after: str) -> tuple[int, str]:
    try:
        found = _PLACE.fullmatch(ctx.secrets.unseal(after))
    except CorridorError:
        found = None
    if found is None or found[1] != peer.id:
        raise MalformedError("this is no place in this partner's catalogue", place="$.after", remedy="give its `next`")
    return int(found[2]), found[3]


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
