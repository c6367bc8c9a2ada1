"""Runs the Dataspace Protocol's Technology Compatibility Kit against a node of its own, and reads what it says.

    python kit.py [--store postgresql] [--keep FOLDER]

The kit comes from Maven Central into `.cache/` of the checkout; nothing of it is part of this repository. Its exit code
says nothing, so the printed ids are the result: all expected ones passed, and no section of failures.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import behaviour

from corridor.app.initialise import NewNode, initialise
from corridor.testing.postgres import binaries, cluster

HERE = Path(__file__).parent
LIBRARY = HERE.parents[2] / ".cache" / "dsp_tck" / "lib"
MAIN = "org.eclipse.dataspacetck.dsp.suite.DspTckSuite"
STORES = ("sqlite", "postgresql")
OLDEST_JAVA = 17
KIT_SECONDS = 900
"""The kit ends by itself; a run takes about a minute and a half on two cores."""
WAIT_SECONDS = 30
"""How long the kit waits for one step of ours: only a machine that is busy with other things comes near it."""
REACTION_MS = 250
"""The kit is not ready for our next message the moment it has answered; it takes some ten milliseconds."""


def _ids(group: str, *counts: int, without: tuple[str, ...] = ()) -> frozenset[str]:
    found = (
        f"{group}:{part:02}-{number:02}" for part, count in enumerate(counts, start=1) for number in range(1, count + 1)
    )
    return frozenset(found) - frozenset(without)


EXPECTED = (
    _ids("MET", 1)
    | _ids("CAT", 3)
    | _ids("CN", 4, 7, 4)
    | _ids("CN_C", 4, 6, 6)
    | _ids("TP", 5, 5, 6, without=("TP:02-04",))  # the kit itself leaves both out
    | _ids("TP_C", 5, 5, 6, without=("TP_C:02-04",))
)


class Unavailable(Exception):  # noqa: N818 - no fault: the kit cannot run here
    """The kit cannot run on this machine; says why."""


class Unpublished(Unavailable):
    """The registry that Maven asks does not hold the kit: nothing that is installed here could help."""


@dataclass(frozen=True)
class Outcome:
    """What the kit says."""

    passed: frozenset[str]
    failed: frozenset[str]
    failures: bool
    seconds: float
    log: str = field(repr=False)

    @property
    def missing(self) -> frozenset[str]:
        return EXPECTED - self.passed

    @property
    def conforms(self) -> bool:
        return self.passed == EXPECTED and not self.failed and not self.failures


def read(log: str, seconds: float) -> Outcome:
    """The outcome that the kit printed."""
    said = {word: frozenset(re.findall(rf"{word}: (\S+)", log)) for word in ("SUCCESSFUL", "FAILED")}
    return Outcome(said["SUCCESSFUL"], said["FAILED"], "Failures:" in log, seconds, log)


def library() -> Path:
    """The kit's jars, fetched if they are not there yet.

    Raises:
        Unavailable: there is no Java or Maven, or Maven cannot fetch the kit.
        Unpublished: the registry answers that it does not hold it.
    """
    version = _java_version()
    if version is None or version < OLDEST_JAVA:
        raise Unavailable(f"the DSP TCK needs Java {OLDEST_JAVA} or later")
    if any(LIBRARY.glob("dsp-tck-*.jar")):
        return LIBRARY
    if shutil.which("mvn") is None:
        raise Unavailable("the DSP TCK needs Maven, which fetches it")
    command = ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*command, "-DincludeScope=runtime", f"-DoutputDirectory={LIBRARY}"],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        why = next((line for line in done.stdout.splitlines() if "ERROR" in line), "it says nothing")
        raise fault_of(why)
    return LIBRARY


def fault_of(why: str) -> Unavailable:
    """What Maven's line means: that there is no such artifact is an answer, everything else may be mended."""
    # The second form is the first one remembered from an earlier try.
    artifact = r"(org\.eclipse\.dataspacetck\.\S+)"
    missing = re.search(rf"Could not find artifact {artifact}|{artifact} was not found in \S+ during a previous", why)
    if missing:
        return Unpublished(f"the registry does not hold {missing[1] or missing[2]}")
    return Unavailable(f"Maven cannot fetch the DSP TCK: {why[:300]}")


def _java_version() -> int | None:
    if shutil.which("java") is None:
        return None
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else None


