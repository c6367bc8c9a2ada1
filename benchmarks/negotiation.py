"""From catalogue to a started transfer, Corridor beside Eclipse EDC: one machine, one run, one harness.

Each pair of nodes runs alone. Both are driven over their management APIs by the same client with the same polls: every
2 ms with one exchange in flight, every 10 ms with more. Prints versions and a table; asserts nothing. With `--wait`,
Corridor is asked as its own client asks it: once, for an answer when the process has settled. Polls of many clients
are work for the node and the machine, too.

    python benchmarks/negotiation.py [--exchanges 200] [--in-flight 1 16 64] [--idle 30] [--only NAME] [--wait]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import asyncpg
import edc
from measured import Http, Pair, Process, median, quantile

from corridor.app.settings import LoadedSettings
from corridor.cli.demo.nodes import make
from corridor.testing.postgres import Cluster, binaries, cluster

DATASET = "benchmark"
WARM_UP = 50
SETTLE = 12.0
"""Seconds until what was begun is done, and a database server has counted it, which takes it 10 s."""
STEPS = ("catalogue", "negotiation", "transfer start")
PUBLICATION = {
    "id": DATASET,
    "title": "Some text",
    "source": {"file": "benchmark.txt", "media_type": "text/plain"},
    "profile": {"data": {"items": [{"category": "general_business", "personal": False}]}},
    "offers": [{"id": f"{DATASET}/offer", "permission": [{"action": "use"}]}],
}


class Corridor(Pair):
    """Two nodes with signed tokens, the law of two jurisdictions, and evidence, on a durable store each."""

    def __init__(self, folder: Path, asks: str = "") -> None:
        self.name = f"Corridor {version('corridor')}, SQLite {sqlite3.sqlite_version}, durable"
        self._folder = folder
        self._asks = asks
        self.processes: list[Process] = []

    def prepare(self, loaded: tuple[LoadedSettings, ...]) -> None:
        """What is to be done to the nodes' folders before they start."""

    def start(self) -> None:
        loaded = make(self._folder, (("Provider", "DE"), ("Consumer", "CN")))
        self.prepare(loaded)
        self._provider_id = loaded[0].settings.node.id
        apis = []
        for one in loaded:
            port = int(one.settings.listen.management.rpartition(":")[2])
            token = one.path(one.settings.files.management_token).read_text("utf-8").strip()
            apis.append(Http(port, token=token))
            begun = time.perf_counter()
            program = [sys.executable, "-m", "corridor", "serve", "--config", str(one.folder)]
            process = Process(program, one.folder / "node.log")
            process.await_line("node ready")
            process.start_up = time.perf_counter() - begun
            self.processes.append(process)
        self._provider, self._consumer = apis
        (loaded[0].folder / "data" / "benchmark.txt").write_bytes(os.urandom(10_000))
        self._provider.call("POST", "/datasets", PUBLICATION)

    def catalogue(self) -> str:
        found = self._consumer.call("POST", "/catalogue", {"provider": self._provider_id})
        return found["datasets"][0]["offers"][0]["id"]

    def negotiate(self, offer: str, poll: float) -> str:
        asked = {"provider": self._provider_id, "dataset": DATASET, "offer": offer}
        begun = self._consumer.call("POST", "/negotiations", asked)
        return self._consumer.await_state(f"/negotiations/{begun['pid']}{self._asks}", "FINALIZED", poll)["agreement"]

    def transfer(self, agreement: str, poll: float) -> None:
        begun = self._consumer.call("POST", "/transfers", {"agreement": agreement, "fetch": False})
        self._consumer.await_state(f"/transfers/{begun['pid']}{self._asks}", "STARTED", poll)


class OnPostgres(Corridor):
    """The same on a PostgreSQL server of this machine, a database for each node, synced to disk."""

    def __init__(self, folder: Path, server: Cluster, asks: str = "") -> None:
        super().__init__(folder, asks)
        self._server = server
        self._databases = [server.create() for _ in range(2)]
        self.name = f"Corridor {version('corridor')}, PostgreSQL, durable"

    def prepare(self, loaded: tuple[LoadedSettings, ...]) -> None:
        for one, url in zip(loaded, self._databases, strict=True):
            file = one.folder / "keys" / "database.url"
            file.touch(0o600)
            file.write_text(f"{url}\n", "utf-8")
            with (one.folder / "corridor.toml").open("a", encoding="utf-8") as settings:
                settings.write('\n[database]\nurl_file = "keys/database.url"\n')

    def idle_queries(self, seconds: float) -> float:
        """Transactions that the server counts in both databases, of which each query of ours is one at least."""
        before = self._transactions()
        time.sleep(seconds)
        return (self._transactions() - before) / seconds / 2

    def _transactions(self) -> int:
        names = [url.rpartition("/")[2] for url in self._databases]
        return asyncio.run(_count(self._databases[0], names))


