"""Several replicas on one database: what they tell each other, and who has which task."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import pytest

from corridor.base.errors import StaleError
from corridor.service.ports import Changes
from corridor.store.postgresql import replica as module
from corridor.store.postgresql import statements
from corridor.store.postgresql.queries import CHANNEL
from corridor.store.postgresql.store import PostgresStore
from corridor.testing import store_samples as a


def tasks_told(told):
    return [task.id for changes in told for task in changes.tasks]


async def own(store):
    return [task.id for task in await store.own_tasks()]


async def test_a_queue_belongs_to_the_replica_that_began_it(replicas):
    async with replicas(2) as ((one, _), (two, _)):
        await one.commit(Changes(tasks=(a.task("1", queue="p q1"),)))
        await two.commit(Changes(tasks=(a.task("2", queue="p q1"), a.task("3", queue="p q2"))))
        assert (await own(one), await own(two)) == (["1", "2"], ["3"])
        assert [task.id for task in await one.tasks()] == ["1", "2", "3"]


async def test_the_owner_is_told_of_what_another_adds_to_its_queue(replicas, until):
    async with replicas(2) as ((one, told), (two, _)):
        await one.commit(Changes(tasks=(a.task("1", queue="p q1"),)))
        await two.commit(Changes(tasks=(a.task("2", queue="p q1"),)))
        await until(lambda: "2" in tasks_told(told))


async def test_the_owner_is_told_of_what_another_ends_in_its_queue(replicas, until):
    """Or else it would wait for a head that is gone, such as a message that a partner's own has overtaken."""
    async with replicas(2) as ((one, told), (two, _)):
        await one.commit(Changes(tasks=(a.task("1", queue="p q1", due=a.later(300)), a.task("2", queue="p q2"))))
        await two.commit(Changes(tasks=(a.task("3", queue="p q1"),), tasks_done=("1",)))
        await until(lambda: any(changes.tasks_done for changes in told))
        (changes,) = [changes for changes in told if changes.tasks_done]
        assert (changes.tasks_done, [task.id for task in changes.tasks]) == (("1",), ["3"])


async def test_nobody_is_told_of_what_was_refused(replicas, until):
    async with replicas(2) as ((one, told), (two, _)):
        await one.commit(Changes((a.negotiation(),), tasks=(a.task("1", queue="p q1"),)))
        stale = Changes((a.negotiation(version=7),), tasks_done=("1",), tasks=(a.task("2", queue="p q1"),))
        outcomes = await asyncio.gather(
            two.commit(stale), two.commit(Changes(events=(a.negotiation_event(),))), return_exceptions=True
        )
        assert [type(one) for one in outcomes] == [StaleError, type(None)]
        # What comes after it in order shows that nothing of it came before.
        await two.commit(Changes(grants=(a.grant(revoked=a.NOW),)))
        await until(lambda: any(changes.grants for changes in told))
        assert not any(changes.tasks_done for changes in told)
        assert tasks_told(told) == ["1"]


async def test_the_head_of_a_queue_is_given_to_its_owner_only(replicas):
    async with replicas(2) as ((one, _), (two, _)):
        first, second = a.task("1", queue="p q1"), a.task("2", queue="p q1")
        await one.commit(Changes(tasks=(first, second)))
        assert (await one.head(second), await two.head(second)) == (first, None)
        await two.commit(Changes(tasks_done=("1",)))
        assert await one.head(first) == second
        await two.commit(Changes(tasks_done=("2",)))
        assert await one.head(first) is None


async def test_a_queue_that_is_empty_can_be_begun_by_another(replicas):
    async with replicas(2) as ((one, _), (two, _)):
        await one.commit(Changes(tasks=(a.task("1", queue="p q1"),)))
        await one.commit(Changes(tasks_done=("1",)))
        await two.commit(Changes(tasks=(a.task("2", queue="p q1"),)))
        assert (await own(one), await own(two)) == ([], ["2"])


async def test_every_replica_hears_that_something_was_committed(replicas, until):
    async with replicas(3) as ((one, _), (_, second), (_, third)):
        await one.commit(Changes(events=(a.negotiation_event(),)))
        await until(lambda: second and third)


async def test_rights_that_end_are_told_to_every_replica(replicas, until):
    async with replicas(2) as ((one, _), (_, told)):
        await one.commit(Changes(grants=(a.grant(),), papers=(a.paper(),)))
        await one.commit(Changes(grants=(a.grant(revoked=a.NOW),), papers=(a.paper(revoked=a.NOW, version=1),)))
        await until(lambda: any(changes.grants for changes in told))
        (changes,) = [changes for changes in told if changes.grants]
        assert [grant.transfer for grant in changes.grants] == ["urn:uuid:t1"]
        assert [paper.digest for paper in changes.papers] == [a.paper().digest]


async def test_more_than_a_notification_can_hold_is_looked_up(replicas, until, monkeypatch):
    async with replicas(2) as ((one, told), (two, _)):
        queues = [f"did:web:partner.example urn:uuid:{number:040}" for number in range(200)]
        await one.commit(Changes(tasks=tuple(a.task(f"first of {queue}", queue=queue) for queue in queues)))
        await two.commit(Changes(tasks=tuple(a.task(f"second of {queue}", queue=queue) for queue in queues)))
        await until(lambda: {f"second of {queue}" for queue in queues} <= {*tasks_told(told)})


