"""What every adapter of the port `Store` has to do, as tests.

Subclass `StoreSuite` in a test module and give it a fixture `store` that yields an empty store; pytest runs the rest,
with pytest-asyncio in its auto mode::

    class TestMine(StoreSuite):
        @pytest.fixture
        async def store(self, tmp_path):
            store = await MyStore.open(tmp_path / "node.db")
            yield store
            await store.close()
"""
# ruff: noqa: S101, PLR2004, D102 - these are tests: they assert literal values, and their names are their sentences

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import pytest

from corridor.base.clock import DateRange
from corridor.base.errors import StaleError
from corridor.base.ids import AgreementId, DatasetId, PaperId, ProcessId
from corridor.dsp.states import NegotiationState
from corridor.evidence.event import to_bytes, to_json
from corridor.evidence.merkle import Frontier, inclusion_proof, leaf_hash, root_from, verify_inclusion
from corridor.service.ports import Changes, CountGuard, Store
from corridor.service.records import Held, SubscriptionState, Usage
from corridor.testing import store_samples as a
from corridor.testing.on_offer_suite import OnOfferSuite

YEAR = DateRange(date(2026, 1, 1), date(2026, 12, 31))
A1, A2, T1 = AgreementId("urn:uuid:a1"), AgreementId("urn:uuid:a2"), ProcessId("urn:uuid:t1")
N1, D1, P1 = ProcessId("urn:uuid:n1"), DatasetId("urn:uuid:d1"), PaperId("urn:uuid:p1")


async def refused(store: Store, changes: Changes) -> bool:
    """Whether the store answers that `changes` are stale."""
    try:
        await store.commit(changes)
    except StaleError:
        return True
    return False


async def holds_samples(store: Store) -> bool:
    """Whether any of the sample records is there."""
    found = (
        *(await store.negotiation(N1), await store.agreement(A1), await store.transfer(T1), await store.dataset(D1)),
        *(await store.paper(P1), await store.grant("g1"), await store.task("task-1"), await store.receipt("sha-256:1")),
    )
    sums = await store.counted("CN", "persons", DateRange()), await store.usage(agreement=A1) != Usage()
    return any((*found, *sums, await store.log_size()))


def guard(expected: int) -> CountGuard:
    """Holds the year's persons to what was read."""
    return CountGuard("CN", "persons", YEAR, expected)


