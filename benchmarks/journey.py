"""The whole journey between two nodes, measured from outside through their management APIs.

500 exchanges of a 10 kB data set: p50 and p95 of catalogue, negotiation, transfer start and pull, one at a time;
exchanges per second with 1 and with 16 in flight; start-up, memory and idle CPU of a node. Prints a table, asserts
nothing.

    python benchmarks/journey.py [--exchanges 500] [--idle 60]
"""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import urllib3

from corridor.cli.demo.nodes import DemoNode, await_ready, make, start, stop

DATASET = "benchmark-10kB"
TICKS = os.sysconf("SC_CLK_TCK")
CLIENT = urllib3.PoolManager(maxsize=32)


def publication(file: str) -> dict:
    return {
        "id": DATASET,
        "title": "10 kB of text",
        "source": {"file": file, "media_type": "text/plain"},
        "profile": {"data": {"items": [{"category": "general_business", "personal": False}]}},
        "offers": [{"id": f"{DATASET}/offer", "permission": [{"action": "use"}]}],
    }


def exchange(consumer: DemoNode, provider: DemoNode) -> tuple[float, float, float, float]:
    """Seconds of catalogue, negotiation, transfer start and pull."""
    begun = time.perf_counter()
    consumer.client.catalogue(provider.id)
    listed = time.perf_counter()
    negotiation = consumer.client.negotiate(provider.id, DATASET)
    negotiation = consumer.client.negotiation(negotiation["pid"], wait=30)
    assert negotiation["state"] == "FINALIZED", negotiation
    agreed = time.perf_counter()
    transfer = consumer.client.transfer(negotiation["agreement"], fetch=False)
    transfer = consumer.client.transfer_state(transfer["pid"], wait=30)
    assert transfer["state"] == "STARTED", transfer
    address = consumer.client.data_address(transfer["pid"])
    started = time.perf_counter()
    reply = CLIENT.request("GET", address["endpoint"], headers={"Authorization": address["authorization"]})
    assert (reply.status, len(reply.data)) == (200, 10_000)
    pulled = time.perf_counter()
    return listed - begun, agreed - listed, started - agreed, pulled - started


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000


def resident(node: DemoNode) -> float:
    """Resident memory in MB."""
    pages = int(Path(f"/proc/{node.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_seconds(node: DemoNode) -> float:
    fields = Path(f"/proc/{node.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def started(loaded) -> tuple[DemoNode, float]:
    begun = time.perf_counter()
    node = start(loaded)
    await_ready(node)
    return node, time.perf_counter() - begun


def show(what: str, value: str) -> None:
    print(f"{what:<44} {value:>24}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--exchanges", type=int, default=500)
    arguments.add_argument("--idle", type=int, default=60)
    options = arguments.parse_args()
    names = ("aiohttp", "msgspec", "starlette", "uvicorn", "uvloop")
    print(
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} cores,",
        ", ".join(f"{name} {version(name)}" for name in names),
    )
    with tempfile.TemporaryDirectory(prefix="corridor-bench-") as folder:
        loaded = make(Path(folder), (("Provider", "DE"), ("Consumer", "FR")))
        (Path(folder) / "de" / "data" / "ten.txt").write_bytes(b"0123456789" * 1000)
        begun = [started(one) for one in loaded]
        nodes = [node for node, _ in begun]
        try:
            run(nodes[0], nodes[1], [seconds for _, seconds in begun], options)
        finally:
            stop(nodes)


def run(provider: DemoNode, consumer: DemoNode, starts: list[float], options: argparse.Namespace) -> None:
    provider.client.publish(publication("ten.txt"))
    show("start-up of a node, process to first answer", f"{statistics.median(starts):.2f} s")
    show("memory of a node, fresh", f"{resident(provider):.0f} MB")
    for _ in range(10):
        exchange(consumer, provider)
    wall = time.perf_counter()
    before = cpu_seconds(provider) + cpu_seconds(consumer)
    measured = [exchange(consumer, provider) for _ in range(options.exchanges)]
    wall = time.perf_counter() - wall
    used = cpu_seconds(provider) + cpu_seconds(consumer) - before
    for place, name in enumerate(("catalogue", "negotiation", "transfer start", "pull of 10 kB")):
        values = [one[place] for one in measured]
        show(f"{name}, p50 / p95", f"{percentile(values, 0.5):.1f} / {percentile(values, 0.95):.1f} ms")
    show("exchanges/s, 1 in flight", f"{len(measured) / wall:.1f}")
    show("CPU of both nodes per exchange", f"{used / len(measured) * 1000:.1f} ms")
    wall = time.perf_counter()
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: exchange(consumer, provider), range(options.exchanges)))
    show("exchanges/s, 16 in flight", f"{options.exchanges / (time.perf_counter() - wall):.1f}")
    show("memory of the provider / the consumer, after", f"{resident(provider):.0f} / {resident(consumer):.0f} MB")
    time.sleep(2)
    before, wall = cpu_seconds(provider), time.perf_counter()
    time.sleep(options.idle)
    share = (cpu_seconds(provider) - before) / (time.perf_counter() - wall)
    show(f"idle CPU of a node over {options.idle} s", f"{share:.2%}")


if __name__ == "__main__":
    main()
