"""Two real nodes: data that the provider pushes, stopped, killed and resumed."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import threading
import time

import pytest

pytestmark = pytest.mark.slow

PUSH = "HttpData-PUSH"
MIB = 1 << 20
HUGE = 256 * MIB
AT_ONCE = 1.0
"""Seconds within which a right that has ended stops a push."""


@pytest.fixture(scope="module")
def huge(kit, pair):
    """A dataset that takes long enough to be interrupted."""
    kit.publish(pair.provider, "huge", bytes(HUGE), media_type="application/octet-stream", table=False)
    return "huge"


def ask(pair, kit, dataset, **options):
    """The agreement on a dataset, and the consumer's pid of a push under it."""
    agreement = kit.agree(pair.consumer, pair.provider, dataset)
    return agreement, pair.consumer.client.transfer(agreement, format_name=PUSH, **options)["pid"]


def served(pair, agreement):
    """The provider's side of the one transfer under an agreement."""
    (found,) = pair.provider.ask(lambda client: client.transfers(agreement=agreement))["items"]
    return pair.provider.ask(lambda client: client.transfer_state(found["pid"]))


def state_of(node, pid, *states):
    """Waits for one of the states, and for the message that leads there to have arrived."""
    found = node.ask(lambda client: client.transfer_state(pid))
    return found if found["state"] in states and found["pending"] is None else None


def check_delivered(pair, kit, agreement, pid):
    """Both have completed, the bytes are the published ones, the receipts are equal, and auditors find nothing."""
    provider, consumer = pair.both
    ours = kit.until(lambda: state_of(consumer, pid, "COMPLETED"))
    theirs = kit.until(lambda: state_of(provider, ours["partner_pid"], "COMPLETED"))
    content = provider.client.dataset(ours["dataset"])["content"]
    assert (ours["received"]["size"], ours["received"]["sha256"]) == (content["size"], content["sha256"])
    assert (ours["problem"], theirs["problem"]) == (None, None)
    kit.until(lambda: all(node.client.status()["open_tasks"] == 0 for node in pair.both))
    held = [
        sorted(json.dumps(one["document"]) for one in node.client.receipts(agreement)["items"]) for node in pair.both
    ]
    assert held[0] == held[1]
    assert len(held[0]) == 2
    assert [(found.ok, found.findings) for found in pair.verify(agreement)] == [(True, ())] * 2
    return theirs


class TestCommandLine:
    def test_get_has_the_data_pushed(self, kit, pair, tmp_path):
        target, config = tmp_path / "alerts.csv", ("--config", pair.consumer.folder, "--json")
        got = kit.said(kit.corridor("get", pair.provider.id, "alerts", "-o", target, "--format", PUSH, *config))
        assert target.read_bytes() == kit.alerts()
        check_delivered(pair, kit, got["agreement"], got["transfer"])

    def test_the_catalogue_names_the_formats(self, kit, pair):
        found = kit.said(kit.corridor("catalog", pair.provider.url, "--config", pair.consumer.folder, "--json"))
        assert all(one["formats"] == ["HttpData-PULL", PUSH] for one in found["datasets"])

    def test_a_third_party_takes_it_with_a_secret_from_a_file(self, kit, pair, tmp_path):
        secret = tmp_path / "token"
        secret.write_text("s3cret-of-the-sink\n")
        with sink() as (address, requests):
            agreement = kit.agree(pair.consumer, pair.provider, "alerts")
            words = ("--push-to", address, "--authorization-file", secret, "--config", pair.consumer.folder, "--json")
            done = kit.said(kit.corridor("transfer", agreement, *words))
        assert (done["state"], done["received"]) == ("COMPLETED", None)
        assert requests == [("Bearer s3cret-of-the-sink", kit.alerts())]
        for node in pair.both:
            assert "s3cret-of-the-sink" not in node.log
            assert b"s3cret-of-the-sink" not in b"".join(file.read_bytes() for file in node.folder.glob("corridor.db*"))

    @pytest.mark.parametrize(("content", "said"), [(None, "cannot be read"), ("\n", "there is no secret")])
    def test_a_secret_that_is_not_there_is_told_in_one_sentence(self, kit, pair, tmp_path, content, said):
        secret = tmp_path / "token"
        if content is not None:
            secret.write_text(content)
        words = ("--push-to", "https://sink.example", "--authorization-file", secret)
        done = kit.corridor("transfer", "urn:a", *words, "--config", pair.consumer.folder)
        assert (done.returncode, said in done.stderr) == (1, True)
        done = kit.corridor("transfer", "urn:a", *words[2:], "--config", pair.consumer.folder)
        assert (done.returncode, "--push-to" in done.stderr) == (2, True)

    def test_an_unknown_format_is_refused_with_those_that_there_are(self, kit, pair):
        agreement = kit.agree(pair.consumer, pair.provider, "alerts")
        done = kit.corridor("transfer", agreement, "--format", "AmazonS3-PUSH", "--config", pair.consumer.folder)
        assert done.returncode == 1
        assert "ask for HttpData-PULL or HttpData-PUSH" in done.stderr


