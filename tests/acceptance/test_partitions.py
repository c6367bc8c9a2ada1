"""Three replicas of one node and a partner, each on a machine of its own as far as the network knows; links are cut.

Nobody is told that a link is down: packets are lost both ways, connections stay open, and each side goes on by itself.
"""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack

import pytest
from network import SWITCH, Network, why_not
from replicated import ALIVE, PROFILE, Replicated, under_load

from corridor.app.initialise import NewNode, initialise
from corridor.app.settings import load_settings
from corridor.cli.demo.nodes import introduce
from corridor.testing.postgres import binaries, cluster

REPLICAS = ("replica-0", "replica-1", "replica-2")
PARTNER = "partner"
MIDDLE = "10.77.0.1"
"""Where the database and the balancer are, which no cut reaches."""
ADDRESSES = {PARTNER: "10.77.0.2", **{name: f"10.77.0.{11 + number}" for number, name in enumerate(REPLICAS)}}
PROTOCOL = 8080
"""Ports are free: nobody else is there."""
MANAGEMENT = "127.0.0.1:8081"
SETTINGS = """
[limits]
reply_seconds = 2

[outbox]
first_wait_ms = 20
longest_wait_seconds = 1
attempts = 1000
sweep_seconds = 1
"""
"""An answer that is lost is not waited for long, so that the tests need not wait for it."""
CALLERS = 4
LONGER = 4.0
"""Seconds that are more than a lease."""
TAKEN_OVER = 5.0
"""Seconds within which the work of a replica that is cut off is another's."""

pytestmark = [pytest.mark.slow, pytest.mark.allow_hosts(["127.0.0.1", *ADDRESSES.values()])]


class Within:
    """A client whose connections are made at the place of its node."""

    def __init__(self, client, network, place):
        self._client, self._network, self._place = client, network, place

    def __getattr__(self, name):
        def call(*words, **named):
            with self._network.inside(self._place):
                return getattr(self._client, name)(*words, **named)

        return call


class Islands(Replicated):
    """Each replica and the partner at a place of its own; database and balancer in the middle."""

    def __init__(self, kit, folder, postgres, network):
        super().__init__(kit, postgres)
        self.network = network
        provider = initialise(folder / "de", _described("Market Surveillance Authority", "DE", MIDDLE))
        partner = initialise(folder / "cn", _described("Customs and Commerce Gateway", "CN", ADDRESSES[PARTNER]))
        introduce((provider, partner))
        secret = folder / "de" / "keys" / "database.url"
        secret.write_text(self.url, "utf-8")
        secret.chmod(0o600)
        self.replicas = [
            self._node(name, provider, '\n[database]\nurl_file = "keys/database.url"\n') for name in REPLICAS
        ]
        self.partner = self._node(PARTNER, partner)
        with network.inside(SWITCH):
            targets = [(ADDRESSES[name], PROTOCOL) for name in REPLICAS]
            self.balancer = kit.Proxy(*targets, host=MIDDLE, port=PROTOCOL, patience=0.5)

    def _node(self, place, loaded, more=""):
        text = (loaded.folder / "corridor.toml").read_text("utf-8")
        text = text.replace(f'protocol = "{MIDDLE}:', f'protocol = "{ADDRESSES[place]}:')
        text = text.replace("http_hosts = [", f'http_hosts = ["{MIDDLE}", "{ADDRESSES[PARTNER]}", ')
        file = loaded.folder / f"{place}.toml"
        file.write_text(text + SETTINGS + more, "utf-8")
        node = self.kit.Node(load_settings(file), file)
        node.place, node.client = place, Within(node.client, self.network, place)
        return node

    def start(self):
        for node in (*self.replicas, self.partner):
            with self.network.inside(node.place):
                node.start()
        for node in (*self.replicas, self.partner):
            node.await_ready()

    def stop(self):
        for place in ADDRESSES:
            self.network.heal(place)
        super().stop()
        self.balancer.close()

    def kill(self):
        """What is left of them where `stop` failed."""
        for node in (*self.replicas, self.partner):
            if node.process is not None and node.process.poll() is None:
                node.kill()


def _described(name, country, address):
    url, facts = f"http://{address}:{PROTOCOL}", {"designations": []}
    return NewNode(name, country, url, f"{address}:{PROTOCOL}", MANAGEMENT, facts=facts)


@pytest.fixture(scope="module")
def islands(kit, tmp_path_factory):
    """Replicas and partner, with a dataset on each side, whose links are whole."""
    programs, reason = binaries(), why_not()
    if programs is None:
        reason = "PostgreSQL is not installed: apt-get install postgresql"
    if reason is not None:
        pytest.skip(reason)
    with ExitStack() as ending:
        network = Network(ADDRESSES, MIDDLE)
        ending.callback(network.close)
        with network.inside(SWITCH):
            postgres = ending.enter_context(cluster(programs, listen=MIDDLE))
        found = Islands(kit, tmp_path_factory.mktemp("islands"), postgres, network)
        ending.callback(found.kill)
        ending.callback(found.stop)
        found.start()
        kit.publish(found.replicas[0], "alerts", kit.alerts())
        kit.publish(found.partner, "orders", kit.alerts(), profile=PROFILE)
        yield found


def test_the_work_of_a_replica_that_is_cut_off_is_taken_over_and_none_is_done_twice(islands, kit):
    """Its partner is cut off first, so its message waits; then it is, and another delivers the message.

    It goes on by itself all the while, and is healed in the middle of what it did.
    """
    lost, *others = islands.replicas
    agreement = kit.agree(lost, islands.partner, "orders")
    with under_load(islands, kit, CALLERS) as begun:
        kit.until(lambda: min(begun[0], begun[1]) > 1)
        islands.network.cut(PARTNER)
        pid = lost.client.transfer(agreement, fetch=False)["pid"]
        owner = f"SELECT owner FROM tasks WHERE subject = '{pid}'"  # noqa: S608 - a test's own
        (before,) = islands.rows(owner)
        islands.network.cut(lost.place)
        cut = time.monotonic()
        kit.until(lambda: islands.rows(owner) != [before])
        assert time.monotonic() - cut < TAKEN_OVER
        islands.network.heal(PARTNER)
        assert others[1].client.transfer_state(pid, wait=30)["state"] == "STARTED"
        known = begun[0]
        kit.until(lambda: begun[0] > known + 1)
        kit.until(lambda: "the database does not answer" in lost.log)
        assert islands.rows(ALIVE) == [{"n": len(others)}]
        islands.network.heal(lost.place)
        kit.until(lambda: islands.rows(ALIVE) == [{"n": len(REPLICAS)}])


def test_a_partner_that_is_cut_off_under_load_comes_to_the_same_ends(islands, kit):
    """Messages and answers are lost on their way in either direction, for longer than a lease."""
    first, second, _ = islands.replicas
    agreement = kit.agree(first, islands.partner, "orders")
    with under_load(islands, kit, CALLERS) as begun:
        kit.until(lambda: min(begun[0], begun[1]) > 1)
        islands.network.cut(PARTNER)
        pid = first.client.transfer(agreement, fetch=False)["pid"]
        threading.Event().wait(LONGER)
        assert second.client.transfer_state(pid)["state"] == "REQUESTED"
        islands.network.heal(PARTNER)
        assert second.client.transfer_state(pid, wait=30)["state"] == "STARTED"
        known = dict(begun)
        kit.until(lambda: all(begun[side] > known[side] for side in (0, 1)))
