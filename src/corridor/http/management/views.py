"""Records as answers show them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from corridor.dsp.catalog import Catalog
from corridor.dsp.catalog import Dataset as CatalogDataset
from corridor.dsp.process import Process
from corridor.http.management import models
from corridor.http.management.waiting import negotiation_settled, transfer_settled
from corridor.service.discover import Listing
from corridor.service.listing import every_catalog, every_dataset, name_of
from corridor.service.negotiate import agreement_id
from corridor.service.records import (
    AgreementRecord,
    DatasetRecord,
    Held,
    LoggedEvent,
    NegotiationRecord,
    OfferVersion,
    PaperRecord,
    ReceiptRecord,
    Received,
    TransferRecord,
    Usage,
)
from corridor.service.viewing import BORDER, PROFILE

R = TypeVar("R")
M = TypeVar("M")


def page(found: Iterable[R], limit: int, view: Callable[[R], M], key: Callable[[M], str]) -> models.Page[M]:
    """A page of `limit` records; `found` has one more where another page follows."""
    items = tuple(view(record) for record in found)
    shown = items[:limit]
    return models.Page(items=shown, next=key(shown[-1]) if len(items) > limit else None)


def dataset_summary(record: DatasetRecord) -> models.DatasetSummary:
    """A dataset in a list."""
    return models.DatasetSummary(
        id=record.id,
        title=record.title,
        description=record.description,
        keywords=record.keywords,
        catalogue=record.catalogue,
        media_type=record.content.media_type,
        size=record.content.size,
        rows=record.content.rows,
        offers=tuple(offer.id for offer in record.offers),
        published=record.published,
        withdrawn=record.withdrawn,
    )


def dataset(record: DatasetRecord) -> models.Dataset:
    """A dataset; where its bytes lie stays with us."""
    content = record.content
    return models.Dataset(
        id=record.id,
        title=record.title,
        description=record.description,
        keywords=record.keywords,
        catalogue=record.catalogue,
        profile=dict(record.profile),
        content=models.Content(
            media_type=content.media_type,
            size=content.size,
            rows=content.rows,
            sha256=content.sha256,
            blake3=content.blake3,
            report=dict(content.report) if content.report is not None else None,
        ),
        offers=tuple({"id": offer.id, **offer.body} for offer in record.offers),
        published=record.published,
        withdrawn=record.withdrawn,
    )


def partner_catalogue(found: Listing) -> models.PartnerCatalogue:
    """A partner's catalogue, with those within it."""
    return models.PartnerCatalogue(
        provider=found.peer.id,
        datasets=tuple(_partner_dataset(name, dataset) for name, dataset in every_dataset(found.catalog)),
        catalogues=tuple(_inner_catalogue(catalog) for catalog in every_catalog(found.catalog)),
        next=found.next,
    )


def _inner_catalogue(catalog: Catalog) -> models.InnerCatalogue:
    """Only a distribution says that a catalogue can be asked for elsewhere: a service may be that of its datasets."""
    services = [distribution.access_service for distribution in catalog.distributions]
    return models.InnerCatalogue(
        id=catalog.id,
        name=name_of(catalog),
        participant=catalog.participant,
        endpoints=tuple(service.endpoint_url for service in services if service.endpoint_url is not None),
    )


def _partner_dataset(catalogue: str, dataset: CatalogDataset) -> models.PartnerDataset:
    said = dataset.properties
    profile, border = said.get(PROFILE), said.get(BORDER)
    return models.PartnerDataset(
        id=dataset.id,
        title=_text(said.get("title")),
        description=_text(said.get("description")),
        keywords=tuple(word for word in _list(said.get("keyword")) if isinstance(word, str)),
        profile=profile if isinstance(profile, dict) else {},
        offers=tuple({"id": offer.id, **offer.body} for offer in dataset.offers),
        formats=tuple(distribution.format for distribution in dataset.distributions),
        border=tuple(answer for answer in _list(border) if isinstance(answer, dict)),
        catalogue=catalogue or None,
    )


def _text(value: Any) -> str:
    """A partner may state texts in any form; what is none is left out."""
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _process(process: Process[Any]) -> dict[str, Any]:
    pending = process.pending
    return {
        "pid": process.own_pid,
        "partner_pid": process.peer_pid,
        "protocol": process.protocol,
        "role": process.role.value,
        "partner": process.peer,
        "state": str(process.reported_state),
        "pending": str(pending.kind) if pending else None,
        "code": (pending and pending.code) or process.code,
        "reasons": (pending and pending.reasons) or process.reasons,
    }


