"""Three processes of one node on one PostgreSQL, and a partner on SQLite: any of them answers, none is needed."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import sqlite3
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from corridor.app.settings import load_settings
from corridor.base.errors import CorridorError, UnreachableError
from corridor.evidence.keys import read_keys
from corridor.evidence.verification import verify_bundle

pytestmark = pytest.mark.slow

REPLICAS = 3
PROFILE = {
    "data": {"items": [{"category": "product_safety", "personal": False}], "important_status": "not_notified"},
    "purpose": ["product_safety"],
}
"""What the law of the partner, in China, has to know of its dataset."""
AT_ONCE = 1.0
"""Seconds within which a right that has ended at one replica stops a stream at another."""
TAKEN_OVER = 5.0
"""Seconds within which the work of a replica that died is another's."""


class Crowd:
    """The provider of a pair as several processes on one database, behind a balancer on its public address.

    Each replica reaches the database through a proxy of its own, which can cut it off.
    """

    def __init__(self, kit, folder, postgres):
        self.kit, self.postgres = kit, postgres
        self.pair = kit.Pair(folder)
        self.partner = self.pair.consumer
        self.url = postgres.create()
        provider = self.pair.provider
        listeners = [socket_port() for _ in range(2 * REPLICAS)]
        self.lines = [kit.Proxy(postgres.port) for _ in range(REPLICAS)]
        self.replicas = [self._replica(provider, n, *listeners[2 * n : 2 * n + 2]) for n in range(REPLICAS)]
        public = int(provider.url.rpartition(":")[2])
        self.balancer = kit.Proxy(*listeners[::2], port=public)

    def _replica(self, provider, number, protocol, management):
        folder = provider.folder
        secret = folder / "keys" / f"database-{number}.url"
        secret.write_text(self.url.replace(f":{self.postgres.port}/", f":{self.lines[number].port}/"), "utf-8")
        secret.chmod(0o600)
        listen = provider.loaded.settings.listen
        text = (folder / "corridor.toml").read_text("utf-8")
        text = text.replace(f'protocol = "{listen.protocol}"', f'protocol = "127.0.0.1:{protocol}"')
        text = text.replace(f'management = "{listen.management}"', f'management = "127.0.0.1:{management}"')
        file = folder / f"replica-{number}.toml"
        file.write_text(f'{text}\n[database]\nurl_file = "keys/{secret.name}"\n', "utf-8")
        return self.kit.Node(load_settings(file), file)

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
        for proxy in (self.balancer, *self.lines):
            proxy.close()

    def rows(self, sql):
        """What the database says, a line of JSON for each row."""
        lines = f"SELECT row_to_json(found) FROM ({sql}) AS found"  # noqa: S608 - a test's own
        found = self.postgres.say(lines, self.url.rpartition("/")[2])
        return [json.loads(line) for line in found.splitlines()]

    def any(self, call):
        """The answer of whichever replica gives one."""
        deadline = time.monotonic() + self.kit.patience
        while True:
            for node in random.sample(self.replicas, REPLICAS):
                try:
                    return call(node.client)
                except UnreachableError:
                    assert time.monotonic() < deadline


def socket_port():
    from corridor.cli.demo.nodes import _free_ports  # noqa: PLC0415 - the demonstration finds its ports likewise

    return _free_ports(1)[0]


@pytest.fixture(scope="module")
def crowd(kit, tmp_path_factory, postgres):
    """The replicas and their partner, with a dataset on each side and a large file at the replicas."""
    found = Crowd(kit, tmp_path_factory.mktemp("crowd"), postgres)
    try:
        found.start()
        kit.publish(found.replicas[0], "alerts", kit.alerts())
        kit.publish(found.partner, "orders", kit.alerts(), profile=PROFILE)
        content = bytes(kit.large)
        kit.publish(found.replicas[2], "large", content, media_type="application/octet-stream", table=False)
        yield found
    finally:
        found.stop()


def test_replicas_that_start_together_share_one_database(crowd):
    assert [len(node.client.datasets()["items"]) for node in crowd.replicas] == [2] * REPLICAS
    assert crowd.rows("SELECT count(*) AS n FROM replicas") == [{"n": REPLICAS}]
    assert crowd.rows("SELECT version_num AS v FROM alembic_version") != []


def test_any_replica_answers_any_message_of_a_journey(crowd, kit):
    agreement = kit.agree(crowd.partner, crowd.replicas[0], "alerts")
    begun = crowd.partner.client.transfer(agreement, fetch=True)
    kit.until(lambda: crowd.partner.client.transfer_state(begun["pid"])["state"] == "COMPLETED")
    assert [node.client.agreement(agreement)["id"] for node in crowd.replicas] == [agreement] * REPLICAS


def test_a_waiting_call_hears_of_what_another_replica_commits(crowd):
    """Begun at one replica and waited for at another, which answers as soon as it is settled."""
    begun = crowd.replicas[0].client.negotiate(crowd.partner.id, "orders")
    found = crowd.replicas[1].client.negotiation(begun["pid"], wait=30)
    assert found["state"] == "FINALIZED", found["reasons"]


def test_a_transfer_that_is_ended_at_one_replica_stops_the_stream_of_another(crowd, kit):
    agreement = kit.agree(crowd.partner, crowd.replicas[0], "large")
    pid, address = kit.open_transfer(crowd.partner, agreement)
    (served,) = crowd.any(lambda client: client.transfers(agreement=agreement))["items"]
    serving = crowd.replicas[0].loaded.settings.listen.protocol
    path = address["endpoint"].partition("/data/")[2]
    with kit.stream({**address, "endpoint": f"http://{serving}/data/{path}"}) as stream:
        assert stream.read(1 << 20)
        crowd.replicas[1].client.terminate_transfer(served["pid"], "enough")
        ended = time.monotonic()
        assert kit.rest_of(stream) < kit.large - (1 << 20)
        assert time.monotonic() - ended < AT_ONCE
    crowd.partner.client.transfer_state(pid, wait=30)


