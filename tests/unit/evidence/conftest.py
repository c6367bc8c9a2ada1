"""Two parties with keys, a log that one of them keeps, and one example of every event."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from corridor.base.ids import AgreementId, DatasetId, OfferId, PaperId, ParticipantId, ProcessId
from corridor.base.reasons import Citation, Reason, Verified
from corridor.base.truth import Truth
from corridor.evidence import event as events
from corridor.evidence.bundle import ProvenEvent, build_bundle
from corridor.evidence.checkpoint import Checkpoint, sign_checkpoint
from corridor.evidence.event import Event, PaperRef, Role, to_bytes
from corridor.evidence.keys import PublicKey, PublicKeys, did_of
from corridor.evidence.merkle import Frontier, inclusion_proof, leaf_hash, root_from
from corridor.evidence.receipt import AgreementStatement, DeliveryStatement, Receipt, countersign, propose

NOW = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
PROVIDER = ParticipantId("did:web:provider.example")
CONSUMER = ParticipantId("did:web:consumer.example")
AGREEMENT = AgreementId("urn:uuid:agreement")
NEGOTIATION = ProcessId("urn:uuid:negotiation")
PROVIDER_PID = ProcessId("urn:uuid:transfer-p")
CONSUMER_PID = ProcessId("urn:uuid:transfer-c")
DATASET = DatasetId("urn:dataset:alerts")
SHA256 = "sha-256:" + "ab" * 32
BLAKE3 = "blake3:" + "cd" * 32
PAPER = PaperRef("scc", "sha-256:" + "ef" * 32)


@dataclass(frozen=True)
class KeySigner:
    """Signs with a key in memory, as a file or a KMS would."""

    key_id: str
    private: ec.EllipticCurvePrivateKey

    @classmethod
    def of(cls, did: str, number: int) -> KeySigner:
        return cls(f"{did}#key-1", ec.derive_private_key(number, ec.SECP256R1()))

    def sign(self, payload: bytes) -> bytes:
        r, s = decode_dss_signature(self.private.sign(payload, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def public(self) -> PublicKey:
        return PublicKey(self.key_id, self.private.public_key())


@dataclass
class Log:
    """A log in memory: what a store keeps."""

    events: list[Event] = field(default_factory=list)
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    frontier: Frontier = field(default_factory=Frontier)

    def append(self, event: Event) -> None:
        self.events.append(event)
        self.frontier, nodes = self.frontier.append(leaf_hash(to_bytes(event)))
        self.nodes.update({(node.level, node.index): node.hash for node in nodes})

    def prove(self, index: int) -> ProvenEvent:
        proof = inclusion_proof(index, self.frontier.size, lambda level, at: self.nodes[level, at])
        return ProvenEvent(index, self.events[index], proof)

    def head(self, signer: KeySigner, at: datetime) -> str:
        head = Checkpoint(did_of(signer.key_id), self.frontier.size, root_from(self.frontier), at)
        return sign_checkpoint(head, signer)


@pytest.fixture(scope="session")
def provider() -> KeySigner:
    return KeySigner.of(PROVIDER, 11)


@pytest.fixture(scope="session")
def consumer() -> KeySigner:
    return KeySigner.of(CONSUMER, 22)


@pytest.fixture(scope="session")
def stranger() -> KeySigner:
    return KeySigner.of("did:web:stranger.example", 33)


@pytest.fixture(scope="session")
def keys(provider, consumer) -> PublicKeys:
    return {signer.key_id: signer.public() for signer in (provider, consumer)}


@pytest.fixture(scope="session")
def agreed() -> AgreementStatement:
    return AgreementStatement(AGREEMENT, SHA256, DATASET, PROVIDER, CONSUMER, NOW, (PAPER,))


@pytest.fixture(scope="session")
def delivered() -> DeliveryStatement:
    return DeliveryStatement(
        AGREEMENT, PROVIDER_PID, CONSUMER_PID, DATASET, PROVIDER, CONSUMER, 1024, SHA256, BLAKE3, NOW, 7
    )


@pytest.fixture(scope="session")
def both_sign(provider, consumer) -> Callable[[AgreementStatement | DeliveryStatement], Receipt]:
    return lambda statement: countersign(propose(statement, provider), consumer)


@pytest.fixture(scope="session")
def journey() -> tuple[Event, ...]:
    """The provider's log of one exchange, a foreign event in between."""
    at = [NOW + timedelta(seconds=step) for step in range(4)]
    return (
        events.NegotiationRequested(at[0], NEGOTIATION, Role.PROVIDER, CONSUMER, DATASET, OfferId("urn:offer:1")),
        events.AgreementConcluded(at[1], AGREEMENT, NEGOTIATION, DATASET, PROVIDER, CONSUMER, SHA256, (PAPER,)),
        events.DatasetWithdrawn(at[2], DatasetId("urn:dataset:other")),
        events.DataServed(
            at[3], PROVIDER_PID, AGREEMENT, DATASET, CONSUMER, 1024, SHA256, BLAKE3, complete=True, rows=7, persons=5
        ),
    )


