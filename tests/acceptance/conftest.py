"""Real nodes as processes: started, killed, started again, and driven through their management API."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from corridor.app.world import SystemClock, new_id
from corridor.base.errors import UnreachableError
from corridor.cli.demo.nodes import make
from corridor.client import Client
from corridor.evidence.keys import read_keys
from corridor.evidence.verification import verify_bundle
from corridor.trust.keys import FileSigner
from corridor.trust.tokens import TokenIssuer

PATIENCE = 60.0
"""Seconds for whatever has to happen by itself; only a machine that is busy with other things comes near it."""
SETTINGS = """
[outbox]
first_wait_ms = 20
longest_wait_seconds = 1
attempts = 1000
sweep_seconds = 1
"""
"""A partner that is dead for a moment is asked again soon, so that the tests need not wait for it."""


def until(ready, *, patience=PATIENCE, pause=0.01):
    """What `ready` gives as soon as it gives something; an AssertionError when patience runs out."""
    deadline = time.monotonic() + patience
    while not (found := ready()):
        assert time.monotonic() < deadline, f"{ready} gave {found!r} for {patience:g} s"
        time.sleep(pause)
    return found


class Node:
    """One node's folder and, one after another, its processes; `file` is the settings of one of several replicas."""

    def __init__(self, loaded, file=None):
        self.loaded = loaded
        self.folder = loaded.folder
        self._config = file or self.folder
        self._log = self.folder / (f"{file.stem}.log" if file else "node.log")
        self.id = loaded.settings.node.id
        self.url = loaded.settings.listen.public_url
        self.management = f"http://{loaded.settings.listen.management}"
        self.token = (self.folder / loaded.settings.files.management_token).read_text("utf-8").strip()
        self.client = Client(self.management, self.token)
        self.process = None

    @property
    def database(self):
        return self.folder / self.loaded.settings.files.database

    @property
    def log(self):
        return self._log.read_text("utf-8")

    def start(self, *program):
        """Start `program`, or else `corridor serve`; `await_ready` waits until it answers."""
        program = program or ("-m", "corridor", "serve", "--config", str(self._config))
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log
            )

    def await_ready(self):
        def answers():
            assert self.process.poll() is None, f"the node ended with {self.process.returncode}: {self.log[-2000:]}"
            with contextlib.suppress(UnreachableError):
                return self.client.health()

        until(answers)

    def kill(self):
        self.process.kill()
        self._gone()

    def stop(self):
        """Stop it politely; its exit code."""
        if self.process is None:
            return None
        self.process.terminate()
        return self._gone()

    def _gone(self):
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return code

    def ask(self, call):
        """The answer to `call`, asked again for as long as the node is down, as a person would."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return call(self.client)
            except UnreachableError:
                assert time.monotonic() < deadline, f"{self.folder.name} does not answer: {self.log[-2000:]}"
                time.sleep(0.01)

    def events(self, after=-1):
        """The events of the log from the one after `after` on."""
        found = []
        while after is not None:
            page = self.ask(lambda client, after=after: client.events(after, limit=1000))
            found += page["items"]
            after = page["next"]
        return found


class Keeper:
    """Starts a node again whenever it dies by SIGKILL, as a process manager does.

    `program` gives what is started after so many deaths; nothing stands for `corridor serve`.
    """

    def __init__(self, node, program=lambda deaths: ()):
        self._node = node
        self._program = program
        self._stopping = False
        self.deaths = 0
        node.start(*program(0))
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def _keep(self):
        while self._node.process.wait() == -signal.SIGKILL and not self._stopping:
            self._node.process.stdout.close()
            self.deaths += 1
            self._node.start(*self._program(self.deaths))

    def stop(self):
        """Stop the node, and stop keeping it."""
        self._stopping = True
        self._node.process.terminate()
        self._thread.join(PATIENCE)
        self._node.process.stdout.close()


class Proxy:
    """Takes connections on a port and passes them to the first of its targets, in turn, that takes them.

    Targets are ports of this machine, or addresses (host, port), which have `patience` seconds to take a connection.
    `cut` breaks every connection and refuses new ones; `stall` leaves them open, and nothing passes any more, as in a
    network that loses every packet; `heal` lets them pass again.
    """

    def __init__(self, *targets, port=0, host="127.0.0.1", patience=PATIENCE):
        self._targets = itertools.cycle(one if isinstance(one, tuple) else ("127.0.0.1", one) for one in targets)
        self._number = len(targets)
        self._patience = patience
        self._open = set()
        self._passing = threading.Event()
        self._passing.set()
        self._cut = False
        self._listener = socket.create_server((host, port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                incoming, _ = self._listener.accept()
                outgoing = None if self._cut else self._connect()
                if outgoing is None:
                    incoming.close()
                    continue
                self._open |= {incoming, outgoing}
                for pair in ((incoming, outgoing), (outgoing, incoming)):
                    threading.Thread(target=self._copy, args=pair, daemon=True).start()

    def _connect(self):
        for _ in range(self._number):
            with contextlib.suppress(OSError):
                found = socket.create_connection(next(self._targets), timeout=self._patience)
                found.settimeout(PATIENCE)
                return found
        return None

    def _copy(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                self._passing.wait()
                target.sendall(data)
        self._end(source, target)

    def _end(self, *sockets):
        for one in sockets:
            self._open.discard(one)
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def cut(self):
        self._cut = True
        self._end(*tuple(self._open))

    def stall(self):
        self._passing.clear()

    def heal(self):
        self._cut = False
        self._passing.set()

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._passing.set()


PARTICIPANTS = (
    ("Market Surveillance Authority", "DE"),
    ("Customs and Commerce Gateway", "CN"),
    ("Another Trading House", "SG"),
)


class Pair:
    """A provider in the EU and a consumer in China that know each other, and a third whom both know, at rest."""

    def __init__(self, folder, *, settings=SETTINGS):
        loaded = make(folder, PARTICIPANTS)
        for one in loaded:
            with (one.folder / "corridor.toml").open("a", encoding="utf-8") as file:
                file.write(settings)
        self.folder = folder
        self.provider, self.consumer, self.third = (Node(one) for one in loaded)
        self.both = (self.provider, self.consumer)

    def start(self):
        for node in self.both:
            node.start()
        for node in self.both:
            node.await_ready()

    def stop(self):
        for node in self.both:
            node.stop()
            node.client.close()

    def keys(self):
        jwks = [node.ask(lambda client: client.key()) for node in self.both]
        return read_keys({jwk["kid"]: jwk for jwk in jwks})

    def verify(self, agreement):
        """What an auditor says of each node's evidence of an agreement."""
        keys = self.keys()
        return [verify_bundle(node.ask(lambda client: client.bundle(agreement)), keys) for node in self.both]