async def _count(url: str, names: list[str]) -> int:
    connection = await asyncpg.connect(url)
    try:
        asked = "SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database WHERE datname = ANY($1)"
        return int(await connection.fetchval(asked, names))
    finally:
        await connection.close()


def exchange(pair: Pair, poll: float) -> tuple[float, float, float]:
    """Seconds of catalogue, negotiation and transfer start."""
    begun = time.perf_counter()
    offer = pair.catalogue()
    listed = time.perf_counter()
    agreement = pair.negotiate(offer, poll)
    agreed = time.perf_counter()
    pair.transfer(agreement, poll)
    return listed - begun, agreed - listed, time.perf_counter() - agreed


def tried(pair: Pair, poll: float) -> tuple[float, float, float] | None:
    """As `exchange`, or None where the two nodes did not get through it: that is counted, not hidden."""
    try:
        return exchange(pair, poll)
    except RuntimeError:
        return None


def run(pair: Pair, exchanges: int, in_flight: int) -> tuple[list[tuple[float, float, float]], float]:
    """The times of so many exchanges, and how many succeeded per second."""
    poll = 0.002 if in_flight == 1 else 0.010
    begun = time.perf_counter()
    with ThreadPoolExecutor(in_flight) as pool:
        times = [one for one in pool.map(lambda _: tried(pair, poll), range(exchanges)) if one]
    return times, len(times) / (time.perf_counter() - begun)


def show(pair: Pair, exchanges: int, levels: list[int], idle: float) -> None:
    pair.start()
    try:
        slow = "1000" in pair.name
        count = max(20, exchanges // 10) if slow else exchanges
        run(pair, max(5, WARM_UP // 10) if slow else WARM_UP, 4)
        print(f"\n{pair.name}")
        starts = ", ".join(f"{process.start_up:.2f}" for process in pair.processes)
        print(f"  start-up of each node      {starts} s")
        for level in levels:
            exchanges_here = count if level == 1 else max(count, 4 * level)
            times, rate = run(pair, exchanges_here, level)
            print(
                f"  {level} in flight: {rate:.1f} exchanges/s, {exchanges_here - len(times)} of {exchanges_here} failed"
            )
            if not times:
                continue
            for place, step in enumerate(STEPS):
                values = [one[place] * 1000 for one in times]
                p50, p95, p99 = median(values), quantile(values, 0.95), quantile(values, 0.99)
                print(f"    {step:<15} p50 {p50:8.1f}  p95 {p95:8.1f}  p99 {p99:8.1f} ms")
        memory = ", ".join(f"{process.resident_mb:.0f}" for process in pair.processes)
        print(f"  memory of each node        {memory} MB")
        time.sleep(SETTLE)
        before = [process.cpu_seconds for process in pair.processes]
        queries = pair.idle_queries(idle)
        used = [process.cpu_seconds - cpu for process, cpu in zip(pair.processes, before, strict=True)]
        shares = ", ".join(f"{100 * one / idle:.2f}" for one in used)
        print(f"  idle CPU of each node      {shares} % of a core over {idle:g} s")
        if queries is not None:
            print(f"  idle database queries      {queries:.1f} per second and node")
    finally:
        pair.stop()


def pairs(folder: Path, wanted: str, asks: str) -> Iterator[Pair]:
    """The pairs to be measured, each in a folder of its own; `asks` is how Corridor is asked for a process."""

    def own(name: str) -> Path:
        place = folder / name
        place.mkdir()
        return place

    if wanted in "corridor sqlite":
        yield Corridor(own("sqlite"), asks)
    programs = binaries()
    if wanted in "corridor postgresql" and programs is None:
        print("\nPostgreSQL is left out: its server is not installed")
    elif programs is not None and wanted in "corridor postgresql":
        with cluster(programs, durable=True) as server:
            yield OnPostgres(own("postgresql"), server, asks)
    if wanted in "edc":
        if why := edc.missing():
            print(f"\nEDC is left out: {why}")
            return
        yield Edc(own("tuned-20"), 20)
        yield Edc(own("tuned-50"), 50)
        yield Edc(own("default"), None)


Edc = edc.Edc


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exchanges", type=int, default=200)
    parser.add_argument("--in-flight", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--idle", type=float, default=30)
    parser.add_argument("--only", default="", help="corridor, sqlite, postgresql, or edc")
    parser.add_argument("--wait", action="store_true", help="Corridor says when a process has settled")
    asked = parser.parse_args()
    names = ("aiohttp", "msgspec", "starlette", "uvicorn", "uvloop")
    print(f"Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in names)}")
    print(f"{os.cpu_count()} cores, shared by both nodes and the client; {platform.platform()}")
    if edc.missing() is None:
        print(edc.environment())
    with tempfile.TemporaryDirectory(prefix="corridor-bench-") as folder:
        for pair in pairs(Path(folder), asked.only, "?wait=30" if asked.wait else ""):
            show(pair, asked.exchanges, asked.in_flight, asked.idle)


if __name__ == "__main__":
    main()
