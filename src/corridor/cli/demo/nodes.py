"""Nodes as a user starts them: a folder each, a process each, driven through their management API."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corridor.app.initialise import NewNode, initialise
from corridor.app.settings import LoadedSettings
from corridor.base.errors import LocalError, UnreachableError
from corridor.client import Client

_START_SECONDS: Final = 60.0
"""Only a machine that is busy with other things comes near it; a process that ends is noticed at once."""
_STOP_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class DemoNode:
    """A node of the demonstration: its folder, settings, process, and a client on its management API."""

    folder: Path
    loaded: LoadedSettings
    process: subprocess.Popen[bytes]
    client: Client

    @property
    def id(self) -> str:
        """Its DID."""
        return self.loaded.settings.node.id

    @property
    def log(self) -> Path:
        """Where it logs."""
        return self.folder / "node.log"


def make(folder: Path, participants: Iterable[tuple[str, str]]) -> tuple[LoadedSettings, ...]:
    """Make a node per participant (name, country) below `folder`, each knowing all of them."""
    named = tuple(participants)
    ports = _free_ports(2 * len(named))
    loaded = tuple(
        initialise(folder / country.lower(), _described(name, country, ports[2 * place], ports[2 * place + 1]))
        for place, (name, country) in enumerate(named)
    )
    introduce(loaded)
    return loaded


def introduce(nodes: Iterable[LoadedSettings]) -> None:
    """Put each of the nodes on the participant list of all."""
    loaded = tuple(nodes)
    entries = "".join(
        f'  - id: "{one.settings.node.id}"\n    name: "{one.settings.node.name}"\n'
        f'    country: "{one.settings.node.country}"\n    facts: {{designations: []}}\n'
        for one in loaded
    )
    for one in loaded:
        (one.folder / "participants.yaml").write_text(f"participants:\n{entries}", "utf-8")


def _described(name: str, country: str, protocol: int, management: int) -> NewNode:
    return NewNode(
        name,
        country,
        f"http://localhost:{protocol}",
        f"127.0.0.1:{protocol}",
        f"127.0.0.1:{management}",
        facts={"designations": []},
    )


def _free_ports(number: int) -> list[int]:
    """Ports that are free now; all are held until all are found, so that none comes twice."""
    sockets = [socket.socket() for _ in range(number)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def start(loaded: LoadedSettings) -> DemoNode:
    """Start a node's process; `await_ready` waits until it answers."""
    with (loaded.folder / "node.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own program, our own arguments
            [sys.executable, "-m", "corridor", "serve", "--config", str(loaded.folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    token = (loaded.folder / loaded.settings.files.management_token).read_text("utf-8").strip()
    client = Client(f"http://{loaded.settings.listen.management}", token)
    return DemoNode(loaded.folder, loaded, process, client)


def await_ready(node: DemoNode) -> None:
    """Wait until a node answers.

    Raises:
        LocalError: its process ended, or it does not answer in time; with the last line of its log.
    """
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if node.process.poll() is not None:
            break
        try:
            node.client.health()
        except UnreachableError:
            time.sleep(0.02)
        else:
            return
    raise LocalError(f"the node in `{node.folder}` did not start{_last_words(node.log)}")


def _last_words(log: Path) -> str:
    """The last line of a log: its folder may be gone by the time that somebody would look."""
    lines = log.read_text("utf-8", "replace").splitlines()
    return f": {lines[-1]}" if lines else " and said nothing"


def stop(nodes: Iterable[DemoNode]) -> None:
    """Stop all processes, politely first."""
    running = tuple(nodes)
    for node in running:
        node.client.close()
        node.process.terminate()
    for node in running:
        try:
            node.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            node.process.kill()
            node.process.wait()