def alerts(rows=20):
    """A small table without personal data."""
    lines = [f"A12/{number:05d}/24,Charger {number},CN\r\n" for number in range(1, rows + 1)]
    return ("alert_number,product_name,country_of_origin\r\n" + "".join(lines)).encode()


def publication(name, file, *, media_type="text/csv", table=True, **more):
    """How the provider publishes a file that the law of both sides lets pass."""
    columns = {"columns": {"alert_number": {"required": True}, "product_name": {}, "country_of_origin": {}}}
    document = {
        "id": name,
        "title": "Product-safety alerts",
        "source": {"file": file, "media_type": media_type, **({"table": columns} if table else {})},
        "profile": {
            "data": {"items": [{"category": "product_safety", "personal": False}]},
            "purpose": ["product_safety"],
        },
        "offers": [{"id": f"{name}/use", "permission": [{"action": "use"}]}],
    }
    return {**document, **more}


LARGE = 64 << 20
"""Bytes of a file that no buffer on the way can hold."""


def publish(node, name, content, **more):
    """Put `content` into the node's data folder and publish it."""
    file = node.folder / "data" / f"{name}.csv"
    file.write_bytes(content)
    return node.ask(lambda client: client.publish(publication(name, file.name, **more)))


def agree(consumer, provider, dataset):
    """The agreement that `consumer` concludes on a dataset of `provider`."""
    begun = consumer.client.negotiate(provider.id, dataset)
    found = consumer.client.negotiation(begun["pid"], wait=30)
    assert found["state"] == "FINALIZED", found["reasons"]
    return found["agreement"]


def open_transfer(consumer, agreement):
    """The consumer's pid of a transfer that runs, and its data address."""
    begun = consumer.client.transfer(agreement, fetch=False)
    found = consumer.client.transfer_state(begun["pid"], wait=30)
    assert found["state"] == "STARTED", found["reasons"]
    return found["pid"], consumer.client.data_address(found["pid"])


def token(sender, audience):
    """A fresh single-use token of `sender` for the participant `audience`, as it would send it."""
    signer = FileSigner(sender.folder / "keys" / "signing.pem", f"{sender.id}#key-1")
    return f"Bearer {TokenIssuer(sender.id, signer, SystemClock(), new_id).issue(audience)}"


def call(url, method, path, headers=None, body=None):
    """Send a request exactly as given, whatever it is; status and body of the answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in {"Content-Length": str(len(body or b"")), **(headers or {})}.items():
            connection.putheader(name, value)
        connection.endheaders()
        if body:
            connection.send(body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@contextlib.contextmanager
def stream(address, **headers):
    """The data plane's answer, read as slowly as the caller likes: little is buffered on the way."""
    url = urlsplit(address["endpoint"])
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=PATIENCE)
    try:
        connection.connect()
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.request("GET", url.path, headers={"Authorization": address["authorization"], **headers})
        yield connection.getresponse()
    finally:
        connection.close()


def rest_of(response):
    """How many bytes still come, whether or not that is all that was announced."""
    size = 0
    with contextlib.suppress(http.client.IncompleteRead, ConnectionResetError):
        while piece := response.read1(1 << 20):
            size += len(piece)
    return size


class Kit:
    """What the acceptance tests build on."""

    until = staticmethod(until)
    Node = Node
    Keeper = Keeper
    Pair = Pair
    Proxy = Proxy
    alerts = staticmethod(alerts)
    publish = staticmethod(publish)
    publication = staticmethod(publication)
    agree = staticmethod(agree)
    open_transfer = staticmethod(open_transfer)
    token = staticmethod(token)
    call = staticmethod(call)
    stream = staticmethod(stream)
    rest_of = staticmethod(rest_of)
    patience = PATIENCE
    large = LARGE
    victim = Path(__file__).with_name("victim.py")

    @staticmethod
    def corridor(*words, env=None):
        """Run `corridor` with `words`; its exit code, standard output and standard error."""
        command = [sys.executable, "-m", "corridor", *map(str, words)]
        environment = {**os.environ, **(env or {})}
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=environment)

    @staticmethod
    def said(done):
        """What a verb said with `--json`."""
        assert done.returncode == 0, done.stderr + done.stdout
        return json.loads(done.stdout)


@pytest.fixture(scope="session")
def kit():
    return Kit


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two nodes that run, with two datasets on offer: the table `alerts`, and `large`, which takes a while."""
    two = Pair(tmp_path_factory.mktemp("pair"))
    try:
        two.start()
        publish(two.provider, "alerts", alerts())
        publish(two.provider, "large", bytes(LARGE), media_type="application/octet-stream", table=False)
        yield two
    finally:
        two.stop()