@pytest.fixture(scope="session")
def make_bundle(provider, agreed, delivered, both_sign, journey) -> Callable[..., bytes]:
    """Builds the bundle of `journey`; each part can be given otherwise."""

    def make(
        *,
        log: Iterable[Event] = journey,
        chosen: Iterable[int] | None = None,
        receipts: Iterable[Receipt] | None = None,
        head_at: datetime = NOW + timedelta(minutes=1),
        made_at: datetime = NOW + timedelta(minutes=2),
        signer: KeySigner = provider,
    ) -> bytes:
        kept = Log()
        for event in log:
            kept.append(event)
        return build_bundle(
            agreement=AGREEMENT,
            made_at=made_at,
            checkpoint=kept.head(signer, head_at),
            events=[kept.prove(index) for index in (range(len(kept.events)) if chosen is None else chosen)],
            receipts=[both_sign(delivered), both_sign(agreed)] if receipts is None else receipts,
            signer=signer,
        )

    return make


@pytest.fixture(scope="session")
def one_of_each(journey) -> tuple[Event, ...]:
    """One event of every class, with every optional member somewhere set."""
    day = date(2026, 12, 1)
    because = Reason("law.provision", "a filing is on record", Truth.TRUE)
    citation = Citation("cn/decree-16", "art 8", "办法", Verified.OFFICIAL)
    reasons = (
        Reason("border.CN", "the filing route is open", Truth.UNKNOWN, citation, (because,)),
        Reason("odrl.duty", "the duty is met", Truth.TRUE, Citation("policy", "duty 1")),
    )
    received = events.DataReceived(
        NOW, CONSUMER_PID, AGREEMENT, DATASET, PROVIDER, 1024, SHA256, BLAKE3, complete=False
    )
    return (
        *journey,
        events.DatasetPublished(NOW, DATASET, SHA256),
        events.DecisionMade(NOW, "negotiation", CONSUMER, DATASET, Truth.FALSE, reasons, SHA256, NEGOTIATION),
        events.NegotiationChanged(NOW, NEGOTIATION, CONSUMER, "FINALIZED"),
        events.NegotiationTerminated(NOW, NEGOTIATION, CONSUMER, "withdrawn", ("no longer needed", "太晚"), AGREEMENT),
        events.TransferChanged(NOW, PROVIDER_PID, AGREEMENT, CONSUMER, "STARTED"),
        received,
        events.AccessDenied(NOW, "token.expired", "the token expired", CONSUMER, DATASET, AGREEMENT, PROVIDER_PID),
        events.PaperAdded(NOW, PaperId("urn:paper:1"), "filing", SHA256, "沪网信备 2026-1", day, day),
        events.PaperRevoked(NOW, PaperId("urn:paper:1"), "filing", SHA256, reason="superseded"),
        events.ReceiptSigned(NOW, SHA256, AGREEMENT, CONSUMER, PROVIDER_PID),
    )
