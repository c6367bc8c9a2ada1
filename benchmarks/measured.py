"""What the benchmarks of whole nodes share: processes, an HTTP client, and what is measured of each."""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import urllib3

TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 60.0


def free_ports(number: int) -> list[int]:
    """Ports that are free now."""
    sockets = [socket.socket() for _ in range(number)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


class Process:
    """A program that runs, with its log."""

    def __init__(self, program: Sequence[str], log: Path) -> None:
        self.log = log
        self.start_up = 0.0
        with log.open("wb") as file:
            self._process = subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=file, stderr=file)

    @property
    def pid(self) -> int:
        return self._process.pid

    def await_line(self, words: str) -> None:
        """Wait until its log says `words`."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.log.read_text("utf-8", "replace"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(
                    f"{self._process.args} did not start: {self.log.read_text('utf-8', 'replace')[-2000:]}"
                )
            time.sleep(0.01)

    @property
    def resident_mb(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text("utf-8").splitlines()
        line = next(line for line in status if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    @property
    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Http:
    """JSON over HTTP, the same client for every peer."""

    def __init__(self, port: int, base: str = "", token: str | None = None) -> None:
        self._url = f"http://127.0.0.1:{port}{base}"
        self._headers = {"Content-Type": "application/json"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._pool = urllib3.PoolManager(maxsize=128, timeout=PATIENCE, retries=False)

    def call(self, method: str, path: str, document: object = None) -> dict:
        body = None if document is None else json.dumps(document).encode()
        reply = self._pool.request(method, self._url + path, body=body, headers=self._headers)
        if reply.status >= 300:
            raise RuntimeError(f"{method} {path}: {reply.status} {reply.data[:300]!r}")
        return json.loads(reply.data) if reply.data else {}

    def await_state(self, path: str, state: str, poll: float) -> dict:
        """Ask every `poll` seconds until `state` is reached."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = self.call("GET", path)
            if found["state"] == state:
                return found
            if found["state"] == "TERMINATED" or time.monotonic() > deadline:
                raise RuntimeError(f"{path}: {found}")
            time.sleep(poll)


class Pair(ABC):
    """A provider and a consumer that run, with one dataset on offer."""

    name: str
    processes: list[Process]

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def catalogue(self) -> str:
        """The offer on the dataset, from the catalogue as the consumer gets it."""

    @abstractmethod
    def negotiate(self, offer: str, poll: float) -> str:
        """The agreement that a negotiation of the offer leads to."""

    @abstractmethod
    def transfer(self, agreement: str, poll: float) -> None:
        """Ask for a transfer and wait until it has started."""

    def idle_queries(self, seconds: float) -> float | None:
        """Database queries per second and node while nothing happens, or None where that cannot be seen."""
        time.sleep(seconds)
        return None

    def stop(self) -> None:
        for process in self.processes:
            process.stop()
