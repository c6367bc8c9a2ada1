"""One small record of every kind that a store keeps; each builder varies what a test needs to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final

from corridor.base.digest import sha256_of
from corridor.base.ids import AgreementId, DatasetId, MessageId, OfferId, PaperId, ParticipantId, ProcessId
from corridor.dsp.messages import Agreement, NegotiationTermination, Offer, Role
from corridor.dsp.negotiation import Negotiation
from corridor.dsp.states import NegotiationState, TransferState
from corridor.dsp.transfer import TransferProcess
from corridor.evidence.event import Event, NegotiationChanged, ReceiptSigned, TransferChanged
from corridor.service.records import (
    AgreementRecord,
    Content,
    Counted,
    DatasetRecord,
    DeadLetter,
    Grant,
    NegotiationRecord,
    OfferRecord,
    PaperRecord,
    ReceiptRecord,
    SeenToken,
    Served,
    SubscriptionRecord,
    SubscriptionState,
    Task,
    TaskKind,
    TransferRecord,
)

NOW: Final = datetime(2026, 11, 22, 10, 0, 0, 250_000, tzinfo=UTC)
TODAY: Final = NOW.date()
ME: Final = ParticipantId("did:web:provider.example")
PEER: Final = ParticipantId("did:web:consumer.example")
POLICY: Final = {"permission": [{"action": "use", "constraint": []}], "profile": "数据"}


def later(seconds: float) -> datetime:
    """The instant so many seconds after `NOW`."""
    return NOW + timedelta(seconds=seconds)


def negotiation(
    pid: str = "urn:uuid:n1",
    *,
    peer_pid: str | None = None,
    state: NegotiationState = NegotiationState.REQUESTED,
    version: int = 0,
) -> NegotiationRecord:
    """A negotiation of ours as provider, by default not yet known by the partner's pid."""
    process = Negotiation(
        role=Role.PROVIDER,
        own_pid=ProcessId(pid),
        peer_pid=None if peer_pid is None else ProcessId(peer_pid),
        participant=ME,
        peer=PEER,
        peer_url="https://consumer.example/dsp",
        state=state,
        received=(MessageId("urn:uuid:m1"),),
        dataset=DatasetId("urn:uuid:d1"),
        offer=Offer(OfferId("urn:uuid:o1"), POLICY, target=DatasetId("urn:uuid:d1")),
    )
    return NegotiationRecord(process, {"subjects": 12}, NOW, NOW, version=version)


def agreement(key: str = "urn:uuid:a1", *, of: str = "urn:uuid:n1", version: int = 0) -> AgreementRecord:
    """An agreement that the negotiation `of` led to."""
    body = Agreement(AgreementId(key), POLICY, DatasetId("urn:uuid:d1"), ME, PEER, NOW)
    return AgreementRecord(
        body,
        Role.PROVIDER,
        PEER,
        "https://consumer.example/dsp",
        ProcessId(of),
        {"subjects": 12},
        {"verdict": "true"},
        NOW,
        papers=(PaperId("urn:uuid:p1"),),
        version=version,
    )


def transfer(
    pid: str = "urn:uuid:t1", *, of: str = "urn:uuid:a1", peer_pid: str | None = None, version: int = 0
) -> TransferRecord:
    """A started transfer process under the agreement `of`."""
    process = TransferProcess(
        role=Role.PROVIDER,
        own_pid=ProcessId(pid),
        peer_pid=None if peer_pid is None else ProcessId(peer_pid),
        participant=ME,
        peer=PEER,
        peer_url="https://consumer.example/dsp",
        state=TransferState.STARTED,
        agreement_id=AgreementId(of),
        format="HttpData-PULL",
    )
    return TransferRecord(process, DatasetId("urn:uuid:d1"), NOW, NOW, grant="g1", version=version)


def dataset(key: str = "urn:uuid:d1", *, withdrawn: datetime | None = None, version: int = 0) -> DatasetRecord:
    """A published dataset with one offer."""
    content = Content("/data/a.csv", "text/csv", 120, 1, sha256_of(b""), "blake3:" + "0" * 64, rows=3)
    offers = (OfferRecord(OfferId("urn:uuid:o1"), POLICY),)
    return DatasetRecord(
        DatasetId(key), "Orders", "Orders of a day", ("trade",), {}, content, offers, NOW, withdrawn, version
    )


