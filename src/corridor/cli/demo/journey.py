"""The journey in steps; each step says what it found, and whether everything that it claims held."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import urllib3

from corridor.base.clock import format_instant
from corridor.base.digest import sha256_of
from corridor.base.errors import CorridorError, LocalError
from corridor.cli.demo import alerts, customers
from corridor.cli.demo.nodes import DemoNode

_PATIENCE: Final = 10
_SHORT_TERM: Final = timedelta(seconds=4)
ALERTS: Final = "product-safety-alerts"
SHORT: Final = "product-safety-alerts-trial"


@dataclass(slots=True)
class Step:
    """One step: what was claimed and whether it held, in order.

    Attributes:
        id: of the step in the journey.
        lines: what was found, for people.
        claims: sentence to whether it held.
        details: what machines may want whole, such as the report on a published table.
    """

    id: str
    title: str
    lines: list[str] = field(default_factory=list)
    claims: dict[str, bool] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    seconds: float = 0.0

    @property
    def held(self) -> bool:
        """Whether every claim held, and there was one."""
        return not self.problem and bool(self.claims) and all(self.claims.values())

    def claim(self, sentence: str, holds: bool) -> None:  # noqa: FBT001 - a sentence and its truth
        """Note whether `sentence` holds."""
        self.claims[sentence] = holds

    def say(self, line: str) -> None:
        """Note something that was found."""
        self.lines.append(line)


@dataclass(slots=True)
class Journey:
    """Two nodes, and a third that is left out, with what the steps hand on to one another."""

    eu: DemoNode
    cn: DemoNode
    other: DemoNode
    alerts_file: Path | None
    folder: Path
    ends: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(days=365))
    agreements: dict[str, str] = field(default_factory=dict)
    short_address: Mapping[str, Any] = field(default_factory=dict)
    short_ends: datetime = field(default_factory=lambda: datetime.now(UTC))

    def run(self, shown: Callable[[Step], None]) -> Iterator[Step]:
        """Run the steps in order; `shown` is called when one begins."""
        for title, identifier, run in (
            ("EU → CN: publish product-safety alerts", "1a", self.publish_alerts),
            ("EU → CN: find, agree, pull, compare", "1b", self.exchange_alerts),
            ("CN → EU: customer records of 120,000 persons are refused without papers", "2a", self.refuse_customers),
            ("CN → EU: 1,000,000 persons need a security assessment", "3a", self.refuse_million),
            ("CN → EU: 99,999 persons pass without papers", "3b", self.pass_below_threshold),
            ("CN → EU: with the papers on file the 120,000 pass", "2b", self.pass_with_papers),
            ("Out of terms: who is excluded sees nothing", "4a", self.hide_from_excluded),
            ("Out of terms: a token ends with its agreement", "4b", self.end_with_terms),
            ("Proof: the same receipts on both sides, verified by a third", "5", self.prove),
        ):
            step = Step(identifier, title)
            shown(step)
            start = time.perf_counter()
            try:
                run(step)
            except (CorridorError, OSError, urllib3.exceptions.HTTPError) as error:
                step.problem = str(error)
            step.seconds = time.perf_counter() - start
            yield step

    def publish_alerts(self, step: Step) -> None:
        """1a: the authority publishes; rows are checked, filtered and masked, faults listed."""
        file = self.eu.folder / "data" / "alerts.csv"
        if self.alerts_file is None:
            alerts.write_made_up(file)
            step.say("the alerts are made up: give your own export with --alerts FILE.csv")
        else:
            file.write_bytes(self.alerts_file.read_bytes())
        self.short_ends = datetime.now(UTC) + _SHORT_TERM
        self.eu.client.publish(alerts.publication(SHORT, file.name, self.other.id, format_instant(self.short_ends)))
        published = self.eu.client.publish(
            alerts.publication(ALERTS, file.name, self.other.id, format_instant(self.ends))
        )
        report = step.details["report"] = published["content"]["report"]
        step.say(
            f"{report['rows_read']} rows read, {report['rows_kept']} of Chinese origin kept, "
            f"{report['rows_left_out']} left out, {report['rows_held_back']} held back, "
            f"{report['cells_masked']} traders masked"
        )
        step.say(f"{report['faults_total']} faulty cells, each listed with its row and column:")
        for fault in report["faults"][:3]:
            step.say(f"  row {fault['row']} (line {fault['line']}), {fault['column'] or 'whole row'}: {fault['rule']}")
        kept, read = report["rows_kept"], report["rows_read"]
        others = report["rows_left_out"] + report["rows_held_back"]
        step.claim("every row is accounted for", read == kept + others)
        step.claim("some rows are of Chinese origin", kept > 0)

    def exchange_alerts(self, step: Step) -> None:
        """1b: the customs side finds the offer, agrees, pulls, and holds what the receipt says."""
        self._open_short(step)
        offer = self._in_catalogue(self.cn, self.eu, ALERTS)
        step.claim("the customs side finds the offer", offer is not None)
        got = self.cn.client.get(self.eu.id, ALERTS, self.folder / "received-alerts.csv")
        agreement = self.agreements[ALERTS] = got["agreement"]
        decision = self.cn.client.agreement(agreement)["decision"]
        for line in _border_lines(decision):
            step.say(line)
        data = (self.folder / "received-alerts.csv").read_bytes()
        receipt = self._receipt(self.eu, agreement, "delivery")
        step.say(f"{len(data):,} bytes, {sha256_of(data)}")
        step.claim("the file is byte for byte what the provider's receipt says", _states(receipt, data))
        origins = set(alerts.origins(data))
        step.claim("only alerts of Chinese origin travelled", bool(origins) and origins <= set(alerts.CHINA))
        step.claim("each side's law was asked", {"EU", "CN"} <= _jurisdictions(decision))

    def _open_short(self, step: Step) -> None:
        """A transfer under an offer that ends within seconds, for step 4b."""
        negotiation = self._negotiate(self.cn, self.eu, SHORT)
        step.claim("a trial agreement that ends in seconds is concluded", negotiation["state"] == "FINALIZED")
        transfer = self.cn.client.transfer(negotiation["agreement"] or "", fetch=False)
        self.cn.client.transfer_state(transfer["pid"], wait=_PATIENCE)
        self.short_address = self.cn.client.data_address(transfer["pid"])
        step.claim("its token opens the data", _status_of(self.short_address) == 200)  # noqa: PLR2004 - HTTP

    def refuse_customers(self, step: Step) -> None:
        """2a: 120,000 persons without papers."""
        self._publish_customers("customers-120000", 1, 120_000)
        reasons = self._refused(step, "customers-120000")
        step.claim("the refusal cites Decree 16, article 8", any("art 8" in reason for reason in reasons))
        text = " ".join(reasons).lower()
        step.claim("it names the standard contract and the certification", "contract" in text and "certif" in text)

    def refuse_million(self, step: Step) -> None:
        """3a: 1,000,000 persons."""
        self._publish_customers("customers-1000000", 1_000_001, 1_000_000)
        reasons = self._refused(step, "customers-1000000")
        step.claim(
            "the refusal asks for a security assessment (article 7(2))",
            any("assessment" in reason and "art 7(2)" in reason for reason in reasons),
        )

    def pass_below_threshold(self, step: Step) -> None:
        """3b: 99,999 persons."""
        name = "customers-99999"
        self._publish_customers(name, 3_000_001, 99_999)
        got = self.eu.client.get(self.cn.id, name, self.folder / f"received-{name}.csv")
        agreement = self.cn.client.agreement(got["agreement"])
        step.claim("it passes without papers", not agreement["papers"])
        for line in _border_lines(agreement["decision"]):
            step.say(line)
        duties = agreement["decision"]["border"]["obligations"]
        step.say("duties that still apply:")
        for duty in duties[:6]:
            step.say(f"  {duty['what']} ({duty['citation']['pin']})")
        step.claim("duties still apply", bool(duties))
        total = self._exported(step)
        step.claim("the meter counts 99,999 persons since 1 January", total == 99_999)  # noqa: PLR2004 - the step's own

    def pass_with_papers(self, step: Step) -> None:
        """2b: the papers are put on file, the same negotiation is tried again."""
        name = "customers-120000"
        contract = self.folder / "standard-contract.txt"
        contract.write_text("Standard contract for the export of personal information (made up)\n", "utf-8")
        today = datetime.now(UTC).date()
        paper = self.cn.client.add_paper(_contract(contract, today, (self.cn.id, self.eu.id)))
        number = paper["details"]["number"]
        step.say(f"on file: {paper['kind']} no. {number}, {paper['digest']}")
        got = self.eu.client.get(self.cn.id, name, self.folder / f"received-{name}.csv")
        agreement = self.cn.client.agreement(got["agreement"])
        for line in _border_lines(agreement["decision"]):
            step.say(line)
        policy = json.dumps(agreement["policy"])
        step.claim("the papers stand in the agreement", paper["digest"] in policy and number in policy)
        total = self._exported(step)
        step.claim("the count is cumulative: 219,999 persons since 1 January", total == 219_999)  # noqa: PLR2004 - ditto

    def hide_from_excluded(self, step: Step) -> None:
        """4a: a second consumer, known but excluded by the offer."""
        seen = self._in_catalogue(self.other, self.eu, ALERTS)
        step.claim("the excluded consumer does not see the offer", seen is None)
        why = self.eu.client.explain(ALERTS, self.other.id)
        obstacles = [reason["text"] for reason in why["decision"]["reasons"] if reason["holds"] != "true"]
        step.say(f"the provider can explain it: {obstacles[0] if obstacles else 'no obstacle'}")
        step.claim("the provider can say why", bool(obstacles))
        try:
            self.other.client.get(self.eu.id, ALERTS, self.folder / "not-to-be-had.csv")
            step.claim("it cannot get the data by asking for them", holds=False)
        except CorridorError as error:
            step.say(f"asking all the same: {error}")
            step.claim("it cannot get the data by asking for them", not (self.folder / "not-to-be-had.csv").exists())

    def end_with_terms(self, step: Step) -> None:
        """4b: the token of the trial agreement, after its end."""
        if not self.short_address:
            raise LocalError("no token was had in step 1b")
        wait = (self.short_ends - datetime.now(UTC)).total_seconds()
        time.sleep(max(wait, 0.0) + 0.05)
        status, reason = _ask(self.short_address)
        step.say(f"after {format_instant(self.short_ends)} the provider answers {status}: {reason}")
        step.claim("the token stopped working at the end of the term", status == 403)  # noqa: PLR2004 - HTTP

    def prove(self, step: Step) -> None:
        """5: the same receipts, a bundle, a third process with two public keys, one changed byte."""
        if ALERTS not in self.agreements:
            raise LocalError("no alerts were had in step 1b")
        agreement = self.agreements[ALERTS]
        for kind in ("agreement", "delivery"):
            ours, theirs = (self._receipt(node, agreement, kind) for node in (self.eu, self.cn))
            step.claim(f"both nodes hold the same signed {kind} receipt", ours is not None and ours == theirs)
        bundle = self.folder / "evidence.jsonl"
        bundle.write_bytes(self.eu.client.bundle(agreement))
        keys = [self._key_file(node) for node in (self.eu, self.cn)]
        code, said = _verify(bundle, keys)
        step.say(said)
        step.claim("a third process with only the two public keys verifies the bundle", code == 0)
        changed = bytearray(bundle.read_bytes())
        changed[len(changed) // 2] ^= 1
        forged = self.folder / "evidence-changed.jsonl"
        forged.write_bytes(bytes(changed))
        code, said = _verify(forged, keys)
        step.say(said)
        step.claim("one changed byte makes it fail, and it says where", code == 1 and "line" in said)

    def _publish_customers(self, name: str, first: int, persons: int) -> None:
        customers.write_made_up(self.cn.folder / "data" / f"{name}.csv", first, persons)
        self.cn.client.publish(customers.publication(name, f"{name}.csv", persons))

    def _negotiate(self, consumer: DemoNode, provider: DemoNode, dataset: str) -> Mapping[str, Any]:
        begun = consumer.client.negotiate(provider.id, dataset)
        return consumer.client.negotiation(begun["pid"], wait=_PATIENCE)

    def _refused(self, step: Step, dataset: str) -> tuple[str, ...]:
        """Negotiate for `dataset` from the EU; it has to be refused."""
        negotiation = self._negotiate(self.eu, self.cn, dataset)
        reasons = tuple(negotiation["reasons"])
        for reason in reasons:
            step.say(f"refused: {reason}")
        step.claim("the border refuses", negotiation["state"] == "TERMINATED")
        return reasons

    def _in_catalogue(self, consumer: DemoNode, provider: DemoNode, dataset: str) -> Mapping[str, Any] | None:
        catalogue = consumer.client.catalogue(provider.id)
        found: Mapping[str, Any] | None = next((one for one in catalogue["datasets"] if one["id"] == dataset), None)
        return found

    def _receipt(self, node: DemoNode, agreement: str, kind: str) -> Mapping[str, Any] | None:
        """The receipt of a kind once both have signed it, or None if that does not come about."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            for receipt in node.client.receipts(agreement)["items"]:
                if receipt["kind"] == kind and receipt["complete"]:
                    document: Mapping[str, Any] = receipt["document"]
                    return document
            time.sleep(0.02)
        return None

    def _exported(self, step: Step) -> int:
        """What the exporter's meter says of persons since 1 January."""
        counters = self.cn.client.meter()["counters"]
        total = next((one["total"] for one in counters if one["name"] == "exported_persons"), 0)
        step.say(f"the exporter's meter: {total:,} persons since 1 January")
        return int(total)

    def _key_file(self, node: DemoNode) -> Path:
        path = self.folder / f"{node.folder.name}.jwk"
        path.write_text(json.dumps(dict(node.client.key())), "utf-8")
        return path


