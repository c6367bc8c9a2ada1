"""Several processes of one node on one PostgreSQL, and a partner on SQLite; and whether both sides agree."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from corridor.base.errors import CorridorError, UnreachableError
from corridor.evidence.keys import read_keys
from corridor.evidence.verification import verify_bundle

PROFILE = {
    "data": {"items": [{"category": "product_safety", "personal": False}], "important_status": "not_notified"},
    "purpose": ["product_safety"],
}
"""What the law of the partner, in China, has to know of its dataset."""
ALIVE = "SELECT count(*) AS n FROM replicas WHERE until > extract(epoch FROM clock_timestamp()) * 1000000"
LOAD = 6
"""Callers that begin negotiations side by side."""


class Replicated:
    """The replicas of a provider, whose datasets include `alerts`, and their partner, whose datasets include `orders`.

    Whoever makes one fills in `partner` and `replicas`.
    """

    def __init__(self, kit, postgres):
        self.kit, self.postgres = kit, postgres
        self.url = postgres.create()
        self.partner = None
        self.replicas = []

    def start(self):
        for node in (*self.replicas, self.partner):
            node.start()
        for node in (*self.replicas, self.partner):
            node.await_ready()

    def stop(self):
        for node in (*self.replicas, self.partner):
            if node.process is not None and node.process.poll() is None:
                node.stop()
            node.client.close()

    def rows(self, sql):
        """What the database says, a line of JSON for each row."""
        lines = f"SELECT row_to_json(found) FROM ({sql}) AS found"  # noqa: S608 - a test's own
        found = self.postgres.say(lines, self.url.rpartition("/")[2])
        return [json.loads(line) for line in found.splitlines()]

    def any(self, call):
        """The answer of whichever replica gives one."""
        deadline = time.monotonic() + self.kit.patience
        while True:
            for node in random.sample(self.replicas, len(self.replicas)):
                try:
                    return call(node.client)
                except UnreachableError:
                    assert time.monotonic() < deadline


@contextlib.contextmanager
def under_load(crowd, kit, callers=LOAD):
    """Negotiations from both sides all the while; afterwards both sides are at rest, and hold the same."""
    ending = threading.Event()
    begun = Counter()

    def ask(side):
        while not ending.is_set():
            try:
                if side:
                    crowd.any(lambda client: client.negotiate(crowd.partner.id, "orders"))
                else:
                    crowd.partner.client.negotiate(crowd.replicas[0].id, "alerts")
            except CorridorError:
                # A replica died, or had no database, while it answered.
                ending.wait(0.05)
                continue
            begun[side] += 1

    with ThreadPoolExecutor(callers) as pool:
        asking = [pool.submit(ask, number % 2) for number in range(callers)]
        try:
            yield begun
        finally:
            ending.set()
        for one in asking:
            one.result()
    kit.until(lambda: not crowd.rows("SELECT id FROM tasks") and not _partners(crowd, "SELECT id FROM tasks"))
    assert min(begun.values()) > 0
    check_both(crowd)


def _partners(crowd, sql):
    with closing(sqlite3.connect(f"file:{crowd.partner.database}?mode=ro", uri=True)) as database:
        return database.execute(sql).fetchall()


def check_both(crowd):
    """Both databases hold the same processes in the same state, the same agreements, and each event of them once."""
    processes = "SELECT id, peer_pid, state, body FROM negotiations"
    ours = {row["id"]: row for row in crowd.rows(processes)}
    theirs = {row[0]: row for row in _partners(crowd, processes)}
    assert {(row["id"], row["peer_pid"], row["state"]) for row in ours.values()} == {
        (row[1], row[0], row[2]) for row in theirs.values()
    }
    assert {row["state"] for row in ours.values()} == {"FINALIZED"}
    agreed = "SELECT id, negotiation FROM agreements"
    our_agreements = {row["id"]: row["negotiation"] for row in crowd.rows(agreed)}
    their_agreements = dict(_partners(crowd, agreed))
    assert our_agreements.keys() == their_agreements.keys()
    assert sorted(our_agreements.values()) == sorted(ours)
    assert sorted(their_agreements.values()) == sorted(theirs)
    events = [json.loads(row["body"]) for row in crowd.rows("SELECT body FROM events ORDER BY position")]
    check_told_once(events, set(ours))
    check_told_once([json.loads(body) for (body,) in _partners(crowd, "SELECT body FROM events")], set(theirs))
    size = crowd.rows("SELECT count(*) AS n, max(position) + 1 AS size FROM events")
    assert size == [{"n": len(events), "size": len(events)}]
    keys = read_keys({key["kid"]: key for key in (node.client.key() for node in (crowd.replicas[0], crowd.partner))})
    for agreement in list(our_agreements)[-3:]:
        for node in (*crowd.replicas, crowd.partner):
            assert verify_bundle(node.client.bundle(agreement), keys).ok


def check_told_once(events, negotiations):
    told = Counter((event["negotiation"], event["state"]) for event in events if event["type"] == "negotiation.changed")
    assert set(told.values()) == {1}
    assert {pid for pid, state in told if state == "FINALIZED"} == negotiations
    concluded = Counter(event["agreement"] for event in events if event["type"] == "agreement.concluded")
    assert set(concluded.values()) == {1}
    assert len(concluded) == len(negotiations)
