"""Durable transitions per second of both stores, beside one commit each; `python benchmarks/store.py [seconds]`.

A transition replaces a negotiation, puts a task and appends an event to the evidence log: what a message of a partner
does. Synced to disk (synchronous=FULL) on both sides. The peer runs the very same statements on one connection, one
transaction each, so that the difference is the group commit. PostgreSQL runs on this machine as it comes, durable, on
TCP; replicas are stores on one database, each with its own connections, in one process.
"""

from __future__ import annotations

import asyncio
import itertools
import platform
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from corridor.service.ports import Changes
from corridor.store import log
from corridor.store.connection import connect
from corridor.store.migrate import upgrade
from corridor.store.plan import plan
from corridor.store.postgresql.database import database_at
from corridor.store.postgresql.store import PostgresStore
from corridor.store.sqlite import SqliteStore
from corridor.testing import store_samples as a
from corridor.testing.postgres import binaries, cluster

ROUNDS = 3


def transition(record):
    pid = record.negotiation.own_pid
    return Changes((record,), tasks=(a.task(f"task of {pid}"),), events=(a.negotiation_event(pid),))


async def caller(store, number, until, waits):
    record = a.negotiation(f"urn:uuid:{number}")
    while (before := time.perf_counter()) < until:
        await store.commit(transition(record))
        waits.append(time.perf_counter() - before)
        record = replace(record, version=record.version + 1)


async def grouped(opened, callers, seconds):
    """Transitions per second, and how long each took, with that many callers that wait for each of theirs."""
    stores = [await store for store in opened]
    waits, start = [], time.perf_counter()
    calls = (caller(stores[number % len(stores)], number, start + seconds, waits) for number in range(callers))
    await asyncio.gather(*calls)
    rate = len(waits) / (time.perf_counter() - start)
    for store in stores:
        await store.close()
    return rate, waits


def on_postgresql(seconds):
    """The same on PostgreSQL, with one and with three replicas."""
    programs = binaries()
    if programs is None:
        print("PostgreSQL is not installed: apt-get install postgresql")
        return
    with cluster(programs, durable=True) as server:
        print(server.say("SELECT 'PostgreSQL ' || current_setting('server_version')"))
        for replicas, callers in ((1, 1), (1, 16), (1, 64), (3, 16), (3, 64)):
            results = []
            for _ in range(ROUNDS):
                database = database_at(server.create(), "benchmark")
                opened = [PostgresStore.open(database) for _ in range(replicas)]
                results.append(asyncio.run(grouped(opened, callers, seconds)))
            print(line(f"PostgreSQL, replicas: {replicas}", callers, results))


def one_each(path, callers, seconds):
    """The same statements, one transaction per transition, on the thread of the caller."""
    connection, waits, start = connect(path), [], time.perf_counter()
    frontier = log.load_frontier(connection)
    for count in itertools.count():
        before = time.perf_counter()
        if before > start + seconds:
            break
        record = a.negotiation(f"urn:uuid:{count % callers}", version=count // callers)
        work = plan(transition(record))
        connection.execute("BEGIN IMMEDIATE")
        for step in work.steps:
            connection.executemany(step.sql, step.rows)
        frontier = log.append(connection, frontier, work.leaves)
        connection.execute("COMMIT")
        waits.append(time.perf_counter() - before)
    rate = len(waits) / (time.perf_counter() - start)
    connection.close()
    return rate, waits


def line(name, callers, results):
    rates = [rate for rate, _ in results]
    waits = sorted(wait * 1000 for _, found in results for wait in found)
    p50, p99 = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
    return f"{name:<28} {callers:>7} {statistics.median(rates):>14,.0f} {p50:>9.2f} {p99:>9.2f}"


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    print(f"CPython {platform.python_version()}, SQLite {sqlite3.sqlite_version}, median of {ROUNDS} x {seconds:g} s")
    print(f"{'':<28} {'callers':>7} {'transitions/s':>14} {'p50 ms':>9} {'p99 ms':>9}")
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        empty = Path(folder) / "empty.db"
        upgrade(empty)
        names = (Path(folder) / f"{number}.db" for number in itertools.count())
        for callers in (1, 16, 64):
            paths = [Path(shutil.copy(empty, next(names))) for _ in range(ROUNDS)]
            results = [asyncio.run(grouped([SqliteStore.open(path)], callers, seconds)) for path in paths]
            print(line("SQLite, group commit", callers, results))
        paths = [Path(shutil.copy(empty, next(names))) for _ in range(ROUNDS)]
        print(line("peer, one commit each", 1, [one_each(path, 64, seconds) for path in paths]))
    on_postgresql(seconds)


if __name__ == "__main__":
    main()