def paper(key: str = "urn:uuid:p1", *, revoked: datetime | None = None, version: int = 0) -> PaperRecord:
    """A filed standard contract."""
    details = {"number": "沪-2026-17", "valid_to": "2028-11-21"}
    return PaperRecord(PaperId(key), "cn/standard-contract", sha256_of(b""), details, NOW, revoked, version)


def task(key: str = "task-1", *, queue: str = "q", due: datetime = NOW, attempts: int = 0) -> Task:
    """A message to deliver."""
    pids = ProcessId("urn:uuid:n1"), ProcessId("urn:uuid:c1")
    message = NegotiationTermination(MessageId("urn:uuid:m2"), *pids, code="403", reasons=("no",))
    return Task(key, TaskKind.SEND, queue, pids[0], due, NOW, message, {"n": 1}, attempts)


def grant(key: str = "g1", *, token: bytes = b"t1", of: str = "urn:uuid:t1", revoked: datetime | None = None) -> Grant:
    """The right to fetch in the transfer `of`, for whoever holds `token`."""
    agreed, data = AgreementId("urn:uuid:a1"), DatasetId("urn:uuid:d1")
    return Grant(key, sha256_of(token), ProcessId(of), agreed, data, PEER, NOW, revoked)


def served(
    key: str, *, agreement: str = "urn:uuid:a1", transfer: str = "urn:uuid:t1", size: int = 100, rows: int = 3
) -> Served:
    """A metered answer."""
    subject = ProcessId(transfer), AgreementId(agreement), DatasetId("urn:uuid:d1")
    return Served(key, *subject, PEER, NOW, size, rows, whole=True)


def counted(
    n: int, *, on: date = TODAY, population: str = "clients", agreement: str = "urn:uuid:a1", name: str = "persons"
) -> Counted:
    """What an agreement adds to a counter of jurisdiction CN."""
    return Counted("CN", name, population, n, on, AgreementId(agreement))


def receipt(
    key: str = "sha-256:1", *, complete: bool = False, at: datetime = NOW, agreement: str = "urn:uuid:a1"
) -> ReceiptRecord:
    """A delivery receipt with our signature, and the partner's if it is complete."""
    document = {"payload": "e30", "signatures": [1, 2] if complete else [1]}
    return ReceiptRecord(key, "delivery", AgreementId(agreement), document, complete, at, ProcessId("urn:uuid:t1"))


def seen(token: str = "jti-1", *, issuer: str = PEER, expires: datetime = NOW) -> SeenToken:  # noqa: S107 - an id
    """A single-use token id."""
    return SeenToken(ParticipantId(issuer), token, expires)


def negotiation_event(pid: str = "urn:uuid:n1", state: str = "REQUESTED") -> Event:
    """A negotiation moved."""
    return NegotiationChanged(NOW, ProcessId(pid), PEER, state)


def transfer_event(pid: str = "urn:uuid:t1", *, of: str = "urn:uuid:a1") -> Event:
    """A transfer process started."""
    return TransferChanged(NOW, ProcessId(pid), AgreementId(of), PEER, "STARTED")


def receipt_event(*, of: str = "urn:uuid:a1", transfer: str | None = None) -> Event:
    """We signed a receipt."""
    of_transfer = None if transfer is None else ProcessId(transfer)
    return ReceiptSigned(NOW, sha256_of(b""), AgreementId(of), PEER, of_transfer)


def subscription(
    identifier: str = "urn:s1",
    *,
    position: int = -1,
    state: SubscriptionState = SubscriptionState.ACTIVE,
    version: int = 0,
) -> SubscriptionRecord:
    """A subscription to what happens in transfers."""
    return SubscriptionRecord(
        id=identifier,
        url="https://hook.example/in",
        types=("transfer.*",),
        partners=(PEER,),
        batch=False,
        secret="sealed:secret",  # noqa: S106 - not one
        position=position,
        created=NOW,
        updated=later(1),
        state=state,
        version=version,
    )


def letter(index: int, subscription: str = "urn:s1", problem: str = "the receiver answers 500") -> DeadLetter:
    """A dead letter of a subscription."""
    return DeadLetter(subscription, index, NOW, 12, problem)
