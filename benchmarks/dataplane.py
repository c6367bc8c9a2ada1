"""Data plane: 1 GiB over loopback beside a raw socket copy, Starlette and nginx; pull beside push; digests, tables.

Run `python benchmarks/dataplane.py [--size MIB] [--repeat N]`. Every server runs in a process of its own; the peers of
one repetition follow each other directly. Prints medians and what they were measured with.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import hashlib
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import uvicorn
from blake3 import blake3
from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Route

from corridor.base.ids import AgreementId, DatasetId, ParticipantId, ProcessId
from corridor.dataplane import reading
from corridor.dataplane.digest import Digests
from corridor.dataplane.fetch import HttpFetcher
from corridor.dataplane.ingest import Ingest, IntakeService
from corridor.dataplane.prepare import FilePreparer
from corridor.dataplane.push import HttpPusher
from corridor.dataplane.server import DataPlane, DataService, Opening
from corridor.service.intake import Intake
from corridor.service.ports import Access, Push
from corridor.service.records import Content, Grant

MIB = 1_048_576
NGINX = Path("/usr/sbin/nginx")
SERVED = ("raw socket copy", "corridor", "corridor, reads in a thread", "starlette FileResponse")
TABLE = {
    "columns": {"number": {"required": True, "unique": True}, "barcode": {"format": "gtin"}, "origin": {}, "notes": {}},
    "keep": {"origin": ["China", "France"]},
    "mask": [{"column": "notes", "label": ["Trader"], "when": "natural_person"}],
    "person_column": "notes",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=1024, help="MiB")
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--serve", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(*options.serve)
        return
    print_machine()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "content"
        digest = fill(path, options.size)
        measure_serving(path, digest, options.repeat)
        measure_arriving(path, digest, options.repeat)
        measure_digests(options.repeat)
        measure_table(Path(folder), options.repeat)


def fill(path: Path, mebibytes: int) -> str:
    block, sha256 = os.urandom(MIB), hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(mebibytes):
            file.write(block)
            sha256.update(block)
    return "sha-256:" + sha256.hexdigest()


def print_machine() -> None:
    names = ("uvicorn", "uvloop", "httptools", "starlette", "aiohttp", "blake3")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    print(f"CPython {platform.python_version()}, {os.cpu_count()} CPUs, {platform.release()}; {versions}")
    print(f"nginx: {NGINX if NGINX.exists() else 'not on this machine'}; load {os.getloadavg()[0]:.1f}")


# Serving


def measure_serving(path: Path, digest: str, repeat: int) -> None:
    names = [*SERVED, "nginx"] if NGINX.exists() else list(SERVED)
    rates: dict[str, list[float]] = {name: [] for name in names}
    cost: dict[str, list[float]] = {name: [] for name in names}
    memory: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(repeat):
        for name in names:
            with server(name, path, digest) as (process, port):
                before = cpu_seconds(process)
                seconds = download(port, path.stat().st_size)
                rates[name].append(path.stat().st_size / seconds / 1e6)
                cost[name].append((cpu_seconds(process) - before) / (path.stat().st_size / 1e9))
                memory[name].append(peak_mib(process))
    print(
        f"\n{'serving ' + str(path.stat().st_size // MIB) + ' MiB':32} {'MB/s':>8} {'CPU s/GB':>9} {'peak RSS MiB':>13}"
    )
    for name in names:
        print(f"{name:32} {med(rates[name]):8.0f} {med(cost[name]):9.2f} {med(memory[name]):13.0f}")


@contextmanager
def server(name: str, path: Path, digest: str) -> Iterator[tuple[int, int]]:
    """A server in a process of its own: its process id and port."""
    if name == "nginx":
        with nginx(path) as started:
            yield started
        return
    command = [sys.executable, __file__, "--serve", name, str(path), digest]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.pid, int(process.stdout.readline())
        finally:
            process.kill()


@contextmanager
def nginx(path: Path) -> Iterator[tuple[int, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = path.parent
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log; user root;"
        "events {} http { access_log off; sendfile on;"
        f"server {{ listen 127.0.0.1:{port}; root {folder}; location = /t {{ alias {path}; }} }} }}"
    )
    with subprocess.Popen([NGINX, "-c", folder / "nginx.conf"]) as process:
        time.sleep(0.3)
        try:
            yield process.pid, port
        finally:
            process.terminate()


def serve(name: str, path: str, digest: str) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    if name == "raw socket copy":
        copy_to(listener, path)
    elif name == "raw socket sink":
        swallow(listener)
    elif name == "ingest":
        run(Ingest(Path(path).parent / "pushed", intake_service(), max_size=1 << 40), listener)
    elif name == "starlette FileResponse":
        run(Starlette(routes=[Route("/t", lambda _: FileResponse(path))]), listener)
    else:
        if name.endswith("thread"):
            reading._NO_WAIT = 0  # noqa: SLF001 - to measure the other way of reading
        run(DataPlane(data_service(path, digest)), listener)


def run(app: object, listener: socket.socket) -> None:
    config = uvicorn.Config(app, log_level="error", lifespan="off", loop="uvloop", http="httptools")
    uvicorn.Server(config).run(sockets=[listener])


def copy_to(listener: socket.socket, path: str) -> None:
    connection, _ = listener.accept()
    connection.recv(65536)
    descriptor = os.open(path, os.O_RDONLY)
    size = os.fstat(descriptor).st_size
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
    for start in range(0, size, MIB):
        connection.sendall(os.pread(descriptor, MIB, start))
    time.sleep(60)


def swallow(listener: socket.socket) -> None:
    """Answer each HEAD with 404, and each PUT with 201 once its body, thrown away, has come."""
    buffer = bytearray(MIB)
    while True:
        connection, _ = listener.accept()
        with connection:
            while head := connection.recv(65536):
                while b"\r\n\r\n" not in head:
                    head += connection.recv(65536)
                fields, _, body = head.partition(b"\r\n\r\n")
                if fields.startswith(b"HEAD"):
                    connection.sendall(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
                    continue
                left = int(fields.lower().partition(b"content-length:")[2].split()[0]) - len(body)
                while left:
                    left -= connection.recv_into(buffer)
                connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")


def intake_service() -> IntakeService:
    async def open_(_authorization: str | None, transfer: ProcessId) -> Intake:
        return Intake(transfer, None, lambda: None)

    async def taken(*_: object) -> None:
        await asyncio.sleep(0)

    return IntakeService(open_, taken, lambda error: (500, {}, str(error).encode()))


def subject(path: str, digest: str) -> tuple[Content, Grant]:
    found = Path(path).stat()
    content = Content(path, "application/octet-stream", found.st_size, found.st_mtime_ns, digest, "blake3:")
    who = AgreementId("a"), DatasetId("d"), ParticipantId("did:web:peer.example")
    return content, Grant("g", "", ProcessId("t"), *who, issued=datetime.now(UTC))


def data_service(path: str, digest: str) -> DataService:
    content, grant = subject(path, digest)
    now = grant.issued

    async def open_(_authorization: str | None, _transfer: str) -> Opening:
        return Opening(content, grant, lambda: None, until=now.replace(year=now.year + 1))

    async def record(*_: object) -> None:
        await asyncio.sleep(0)

    async def metered(_: Opening) -> int:
        return 0

    return DataService(open_, record, lambda error: (500, {}, str(error).encode()), lambda: datetime.now(UTC), metered)


def download(port: int, size: int) -> float:
    """Seconds to read the answer with a plain socket; the bytes are thrown away."""
    buffer = bytearray(MIB)
    for _ in range(200):
        try:
            connection = socket.create_connection(("127.0.0.1", port))
            break
        except ConnectionRefusedError:
            time.sleep(0.02)
    with connection:
        begun = time.perf_counter()
        connection.sendall(b"GET /t HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n\r\n")
        received = 0
        while received < size:
            count = connection.recv_into(buffer)
            if not count:
                raise SystemExit(f"only {received} bytes came")
            received += count
        return time.perf_counter() - begun


# Pull beside push, digests, tables


def measure_arriving(path: Path, digest: str, repeat: int) -> None:
    """Between two processes of ours, to disk and digested; and a push to what throws everything away."""
    ways = {"pull, to disk, both digests": "corridor", "push, to disk, both digests": "ingest"}
    ways["push, to a raw socket sink"] = "raw socket sink"
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeat):
        for name, kind in ways.items():
            with server(kind, path, digest) as (_, port):
                wait_for(port)
                begun = time.perf_counter()
                asyncio.run(pull(path, port) if kind == "corridor" else push(path, digest, port))
                rates[name].append(path.stat().st_size / (time.perf_counter() - begun) / 1e6)
    print(f"\n{'moving ' + str(path.stat().st_size // MIB) + ' MiB':32} {'MB/s':>8}")
    for name, found in rates.items():
        print(f"{name:32} {med(found):8.0f}")


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.02)
        else:
            return


async def pull(path: Path, port: int) -> None:
    fetcher = HttpFetcher(path.parent / "received", check_url=lambda _: None)
    await fetcher.fetch(ProcessId("t"), f"http://127.0.0.1:{port}/t", "Bearer t")


async def push(path: Path, digest: str, port: int) -> None:
    content, grant = subject(str(path), digest)

    async def open_() -> Access:
        return Access(grant, content, None, lambda: None)

    async def record(*_: object) -> None:
        await asyncio.sleep(0)

    async def metered() -> int:
        return 0

    pusher = HttpPusher(check_url=lambda _: None, now=lambda: datetime.now(UTC))
    await pusher.push(Push(f"http://127.0.0.1:{port}/t", "Bearer t", content, open_, record, metered))


def measure_digests(repeat: int) -> None:
    block = os.urandom(MIB)
    print(f"\n{'digesting 1 MiB, in memory':32} {'MB/s':>8} {'ms':>9}")
    both = Digests()
    for name, update in (
        ("SHA-256", hashlib.sha256().update),
        ("BLAKE3", blake3().update),
        ("both, in one pass", both.update),
    ):
        seconds = med([timed(lambda: [update(block) for _ in range(64)]) / 64 for _ in range(repeat)])  # noqa: B023
        print(f"{name:32} {MIB / seconds / 1e6:8.0f} {seconds * 1e3:9.2f}")


def measure_table(folder: Path, repeat: int) -> None:
    rows = 120_000
    with (folder / "table.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(TABLE["columns"])
        for n in range(rows):
            writer.writerow(
                [f"A{n}", "8715658002512", ("China", "France", "Italy")[n % 3], f"Trader: Person {n % 999}"]
            )
    preparer = FilePreparer([folder], folder / "snapshots")
    source = {"file": "table.csv", "media_type": "text/csv", "table": TABLE}
    seconds = med([timed(lambda: asyncio.run(preparer.prepare(source, "$"))) for _ in range(repeat)])
    print(f"\n{f'preparing {rows} rows':32} {seconds:8.2f} s  {rows / seconds:8.0f} rows/s")


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mib(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def med(values: list[float]) -> float:
    return statistics.median(values)


if __name__ == "__main__":
    main()