def _contract(document: Path, today: date, parties: tuple[str, str]) -> dict[str, Any]:
    """The facts of a filed standard contract (Decree 13): effective a week ago, filed the day after."""
    return {
        "id": "standard-contract-1",
        "kind": "cn/standard-contract",
        "digest": sha256_of(document.read_bytes()),
        "number": "CN-SC-2026-000123",
        "effective": (today - timedelta(days=7)).isoformat(),
        "filed": (today - timedelta(days=6)).isoformat(),
        "parties": list(parties),
    }


def _border_lines(decision: Mapping[str, Any]) -> Iterator[str]:
    for reason in decision["reasons"]:
        if reason["code"].startswith("border"):
            yield f"border: {reason['text']}"


def _jurisdictions(decision: Mapping[str, Any]) -> set[str]:
    return {ruling["jurisdiction"] for ruling in decision["border"]["rulings"]}


def _states(receipt: Mapping[str, Any] | None, data: bytes) -> bool:
    """Whether a receipt states the digest of exactly these bytes."""
    return receipt is not None and sha256_of(data) == receipt_statement(receipt)["sha256"]


def receipt_statement(receipt: Mapping[str, Any]) -> Mapping[str, Any]:
    """The statement in a JWS."""
    payload = receipt["payload"]
    statement: Mapping[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return statement


def _ask(address: Mapping[str, Any]) -> tuple[int, str]:
    """Ask the data plane with a token as any HTTP client would; status and reason."""
    reply = urllib3.request(
        "GET",
        address["endpoint"],
        headers={"Authorization": address["authorization"]},
        redirect=False,
        retries=False,
        timeout=_PATIENCE,
    )
    try:
        return reply.status, str(json.loads(reply.data).get("detail", ""))
    except (ValueError, AttributeError):
        return reply.status, ""


def _status_of(address: Mapping[str, Any]) -> int:
    return _ask(address)[0]


def _verify(bundle: Path, keys: list[Path]) -> tuple[int, str]:
    """`corridor evidence verify` in a process of its own; exit code and what it says."""
    options = [word for key in keys for word in ("--key", str(key))]
    done = subprocess.run(  # noqa: S603 - our own program, our own arguments
        [sys.executable, "-m", "corridor", "evidence", "verify", str(bundle), *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    said = (done.stdout + done.stderr).strip()
    return done.returncode, said.splitlines()[0] if said else ""
