from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.base.clock import DateRange
from corridor.base.errors import LocalError, StaleError
from corridor.service.ports import Changes, CountGuard
from corridor.store.memory import MemoryStore
from corridor.store.sqlite import SqliteStore
from corridor.testing import store_samples as a


def test_it_warns_where_no_test_runs(monkeypatch):
    monkeypatch.delitem(sys.modules, "pytest")
    with structlog.testing.capture_logs() as logged:
        MemoryStore()
    assert [(line["log_level"], line["event"]) for line in logged] == [("warning", "state is kept in memory only")]


def test_it_is_silent_in_tests():
    with structlog.testing.capture_logs() as logged:
        MemoryStore()
    assert logged == []


async def test_whoever_must_know_is_told_of_each_commit():
    told = []
    store = MemoryStore(told.append)
    with pytest.raises(StaleError):
        await store.commit(Changes((a.negotiation(version=1),)))
    await store.commit(Changes(tasks=(a.task(),)))
    assert told == []
    await asyncio.sleep(0)
    assert told == [Changes(tasks=(a.task(),))]
    await store.close()


async def test_an_event_that_cannot_be_kept_leaves_nothing():
    store = MemoryStore()
    with pytest.raises(LocalError):
        await store.commit(Changes((a.negotiation(),), events=(a.negotiation_event("\ud800"),)))
    assert await store.negotiations() == ()


async def test_a_refused_commit_puts_back_what_it_replaced():
    store = MemoryStore()
    await store.commit(Changes(papers=(a.paper(), a.paper("urn:uuid:p2")), served=(a.served("1"),)))
    with pytest.raises(StaleError):
        await store.commit(Changes(papers=(a.paper(version=1),), served=(a.served("2"), a.served("1"))))
    assert await store.papers() == (a.paper(version=1), a.paper("urn:uuid:p2", version=1))
    assert (await store.usage()).requests == 1


few = st.sampled_from(["1", "2", "3"])
versions = st.integers(0, 2)
days = st.dates(date(2026, 1, 1), date(2026, 1, 4))
windows = st.builds(DateRange, st.none() | days, st.none() | days)
CHANGES = {
    "negotiations": st.builds(a.negotiation, few, peer_pid=st.none() | few, version=versions),
    "agreements": st.builds(a.agreement, few, of=few, version=versions),
    "transfers": st.builds(a.transfer, few, of=few, peer_pid=st.none() | few, version=versions),
    "datasets": st.builds(a.dataset, few, withdrawn=st.none() | st.just(a.NOW), version=versions),
    "papers": st.builds(a.paper, few, version=versions),
    "tasks": st.builds(a.task, few, attempts=versions),
    "tasks_done": few,
    "events": st.one_of(
        st.builds(a.negotiation_event, few),
        st.builds(a.transfer_event, few, of=few),
        st.builds(a.receipt_event, of=few, transfer=st.none() | few),
    ),
    "grants": st.builds(a.grant, few, token=few.map(str.encode), revoked=st.none() | st.just(a.NOW)),
    "served": st.builds(a.served, st.text("abc", min_size=1), agreement=few, transfer=few, size=versions),
    "counted": st.builds(a.counted, st.integers(1, 3), on=days, population=few, agreement=few),
    "receipts": st.builds(a.receipt, few, complete=st.booleans(), at=versions.map(a.later), agreement=few),
    "guards": st.builds(CountGuard, st.just("CN"), st.just("persons"), windows, st.integers(0, 4)),
}
# Mostly one or two kinds at a time, as in practice, so that not nearly every commit is stale.
changes = st.dictionaries(st.sampled_from(sorted(CHANGES)), st.just(None), max_size=3).flatmap(
    lambda kinds: st.builds(Changes, **{kind: st.lists(CHANGES[kind], max_size=2).map(tuple) for kind in kinds})
)
tokens = st.builds(a.seen, few, expires=versions.map(a.later))


async def outcome(store, step):
    if not isinstance(step, Changes):
        return await store.use_token(*step)
    try:
        await store.commit(step)
    except StaleError:
        return "stale"
    return "done"


async def everything(store):
    """All that a store can be asked about the few ids of this test."""
    found = [
        *(await store.negotiations(), await store.agreements(), await store.transfers(), await store.papers()),
        *(await store.datasets(limit=2), await store.datasets(withdrawn=True, after="1"), await store.tasks()),
        *(await store.usage(), await store.events(), await store.log_size()),
        (await store.on_offer(("keyword:trade",), limit=2)).datasets,
        (await store.on_offer(start="3", backwards=True)).datasets,
        *[await store.log_node(0, index) for index in range(await store.log_size())],
        await store.counted("CN", "persons", DateRange(date(2026, 1, 2), date(2026, 1, 3))),
    ]
    for key in ("1", "2", "3"):
        found += [
            *(await store.negotiation(key), await store.negotiation_by_peer(a.PEER, key), await store.agreement(key)),
            *(await store.transfer(key), await store.transfer_by_peer(a.PEER, key), await store.dataset(key)),
            *(await store.transfers(agreement=key), await store.paper(key), await store.task(key)),
            *(await store.grant(key), await store.grant_by_token(a.grant(token=key.encode()).token_digest)),
            *(await store.usage(agreement=key), await store.usage(transfer=key)),
            *(await store.usage(agreement=key, transfer="1"), await store.receipt(key), await store.receipts(key)),
            *(await store.events(agreement=key), await store.events(agreement=key, after=1, limit=2)),
        ]
    return found


def test_it_answers_as_the_database_does(migrated):
    async def agree(steps, path):
        memory, database = MemoryStore(), await SqliteStore.open(path)
        try:
            for step in steps:
                assert await outcome(memory, step) == await outcome(database, step)
            assert await everything(memory) == await everything(database)
        finally:
            await database.close()

    @settings(max_examples=60, deadline=None)
    @given(st.lists(changes | st.tuples(tokens, versions.map(a.later)), max_size=25))
    def both_agree(steps):
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(agree(steps, shutil.copy(migrated, Path(folder) / "node.db")))

    both_agree()
