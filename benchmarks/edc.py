"""Eclipse EDC as a peer to measure against: fetched by Maven, run as two processes, driven over its management API."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from measured import Http, Pair, Process, free_ports

HERE = Path(__file__).parent
ROOT = HERE.parent
CACHE = ROOT / ".cache" / "edc"
VERSION = "0.15.1"
CONTEXT = {"@context": {"@vocab": "https://w3id.org/edc/v0.0.1/ns/"}}
ODRL = "http://www.w3.org/ns/odrl.jsonld"
PROTOCOL = "dataspace-protocol-http:2025-1"
EXTENSION = "BenchmarkExtension"
DATASET = "benchmark"


def missing() -> str | None:
    """Why the peer cannot be run here, or None if it can."""
    absent = [tool for tool in ("java", "javac", "mvn") if shutil.which(tool) is None]
    return f"needs {', '.join(absent)}" if absent else None


def fetch() -> Path:
    """The class path: the peer's artifacts and our extension; fetched and compiled once."""
    libraries, classes = CACHE / "lib", CACHE / "classes"
    if not classes.exists():
        maven = ["mvn", "-q", "-B", "-f", str(HERE / "peer_edc" / "pom.xml"), "dependency:copy-dependencies"]
        subprocess.run([*maven, "-DincludeScope=runtime", f"-DoutputDirectory={libraries}"], check=True)
        services = classes / "META-INF" / "services"
        services.mkdir(parents=True)
        (services / "org.eclipse.edc.spi.system.ServiceExtension").write_text(EXTENSION)
        source = HERE / "peer_edc" / f"{EXTENSION}.java"
        subprocess.run(["javac", "-cp", f"{libraries}/*", "-d", str(classes), str(source)], check=True)
    return CACHE


def settings(name: str, ports: list[int], wait_ms: int | None) -> str:
    """A properties file; `wait_ms` is how long each state machine sleeps when it has nothing to do."""
    api, control, management, protocol, version = ports
    lines = [
        f"edc.participant.id={name}",
        f"edc.dsp.callback.address=http://localhost:{protocol}/protocol",
        "edc.transfer.proxy.token.signer.privatekey.alias=private-key",
        "edc.transfer.proxy.token.verifier.publickey.alias=public-key",
    ]
    for prefix, port, path in (
        ("web.http", api, "/api"),
        ("web.http.control", control, "/control"),
        ("web.http.management", management, "/management"),
        ("web.http.protocol", protocol, "/protocol"),
        ("web.http.version", version, "/version"),
    ):
        lines += [f"{prefix}.port={port}", f"{prefix}.path={path}"]
    if wait_ms is not None:
        machines = ("negotiation.consumer", "negotiation.provider", "transfer", "dataplane")
        lines += [f"edc.{machine}.state-machine.iteration-wait-millis={wait_ms}" for machine in machines]
    return "\n".join(lines) + "\n"


class Edc(Pair):
    """Two connectors in memory; `wait_ms` None is the default of 1000."""

    def __init__(self, folder: Path, wait_ms: int | None, heap: str | None = None) -> None:
        waits = "default 1000 ms" if wait_ms is None else f"{wait_ms} ms"
        self.name = f"EDC {VERSION}, in memory, polls at {waits}" + (f", heap {heap}" if heap else "")
        self._folder, self._wait, self._heap = folder, wait_ms, heap
        self.processes: list[Process] = []

    def start(self) -> None:
        path = fetch()
        ports = free_ports(10)
        self._provider, self._consumer = Http(ports[2], "/management/v3"), Http(ports[7], "/management/v3")
        self._dsp = f"http://localhost:{ports[3]}/protocol/2025-1"
        for name, own in (("provider", ports[:5]), ("consumer", ports[5:])):
            file = self._folder / f"{name}.properties"
            file.write_text(settings(name, own, self._wait))
            heap = [f"-Xmx{self._heap}"] if self._heap else []
            program = ["java", *heap, f"-Dedc.fs.config={file}", "-cp", f"{path}/classes:{path}/lib/*"]
            log = self._folder / f"{name}.log"
            begun = time.perf_counter()
            process = Process([*program, "org.eclipse.edc.boot.system.runtime.BaseRuntime"], log)
            process.await_line("ready")
            process.start_up = time.perf_counter() - begun
            self.processes.append(process)
        self._publish()

    def _publish(self) -> None:
        address = {"type": "HttpData", "baseUrl": "http://127.0.0.1:1/data"}
        asset = {**CONTEXT, "@id": DATASET, "properties": {"name": DATASET}, "dataAddress": address}
        self._provider.call("POST", "/assets", asset)
        policy = {"@context": ODRL, "@type": "Set", "permission": [{"action": "use"}]}
        self._provider.call("POST", "/policydefinitions", {**CONTEXT, "@id": "open", "policy": policy})
        contract = {"@id": "open", "accessPolicyId": "open", "contractPolicyId": "open", "assetsSelector": []}
        self._provider.call("POST", "/contractdefinitions", {**CONTEXT, **contract})
        deadline = time.monotonic() + 30
        while "distribution" not in str(self._dataset()) and time.monotonic() < deadline:
            time.sleep(0.2)

    @property
    def _partner(self) -> dict[str, object]:
        return {**CONTEXT, "counterPartyId": "provider", "counterPartyAddress": self._dsp, "protocol": PROTOCOL}

    def _dataset(self) -> dict:
        asked = {**self._partner, "@type": "DatasetRequest", "@id": DATASET}
        return self._consumer.call("POST", "/catalog/dataset/request", asked)

    def catalogue(self) -> str:
        asked = {**self._partner, "@type": "CatalogRequest"}
        found = self._consumer.call("POST", "/catalog/request", asked)
        datasets = found.get("dcat:dataset") or found.get("dataset")
        dataset = datasets[0] if isinstance(datasets, list) else datasets
        offers = dataset.get("odrl:hasPolicy") or dataset.get("hasPolicy")
        return (offers[0] if isinstance(offers, list) else offers)["@id"]

    def negotiate(self, offer: str, poll: float) -> str:
        permission = [{"action": "use"}]
        policy = {"@context": ODRL, "@type": "Offer", "@id": offer, "assigner": "provider", "target": DATASET}
        asked = {**self._partner, "@type": "ContractRequest", "policy": {**policy, "permission": permission}}
        begun = self._consumer.call("POST", "/contractnegotiations", asked)["@id"]
        self._consumer.await_state(f"/contractnegotiations/{begun}/state", "FINALIZED", poll)
        return self._consumer.call("GET", f"/contractnegotiations/{begun}")["contractAgreementId"]

    def transfer(self, agreement: str, poll: float) -> None:
        asked = {**self._partner, "@type": "TransferRequest", "contractId": agreement, "transferType": "HttpData-PULL"}
        begun = self._consumer.call("POST", "/transferprocesses", asked)["@id"]
        self._consumer.await_state(f"/transferprocesses/{begun}/state", "STARTED", poll)


def environment() -> str:
    """The Java that runs the peer."""
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True, env=os.environ).stderr
    return said.splitlines()[0]
