"""What we offer to a partner: the datasets of which it may see an offer, with what the border will ask of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from corridor.base.errors import CorridorError, MalformedError, NotFoundError
from corridor.base.ids import DatasetId
from corridor.dsp.catalog import Catalog, Dataset
from corridor.dsp.messages import CatalogRequest
from corridor.service.context import Context
from corridor.service.finding import Wanted, parse_filter
from corridor.service.ports import Stretch
from corridor.service.records import DatasetRecord, Participant
from corridor.service.viewing import BORDER, PROFILE, Viewer, ask, format_names, service_of

__all__ = ["BORDER", "PROFILE", "Page", "ask", "catalogue", "dataset"]

_ENTRIES: Final = 5
"""Entries of the index that are looked at for each dataset that may be judged: they cost so much less."""
_STRETCH: Final = 50
"""Datasets that are asked for at once: between two stretches the store lets others in."""
_CURSOR: Final = "catalogue 1"
_LONGEST_CURSOR: Final = 2048
_PAST: Final = "\x01"
"""Makes of an id what stands right behind it: no id holds a control character."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the catalogue, and the cursors of the pages after and before it, or None where there is none."""

    catalog: Catalog
    next: str | None
    previous: str | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page begins: after an id, or, backwards, before one."""

    start: str = ""
    backwards: bool = False


@dataclass(slots=True)
class _Found:
    """Datasets that the partner sees in the order of the walk, where that stopped (None: at its end), and its term."""

    seen: list[tuple[DatasetRecord, Dataset]] = field(default_factory=list)
    at: str | None = None
    follow: str | None = None


async def catalogue(ctx: Context, partner: Participant, request: CatalogRequest, cursor: str | None = None) -> Page:
    """The catalogue as `partner` sees it, a page at a time in order of dataset id.

    A page has fewer than `ctx.page` datasets only where there are no more, or where `ctx.look` datasets had to be
    judged to find them: then it says nevertheless where it goes on.

    Raises:
        MalformedError: the filter is not supported, or the cursor is none of ours.
    """
    wanted = parse_filter(request.filter)
    place = _opened(ctx, cursor)
    # One dataset more than a page has says whether another page follows.
    found = await _look(ctx, await Viewer.of(ctx, partner), wanted, place)
    more = len(found.seen) > ctx.page
    shown = found.seen[: ctx.page]
    last = shown[-1][1].id if more else found.at
    on = None if last is None else _Place(last, backwards=place.backwards)
    if place.backwards:
        shown.reverse()
    catalog = _catalog(ctx, shown)
    if place.backwards:
        # Where nothing is seen before a place, the pages from there on are those from the beginning.
        back_again = _Place(shown[-1][1].id if shown else "")
        return Page(catalog, _sealed(ctx, back_again), _sealed(ctx, on))
    back = _Place(shown[0][1].id if shown else place.start + _PAST, backwards=True) if place.start else None
    return Page(catalog, _sealed(ctx, on), _sealed(ctx, back))


async def _look(ctx: Context, viewer: Viewer, wanted: Wanted, place: _Place) -> _Found:
    """Walk on until the page is full, the end is reached, or enough was looked at."""
    found = _Found(at=place.start)
    if not wanted.formats <= {name.casefold() for name in format_names(ctx)}:
        found.at = None
        return found
    look = max(ctx.look, ctx.page + 1)
    judged, entries = 0, 0
    while found.at is not None and len(found.seen) <= ctx.page and judged < look and entries < look * _ENTRIES:
        missing = min(ctx.page + 1 - len(found.seen), look - judged, _STRETCH)
        stretch = await ctx.store.on_offer(
            wanted.index_terms,
            start=found.at,
            backwards=place.backwards,
            limit=missing,
            look_at=look * _ENTRIES - entries,
            follow=found.follow,
        )
        found.follow = stretch.follow
        judged, entries = judged + len(stretch.datasets), entries + stretch.looked
        await _see(ctx, viewer, wanted, stretch, found)
    return found


async def _see(ctx: Context, viewer: Viewer, wanted: Wanted, stretch: Stretch, found: _Found) -> None:
    for record in stretch.datasets:
        seen = await viewer.see(record, wanted)
        if seen is not None:
            found.seen.append((record, seen))
        if len(found.seen) > ctx.page:
            return
    found.at = stretch.at


def _catalog(ctx: Context, shown: list[tuple[DatasetRecord, Dataset]]) -> Catalog:
    """The datasets of a page, those of named catalogues within these (DSP 2025-1, catalog schema: `catalog`)."""
    by_name: dict[str, list[Dataset]] = {}
    for record, seen in shown:
        by_name.setdefault(record.catalogue, []).append(seen)
    root = by_name.pop("", [])
    services = (service_of(ctx),)
    return Catalog(
        id=f"{ctx.me.id}#catalog",
        participant=ctx.me.id,
        datasets=tuple(root),
        # A catalogue within another is no root: it need not say whose it is, and its id is one of ours.
        catalogs=tuple(
            Catalog(
                id=f"{ctx.me.id}#catalog-{quote(name, safe='')}",
                participant=None,
                datasets=tuple(datasets),
                services=services,
                properties={"title": name},
            )
            for name, datasets in sorted(by_name.items())
        ),
        services=services,
    )


async def dataset(ctx: Context, partner: Participant, dataset: DatasetId) -> Dataset:
    """One dataset as `partner` sees it.

    Raises:
        NotFoundError: there is no such dataset, or the partner may see none of its offers.
    """
    record = await ctx.store.dataset(dataset)
    seen = await (await Viewer.of(ctx, partner)).see(record) if record else None
    if seen is None:
        raise NotFoundError("there is no such dataset")
    return seen


def _sealed(ctx: Context, place: _Place | None) -> str | None:
    """A place as a cursor. It is enciphered: the id in it can be that of a dataset which the partner may not see."""
    if place is None:
        return None
    return ctx.secrets.seal(f"{_CURSOR} {'<' if place.backwards else '>'} {place.start}")


def _opened(ctx: Context, cursor: str | None) -> _Place:
    if not cursor:
        return _Place()
    try:
        text = ctx.secrets.unseal(cursor) if len(cursor) <= _LONGEST_CURSOR else ""
    except CorridorError:
        text = ""
    for mark in "<>":
        if text.startswith(f"{_CURSOR} {mark} "):
            return _Place(text.removeprefix(f"{_CURSOR} {mark} "), backwards=mark == "<")
    raise MalformedError("the page is none of this catalogue's", place="?page", remedy="follow the Link header")