def negotiation_summary(record: NegotiationRecord) -> models.NegotiationSummary:
    """A negotiation in a list."""
    return models.NegotiationSummary(**_negotiation(record))


def negotiation(record: NegotiationRecord) -> models.Negotiation:
    """A negotiation with our last decision."""
    decision = record.decision
    return models.Negotiation(
        **_negotiation(record),
        decision=dict(decision) if decision is not None else None,
        offers=tuple(_offer_version(version) for version in record.offers),
    )


def _offer_version(version: OfferVersion) -> models.OfferVersion:
    offer = version.offer
    return models.OfferVersion(offer=offer.id, by=version.by, at=version.at, policy=dict(offer.body))


def _held(held: Held | None) -> models.Held | None:
    return None if held is None else models.Held(move=held.move, reason=held.reason, since=held.since)


def _negotiation(record: NegotiationRecord) -> dict[str, Any]:
    return {
        **_process(record.negotiation),
        "dataset": record.negotiation.dataset,
        "offer": record.negotiation.offer.id,
        "settled": negotiation_settled(record),
        "held": _held(record.held),
        "agreement": agreement_id(record),
        "created": record.created,
        "updated": record.updated,
    }


def usage(found: Usage) -> models.Usage:
    """What was served."""
    return models.Usage(requests=found.requests, size=found.size, rows=found.rows)


def receipt_summary(record: ReceiptRecord) -> models.ReceiptSummary:
    """A receipt without what was signed."""
    return models.ReceiptSummary(
        id=record.id, kind=record.kind, complete=record.complete, at=record.at, transfer=record.transfer
    )


def receipt(record: ReceiptRecord) -> models.Receipt:
    """A receipt."""
    return models.Receipt(
        id=record.id,
        kind=record.kind,
        complete=record.complete,
        at=record.at,
        transfer=record.transfer,
        agreement=record.agreement,
        document=dict(record.document),
    )


def agreement_summary(record: AgreementRecord) -> models.AgreementSummary:
    """An agreement in a list."""
    return models.AgreementSummary(**_agreement(record))


def agreement(record: AgreementRecord, used: Usage, receipts: Iterable[ReceiptRecord]) -> models.Agreement:
    """An agreement with what came of it."""
    agreed = record.agreement
    parties = {"target": agreed.target, "assigner": agreed.assigner, "assignee": agreed.assignee}
    return models.Agreement(
        **_agreement(record),
        policy={**agreed.body, "@id": agreed.id, **parties},
        profile=dict(record.profile),
        decision=dict(record.decision),
        usage=usage(used),
        receipts=tuple(receipt_summary(receipt) for receipt in receipts),
    )


def _agreement(record: AgreementRecord) -> dict[str, Any]:
    return {
        "id": record.agreement.id,
        "role": record.role.value,
        "partner": record.peer,
        "dataset": record.agreement.target,
        "negotiation": record.negotiation,
        "agreed": record.agreement.timestamp,
        "concluded": record.concluded,
        "papers": record.papers,
    }


def transfer_summary(record: TransferRecord) -> models.TransferSummary:
    """A transfer process in a list."""
    return models.TransferSummary(**_transfer(record))


def transfer(record: TransferRecord, used: Usage) -> models.Transfer:
    """A transfer process with what was served in it."""
    return models.Transfer(**_transfer(record), usage=usage(used))


def _transfer(record: TransferRecord) -> dict[str, Any]:
    return {
        **_process(record.transfer),
        "agreement": record.transfer.agreement_id,
        "dataset": record.dataset,
        "format": record.transfer.format,
        "settled": transfer_settled(record),
        "held": _held(record.held),
        "fetch": record.fetch,
        "received": _received(record.received) if record.received else None,
        "problem": record.problem,
        "created": record.created,
        "updated": record.updated,
    }


def _received(found: Received) -> models.Received:
    return models.Received(size=found.size, rows=found.rows, sha256=found.sha256, blake3=found.blake3, at=found.at)


def paper(record: PaperRecord) -> models.Paper:
    """A paper."""
    return models.Paper(
        id=record.id,
        kind=record.kind,
        digest=record.digest,
        details=dict(record.details),
        added=record.added,
        revoked=record.revoked,
    )


def event(logged: LoggedEvent) -> models.Event:
    """An event."""
    return models.Event(index=logged.index, document=dict(logged.document))
