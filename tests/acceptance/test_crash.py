"""A node that is killed at any write to its store goes on by itself: nothing is lost, and nothing happens twice."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import sqlite3
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

import pytest

from corridor.base.digest import sha256_of
from corridor.base.errors import UnreachableError

pytestmark = pytest.mark.slow

DATASET = "alerts"
ENDED = ("COMPLETED", "TERMINATED")


@dataclass
class Round:
    """One journey from an offer to completion, and what the nodes held before it."""

    pair: object
    kit: object
    format_name: str | None = None

    def __post_init__(self):
        self.before = {node.id: self._held(node) for node in self.pair.both}
        self.log_size = {node.id: node.ask(lambda client: client.status())["log_size"] for node in self.pair.both}

    def _held(self, node):
        return {
            "negotiations": self._all(node, "negotiations", "pid"),
            "agreements": self._all(node, "agreements", "id"),
            "transfers": self._all(node, "transfers", "pid"),
        }

    def _all(self, node, what, key):
        found, after = {}, ""
        while after is not None:
            page = node.ask(lambda client, after=after: getattr(client, what)(after=after, limit=1000))
            found |= {one[key]: one for one in page["items"]}
            after = page["next"]
        return found

    def new(self, node, what):
        """What the node holds now and did not before."""
        known = self.before[node.id][what]
        held = self._all(node, what, "id" if what == "agreements" else "pid")
        return [one for key, one in held.items() if key not in known]

    def begin(self, what, call):
        """Begin something at the consumer; where no answer came, look before asking again, as a person does."""
        while True:
            try:
                return call(self.pair.consumer.client)["pid"]
            except UnreachableError:
                begun = self.new(self.pair.consumer, what)
                if begun:
                    return begun[0]["pid"]

    def run(self):
        """Negotiate, transfer with fetch, and wait until neither node has anything left to do."""
        provider, consumer = self.pair.both
        negotiation = self.begin("negotiations", lambda client: client.negotiate(provider.id, DATASET))
        settled = consumer.ask(lambda client: client.negotiation(negotiation, wait=30))
        self.agreement = settled["agreement"]
        assert self.agreement, settled
        self.transfer = self.begin(
            "transfers", lambda client: client.transfer(self.agreement, fetch=True, format_name=self.format_name)
        )
        consumer.ask(lambda client: client.transfer_state(self.transfer, wait=30))
        self.kit.until(lambda: self._quiet(consumer) and self._quiet(provider))
        return self

    def _quiet(self, node):
        """Whether the node's transfer has ended and its outbox is empty."""
        transfers = node.ask(lambda client: client.transfers(agreement=self.agreement))["items"]
        return (
            bool(transfers)
            and all(one["state"] in ENDED and one["pending"] is None for one in transfers)
            and node.ask(lambda client: client.status())["open_tasks"] == 0
        )

    def story(self, node):
        """How often the node's log says what, from the beginning of the round on."""
        told = Counter()
        for event in node.events(self.log_size[node.id] - 1):
            document = event["document"]
            told[document["type"], document.get("state") or document.get("phase")] += 1
        return told


def check_outcome(done, clean):
    """Both nodes hold the same outcome, once; `clean` is what the logs say of a journey without a crash."""
    pair = done.pair
    for node in pair.both:
        (negotiation,) = done.new(node, "negotiations")
        (transfer,) = done.new(node, "transfers")
        assert (negotiation["state"], negotiation["pending"]) == ("FINALIZED", None)
        assert (transfer["state"], transfer["pending"], transfer["problem"]) == ("COMPLETED", None, None)
        assert [one["id"] for one in done.new(node, "agreements")] == [done.agreement]
    check_receipts(done)
    check_data(done)
    assert [(found.ok, found.findings) for found in pair.verify(done.agreement)] == [(True, ())] * 2
    for node in pair.both:
        assert told_once(done.story(node)) == told_once(clean[node.id])


def told_once(story):
    """The story without what may be repeated: an answer that a crash cut short is fetched, and metered, again."""
    return {what: times for what, times in story.items() if what[0] != "data.served"}


def check_receipts(done):
    """Both hold the same two receipts with both signatures, about one and the same policy."""
    held = [
        {one["kind"]: one for one in node.ask(lambda client: client.receipts(done.agreement))["items"]}
        for node in done.pair.both
    ]
    assert [set(one) for one in held] == [{"agreement", "delivery"}] * 2
    assert all(one["complete"] for receipts in held for one in receipts.values())
    ours, theirs = ({kind: json.dumps(one["document"], sort_keys=True) for kind, one in each.items()} for each in held)
    assert ours == theirs
    policies = {policy_digests(node, done) for node in done.pair.both}
    assert len(policies) == 1


def policy_digests(node, done):
    concluded = [
        event["document"]["policy"]
        for event in node.events(done.log_size[node.id] - 1)
        if event["document"]["type"] == "agreement.concluded"
    ]
    assert len(concluded) == 1
    return concluded[0]


