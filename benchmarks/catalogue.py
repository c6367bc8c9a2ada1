"""A catalogue of a million datasets: a page at any depth, with and without filters, and a walk over all of it.

Builds the store in batches (publishing a million files is not the point), then measures pages of 100 at the start, in
the middle and at the end: the use case in this process, and a node in a process of its own over HTTP, asked as a
partner asks it. One dataset in ten has terms that this partner does not meet, one in five counts persons. Prints a
table, asserts nothing. Beside the time stands the processor time of the node for a page, which other work on the
machine does not change much.

    python benchmarks/catalogue.py [--datasets 1000000] [--rounds 40] [--keep FOLDER]

With `--keep` the store is left in FOLDER, and used again if it is there.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import os
import platform
import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import orjson
import urllib3

from corridor.app.settings import load_settings
from corridor.app.wire import open_node
from corridor.app.world import SystemClock, new_id
from corridor.base.digest import sha256_of
from corridor.cli.demo.nodes import DemoNode, await_ready, make, start, stop
from corridor.dsp.codec import codec_for
from corridor.dsp.messages import CatalogRequest
from corridor.service.catalogue import catalogue
from corridor.service.ports import Changes
from corridor.service.records import Content, DatasetRecord, OfferRecord
from corridor.store.sqlite import SqliteStore
from corridor.trust.keys import FileSigner
from corridor.trust.tokens import TokenIssuer

BATCH = 2000
CLIENT = urllib3.PoolManager()
NOW = datetime(2026, 11, 1, tzinfo=UTC)
WORDS = [
    "orders",
    "parts",
    "routes",
    "alerts",
    "sensors",
    "customs",
    "ports",
    "harvest",
    "prices",
    "emissions",
    "trains",
    "grids",
    "tests",
    "recalls",
]
PLACES = ["berlin", "lyon", "porto", "gdansk", "turin", "shanghai", "ningbo", "wuhan", "xi'an", "tianjin"]
PURPOSES = ("research", "statistics", "product_safety", "customer_service")
CATEGORIES = ("industrial", "geospatial", "vehicle", "product_safety", "general_business")
CONTENT = Content("/data/a.csv", "text/csv", 120_000, 1, sha256_of(b""), "blake3:" + "0" * 64, rows=3000)
FILTERS = {
    "no filter": (),
    "keyword (1 in 50)": ({"keyword": "topic-17"},),
    "keyword and category (1 in 250)": ({"keyword": "topic-17", "category": "vehicle"},),
    "text, purpose, action": ({"text": "berlin alerts", "purpose": "research", "action": "read"},),
    "rare keyword (1 in 100,000)": ({"keyword": "batch-3"},),
    "two that never meet": ({"keyword": "topic-17", "text": "customs"}, {"category": "industrial"}),
}


def offer(n: int) -> OfferRecord:
    permission = {"action": "use"}
    if n % 10 == 0:
        permission["constraint"] = [{"leftOperand": "spatial", "operator": "eq", "rightOperand": "PT"}]
    elif n % 3 == 0:
        purpose = PURPOSES[n // 1000 % len(PURPOSES)]
        permission["constraint"] = [{"leftOperand": "purpose", "operator": "eq", "rightOperand": purpose}]
    return OfferRecord(f"urn:uuid:offer-{n}", {"permission": [permission]})


def unlike(n: int) -> bool:
    """Whether the data profile is like no other."""
    return n % 500 == 4


def words(n: int) -> list[str]:
    return [f"batch-{n // 100_000}"] * (n % 100_000 == 7) + ["unlike"] * unlike(n)


def dataset(n: int) -> DatasetRecord:
    data = {"items": [{"category": CATEGORIES[n % 5], "personal": False}], "important_status": "not_notified"}
    key = f"urn:uuid:{n:07}-0000-4000-8000-000000000000"
    if n % 5 == 4:
        persons = n if unlike(n) else n % 7 * 1000 + 1
        count = {"category": "contact_demographic", "unit": "persons", "n": persons, "population": key}
        data = {"items": [{"category": "contact_demographic"}], "counts": [count], "important_status": "not_notified"}
    return DatasetRecord(
        id=key,
        title=f"{WORDS[n % 14].title()} of {PLACES[n // 14 % 10].title()}, part {n % 97}",
        description="What was measured, when, by whom, and how the columns are to be read. " * 2,
        keywords=(f"topic-{n % 50}", WORDS[n % 14], *words(n)),
        profile={"data": data},
        content=CONTENT,
        offers=(offer(n),),
        published=NOW,
        catalogue="archive" if n % 20 == 0 else "",
    )


async def build(path: Path, size: int) -> float:
    begun = time.perf_counter()
    store = await SqliteStore.open(path)
    for first in range(0, size, BATCH):
        records = tuple(dataset(n) for n in range(first, min(first + BATCH, size)))
        await store.commit(Changes(datasets=records))
    await store.close()
    return time.perf_counter() - begun


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1000


def show(what: str, values: list[float], cpu: float, more: str = "") -> None:
    """A line: percentiles, and the processor time of all pages together, in seconds, for one of them."""
    each = cpu / len(values) * 1000
    print(f"{what:<58} {percentile(values, 0.5):8.1f} {percentile(values, 0.95):8.1f} {each:8.1f}  {more}", flush=True)


def places(size: int) -> dict[str, str]:
    """Where a page begins: the id before it."""
    return {"start": "", "middle": dataset(size // 2).id, "end": dataset(max(size - 150, 0)).id}


async def use_case(loaded, partner_id: str, size: int, rounds: int) -> None:
    """Pages made in this process, encoded as they are sent."""
    async with open_node(loaded) as node:
        ctx, codec = node.context, codec_for("2025-1")
        partner = ctx.participants.find(partner_id)
        for name, condition in FILTERS.items():
            for depth, start_ in places(size).items():
                cursor = ctx.secrets.seal(f"catalogue 1 > {start_}") if start_ else None
                seconds, found, cpu = [], 0, time.process_time()
                for _ in range(rounds):
                    begun = time.perf_counter()
                    page = await catalogue(ctx, partner, CatalogRequest(new_id(), condition), cursor)
                    orjson.dumps(codec.encode(page.catalog))
                    seconds.append(time.perf_counter() - begun)
                    found = sum(len(one.datasets) for one in (page.catalog, *page.catalog.catalogs))
                show(f"use case: {name}, {depth}", seconds, time.process_time() - cpu, f"{found} datasets")


@dataclasses.dataclass
class Partner:
    """Asks the provider for pages as a partner does, with a fresh token each."""

    issuer: TokenIssuer
    provider: str
    url: str

    def page(self, condition: tuple, cursor: str | None = None) -> tuple[float, int, str | None]:
        """Seconds, datasets on the page, and the cursor of the next one."""
        message = codec_for("2025-1").encode(CatalogRequest(new_id(), condition))
        headers = {"Authorization": f"Bearer {self.issuer.issue(self.provider)}", "Content-Type": "application/json"}
        url = f"{self.url}/catalog/request" + (f"?page={cursor}" if cursor else "")
        begun = time.perf_counter()
        reply = CLIENT.request("POST", url, body=orjson.dumps(message), headers=headers)
        seconds = time.perf_counter() - begun
        assert reply.status == 200, reply.data
        found = orjson.loads(reply.data)
        count = sum(len(one.get("dataset", ())) for one in (found, *found.get("catalog", ())))
        link = reply.headers.get("link", "")
        following = link.partition('>; rel="next"')[0].partition("?page=")[2] if 'rel="next"' in link else None
        return seconds, count, following


def over_http(provider: DemoNode, partner: Partner, seal, size: int, rounds: int) -> None:
    for name, condition in FILTERS.items():
        for depth, start_ in places(size).items():
            cursor = seal(f"catalogue 1 > {start_}") if start_ else None
            cpu = cpu_seconds(provider)
            measured = [partner.page(condition, cursor) for _ in range(rounds)]
            cpu = cpu_seconds(provider) - cpu
            show(f"HTTP: {name}, {depth}", [one[0] for one in measured], cpu, f"{measured[-1][1]} datasets")
    for time_ in ("first", "second"):
        cpu = cpu_seconds(provider)
        seconds, seen = walk(partner, ({"keyword": "unlike"},))
        cpu = cpu_seconds(provider) - cpu
        show(f"HTTP: no two profiles alike, the {time_} time", seconds, cpu, f"{seen} datasets, {len(seconds)} pages")
    before, cpu = resident(provider), cpu_seconds(provider)
    seconds, seen = walk(partner, ())
    cpu = cpu_seconds(provider) - cpu
    show(f"HTTP: each page of a walk over all {seen:,}", seconds, cpu, f"{len(seconds):,} pages")
    print(f"walk over the whole catalogue: {sum(seconds):.0f} s")
    print(f"memory of the node before / after the walk: {before:.0f} / {resident(provider):.0f} MB")


def walk(partner: Partner, condition: tuple) -> tuple[list[float], int]:
    """Seconds of each page, and the datasets on all of them."""
    seconds, seen, cursor = [], 0, None
    while not seconds or cursor is not None:
        spent, count, cursor = partner.page(condition, cursor)
        seconds.append(spent)
        seen += count
    return seconds, seen


def resident(node: DemoNode) -> float:
    """Resident memory in MB."""
    pages = int(Path(f"/proc/{node.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_seconds(node: DemoNode) -> float:
    """Processor time that the node's process has used."""
    fields = Path(f"/proc/{node.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--datasets", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=40)
    arguments.add_argument("--keep", type=Path)
    options = arguments.parse_args()
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, orjson {version('orjson')},", end=" ")
    print(f"{os.cpu_count()} cores, {options.datasets:,} datasets, {options.rounds} rounds")
    with contextlib.ExitStack() as stack:
        folder = options.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="corridor-bench-")))
        if (folder / "cn").is_dir():
            loaded = tuple(load_settings(folder / country) for country in ("cn", "de"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            loaded = make(folder, (("Provider", "CN"), ("Consumer", "DE")))
        measure(loaded, options)


def measure(loaded, options: argparse.Namespace) -> None:
    provider, consumer = loaded
    database = provider.path(provider.settings.files.database)
    if not database.exists():
        print(f"built in {asyncio.run(build(database, options.datasets)):.0f} s")
    print(f"database: {database.stat().st_size / 1e6:.0f} MB")
    print(f"{'':<58} {'p50 ms':>8} {'p95 ms':>8} {'CPU ms':>8}")
    seal = asyncio.run(sealing(provider))
    asyncio.run(use_case(provider, consumer.settings.node.id, options.datasets, options.rounds))
    begun = time.perf_counter()
    nodes = [start(one) for one in loaded]
    try:
        for node in nodes:
            await_ready(node)
        settings = consumer.settings
        signer = FileSigner(consumer.path(settings.files.signing_key), f"{settings.node.id}#key-1")
        issuer = TokenIssuer(settings.node.id, signer, SystemClock(), new_id)
        partner = Partner(issuer, provider.settings.node.id, f"{provider.settings.listen.public_url}/dsp/2025-1")
        partner.page(())
        print(f"first page after the start of the process: {time.perf_counter() - begun:.2f} s (two nodes)")
        over_http(nodes[0], partner, seal, options.datasets, options.rounds)
    finally:
        stop(nodes)


async def sealing(loaded):
    async with open_node(loaded) as node:
        return node.context.secrets.seal


if __name__ == "__main__":
    main()