def run(folder: Path, database: str | None = None) -> Outcome:
    """One run of the kit against a new node in `folder`, on SQLite or on the PostgreSQL database of that URL."""
    jars = library()
    protocol, management, hooks, kit = _free_ports(4)
    address = f"127.0.0.1:{hooks}"
    kit_url = f"http://127.0.0.1:{kit}"
    node = _make(folder / "node", protocol, management, database)
    settings = folder / "tck.properties"
    settings.write_text(_properties(node.settings.node.id, protocol, hooks, kit), "utf-8")
    with _running(folder, "--triggers", address, "--kit", kit_url):
        began = time.monotonic()
        done = subprocess.run(
            ["java", "-cp", f"{jars}/*", MAIN, "-config", str(settings)],
            capture_output=True,
            text=True,
            check=False,
            timeout=KIT_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        seconds = time.monotonic() - began
    log = done.stdout + done.stderr
    (folder / "tck.log").write_text(log, "utf-8")
    return read(log, seconds)


def _make(folder: Path, protocol: int, management: int, database: str | None):
    url = f"http://127.0.0.1:{protocol}"
    node = initialise(folder, NewNode("Corridor", "DE", url, f"127.0.0.1:{protocol}", f"127.0.0.1:{management}"))
    more = (
        f"\n[outbox]\nreaction_ms = {REACTION_MS}\nfirst_wait_ms = 200\nlongest_wait_seconds = 2\n"
        '\n[decisions]\nhook = "behaviour:decide"\n'
    )
    if database is not None:
        secret = folder / "keys" / "database.url"
        secret.touch(0o600)
        secret.write_text(f"{database}\n", "utf-8")
        more += '\n[database]\nurl_file = "keys/database.url"\n'
    with (folder / "corridor.toml").open("a", encoding="utf-8") as file:
        file.write(more)
    return node


@contextlib.contextmanager
def database_on(store: str) -> Iterator[str | None]:
    """The URL of an empty database on a PostgreSQL server of its own, or None for SQLite.

    Raises:
        Unavailable: there is no such server here.
    """
    if store == "sqlite":
        yield None
        return
    programs = binaries()
    if programs is None:
        raise Unavailable("PostgreSQL's server is not installed")
    with cluster(programs) as server:
        yield server.create()


@contextlib.contextmanager
def _running(folder: Path, *arguments: str) -> Iterator[None]:
    with (folder / "node.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "node.py"), str(folder / "node"), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**os.environ, "PYTHONPATH": str(HERE)},
        )
    try:
        said = process.stdout.readline()
        assert said == b"ready\n", (folder / "node.log").read_text("utf-8")[-3000:]
        yield
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


def _properties(participant: str, protocol: int, hooks: int, kit: int) -> str:
    known = {
        "dataspacetck.ansi": "false",
        "dataspacetck.debug": "true",
        "dataspacetck.host": "127.0.0.1",
        "dataspacetck.port": str(kit),
        "dataspacetck.callback.address": f"http://127.0.0.1:{kit}",
        "dataspacetck.dsp.local.connector": "false",
        "dataspacetck.dsp.connector.agent.id": participant,
        "dataspacetck.dsp.connector.http.url": f"http://127.0.0.1:{protocol}/dsp/2025-1",
        "dataspacetck.dsp.connector.http.base.url": f"http://127.0.0.1:{protocol}",
        "dataspacetck.dsp.connector.http.headers.authorization": "anything",
        "dataspacetck.dsp.connector.negotiation.initiate.url": f"http://127.0.0.1:{hooks}/negotiations",
        "dataspacetck.dsp.connector.transfer.initiate.url": f"http://127.0.0.1:{hooks}/transfers",
        "dataspacetck.dsp.default.wait": str(WAIT_SECONDS),
    }
    return "".join(f"{name}={value}\n" for name, value in itertools.chain(known.items(), _scenarios()))


def _scenarios() -> Iterator[tuple[str, str]]:
    """Which dataset or agreement each of the kit's tests uses: `CN_01_01` has ACN0101."""
    for group, short in (("CN", "ACN"), ("CN_C", "ACNC")):
        for key in (key for key in behaviour.NEGOTIATIONS if key[: -len("0101")] == short):
            test = f"{group}_{key[-4:-2]}_{key[-2:]}"
            yield f"{test}_DATASETID", key
            yield f"{test}_OFFERID", f"CD123:{key}:456"
    for group, short in (("TP", "ATP"), ("TP_C", "ATPC")):
        for key in (key for key in behaviour.TRANSFERS if key[: -len("0101")] == short):
            test = f"{group}_{key[-4:-2]}_{key[-2:]}"
            yield f"{test}_AGREEMENTID", key
            yield f"{test}_FORMAT", "HttpData-PULL"
    for number in ("01", "02", "03"):
        yield f"CAT_01_{number}_DATASETID", f"CAT01{number}"


def _free_ports(number: int) -> list[int]:
    """Ports that are free now; all are held until all are found, so that none comes twice."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def main() -> int:
    """One run, for people."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", choices=STORES, default="sqlite")
    parser.add_argument("--keep", type=Path, help="a folder for the node and both logs")
    asked = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = asked.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with database_on(asked.store) as database:
                outcome = run(folder, database)
        except Unavailable as why:
            sys.stdout.write(f"{why}\n")
            return 1
    missing = "".join(f"not passed: {name}\n" for name in sorted(outcome.missing))
    sys.stdout.write(f"{len(outcome.passed)} of {len(EXPECTED)} passed in {outcome.seconds:.0f} s\n{missing}")
    return 0 if outcome.conforms else 1


if __name__ == "__main__":
    sys.exit(main())
