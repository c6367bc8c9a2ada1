"""Many participants: one process that hosts N of them beside N processes of one; start-up, memory, idle CPU.

With `--flood`, the times of one participant of a host while as many requests as it can hold are held open at another.

    python benchmarks/tenants.py [--numbers 1 10 50] [--idle 10] [--flood]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from corridor.app.host_settings import load_host
from corridor.app.initialise import NewNode, initialise
from corridor.app.join_host import Addresses, join_host
from corridor.app.settings import load_settings
from corridor.app.world import SystemClock, new_id
from corridor.trust.keys import FileSigner
from corridor.trust.tokens import TokenIssuer

TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 300.0


def free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def make_host(folder: Path, number: int) -> list[str]:
    protocol, management = free_ports(2)
    addresses = Addresses(f"http://localhost:{protocol}", f"127.0.0.1:{protocol}", f"127.0.0.1:{management}")
    for place in range(number):
        join_host(folder, f"p{place}", NewNode(f"P{place}", "DE", "unused"), None if place else addresses)
    return [f"http://{load_host(folder).settings.listen.management}/contexts/p{number - 1}/health"]


def make_nodes(folder: Path, number: int) -> list[str]:
    ports = free_ports(2 * number)
    for place in range(number):
        protocol, management = ports[2 * place : 2 * place + 2]
        described = NewNode(
            f"P{place}", "DE", f"http://localhost:{protocol}", f"127.0.0.1:{protocol}", f"127.0.0.1:{management}"
        )
        initialise(folder / f"p{place}", described)
    return [f"http://127.0.0.1:{management}/health" for management in ports[1::2]]


@contextlib.contextmanager
def serving(folders: list[Path]):
    with (folders[0].parent / "log").open("ab") as log:
        command = [sys.executable, "-m", "corridor", "serve", "--config"]
        running = [subprocess.Popen([*command, str(folder)], stdout=log, stderr=log) for folder in folders]
    try:
        yield [process.pid for process in running]
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


def await_all(urls: list[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    for url in urls:
        while True:
            try:
                with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
                    assert json.load(answer) == {"status": "ok"}
                break
            except OSError:
                assert time.monotonic() < deadline, f"{url} does not answer"
                time.sleep(0.02)


def memory(pids: list[int]) -> float:
    """Proportional set size in MB: pages that processes have in common are shared out among them."""
    total = 0
    for pid in pids:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8")
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def cpu(pids: list[int]) -> float:
    fields = (Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split() for pid in pids)
    return sum(int(one[11]) + int(one[12]) for one in fields) / TICKS


def measure(folders: list[Path], urls: list[str], idle: float) -> tuple[float, float, float]:
    """Seconds until all answer, on databases that are there; MB; share of one core when idle."""
    with serving(folders):  # makes the databases
        await_all(urls)
    start = time.perf_counter()
    with serving(folders) as pids:
        await_all(urls)
        started = time.perf_counter() - start
        time.sleep(2)
        size, used = memory(pids), cpu(pids)
        time.sleep(idle)
        return started, size, (cpu(pids) - used) / idle


HELD = 600
"""Requests that are held open at the flooded participant: more than its bound."""


async def hold(port: int, path: str, token: str) -> int | None:
    """Begin a request whose body never comes; the status that it is refused with at once, or None where it is held."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    fields = f"Host: localhost\r\nAuthorization: Bearer {token}\r\nContent-Length: 1000\r\n\r\n"
    try:
        writer.write(f"POST {path} HTTP/1.1\r\n{fields}{{".encode())
        async with asyncio.timeout(12):
            return int((await reader.readline()).split()[1])
    except TimeoutError:
        return None
    finally:
        writer.close()


async def times(port: int, path: str, number: int) -> list[float]:
    found = []
    for _ in range(number):
        start = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        assert b" 200 " in (await reader.read()).partition(b"\r\n")[0]
        writer.close()
        found.append((time.perf_counter() - start) * 1000)
    return sorted(found)


async def flood(port: int, issue: Callable[[], str]) -> None:
    calm, path = "/p1/.well-known/dspace-version", "/p0/dsp/2025-1/negotiations/request"
    before = await times(port, calm, 500)
    held = [asyncio.create_task(hold(port, path, issue())) for _ in range(HELD)]
    await asyncio.sleep(3)
    during = await times(port, calm, 500)
    refused = sum(status == 503 for status in await asyncio.gather(*held))
    for name, found in (("alone", before), ("beside a flood", during)):
        print(f"a public document, {name}, p50 / p95: {found[250]:.1f} / {found[475]:.1f} ms")
    print(f"{HELD} requests held open at the other: {refused} refused with 503")


def measure_flood() -> None:
    """A participant knows itself, so tokens of its own are let in and their bodies waited for."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "host"
        urls = make_host(folder, 2)
        did = load_settings(folder / "p0").settings.node.id
        signer = FileSigner(folder / "p0" / "keys" / "signing.pem", f"{did}#key-1")
        issuer = TokenIssuer(did, signer, SystemClock(), new_id)
        with serving([folder]):
            await_all(urls)
            port = int(load_host(folder).settings.listen.protocol.rpartition(":")[2])
            asyncio.run(flood(port, lambda: issuer.issue(did)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--numbers", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--idle", type=float, default=10.0, help="seconds over which idle CPU is measured")
    parser.add_argument("--flood", action="store_true", help="measure one participant while another is flooded")
    options = parser.parse_args()
    if options.flood:
        measure_flood()
        return
    print(f"{'participants':>12}  {'as':16}  {'start-up':>9}  {'memory':>9}  {'idle CPU':>8}")
    for number in options.numbers:
        for name, make in (("one host", make_host), ("single processes", make_nodes)):
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place) / "all"
                folder.mkdir()
                urls = make(folder, number)
                folders = [folder] if name == "one host" else sorted(folder.iterdir())
                started, size, share = measure(folders, urls, options.idle)
            print(f"{number:>12}  {name:16}  {started:>7.2f} s  {size:>6.0f} MB  {share:>7.2%}")


if __name__ == "__main__":
    main()