@contextlib.contextmanager
def sink():
    """Somebody's server that takes a PUT; its address, and the secret and bytes of each."""
    taken = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.headers["Authorization"], body))
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}/inbox", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def head_of(connection):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, "the connection ended in its head"
        head += byte
    return head


class SlowSink:
    """A destination that does not know HEAD, and takes what is put there as slowly as the test likes."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self.address = f"http://localhost:{self.listener.getsockname()[1]}/inbox"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    @contextlib.contextmanager
    def put(self):
        """The connection of the next PUT, whose head has been read."""
        self.listener.settimeout(60)
        while True:
            connection, _ = self.listener.accept()
            with connection:
                connection.settimeout(60)
                if head_of(connection).startswith(b"PUT "):
                    yield connection
                    return
                connection.sendall(b"HTTP/1.1 405 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def rest_of(connection):
    """Seconds until the connection ends, and the bytes that still came."""
    begun, size = time.monotonic(), 0
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(1 << 16):
            size += len(piece)
    return time.monotonic() - begun, size


class TestARightThatEnds:
    @pytest.fixture
    def running(self, kit, pair):
        """Agreement, the consumer's pid and the connection of a push to a third party that is under way."""
        with SlowSink() as there:
            agreement, pid = ask(pair, kit, "large", destination={"endpoint": there.address, "authorization": None})
            with there.put() as connection:
                for _ in range(16):
                    connection.recv(1 << 16)
                yield agreement, pid, connection, there

    @pytest.mark.parametrize("who", ["provider", "consumer"])
    def test_a_suspension_by_either_side_stops_it_at_once_and_a_resumption_sends_it(self, kit, pair, running, who):
        agreement, pid, connection, there = running
        member = getattr(pair, who)
        at = {"provider": served(pair, agreement)["pid"], "consumer": pid}
        member.client.suspend(at[who], "a question is open")
        kit.until(lambda: state_of(pair.provider, at["provider"], "SUSPENDED"))
        seconds, size = rest_of(connection)
        assert seconds < AT_ONCE
        assert size < kit.large
        for node, one in ((pair.provider, at["provider"]), (pair.consumer, at["consumer"])):
            found = kit.until(lambda node=node, one=one: state_of(node, one, "SUSPENDED"))
            assert found["reasons"] == ["a question is open"]
        shown = kit.corridor("transfer", "--show", pid, "--wait", "0", "--config", pair.consumer.folder)
        assert "a question is open" in shown.stdout
        member.client.resume(at[who])
        with there.put() as again:
            left = kit.large
            while left:
                piece = again.recv(min(left, 1 << 20))
                assert piece, f"{left} bytes are missing"
                left -= len(piece)
            again.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
        for node, one in ((pair.provider, at["provider"]), (pair.consumer, at["consumer"])):
            kit.until(lambda node=node, one=one: state_of(node, one, "COMPLETED"))

    @pytest.mark.parametrize("who", ["provider", "consumer"])
    def test_a_termination_by_either_side_stops_it_for_good(self, kit, pair, running, who):
        agreement, pid, connection, _ = running
        at = {"provider": served(pair, agreement)["pid"], "consumer": pid}
        getattr(pair, who).client.terminate_transfer(at[who], "contract breached")
        kit.until(lambda: state_of(pair.provider, at["provider"], "TERMINATED"))
        seconds, size = rest_of(connection)
        assert seconds < AT_ONCE
        assert size < kit.large
        for node, one in ((pair.provider, at["provider"]), (pair.consumer, at["consumer"])):
            assert kit.until(lambda node=node, one=one: state_of(node, one, "TERMINATED"))["reasons"] == [
                "contract breached"
            ]


