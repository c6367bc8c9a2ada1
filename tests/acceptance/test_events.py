"""Events reach others whatever happens to the node: by streams and webhooks, from real processes to real sockets."""

from __future__ import annotations

import contextlib
import json
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from corridor.base.errors import ConflictError
from corridor.client import webhooks

pytestmark = pytest.mark.slow

SETTINGS = """
[events]
http_hosts = ["127.0.0.1"]
first_wait_ms = 20
longest_wait_seconds = 1
reply_seconds = 1
attempts = 3
heartbeat_seconds = 1

[outbox]
sweep_seconds = 1
"""


class Receivers:
    """Receivers of webhooks, one at each path; what they answer is a test's to say."""

    def __init__(self):
        self.told = {}
        self.statuses = {}
        self.silence = threading.Event()

    def add(self, path, headers, body):
        self.told.setdefault(path, []).append((headers, body))

    def events(self, path, secret):
        """What was told at a path, as often as it was; every signature is right."""
        requests = list(self.told.get(path, ()))
        return [event for headers, body in requests for event in webhooks.verify(headers, body, secret)]

    def ids(self, path, secret):
        """The ids in the order in which they came first."""
        return list(dict.fromkeys(int(event["id"]) for event in self.events(path, secret)))


@pytest.fixture
def receivers():
    kept = Receivers()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.add(self.path, dict(self.headers), body)
            status = kept.statuses.get(self.path, 204)
            if status is None:
                kept.silence.wait(30)
                status = 500
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    kept.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield kept
    kept.silence.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def node(kit, tmp_path):
    """A node that may call receivers on this machine; not running."""
    pair = kit.Pair(tmp_path, settings=SETTINGS)
    try:
        yield pair.provider
    finally:
        if pair.provider.process is not None and pair.provider.process.poll() is None:
            pair.provider.stop()
        for one in pair.both:
            one.client.close()


@pytest.fixture
def running(node):
    node.start()
    node.await_ready()
    return node


def log(node, number):
    """Have the node log one event; again after a crash, as a person would."""

    def add(client):
        with contextlib.suppress(ConflictError):
            client.add_paper({"id": f"urn:p{number}", "kind": "cn/standard-contract", "digest": "sha-256:" + "0" * 64})
        return True

    node.ask(add)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_node_that_is_killed_at_any_write_tells_everything_in_order(kit, node, receivers, moment):
    """Its event, the task that is made for it, and the position behind it are three writes; it dies at each in turn."""
    node.start(str(kit.victim), str(node.folder), "--when", moment)
    node.await_ready()
    made = node.client.subscribe(receivers.url + "/in")
    kit.until(lambda: node.client.subscription(made["id"])["due"] is None)
    rounds = 0
    while int((node.folder / "deaths").read_text()) == rounds:
        node.process.send_signal(signal.SIGUSR1)
        assert node.process.stdout.readline() == b"armed\n"
        log(node, rounds)
        kit.until(lambda expected=rounds: expected in receivers.ids("/in", made["secret"]))
        kit.until(lambda: node.ask(lambda client: client.status())["open_tasks"] == 0)
        rounds += 1
    assert rounds >= 4
    assert receivers.ids("/in", made["secret"]) == list(range(rounds))
    by_id = {}
    for event in receivers.events("/in", made["secret"]):
        assert by_id.setdefault(event["id"], event) == event


def test_a_reader_of_the_stream_sees_every_event_once_over_stops_and_kills(kit, node):
    keeper = kit.Keeper(node)
    try:
        node.await_ready()
        following, seen = node.client.follow(-1), []

        def read():
            for event in following:
                seen.append(int(event["id"]))
                if len(seen) == 60:
                    return

        reader = threading.Thread(target=read)
        reader.start()
        for number in range(60):
            log(node, number)
            if number % 20 == 10:
                node.process.kill()
        reader.join(kit.patience)
        assert seen == list(range(60))
    finally:
        keeper.stop()


def test_a_stream_ends_whole_when_the_node_is_stopped(running):
    with running.client._transport.open("GET", "/events", {"after": -1}, accept="application/x-ndjson") as response:
        log(running, 0)
        parts = response.stream(decode_content=False)
        assert json.loads(next(parts))["id"] == "0"
        running.process.terminate()
        assert all(part == b"\n" for part in parts)
    assert running._gone() == 0


def test_one_receiver_that_is_silent_delays_no_other_and_many_are_told_everything(kit, running, receivers):
    receivers.statuses["/silent"] = None
    running.client.subscribe(receivers.url + "/silent")
    made = {f"/in/{number}": running.client.subscribe(f"{receivers.url}/in/{number}") for number in range(50)}
    for number in range(5):
        log(running, number)
    for path, subscription in made.items():
        kit.until(lambda path=path, made=subscription: receivers.ids(path, made["secret"]) == list(range(5)))
    assert len(receivers.told["/silent"]) < 5


def test_the_life_of_a_subscription(kit, running, receivers):
    made = running.client.subscribe(receivers.url + "/in", ["paper.*"])
    identifier, secret = made["id"], made["secret"]
    receivers.statuses["/in"] = 500
    for number in range(4):
        log(running, number)
    paused = kit.until(lambda: (one := running.client.subscription(identifier))["state"] == "paused" and one)
    assert "requests in a row were given up" in paused["problem"]
    letters = [one["index"] for one in running.client.dead_letters(identifier)["items"]]
    assert letters == [0, 1, 2]
    assert paused["position"] == 2
    said = kit.corridor("doctor", "--config", running.folder)
    assert "subscriptions: 1 of 1 subscriptions are not told of events" in said.stdout
    running.stop()
    running.start()
    running.await_ready()
    receivers.told.clear()
    receivers.statuses["/in"] = 204
    running.client.resume_subscription(identifier)
    running.client.redeliver(identifier)
    kit.until(lambda: sorted(receivers.ids("/in", secret)) == [0, 1, 2, 3])
    kit.until(lambda: running.client.dead_letters(identifier)["items"] == [])
    receivers.statuses["/in"] = 410
    log(running, 4)
    kit.until(lambda: running.client.subscription(identifier)["state"] == "ended")
    running.client.unsubscribe(identifier)
    assert running.client.subscriptions()["items"] == []


def test_a_secret_is_shown_once_and_kept_nowhere_in_clear(kit, running, receivers):
    key = "the-receivers-own-key"
    receivers.statuses["/fails"] = 500
    made = [running.client.subscribe(f"{receivers.url}/{path}?key={key}") for path in ("in", "fails")]
    for number in range(3):
        log(running, number)
    receivers.statuses["/fails?key=" + key] = 500
    kit.until(lambda: receivers.ids(f"/in?key={key}", made[0]["secret"]) == [0, 1, 2])
    kit.until(lambda: running.client.subscription(made[1]["id"])["problem"])
    answers = [running.client.subscriptions(), running.client.status(), running.client.events()]
    answers += [call(one["id"]) for one in made for call in (running.client.subscription, running.client.dead_letters)]
    running.client.pause_subscription(made[0]["id"])
    running.stop()
    written = b"".join(path.read_bytes() for path in running.folder.rglob("*") if path.is_file())
    for subscription in made:
        secret = subscription["secret"].removeprefix("whsec_")
        assert secret.encode() not in written
        assert secret not in json.dumps(answers)
    assert "webhook failed" in running.log
    assert key not in running.log