async def test_a_replica_that_leaves_gives_its_tasks_to_the_others(database, replicas, until):
    async with replicas(1) as ((one, told),):
        leaving = await PostgresStore.open(database)
        await leaving.commit(Changes(tasks=(a.task("1", queue="p q1"),)))
        await leaving.close()
        await until(lambda: "1" in tasks_told(told))
        assert (await one.head(a.task("1", queue="p q1"))).id == "1"


async def test_a_replica_that_dies_loses_its_tasks_once_its_lease_is_over(database, replicas, until, monkeypatch):
    monkeypatch.setattr(module, "LEASE", timedelta(seconds=1.5))
    monkeypatch.setattr(module, "BEAT", 0.2)
    async with replicas(1) as ((one, told),):
        dying = await PostgresStore.open(database)
        await dying.commit(Changes(tasks=(a.task("1", queue="p q1"), a.task("2", queue="p q1"))))
        dying._replica._living.cancel()
        assert await own(one) == []
        await until(lambda: tasks_told(told)[-2:] == ["1", "2"])
        assert await dying.head(a.task("1", queue="p q1")) is None
        assert await own(one) == ["1", "2"]
        await dying.close()


async def test_a_replica_that_has_been_away_is_told_to_look_again(database, replicas, until, monkeypatch):
    monkeypatch.setattr(module, "LEASE", timedelta(seconds=1))
    monkeypatch.setattr(module, "BEAT", 0.2)
    async with replicas(1) as ((_, told),):
        away = await PostgresStore.open(database)
        renewed = []
        away.watch(lambda: renewed.append("renewed"), lambda: renewed.append("lost"))
        await away.commit(Changes(tasks=(a.task("1", queue="p q1"),)))
        away._replica._living.cancel()
        await until(lambda: "1" in tasks_told(told))
        away._replica._living = asyncio.create_task(away._replica._live())
        await until(lambda: "renewed" in renewed)
        assert await own(away) == []
        await away.close()


async def test_a_replica_whose_connection_breaks_connects_again_and_looks(postgres, database, replicas, until):
    async with replicas(2) as ((one, told), (two, _)):
        renewed = []
        one.watch(lambda: renewed.append("renewed"), lambda: renewed.append("lost"))
        await two.commit(Changes(grants=(a.grant(),)))
        postgres.disconnect(database.url)
        await until(lambda: "renewed" in renewed)
        while True:
            try:
                await two.commit(Changes(tasks=(a.task("9", queue="p q9"),)))
                break
            except Exception:  # noqa: BLE001 - its connection broke, too
                await asyncio.sleep(0.05)
        told.clear()
        await two.commit(Changes(grants=(a.grant(revoked=a.NOW),)))
        await until(lambda: any(changes.grants for changes in told))


async def test_a_replica_that_cannot_reach_the_database_says_so_once(monkeypatch, replicas, until):
    monkeypatch.setattr(module, "LEASE", timedelta(seconds=0.5))
    monkeypatch.setattr(module, "BEAT", 0.1)
    async with replicas(1) as ((one, _),):
        said = []
        one.watch(lambda: said.append("renewed"), lambda: said.append("lost"))

        async def refuse():
            raise ConnectionRefusedError

        connect, one._replica._connect = one._replica._connect, refuse
        one._replica._connection.terminate()
        await until(lambda: "lost" in said)
        one._replica._connect = connect
        await until(lambda: said[-1] == "renewed")
        assert all(pair != ("lost", "lost") for pair in itertools.pairwise(said))


async def test_ended_rights_are_told_again_by_the_sweep(replicas, until, monkeypatch):
    monkeypatch.setattr(module, "BEAT", 0.05)
    async with replicas(2) as ((one, _), (two, told)):
        two._replica._act = _deaf
        # By the clock of this machine, since the sweep looks a little back from now.
        now = datetime.now(UTC)
        await one.commit(Changes(grants=(a.grant(),)))
        await one.commit(Changes(grants=(a.grant(revoked=now),)))
        await until(lambda: any(changes.grants for changes in told))


async def _deaf(_told):
    """Hear nothing."""


@pytest.mark.parametrize("number", [1, 3])
async def test_replicas_that_run_are_counted(connection, replicas, number):
    async with replicas(number):
        assert await connection.fetchval(statements.REPLICAS) == number
    assert await connection.fetchval(statements.REPLICAS) == 0


@pytest.mark.parametrize("noise", ["", "hello", "[1]", '{"queues": 7}', '{"queues": [7]}'])
async def test_noise_on_the_channel_stops_nobody(replicas, until, connection, noise):
    async with replicas(2) as ((one, told), (two, _)):
        await connection.execute(f"SELECT pg_notify({CHANNEL}, $1)", noise)
        await one.commit(Changes(tasks=(a.task("1", queue="p q1"),)))
        await two.commit(Changes(tasks=(a.task("2", queue="p q1"),)))
        await until(lambda: "2" in tasks_told(told))