def part_of(consumer):
    """The file of what is being pushed to the consumer's node, once there is more than a little of it."""
    return next((part for part in consumer.folder.glob("received/*.part") if part.stat().st_size > 16 * MIB), None)


def test_a_provider_that_is_killed_in_the_middle_of_a_push_goes_on(kit, pair, huge):
    """Nothing is lost, and the meter has what was really sent: each byte once."""
    agreement, pid = ask(pair, kit, huge)
    part = kit.until(lambda: part_of(pair.consumer), pause=0.001)
    pair.provider.kill()
    assert 0 < part.stat().st_size < HUGE
    pair.provider.start()
    pair.provider.await_ready()
    theirs = check_delivered(pair, kit, agreement, pid)
    assert (theirs["usage"]["size"], theirs["usage"]["requests"]) == (HUGE, 2)


def test_a_consumer_that_is_killed_in_the_middle_of_a_push_gets_it_anew(kit, pair, huge):
    agreement, pid = ask(pair, kit, huge)
    kit.until(lambda: part_of(pair.consumer), pause=0.001)
    pair.consumer.kill()
    pair.consumer.start()
    pair.consumer.await_ready()
    theirs = check_delivered(pair, kit, agreement, pid)
    assert theirs["usage"]["size"] > HUGE


@pytest.mark.parametrize("who", ["provider", "consumer"])
def test_a_push_between_nodes_is_paused_by_either_side_and_goes_on_where_it_was(kit, pair, huge, who):
    agreement, pid = ask(pair, kit, huge)
    part = kit.until(lambda: part_of(pair.consumer), pause=0.001)
    at = {"provider": served(pair, agreement)["pid"], "consumer": pid}
    member = getattr(pair, who)
    member.client.suspend(at[who], "one moment")
    for node, one in ((pair.provider, at["provider"]), (pair.consumer, at["consumer"])):
        found = kit.until(lambda node=node, one=one: state_of(node, one, "SUSPENDED"))
        assert found["reasons"] == ["one moment"]
    assert part.stat().st_size < HUGE
    member.client.resume(at[who])
    theirs = check_delivered(pair, kit, agreement, pid)
    assert HUGE <= theirs["usage"]["size"] < 2 * HUGE - 16 * MIB


def test_a_provider_that_is_killed_in_the_middle_of_a_pull_has_all_of_it_in_the_meter_as_well(kit, pair, huge):
    agreement = kit.agree(pair.consumer, pair.provider, huge)
    pid = pair.consumer.client.transfer(agreement, fetch=True)["pid"]
    part = kit.until(lambda: part_of(pair.consumer), pause=0.001)
    pair.provider.kill()
    # On a machine that is busy with other things the whole can be through before the signal is.
    requests = 2 if part.exists() and part.stat().st_size < HUGE else 1
    pair.provider.start()
    pair.provider.await_ready()
    theirs = check_delivered(pair, kit, agreement, pid)
    assert (theirs["usage"]["size"], theirs["usage"]["requests"]) == (HUGE, requests)
