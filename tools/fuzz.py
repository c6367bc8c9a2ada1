#!/usr/bin/env python3
"""Fuzz both listeners of a node that runs as a process of its own, on loopback; exit 0 only if nothing was at fault.

A fault is an answer of 500 or above, one that the schemas of the protocol refuse, an incident or a broken task in the
node's log, or a node that does not answer any more. One request of five at most goes to the management listener.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

import judge
from fuzzing import OFFER, DspFuzzer, Tally, fuzz_management, fuzz_protocol
from served import ALERTS, PARTICIPANTS, PUBLICATION, Participant, serving

from corridor.app.settings import LoadedSettings
from corridor.cli.demo.nodes import DemoNode, await_ready, make, start, stop

_SHOWN = 20
_MANAGEMENT_SHARE = 5
_AGREEMENTS = 5
_FAULTS_IN_LOG = ("incident", "task broke", "Traceback")


def _publish(node: DemoNode) -> None:
    (node.folder / "data" / "alerts.csv").write_text(ALERTS, "utf-8")
    node.client.publish(PUBLICATION)


async def _protocol(node: DemoNode, partner: LoadedSettings, count: int, seed: int) -> Tally:
    url = node.loaded.settings.listen.public_url
    async with aiohttp.ClientSession() as session:
        voice = Participant(partner, session, url, node.id)
        async with serving(voice, partner.settings.listen.protocol):
            fuzzer = DspFuzzer(seed, voice.callback, (voice.id, node.id), voice.token)
            agreed = [await voice.agreement(OFFER) for _ in range(_AGREEMENTS)]
            fuzzer.agreements += [agreement["@id"] for _, agreement in agreed]
            tally = await fuzz_protocol(url, fuzzer, count)
    tally.faults.extend(judge.verdicts)
    return tally


def _report(name: str, tally: Tally, seconds: float) -> int:
    print(f"{name}: {tally} in {seconds:.0f} s")
    for fault in tally.faults[:_SHOWN]:
        print(f"  {fault!r:.2000}")
    return len(tally.faults)


def _fuzz(folder: Path, requests: int, seed: int) -> int:
    ours, partner, _ = make(folder, PARTICIPANTS)
    node = start(ours)
    try:
        await_ready(node)
        begun = time.monotonic()
        listener = f"http://{ours.settings.listen.management}"
        token = (ours.folder / ours.settings.files.management_token).read_text("utf-8").strip()
        management = fuzz_management(listener, token, requests // _MANAGEMENT_SHARE, seed=seed)
        faults = _report("management listener", management, time.monotonic() - begun)
        begun = time.monotonic()
        _publish(node)
        # Operations without parameters have few variants: what is left goes to the protocol.
        protocol = asyncio.run(_protocol(node, partner, requests - management.sent, seed))
        faults += _report("protocol listener", protocol, time.monotonic() - begun)
        await_ready(node)
    finally:
        stop([node])
    logged = [line for line in node.log.read_text("utf-8").splitlines() if any(word in line for word in _FAULTS_IN_LOG)]
    for line in logged[:_SHOWN]:
        print(f"  log: {line:.2000}")
    print(f"{len(logged)} faults in the log")
    return faults + len(logged)


def main() -> int:
    """Fuzz, and say what came back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="corridor-fuzz-")))
        return 1 if _fuzz(folder, chosen.requests, chosen.seed) else 0


if __name__ == "__main__":
    sys.exit(main())