def check_data(done):
    """What was received is what was published, and the provider's meter has every answer that was given."""
    provider, consumer = done.pair.both
    content = provider.ask(lambda client: client.dataset(DATASET))["content"]
    target = consumer.folder / "fetched.csv"
    got = consumer.ask(lambda client: client.download(done.transfer, target))
    assert sha256_of(target.read_bytes()) == got["sha256"] == content["sha256"]
    (served,) = done.new(provider, "transfers")
    usage = provider.ask(lambda client: client.transfer_state(served["pid"]))["usage"]
    logged = [
        event["document"]
        for event in provider.events(done.log_size[provider.id] - 1)
        if event["document"]["type"] == "data.served"
    ]
    assert usage["requests"] == len(logged) >= 1
    assert usage["size"] == sum(one["size"] for one in logged) >= content["size"]


def check_databases(pair, rounds):
    """After both nodes have stopped: the files are sound, and hold the same agreements and nothing left to do."""
    agreed = []
    for node in pair.both:
        with closing(sqlite3.connect(f"file:{node.database}?mode=ro", uri=True)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("SELECT count(*) FROM tasks").fetchone() == (0,)
            agreed.append({row[0] for row in database.execute("SELECT id FROM agreements")})
    assert agreed[0] == agreed[1]
    assert len(agreed[0]) == rounds


@contextlib.contextmanager
def prepared(kit, folder):
    """A pair with the dataset on offer, neither of which runs; at the end nothing runs, whatever happened."""
    pair = kit.Pair(folder)
    try:
        pair.provider.start()
        pair.provider.await_ready()
        kit.publish(pair.provider, DATASET, kit.alerts())
        pair.provider.stop()
        yield pair
    finally:
        for node in pair.both:
            if node.process is not None and node.process.poll() is None:
                node.stop()
            node.client.close()


FEWEST_WRITES = 12
"""Each side has at least one write for each message of the journey, with its acknowledgement."""


@pytest.mark.parametrize("format_name", ["HttpData-PULL", "HttpData-PUSH"])
@pytest.mark.parametrize("role", ["provider", "consumer"])
def test_a_node_that_is_killed_at_any_write_goes_on(kit, tmp_path, role, format_name):
    """Before and after each write in turn; the two moments on two pairs of nodes, at the same time."""

    def die_everywhere(moment):
        with prepared(kit, tmp_path / moment) as pair:
            return die_at_every_write(kit, pair, role, moment, format_name)

    with ThreadPoolExecutor(2) as pool:
        deaths = list(pool.map(die_everywhere, ("before", "after")))
    assert min(deaths) >= FEWEST_WRITES


def die_at_every_write(kit, pair, role, moment, format_name):
    """The victim dies at each write in turn, until a journey has fewer writes than that; how often it died."""
    victim, other = (pair.provider, pair.consumer) if role == "provider" else (pair.consumer, pair.provider)
    victim.start(str(kit.victim), str(victim.folder), "--when", moment)
    other.start()
    for node in pair.both:
        node.await_ready()
    clean = Round(pair, kit, format_name).run()
    stories = {node.id: clean.story(node) for node in pair.both}
    rounds = 1
    while deaths_of(victim) == rounds - 1:
        done = Round(pair, kit, format_name)
        arm(victim)
        check_outcome(done.run(), stories)
        rounds += 1
    assert [node.stop() for node in pair.both] == [0, 0]
    check_databases(pair, rounds)
    assert deaths_of(victim) == rounds - 2
    return rounds - 2


def arm(victim):
    """Have the victim count its writes from here on."""
    victim.process.send_signal(signal.SIGUSR1)
    assert victim.process.stdout.readline() == b"armed\n"


def deaths_of(victim):
    return int((victim.folder / "deaths").read_text())


def test_both_nodes_killed_at_any_moment_go_on(kit, tmp_path):
    """Ten journeys; in each, both nodes are killed once, at moments that a seed chooses."""
    chance = random.Random(20261122)
    with prepared(kit, tmp_path) as pair:
        keepers = [kit.Keeper(node) for node in pair.both]
        try:
            for node in pair.both:
                node.await_ready()
            clean = Round(pair, kit).run()
            stories = {node.id: clean.story(node) for node in pair.both}
            for _ in range(10):
                done = Round(pair, kit)
                killers = [threading.Timer(chance.uniform(0, 0.4), node.process.kill) for node in pair.both]
                for killer in killers:
                    killer.start()
                check_outcome(done.run(), stories)
                for killer in killers:
                    killer.join()
                for node in pair.both:
                    node.await_ready()
        finally:
            for keeper in keepers:
                keeper.stop()
        assert [keeper.deaths for keeper in keepers] == [10, 10]
        check_databases(pair, 11)


def test_a_provider_that_is_stopped_in_the_middle_of_a_stream_has_metered_it(kit, pair):
    """SIGTERM cuts the stream off; what had left is in the meter, and the consumer gets the whole file afterwards."""
    provider, consumer = pair.both
    agreement = kit.agree(consumer, provider, "large")
    _, address = kit.open_transfer(consumer, agreement)
    with kit.stream(address) as stream:
        read = len(stream.read(4 << 20))
        assert provider.stop() == 0
        read += kit.rest_of(stream)
    assert read < kit.large
    provider.start()
    provider.await_ready()
    (served,) = provider.client.transfers(agreement=agreement)["items"]
    usage = provider.client.transfer_state(served["pid"])["usage"]
    assert usage["requests"] == 1
    assert read <= usage["size"] < kit.large
    with kit.stream(address) as stream:
        assert kit.rest_of(stream) == kit.large