def test_the_work_of_a_replica_that_dies_is_taken_over(crowd, kit):
    """Its partner is away, so its message waits; it dies; another delivers the message when the partner is back."""
    dying, *others = crowd.replicas
    agreement = kit.agree(dying, crowd.partner, "orders")
    crowd.partner.kill()
    pid = dying.client.transfer(agreement, fetch=False)["pid"]
    owners = "SELECT owner FROM tasks WHERE subject = "
    (before,) = crowd.rows(f"{owners}'{pid}'")
    dying.kill()
    died = time.monotonic()
    kit.until(lambda: crowd.rows(f"{owners}'{pid}'") != [before])
    assert time.monotonic() - died < TAKEN_OVER
    crowd.partner.start()
    crowd.partner.await_ready()
    assert others[1].client.transfer_state(pid, wait=30)["state"] == "STARTED"
    dying.start()
    dying.await_ready()


def test_a_replica_that_loses_its_database_stops_what_it_can_no_longer_judge(crowd, kit):
    """Its network to the database loses every packet; the others go on; once it is healed, it does too."""
    agreement = kit.agree(crowd.partner, crowd.replicas[0], "large")
    _, address = kit.open_transfer(crowd.partner, agreement)
    serving = crowd.replicas[0].loaded.settings.listen.protocol
    path = address["endpoint"].partition("/data/")[2]
    with kit.stream({**address, "endpoint": f"http://{serving}/data/{path}"}) as stream:
        assert stream.read(1 << 20)
        crowd.lines[0].stall()
        kit.until(lambda: "the database does not answer" in crowd.replicas[0].log)
        assert kit.rest_of(stream) < kit.large - (1 << 20)
    pid = crowd.replicas[1].client.negotiate(crowd.partner.id, "orders")["pid"]
    assert crowd.replicas[2].client.negotiation(pid, wait=30)["state"] == "FINALIZED"
    crowd.lines[0].cut()
    crowd.lines[0].heal()
    assert kit.until(lambda: _read(crowd.replicas[0], pid))["state"] == "FINALIZED"


def _read(node, pid):
    """The negotiation, or None while the node has no database."""
    try:
        return node.client.negotiation(pid)
    except CorridorError:
        return None


KILLS = 9
LOAD = 6


@contextlib.contextmanager
def under_load(crowd, kit):
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

    with ThreadPoolExecutor(LOAD) as pool:
        asking = [pool.submit(ask, number % 2) for number in range(LOAD)]
        try:
            yield begun
        finally:
            ending.set()
        for one in asking:
            one.result()
    kit.until(lambda: not crowd.rows("SELECT id FROM tasks") and not _partners(crowd, "SELECT id FROM tasks"))
    assert min(begun.values()) > 0
    check_both(crowd)


def test_a_server_that_is_restarted_under_load_loses_nothing(crowd, kit):
    with under_load(crowd, kit) as begun:
        kit.until(lambda: min(begun[0], begun[1]) > 3)
        for _ in range(2):
            crowd.postgres.stop()
            crowd.postgres.start()
            known = Counter(begun)
            kit.until(lambda known=known: all(begun[side] > known[side] for side in (0, 1)))


def test_a_replica_that_is_paused_for_longer_than_its_lease_does_nothing_twice(crowd, kit):
    """It wakes in the middle of what it did, with work that others have taken over meanwhile."""
    with under_load(crowd, kit) as begun:
        for node in crowd.replicas:
            kit.until(lambda: min(begun[0], begun[1]) > 0)
            node.process.send_signal(signal.SIGSTOP)
            kit.until(lambda: crowd.rows(ALIVE) == [{"n": REPLICAS - 1}])
            node.process.send_signal(signal.SIGCONT)
            kit.until(lambda: crowd.rows(ALIVE) == [{"n": REPLICAS}])


ALIVE = "SELECT count(*) AS n FROM replicas WHERE until > extract(epoch FROM clock_timestamp()) * 1000000"


def test_replicas_that_are_killed_in_turn_under_load_agree_with_their_partner(crowd, kit):
    """Nothing is lost, and nothing counts twice."""
    keepers = [_Keeper(node) for node in crowd.replicas]
    try:
        with under_load(crowd, kit):
            _kill_in_turn(crowd, kit)
    finally:
        for keeper in keepers:
            keeper.stop()
    assert [keeper.deaths for keeper in keepers] == [KILLS // REPLICAS] * REPLICAS


class _Keeper:
    """Starts a replica again whenever it was killed, and leaves it running at the end."""

    def __init__(self, node):
        self._node = node
        self._stopping = threading.Event()
        self.deaths = 0
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def _keep(self):
        while not self._stopping.wait(0.02):
            if self._node.process.poll() is not None:
                self._node.process.stdout.close()
                self.deaths += 1
                self._node.start()

    def stop(self):
        self._stopping.set()
        self._thread.join()


def _kill_in_turn(crowd, kit):
    """Each after the one before it answers again, so that there is always somebody."""
    chance = random.Random(20261125)
    for number in range(KILLS):
        node = crowd.replicas[number % REPLICAS]
        threading.Event().wait(chance.uniform(0.2, 0.8))
        victim = node.process
        victim.kill()
        kit.until(lambda node=node, victim=victim: node.process is not victim)
        node.await_ready()


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
