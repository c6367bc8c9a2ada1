"""Three processes of one node on one PostgreSQL, and a partner on SQLite: any of them answers, none is needed."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections import Counter

import pytest
from replicated import ALIVE, PROFILE, Replicated, under_load

from corridor.app.settings import load_settings
from corridor.base.errors import CorridorError

pytestmark = pytest.mark.slow

REPLICAS = 3
AT_ONCE = 1.0
"""Seconds within which a right that has ended at one replica stops a stream at another."""
TAKEN_OVER = 5.0
"""Seconds within which the work of a replica that died is another's."""


class Crowd(Replicated):
    """The provider of a pair as several processes on one database, behind a balancer on its public address.

    Each replica reaches the database through a proxy of its own, which can cut it off.
    """

    def __init__(self, kit, folder, postgres):
        super().__init__(kit, postgres)
        self.pair = kit.Pair(folder)
        self.partner = self.pair.consumer
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

    def stop(self):
        super().stop()
        for proxy in (self.balancer, *self.lines):
            proxy.close()


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
