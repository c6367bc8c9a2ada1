from __future__ import annotations

import asyncio
import os
import stat
import sys
import textwrap
from contextlib import closing
from dataclasses import replace

import pytest

from corridor.base.errors import StaleError, StorageError
from corridor.base.ids import AgreementId, ProcessId
from corridor.evidence.event import from_json, to_bytes
from corridor.evidence.merkle import Frontier, leaf_hash
from corridor.service.ports import Changes
from corridor.service.records import Usage
from corridor.store.connection import connect
from corridor.store.log import load_frontier
from corridor.store.sqlite import SqliteStore
from corridor.testing import store_samples as a

N1 = ProcessId("urn:uuid:n1")


async def test_a_new_database_is_made_for_its_owner_only(tmp_path):
    store = await SqliteStore.open(tmp_path / "node.db")
    await store.commit(Changes((a.negotiation(),)))
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}
    await store.close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["node.db", "node.db.lock"]


async def test_everything_is_there_after_it_was_closed_and_opened_again(path):
    changes = Changes(
        (a.negotiation(peer_pid="urn:uuid:c1"),),
        (a.agreement(),),
        (a.transfer(),),
        tasks=(a.task(),),
        events=(a.negotiation_event(), a.transfer_event(), a.receipt_event()),
        served=(a.served("1"),),
        counted=(a.counted(9),),
        receipts=(a.receipt(complete=True),),
        grants=(a.grant(),),
    )
    store = await SqliteStore.open(path)
    await store.commit(changes)
    assert await store.use_token(a.seen(), a.NOW)
    await store.close()
    store = await SqliteStore.open(path)
    assert await store.negotiation(N1) == a.negotiation(peer_pid="urn:uuid:c1", version=1)
    assert await store.tasks() == (a.task(),)
    assert await store.usage(agreement=AgreementId("urn:uuid:a1")) == Usage(1, 100, 3)
    assert not await store.use_token(a.seen(), a.NOW)
    await store.commit(Changes(events=(a.negotiation_event(),)))
    assert await store.log_size() == 4
    await assert_log_holds(store)
    await store.close()


async def assert_log_holds(store):
    """The stored leaves and subtrees are those of the stored events."""
    frontier, nodes = Frontier(), []
    size = await store.log_size()
    for logged in await store.events(limit=size):
        frontier, more = frontier.append(leaf_hash(to_bytes(from_json(logged.document))))
        nodes += more
    assert frontier == load_frontier(store._reader)
    assert [await store.log_node(node.level, node.index) for node in nodes] == [node.hash for node in nodes]


async def test_sixty_four_tasks_commit_at_once(store):
    async def advance(number):
        record = a.negotiation(f"urn:uuid:{number}")
        for version in range(5):
            await store.commit(Changes((replace(record, version=version),), events=(a.negotiation_event(),)))
            assert (await store.negotiation(record.negotiation.own_pid)).version == version + 1

    await asyncio.gather(*(advance(number) for number in range(64)))
    assert {record.version for record in await store.negotiations()} == {5}
    assert await store.log_size() == 320
    await assert_log_holds(store)


async def test_of_writers_that_race_for_a_record_every_version_has_one_winner(store):
    await store.commit(Changes((a.negotiation(),)))

    async def advance():
        won = 0
        while won < 3:
            record = await store.negotiation(N1)
            try:
                await store.commit(Changes((record,)))
            except StaleError:
                continue
            won += 1

    await asyncio.gather(*(advance() for _ in range(8)))
    assert (await store.negotiation(N1)).version == 25


async def test_whoever_must_know_is_told_of_each_commit(path):
    told = []
    store = await SqliteStore.open(path, told.append)
    await store.commit(Changes(tasks=(a.task(),)))
    await asyncio.sleep(0)
    assert told == [Changes(tasks=(a.task(),))]
    await store.close()


async def test_a_second_node_on_the_same_database_is_told_so(store, path):
    with pytest.raises(StorageError, match="another node is running on this database; stop it"):
        await SqliteStore.open(path)
    code = "import sys, pathlib; from corridor.store.connection import claim; claim(pathlib.Path(sys.argv[1]))"
    pipe = asyncio.subprocess.PIPE
    other = await asyncio.create_subprocess_exec(sys.executable, "-c", code, path, stderr=pipe)
    _, words = await other.communicate()
    assert b"another node is running on this database" in words