class StoreSuite(OnOfferSuite):
    """The tests; the fixture `store` comes from the subclass."""

    async def test_an_empty_store_knows_nothing(self, store: Store) -> None:
        assert (await store.negotiation(N1), await store.agreement(A1), await store.transfer(T1)) == (None,) * 3
        assert (await store.dataset(D1), await store.paper(P1), await store.task("task-1")) == (None,) * 3
        assert (await store.grant("g1"), await store.grant_by_token("x"), await store.receipt("x")) == (None,) * 3
        assert (await store.negotiations(), await store.papers(), await store.tasks(), await store.events()) == (
            (),
        ) * 4
        assert await store.usage() == Usage()
        assert await store.counted("CN", "persons", DateRange()) == {}
        assert await store.log_size() == 0

    async def test_an_empty_commit_changes_nothing(self, store: Store) -> None:
        await store.commit(Changes())
        assert await store.log_size() == 0

    async def test_records_come_back_as_they_were_saved_with_their_version_counted(self, store: Store) -> None:
        await store.commit(
            Changes((a.negotiation(),), (a.agreement(),), (a.transfer(),), (a.dataset(),), (a.paper(),), (a.task(),))
        )
        assert await store.negotiation(N1) == a.negotiation(version=1)
        assert await store.agreement(A1) == a.agreement(version=1)
        assert await store.transfer(T1) == a.transfer(version=1)
        assert await store.dataset(D1) == a.dataset(version=1)
        assert await store.paper(P1) == a.paper(version=1)
        assert await store.task("task-1") == a.task()

    async def test_a_record_replaces_the_version_that_it_states(self, store: Store) -> None:
        await store.commit(Changes((a.negotiation(),), datasets=(a.dataset(),), papers=(a.paper(),)))
        agreed = a.negotiation(state=NegotiationState.AGREED, version=1)
        await store.commit(
            Changes((agreed,), datasets=(a.dataset(withdrawn=a.NOW, version=1),), papers=(a.paper(version=1),))
        )
        assert await store.negotiation(N1) == replace(agreed, version=2)
        assert await store.dataset(D1) == a.dataset(withdrawn=a.NOW, version=2)
        assert await store.paper(P1) == a.paper(version=2)

    async def test_a_record_can_move_twice_in_one_commit(self, store: Store) -> None:
        await store.commit(Changes((a.negotiation(), a.negotiation(version=1))))
        assert await store.negotiation(N1) == a.negotiation(version=2)

    @pytest.mark.parametrize("version", [0, 2, 7])
    async def test_a_record_of_another_version_is_stale(self, store: Store, version: int) -> None:
        before = (a.negotiation(),), (a.agreement(),), (a.transfer(),), (a.dataset(),), (a.paper(),)
        await store.commit(Changes(*before))
        for changes in (
            Changes((a.negotiation(version=version),)),
            Changes(agreements=(a.agreement(version=version),)),
            Changes(transfers=(a.transfer(version=version),)),
            Changes(datasets=(a.dataset(version=version),)),
            Changes(papers=(a.paper(version=version),)),
        ):
            assert await refused(store, changes)

    async def test_a_subscription_is_kept_replaced_and_deleted_with_its_dead_letters(self, store: Store) -> None:
        await store.commit(Changes(subscriptions=(a.subscription("urn:s1"), a.subscription("urn:s2"))))
        assert await store.subscription("urn:s1") == a.subscription("urn:s1", version=1)
        moved = a.subscription("urn:s1", position=7, state=SubscriptionState.PAUSED, version=1)
        letters = tuple(a.letter(index) for index in (4, 9, 6))
        await store.commit(Changes(subscriptions=(moved,), letters=(*letters, a.letter(4, "urn:s2"))))
        assert await store.subscription("urn:s1") == replace(moved, version=2)
        assert await refused(store, Changes(subscriptions=(moved,), letters=(a.letter(11),)))
        assert [found.id for found in await store.subscriptions()] == ["urn:s1", "urn:s2"]
        assert [found.id for found in await store.subscriptions(after="urn:s1", limit=1)] == ["urn:s2"]
        assert await store.letters("urn:s1") == (a.letter(4), a.letter(6), a.letter(9))
        assert await store.letters("urn:s1", after=4, limit=1) == (a.letter(6),)
        await store.commit(Changes(letters=(a.letter(6, problem="again"),), letters_gone=(("urn:s1", 4), ("none", 1))))
        assert await store.letters("urn:s1") == (a.letter(6, problem="again"), a.letter(9))
        await store.commit(Changes(subscriptions_gone=("urn:s1", "urn:none")))
        assert await store.subscription("urn:s1") is None
        assert await store.letters("urn:s1") == ()
        assert await store.letters("urn:s2") == (a.letter(4, "urn:s2"),)

    async def test_what_is_not_there_cannot_be_replaced(self, store: Store) -> None:
        assert await refused(store, Changes((a.negotiation(version=1),)))
        assert await store.negotiation(N1) is None

    async def test_of_many_writers_of_one_version_one_comes_first(self, store: Store) -> None:
        await store.commit(Changes((a.negotiation(),)))
        moves = [Changes((a.negotiation(version=1),), events=(a.negotiation_event(),)) for _ in range(20)]
        outcomes = await asyncio.gather(*(refused(store, changes) for changes in moves))
        assert sorted(outcomes) == [False] + [True] * 19
        assert await store.log_size() == 1

    async def test_a_stale_commit_leaves_nothing(self, store: Store) -> None:
        await store.commit(Changes((a.negotiation("urn:uuid:n9"),), tasks=(a.task("old"),)))
        whole = Changes(
            negotiations=(a.negotiation(peer_pid="urn:uuid:c1"),),
            agreements=(a.agreement(),),
            transfers=(a.transfer(),),
            datasets=(a.dataset(),),
            papers=(a.paper(version=3),),
            tasks=(a.task(),),
            tasks_done=("old",),
            events=(a.negotiation_event(),),
            grants=(a.grant(),),
            served=(a.served("s1"),),
            counted=(a.counted(5),),
            receipts=(a.receipt(),),
        )
        assert await refused(store, whole)
        assert not await holds_samples(store)
        await store.commit(replace(whole, papers=(a.paper(),)))
        assert [kept.id for kept in await store.tasks()] == ["task-1"]
        assert await store.usage() == Usage(1, 100, 3)
        assert await store.negotiation_by_peer(a.PEER, ProcessId("urn:uuid:c1")) is not None

    async def test_a_process_is_found_by_the_partners_pid(self, store: Store) -> None:
        await store.commit(Changes((a.negotiation(),), transfers=(a.transfer(),)))
        c1 = ProcessId("urn:uuid:c1")
        assert await store.negotiation_by_peer(a.PEER, c1) is None
        known = a.negotiation(peer_pid=c1, version=1), a.transfer(peer_pid=c1, version=1)
        await store.commit(Changes((known[0],), transfers=(known[1],)))
        assert await store.negotiation_by_peer(a.PEER, c1) == replace(known[0], version=2)
        assert await store.transfer_by_peer(a.PEER, c1) == replace(known[1], version=2)
        assert await store.negotiation_by_peer(a.ME, c1) is None
        assert await store.transfer_by_peer(a.ME, c1) is None

    async def test_a_partners_pid_stands_for_one_process_only(self, store: Store) -> None:
        both = Changes((a.negotiation(peer_pid="urn:uuid:c1"),), transfers=(a.transfer(peer_pid="urn:uuid:c1"),))
        await store.commit(both)
        assert await refused(store, Changes((a.negotiation("urn:uuid:n2", peer_pid="urn:uuid:c1"),)))
        assert await refused(store, Changes(transfers=(a.transfer("urn:uuid:t2", peer_pid="urn:uuid:c1"),)))
        await store.commit(Changes((a.negotiation("urn:uuid:n2"),)))
        assert await refused(store, Changes((a.negotiation("urn:uuid:n2", peer_pid="urn:uuid:c1", version=1),)))
        assert await store.negotiation(ProcessId("urn:uuid:n2")) == a.negotiation("urn:uuid:n2", version=1)

    async def test_pages_follow_each_other_in_order_of_id(self, store: Store) -> None:
        pids = ["urn:uuid:" + end for end in ("e", "a", "é", "c", "B")]
        in_order = sorted(pids)
        await store.commit(
            Changes(
                tuple(a.negotiation(pid) for pid in pids),
                tuple(a.agreement(pid) for pid in pids),
                tuple(a.transfer(pid) for pid in pids),
            )
        )
        first, rest = await store.negotiations(limit=2), await store.negotiations(after=in_order[1])
        assert [kept.negotiation.own_pid for kept in (*first, *rest)] == in_order
        assert [kept.agreement.id for kept in await store.agreements(after=in_order[2], limit=1)] == [in_order[3]]
        assert [kept.transfer.own_pid for kept in await store.transfers(limit=3)] == in_order[:3]
        assert await store.transfers(after=in_order[4]) == ()

    async def test_what_waits_for_a_person_is_found_among_the_rest(self, store: Store) -> None:
        waits = Held("agree", "a person decides", a.NOW)
        pids = ["urn:uuid:" + end for end in ("a", "b", "c", "d")]
        negotiations = tuple(replace(a.negotiation(pid), held=waits) for pid in pids[1:])
        transfers = tuple(replace(a.transfer(pid), held=waits) for pid in pids[1:])
        await store.commit(
            Changes((a.negotiation(pids[0]), *negotiations), transfers=(a.transfer(pids[0]), *transfers))
        )
        let_go = replace(negotiations[1], held=None, version=1)
        await store.commit(Changes((let_go,), transfers=(replace(transfers[1], held=None, version=1),)))
        assert [kept.negotiation.own_pid for kept in await store.negotiations_held()] == [pids[1], pids[3]]
        assert [kept.transfer.own_pid for kept in await store.transfers_held(limit=1)] == [pids[1]]
        assert [kept.held for kept in await store.transfers_held(after=pids[1])] == [waits]

    async def test_transfers_can_be_asked_for_by_agreement(self, store: Store) -> None:
        await store.commit(
            Changes(transfers=(a.transfer(), a.transfer("urn:uuid:t2", of=A2), a.transfer("urn:uuid:t3")))
        )
        found = await store.transfers(agreement=A1)
        assert [kept.transfer.own_pid for kept in found] == ["urn:uuid:t1", "urn:uuid:t3"]
        assert await store.transfers(agreement=A1, after="urn:uuid:t1", limit=1) == found[1:]

    async def test_withdrawn_datasets_are_shown_on_request(self, store: Store) -> None:
        gone = a.dataset("urn:uuid:d0", withdrawn=a.NOW)
        await store.commit(Changes(datasets=(a.dataset("urn:uuid:d2"), gone, a.dataset())))
        assert [kept.id for kept in await store.datasets()] == ["urn:uuid:d1", "urn:uuid:d2"]
        assert [kept.id for kept in await store.datasets(withdrawn=True, limit=2)] == ["urn:uuid:d0", "urn:uuid:d1"]
        assert [kept.id for kept in await store.datasets(after="urn:uuid:d1")] == ["urn:uuid:d2"]

    async def test_papers_are_listed_in_the_order_in_which_they_were_added(self, store: Store) -> None:
        await store.commit(Changes(papers=(a.paper("urn:uuid:p9"), a.paper())))
        await store.commit(Changes(papers=(a.paper("urn:uuid:p5"), a.paper("urn:uuid:p9", revoked=a.NOW, version=1))))
        assert [kept.id for kept in await store.papers()] == ["urn:uuid:p9", "urn:uuid:p1", "urn:uuid:p5"]

    async def test_tasks_keep_their_place_when_they_are_put_off(self, store: Store) -> None:
        await store.commit(Changes(tasks=(a.task("z"), a.task("b"))))
        await store.commit(Changes(tasks=(a.task("a"),)))
        late = a.task("z", due=a.later(60), attempts=1)
        await store.commit(Changes(tasks=(replace(late, problem="连接失败", message=None),)))
        assert [kept.id for kept in await store.tasks()] == ["z", "b", "a"]
        assert (await store.tasks(limit=1))[0] == replace(late, problem="连接失败", message=None)

    async def test_tasks_that_are_done_are_gone_and_can_be_done_again(self, store: Store) -> None:
        await store.commit(Changes(tasks=(a.task("x"), a.task("y"))))
        await store.commit(Changes(tasks_done=("x", "never")))
        await store.commit(Changes(tasks=(a.task("w"),), tasks_done=("x",)))
        assert [kept.id for kept in await store.tasks()] == ["y", "w"]

    async def test_a_single_use_token_is_used_once_by_fifty_at_once(self, store: Store) -> None:
        answers = await asyncio.gather(*(store.use_token(a.seen(), a.NOW) for _ in range(50)))
        assert sorted(answers) == [False] * 49 + [True]

    async def test_token_ids_belong_to_their_issuer(self, store: Store) -> None:
        assert await store.use_token(a.seen(), a.NOW)
        assert await store.use_token(a.seen(issuer=a.ME), a.NOW)
        assert await store.use_token(a.seen("jti-2"), a.NOW)

    async def test_token_ids_are_forgotten_once_they_have_expired(self, store: Store) -> None:
        token = a.seen(expires=a.later(60))
        assert await store.use_token(token, a.NOW)
        assert not await store.use_token(token, a.later(60))
        assert await store.use_token(token, a.later(61))

    async def test_a_grant_is_found_by_id_and_by_token(self, store: Store) -> None:
        await store.commit(Changes(grants=(a.grant(),)))
        assert await store.grant("g1") == await store.grant_by_token(a.grant().token_digest) == a.grant()

    async def test_a_grant_is_replaced_only_to_revoke_it(self, store: Store) -> None:
        await store.commit(Changes(grants=(a.grant(),)))
        assert await refused(store, Changes(grants=(a.grant(token=b"other"),)))
        await store.commit(Changes(grants=(a.grant(revoked=a.NOW),)))
        assert await store.grant_by_token(a.grant().token_digest) == a.grant(revoked=a.NOW)

    async def test_one_token_stands_for_one_grant(self, store: Store) -> None:
        await store.commit(Changes(grants=(a.grant(),)))
        assert await refused(store, Changes(grants=(a.grant("g2"),)))
        assert await refused(store, Changes(grants=(a.grant("g2", revoked=a.NOW),)))
        assert await store.grant("g2") is None

    async def test_usage_adds_up_by_agreement_by_transfer_and_in_all(self, store: Store) -> None:
        await store.commit(Changes(served=(a.served("1"), a.served("2", transfer="urn:uuid:t2", size=2**40))))
        await store.commit(Changes(served=(a.served("3", agreement=A2, transfer="urn:uuid:t3", rows=0),)))
        assert await store.usage(agreement=A1) == Usage(2, 2**40 + 100, 6)
        assert await store.usage(transfer=T1) == Usage(1, 100, 3)
        assert await store.usage(agreement=A2, transfer=T1) == Usage()
        assert await store.usage(agreement=A1, transfer=T1) == Usage(1, 100, 3)
        assert await store.usage() == Usage(3, 2**40 + 200, 6)

    async def test_an_answer_is_metered_once(self, store: Store) -> None:
        await store.commit(Changes(served=(a.served("1"),)))
        assert await refused(store, Changes(served=(a.served("2"), a.served("1"))))
        assert await store.usage() == Usage(1, 100, 3)

    async def test_the_greatest_count_of_a_population_within_the_window_counts(self, store: Store) -> None:
        first, last = date(2026, 1, 1), date(2026, 12, 31)
        await store.commit(
            Changes(
                counted=(
                    a.counted(40, on=first),
                    a.counted(70, on=last, agreement=A2),
                    a.counted(60, on=last),
                    a.counted(5, population="staff"),
                    a.counted(900, on=first - timedelta(days=1)),
                    a.counted(800, on=last + timedelta(days=1)),
                    a.counted(700, name="sensitive"),
                )
            )
        )
        assert await store.counted("CN", "persons", YEAR) == {"clients": 70, "staff": 5}
        assert await store.counted("CN", "persons", DateRange()) == {"clients": 900, "staff": 5}
        assert await store.counted("CN", "persons", DateRange(end=first)) == {"clients": 900}
        assert await store.counted("US", "persons", YEAR) == {}

    async def test_a_repeated_count_never_lowers_an_earlier_one(self, store: Store) -> None:
        for n in (30, 50, 20):
            await store.commit(Changes(counted=(a.counted(n),)))
        assert await store.counted("CN", "persons", YEAR) == {"clients": 50}

    async def test_a_guard_holds_the_sum_from_before_the_commit(self, store: Store) -> None:
        await store.commit(Changes(counted=(a.counted(70), a.counted(5, population="staff")), guards=(guard(0),)))
        await store.commit(Changes(counted=(a.counted(80, agreement=A2),), guards=(guard(75), guard(75))))
        assert await refused(store, Changes(counted=(a.counted(1, population="x"),), guards=(guard(86),)))
        assert await store.counted("CN", "persons", YEAR) == {"clients": 80, "staff": 5}

    async def test_of_two_commits_under_one_guard_one_loses(self, store: Store) -> None:
        both = [Changes(counted=(a.counted(60, population=name),), guards=(guard(0),)) for name in "ab"]
        assert sorted(await asyncio.gather(*(refused(store, one) for one in both))) == [False, True]
        assert sum((await store.counted("CN", "persons", YEAR)).values()) == 60

    async def test_a_complete_receipt_stays_as_it_is(self, store: Store) -> None:
        await store.commit(Changes(receipts=(a.receipt(),)))
        await store.commit(Changes(receipts=(a.receipt(complete=True),)))
        await store.commit(Changes(receipts=(a.receipt(at=a.later(9)),), tasks=(a.task(),)))
        assert await store.receipt("sha-256:1") == a.receipt(complete=True)
        assert await store.task("task-1") is not None

    async def test_receipts_of_an_agreement_are_in_order_of_time(self, store: Store) -> None:
        times = {"sha-256:9": 5, "sha-256:1": 5, "sha-256:5": 1}
        kept = tuple(a.receipt(key, at=a.later(seconds)) for key, seconds in times.items())
        await store.commit(Changes(receipts=(*kept, a.receipt("sha-256:0", agreement=A2))))
        assert [found.id for found in await store.receipts(A1)] == ["sha-256:5", "sha-256:9", "sha-256:1"]

    async def test_events_are_logged_in_the_order_given(self, store: Store) -> None:
        told = [a.negotiation_event(state=state) for state in ("REQUESTED", "AGREED", "FINALIZED")]
        await store.commit(Changes(events=tuple(told[:2])))
        await store.commit(Changes(events=(told[2],)))
        assert [(kept.index, kept.document) for kept in await store.events()] == list(enumerate(map(to_json, told)))
        assert [kept.index for kept in await store.events(after=0, limit=1)] == [1]
        assert await store.events(after=2) == ()

    async def test_events_belong_to_an_agreement_by_name_by_negotiation_and_by_transfer(self, store: Store) -> None:
        told = (
            a.negotiation_event(),
            a.negotiation_event("urn:uuid:n2"),
            a.transfer_event(of=A1),
            a.transfer_event("urn:uuid:t2", of=A2),
            a.receipt_event(of="urn:uuid:elsewhere", transfer=T1),
            a.receipt_event(),
        )
        await store.commit(Changes(events=told))
        assert [kept.index for kept in await store.events(agreement=A1)] == [2, 5]
        await store.commit(
            Changes(agreements=(a.agreement(),), transfers=(a.transfer(), a.transfer("urn:uuid:t2", of=A2)))
        )
        assert [kept.index for kept in await store.events(agreement=A1)] == [0, 2, 4, 5]
        assert [kept.index for kept in await store.events(agreement=A1, after=0, limit=2)] == [2, 4]
        assert [kept.index for kept in await store.events(agreement=A2)] == [3]

    async def test_stored_subtrees_prove_every_leaf(self, store: Store) -> None:
        told = [a.negotiation_event(f"urn:uuid:{number}") for number in range(21)]
        frontier = Frontier()
        for event in told:
            await store.commit(Changes(events=(event,)))
            frontier, _ = frontier.append(leaf_hash(to_bytes(event)))
        assert await store.log_size() == frontier.size == 21
        known = {(level, at): await store.log_node(level, at) for level in range(5) for at in range(21 >> level)}
        for index, event in enumerate(told):
            proof = inclusion_proof(index, 21, lambda level, at: known[level, at])
            assert verify_inclusion(leaf_hash(to_bytes(event)), index, 21, proof, root_from(frontier))

    async def test_a_refused_commit_adds_no_leaf(self, store: Store) -> None:
        told = (a.negotiation_event(),)
        stale = Changes((a.negotiation(version=9),), events=(a.transfer_event(),))
        outcomes = [refused(store, changes) for changes in (Changes(events=told), stale, Changes(events=told))]
        assert await asyncio.gather(*outcomes) == [False, True, False]
        assert await store.log_size() == 2
        assert await store.log_node(0, 0) == await store.log_node(0, 1) == leaf_hash(to_bytes(told[0]))

    @pytest.mark.parametrize(("level", "index"), [(0, 3), (1, 1), (2, 0), (60, 0), (0, -1), (-1, 0)])
    async def test_a_subtree_that_is_not_complete_is_not_there(self, store: Store, level: int, index: int) -> None:
        await store.commit(Changes(events=(a.negotiation_event(),) * 3))
        with pytest.raises(LookupError):
            await store.log_node(level, index)
