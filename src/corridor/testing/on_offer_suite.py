"""What every adapter of the port `Store` has to do where datasets are looked for; a part of `StoreSuite`."""
# ruff: noqa: S101, PLR2004, D102 - these are tests: they assert literal values, and their names are their sentences

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from corridor.base.errors import StaleError
from corridor.base.ids import DatasetId
from corridor.service.ports import Changes, Store
from corridor.testing import store_samples as a

D1 = DatasetId("urn:uuid:d1")


async def walked(store: Store, *terms: str, start: str = "", backwards: bool = False, **bounds: Any) -> list[str]:
    """The ids of a whole walk over the datasets on offer, stretch by stretch."""
    found: list[str] = []
    at: str | None = start
    while at is not None:
        stretch = await store.on_offer(terms, start=at, backwards=backwards, **bounds)
        found += [record.id for record in stretch.datasets]
        at = stretch.at
    return found


class OnOfferSuite:
    """Walks over the datasets on offer."""

    async def test_datasets_on_offer_are_walked_both_ways(self, store: Store) -> None:
        ids = [f"urn:d:{n}" for n in range(7)]
        gone = a.dataset("urn:d:3-gone", withdrawn=a.NOW)
        await store.commit(Changes(datasets=(*(a.dataset(key) for key in reversed(ids)), gone)))
        assert await walked(store, limit=3) == ids
        assert await walked(store, limit=3, start="urn:d:4", backwards=True) == ids[3::-1]
        assert (await store.on_offer(start="urn:d:9")).datasets == ()

    async def test_datasets_are_found_by_all_terms_together(self, store: Store) -> None:
        words = {"urn:d:1": ("trade",), "urn:d:2": ("trade", "harvest"), "urn:d:3": ("harvest",), "urn:d:4": ()}
        datasets = tuple(replace(a.dataset(key), keywords=keywords) for key, keywords in words.items())
        await store.commit(Changes(datasets=datasets))
        assert await walked(store, "keyword:harvest", "keyword:trade") == ["urn:d:2"]
        assert await walked(store, "keyword:trade", limit=1) == ["urn:d:1", "urn:d:2"]
        assert await walked(store, "keyword:harvest", limit=1, start="urn:e", backwards=True) == ["urn:d:3", "urn:d:2"]
        assert await walked(store, "keyword:none") == []

    async def test_a_walk_looks_at_no_more_than_it_may_and_says_where_it_goes_on(self, store: Store) -> None:
        datasets = [replace(a.dataset(f"urn:d:{n}"), keywords=("trade", *["last"] * (n == 8))) for n in range(9)]
        await store.commit(Changes(datasets=tuple(datasets)))
        terms = ("keyword:trade", "mediaType:text/csv")
        first = await store.on_offer(terms, limit=4, look_at=2)
        assert ([kept.id for kept in first.datasets], first.at, first.looked) == (["urn:d:0", "urn:d:1"], "urn:d:1", 2)
        assert await walked(store, *terms, limit=4, look_at=2) == [dataset.id for dataset in datasets]
        assert await walked(store, "keyword:last", "keyword:trade", look_at=1) == ["urn:d:8"]

    async def test_the_index_follows_each_version_of_a_dataset(self, store: Store) -> None:
        await store.commit(Changes(datasets=(a.dataset(),)))
        await store.commit(Changes(datasets=(replace(a.dataset(version=1), keywords=("harvest",), title="Parts"),)))
        assert (await walked(store, "keyword:trade"), await walked(store, "text:orders")) == ([], [])
        assert (await walked(store, "keyword:harvest"), await walked(store, "text:parts")) == ([D1], [D1])
        await store.commit(Changes(datasets=(a.dataset(withdrawn=a.NOW, version=2),)))
        assert await walked(store, "keyword:trade") == []
        await store.commit(Changes(datasets=(a.dataset(version=3),)))
        assert await walked(store, "keyword:trade") == [D1]

    async def test_a_refused_commit_leaves_the_index_as_it_was(self, store: Store) -> None:
        await store.commit(Changes(datasets=(a.dataset(),)))
        other = replace(a.dataset("urn:d:2"), keywords=("harvest",))
        with suppress(StaleError):
            await store.commit(Changes(datasets=(other, replace(a.dataset(version=7), keywords=("harvest",)))))
        assert (await walked(store, "keyword:trade"), await walked(store, "keyword:harvest")) == ([D1], [])
