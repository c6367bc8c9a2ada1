"""How long a start takes: a node to its first answer, small verbs to their last line, and the rulebook.

Each figure is the median of so many runs after one that does not count, and beside it the processor time, which other
work on the machine does not change as much. Prints a table, asserts nothing.

    python benchmarks/startup.py [--runs 15]
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import urllib3

from corridor.app.rulebook import shipped_sources
from corridor.base.digest import digest_of
from corridor.cli.demo.nodes import make
from corridor.law.from_source import load_rulebook

CLIENT = urllib3.PoolManager(retries=False, timeout=5.0)
PATIENCE = 60.0
VERBS = (["--version"], ["--help"], ["serve", "--help"], ["rulebook", "list"], ["rulebook", "check"])


def processor_seconds() -> float:
    """Of the children that have ended."""
    used = os.times()
    return used.children_user + used.children_system


def show(what: str, measured: list[tuple[float, float]]) -> None:
    wall, used = (statistics.median(column) for column in zip(*measured, strict=True))
    print(f"{what:<58} {wall * 1000:8.0f} ms {used * 1000:8.0f} ms of processor", flush=True)


def first_answer(loaded) -> tuple[float, float]:
    """Seconds from the start of the process to the first answer of the protocol listener, and of processor."""
    begun, used = time.perf_counter(), processor_seconds()
    process = subprocess.Popen(
        [sys.executable, "-m", "corridor", "serve", "--config", str(loaded.folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            try:
                if CLIENT.request("GET", f"http://{loaded.settings.listen.protocol}/health").status == 200:
                    break
            except urllib3.exceptions.HTTPError:
                if process.poll() is not None or time.perf_counter() - begun > PATIENCE:
                    raise
                time.sleep(0.002)
        answered = time.perf_counter() - begun
    finally:
        # At once: what a node loads once it answers is not part of its start.
        process.kill()
        process.wait()
    return answered, processor_seconds() - used


def verb(words: list[str]) -> tuple[float, float]:
    begun, used = time.perf_counter(), processor_seconds()
    subprocess.run([sys.executable, "-m", "corridor", *words], capture_output=True, check=True)
    return time.perf_counter() - begun, processor_seconds() - used


def timed(work: Callable[[], object]) -> tuple[float, float]:
    begun, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begun, time.process_time() - used


def times(runs: int, measure: Callable[[], tuple[float, float]]) -> list[tuple[float, float]]:
    return [measure() for _ in range(runs + 1)][1:]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--runs", type=int, default=15)
    options = arguments.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, medians of {options.runs} runs")
    with tempfile.TemporaryDirectory(prefix="corridor-bench-") as folder:
        (loaded,) = make(Path(folder), (("Provider", "DE"),))
        show("a node, process to first answer", times(options.runs, lambda: first_answer(loaded)))
    for words in VERBS:
        show(f"corridor {' '.join(words)}", times(options.runs, lambda words=words: verb(words)))
    sources = shipped_sources()
    lines, folders = sum(text.count("\n") for text in sources.values()), {path.partition("/")[0] for path in sources}
    named = f"{lines:,} lines of rules, {len(folders)} jurisdictions"
    show(f"{named}: at a start", times(options.runs, lambda: timed(lambda: load_rulebook(sources, folders))))
    show(f"{named}: their digest", times(options.runs, lambda: timed(lambda: digest_of(sources))))
    show(f"{named}: all rules", times(options.runs, lambda: timed(lambda: everything(sources, folders))))
    show(f"{named}: and cases", times(options.runs, lambda: timed(lambda: load_rulebook(sources))))


def everything(sources: dict[str, str], folders: set[str]) -> None:
    tuple(load_rulebook(sources, folders).jurisdictions.values())


if __name__ == "__main__":
    main()