async def test_a_database_of_another_program_is_refused(foreign):
    with pytest.raises(StorageError, match=r"foreign\.db: the database belongs to another program"):
        await SqliteStore.open(foreign)
    with pytest.raises(StorageError, match="belongs to another program"):
        await SqliteStore.open(foreign)


async def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "node.db").write_bytes(os.urandom(0) + b"not a database " * 100)
    with pytest.raises(StorageError, match="the file is not a database; name another file"):
        await SqliteStore.open(tmp_path / "node.db")


async def test_a_missing_folder_is_told_so(tmp_path):
    with pytest.raises(StorageError, match="cannot be made: no such file or directory; make its folder"):
        await SqliteStore.open(tmp_path / "nowhere" / "node.db")


async def test_a_database_that_is_locked_for_too_long_is_told_so(path):
    store = await SqliteStore.open(path, patience=0.05)
    with closing(connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await store.negotiations() == ()
        with pytest.raises(StorageError, match="locked by another program"):
            await store.commit(Changes((a.negotiation(),)))
    await store.commit(Changes((a.negotiation(),)))
    await store.close()


@pytest.mark.parametrize("start", [100, 4096])
async def test_a_damaged_database_is_told_so(path, start):
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xff" * (path.stat().st_size - start))
    with pytest.raises(StorageError, match=r"node\.db: the database is damaged; restore the file from a backup"):
        await SqliteStore.open(path)


async def test_damage_that_is_met_later_is_told_too(path):
    store = await SqliteStore.open(path)
    await store.commit(Changes(datasets=(replace(a.dataset(), description="x" * 50_000),)))
    await store.close()
    content = bytearray(path.read_bytes())
    at = content.index(b"x" * 4_000)
    content[at - at % 4096 : at - at % 4096 + 4] = b"\xff" * 4
    path.write_bytes(content)
    store = await SqliteStore.open(path)
    with pytest.raises(StorageError):
        await store.datasets()
    await store.close()


async def test_a_record_that_cannot_be_read_is_told_so(store, connection):
    await store.commit(Changes((a.negotiation(),)))
    connection.execute("UPDATE negotiations SET body = '{}'")
    with pytest.raises(StorageError, match="a NegotiationRecord in the database cannot be read"):
        await store.negotiation(N1)


async def test_a_log_that_lacks_a_hash_is_not_opened(path, connection):
    store = await SqliteStore.open(path)
    await store.commit(Changes(events=(a.negotiation_event(),) * 2))
    await store.close()
    connection.execute("DELETE FROM log_nodes")
    with pytest.raises(StorageError, match=r"node\.db: the evidence log lacks a hash"):
        await SqliteStore.open(path)


async def test_hostile_ids_are_only_ids(store):
    for pid in ("'; DROP TABLE negotiations; --", "%", "\x00", "数" * 512, ""):
        await store.commit(Changes((a.negotiation(pid),)))
        assert (await store.negotiation(ProcessId(pid))).negotiation.own_pid == pid
    assert len(await store.negotiations(after="")) == 4


CHILD = textwrap.dedent("""
    import asyncio, pathlib, sys
    from corridor.service.ports import Changes
    from corridor.store.sqlite import SqliteStore
    from corridor.testing import store_samples as a

    async def write(store, caller):
        for number in range(1_000_000):
            pid = f"urn:uuid:{caller}-{number}"
            await store.commit(Changes((a.negotiation(pid),), events=(a.negotiation_event(pid),)))
            print(pid, flush=True)

    async def main():
        store = await SqliteStore.open(pathlib.Path(sys.argv[1]))
        await asyncio.gather(*(write(store, caller) for caller in range(16)))

    asyncio.run(main())
""")


@pytest.mark.slow
async def test_a_node_that_is_killed_loses_nothing_that_it_acknowledged(path):
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, path, stdout=pipe)
    acknowledged = [(await child.stdout.readline()).decode().strip() for _ in range(200)]
    child.kill()
    rest, _ = await child.communicate()
    acknowledged += [line.decode() for line in rest.split(b"\n")[:-1]]
    store = await SqliteStore.open(path)
    kept = {record.negotiation.own_pid for record in await store.negotiations(limit=1_000_000)}
    assert kept >= {*acknowledged}
    # Every record came with its event or not at all.
    assert sorted(logged.document["negotiation"] for logged in await store.events(limit=1_000_000)) == sorted(kept)
    await assert_log_holds(store)
    await store.close()
