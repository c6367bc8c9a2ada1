from __future__ import annotations

from dataclasses import replace

import pytest

from corridor.service.ports import MOST_TERMS, Changes
from corridor.store import statements, walk
from corridor.testing import store_samples as a


@pytest.fixture
async def filled(store):
    """Two hundred datasets with the keyword `all`, every tenth with `some`, one with `one`."""
    words = [("all", *(("some",) if n % 10 == 0 else ()), *(("one",) if n == 77 else ())) for n in range(200)]
    datasets = [replace(a.dataset(f"urn:d:{n:03}"), keywords=keywords) for n, keywords in enumerate(words)]
    await store.commit(Changes(datasets=tuple(datasets)))
    return store


@pytest.fixture
def asked(filled):
    """Every statement that the store's walks run, with its parameters and the number of rows that it gave."""
    ran, rows = [], filled._rows

    async def note(sql, **where):
        found = await rows(sql, **where)
        ran.append((sql, where, len(found)))
        return found

    filled._rows = note
    return ran


@pytest.fixture
def blind(monkeypatch):
    """The walk takes any term for the rarest."""
    monkeypatch.setattr(walk, "_SIZES", (1,))


def entries(asked):
    return sum(rows for sql, _, rows in asked if sql in (statements.FOUND, statements.FOUND_BEFORE))


async def test_the_walk_follows_the_rarest_term(filled, asked):
    found = await filled.on_offer(("keyword:all", "keyword:one", "keyword:some"))
    assert (found.datasets, found.at, found.looked) == ((), None, 1)
    found = await filled.on_offer(("keyword:all", "keyword:one"))
    assert ([record.id for record in found.datasets], found.looked) == (["urn:d:077"], 1)
    assert entries(asked) == 2


async def test_a_walk_that_goes_on_need_not_look_for_the_rarest_term_again(filled, asked):
    first = await filled.on_offer(("keyword:all", "keyword:some"), limit=2)
    assert first.follow == "keyword:some"
    asked.clear()
    second = await filled.on_offer(("keyword:all", "keyword:some"), start=first.at, limit=2, follow=first.follow)
    assert [record.id for record in second.datasets] == ["urn:d:020", "urn:d:030"]
    assert {sql for sql, _, _ in asked} == {statements.FOUND}
    other = await filled.on_offer(("keyword:all", "keyword:some"), limit=2, follow="keyword:one")
    assert other.follow == "keyword:some"


async def test_a_term_without_entries_ends_the_walk_before_it_begins(filled, asked):
    found = await filled.on_offer(("keyword:all", "keyword:none"))
    assert (found.datasets, found.at, found.looked) == ((), None, 0)
    assert entries(asked) == 0


async def test_no_more_entries_are_read_than_may_be_looked_at(filled, asked, blind):
    first = await filled.on_offer(("keyword:all", "keyword:one"), limit=5, look_at=50)
    assert (first.datasets, first.at, first.looked) == ((), "urn:d:049", 50)
    second = await filled.on_offer(("keyword:all", "keyword:one"), start=first.at, limit=5, look_at=50)
    assert ([record.id for record in second.datasets], second.at, second.looked) == (["urn:d:077"], "urn:d:099", 50)
    assert entries(asked) == 100


async def test_stretches_grow_while_little_is_found(filled, asked, blind):
    found = await filled.on_offer(("keyword:all", "keyword:some"), limit=5)
    assert [record.id for record in found.datasets] == [f"urn:d:{n:03}" for n in range(0, 50, 10)]
    assert [where["limit"] for sql, where, _ in asked if sql == statements.FOUND] == [5, 20, 80]


async def test_a_full_page_reads_no_further(filled, asked):
    found = await filled.on_offer(("keyword:all",), limit=20)
    assert (len(found.datasets), found.at, entries(asked)) == (20, "urn:d:019", 20)


async def test_a_walk_without_terms_reads_no_more_than_a_page(filled, asked):
    found = await filled.on_offer(start="urn:d:050", backwards=True, limit=7)
    assert [record.id for record in found.datasets] == [f"urn:d:{n:03}" for n in range(49, 42, -1)]
    assert (found.at, found.looked, [rows for _, _, rows in asked]) == ("urn:d:043", 7, [7])


async def test_more_terms_than_one_statement_takes_are_cut_to_the_rarest(filled, asked):
    spare = tuple(f"keyword:all{n}" for n in range(MOST_TERMS))
    record = replace(a.dataset("urn:d:999"), keywords=("all", *(f"all{n}" for n in range(MOST_TERMS))))
    await filled.commit(Changes(datasets=(record,)))
    found = await filled.on_offer(("keyword:all", *spare))
    assert [record.id for record in found.datasets] == ["urn:d:999"]
    [where] = [where for sql, where, _ in asked if sql == statements.FOUND]
    assert "keyword:all" not in where.values()
