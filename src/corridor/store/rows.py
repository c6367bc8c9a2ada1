"""Records as rows of `schema`: the columns beside each body, and the tables that have none.

Instants are whole microseconds since 1970-01-01T00:00Z, days ISO 8601 text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from corridor.base.clock import DateRange
from corridor.base.errors import LocalError, StorageError
from corridor.base.ids import ProcessId
from corridor.dsp.negotiation import Negotiation
from corridor.dsp.transfer import TransferProcess
from corridor.service.finding import terms_of
from corridor.service.records import (
    AgreementRecord,
    Counted,
    DatasetRecord,
    DeadLetter,
    Grant,
    Held,
    NegotiationRecord,
    PaperRecord,
    ReceiptRecord,
    SeenToken,
    Served,
    SubscriptionRecord,
    Task,
    TaskKind,
    TransferRecord,
)
from corridor.store.bodies import document_from, message_from, to_body

Row = Mapping[str, Any]
"""Values by the name of their parameter in `statements`."""

ALL: Final = ""
"""In a sum, stands for every agreement or every transfer."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def micros(instant: datetime) -> int:
    """Whole microseconds since 1970-01-01T00:00Z.

    Raises:
        LocalError: the instant has no time zone.
    """
    if instant.tzinfo is None:
        raise LocalError(f"the instant `{instant}` has no time zone", remedy="take it from the clock")
    return (instant - _EPOCH) // _MICROSECOND


def instant_of(count: int) -> datetime:
    """The instant, in UTC, that `micros` counted."""
    return _EPOCH + count * _MICROSECOND


def _maybe(instant: datetime | None) -> int | None:
    return None if instant is None else micros(instant)


def _since(held: Held | None) -> int | None:
    return None if held is None else micros(held.since)


def _saved(record: Any) -> Row:
    """The body as it reads after this save, and what it has to find to replace (`REPLACE_…`)."""
    return {
        "version": record.version + 1,
        "replaces": record.version,
        "body": to_body(replace(record, version=record.version + 1)),
    }


def _process(process: Negotiation | TransferProcess) -> Row:
    return {
        "id": process.own_pid,
        "key": process.own_pid,
        "role": process.role,
        "peer": process.peer,
        "peer_pid": process.peer_pid,
        "state": process.state,
    }


def negotiation_row(record: NegotiationRecord) -> Row:
    """The row of a negotiation."""
    times = {"created": micros(record.created), "updated": micros(record.updated)}
    return {**_process(record.negotiation), **times, "held": _since(record.held), **_saved(record)}


def agreement_row(record: AgreementRecord) -> Row:
    """The row of an agreement."""
    return {
        "id": record.agreement.id,
        "key": record.agreement.id,
        "role": record.role,
        "peer": record.peer,
        "negotiation": record.negotiation,
        "dataset": record.agreement.target,
        "concluded": micros(record.concluded),
        **_saved(record),
    }


def transfer_row(record: TransferRecord) -> Row:
    """The row of a transfer process."""
    return {
        **_process(record.transfer),
        "agreement": record.transfer.agreement_id,
        "dataset": record.dataset,
        "created": micros(record.created),
        "updated": micros(record.updated),
        "held": _since(record.held),
        **_saved(record),
    }


def dataset_row(record: DatasetRecord) -> Row:
    """The row of a dataset."""
    times = {"published": micros(record.published), "withdrawn": _maybe(record.withdrawn)}
    return {"id": record.id, "key": record.id, **times, **_saved(record)}


def term_rows(record: DatasetRecord) -> tuple[Row, ...]:
    """The entries of a dataset in the index; a withdrawn one has none."""
    if record.withdrawn is not None:
        return ()
    return tuple({"term": term, "dataset": record.id} for term in terms_of(record))


def paper_row(record: PaperRecord) -> Row:
    """The row of a paper."""
    times = {"added": micros(record.added), "revoked": _maybe(record.revoked)}
    return {"id": record.id, "key": record.id, "kind": record.kind, **times, **_saved(record)}


def task_row(task: Task) -> Row:
    """The row of a task; its message goes with the name of its class, since messages of two classes can look alike."""
    return {
        "id": task.id,
        "kind": task.kind,
        "queue": task.queue,
        "subject": task.subject,
        "due": micros(task.due),
        "created": micros(task.created),
        "attempts": task.attempts,
        "problem": task.problem,
        "payload": to_body(task.payload),
        "message_type": None if task.message is None else type(task.message).__name__,
        "message": None if task.message is None else to_body(task.message),
        "parked": _maybe(task.parked),
    }


def task_from(row: tuple[Any, ...]) -> Task:
    """The task in a row of `TASK`.

    Raises:
        StorageError: the row is damaged.
    """
    task, kind, queue, subject, due, created, attempts, problem, payload, message_type, message, parked = row
    try:
        return Task(
            id=task,
            kind=TaskKind(kind),
            queue=queue,
            subject=ProcessId(subject),
            due=instant_of(due),
            created=instant_of(created),
            attempts=attempts,
            problem=problem,
            payload=document_from(payload),
            message=None if message_type is None else message_from(message_type, message),
            parked=None if parked is None else instant_of(parked),
        )
    except (ValueError, OverflowError) as error:
        raise StorageError(
            f"a task in the database cannot be read: {error}", remedy="restore the database from a backup"
        ) from error


def grant_row(grant: Grant) -> Row:
    """The row of a grant."""
    return {
        "id": grant.id,
        "token_digest": grant.token_digest,
        "transfer": grant.transfer,
        "agreement": grant.agreement,
        "issued": micros(grant.issued),
        "revoked": _maybe(grant.revoked),
        "body": to_body(grant),
    }


def served_row(served: Served) -> Row:
    """The row of a metered answer."""
    return {
        "id": served.id,
        "transfer": served.transfer,
        "agreement": served.agreement,
        "dataset": served.dataset,
        "peer": served.peer,
        "at": micros(served.at),
        "size": served.size,
        "rows": served.rows,
        "whole": served.whole,
    }


def usage_keys(agreement: str, transfer: str) -> tuple[tuple[str, str], ...]:
    """The sums that a metered answer moves: by agreement, by transfer, by both, and of all."""
    return ((agreement, transfer), (agreement, ALL), (ALL, transfer), (ALL, ALL))


def usage_rows(served: Served) -> tuple[Row, ...]:
    """What one metered answer adds to each of its sums."""
    more = {"requests": 1, "size": served.size, "rows": served.rows}
    keys = usage_keys(served.agreement, served.transfer)
    return tuple({"agreement": agreement, "transfer": transfer, **more} for agreement, transfer in keys)


def counted_row(counted: Counted) -> Row:
    """The row of a count."""
    return {
        "jurisdiction": counted.jurisdiction,
        "name": counted.name,
        "population": counted.population,
        "agreement": counted.agreement,
        "day": counted.on.isoformat(),
        "n": counted.n,
    }


def window_row(jurisdiction: str, name: str, window: DateRange) -> Row:
    """The parameters of `COUNTED` and `COUNTED_SUM`; an open bound is the first or last day that there is."""
    start, end = window.start or date.min, window.end or date.max
    return {"jurisdiction": jurisdiction, "name": name, "start": start.isoformat(), "end": end.isoformat()}


def receipt_row(receipt: ReceiptRecord) -> Row:
    """The row of a receipt."""
    return {
        "id": receipt.id,
        "kind": receipt.kind,
        "agreement": receipt.agreement,
        "transfer": receipt.transfer,
        "complete": receipt.complete,
        "at": micros(receipt.at),
        "body": to_body(receipt),
    }


def subscription_row(record: SubscriptionRecord) -> Row:
    """The row of a subscription."""
    times = {"created": micros(record.created)}
    return {"id": record.id, "key": record.id, "state": record.state, **times, **_saved(record)}


def letter_row(letter: DeadLetter) -> Row:
    """The row of a dead letter."""
    return {**letter_key(letter.subscription, letter.index), "at": micros(letter.at), "body": to_body(letter)}


def letter_key(subscription: str, index: int) -> Row:
    """What finds a dead letter."""
    return {"subscription": subscription, "position": index}


def token_row(token: SeenToken) -> Row:
    """The row of a single-use token id."""
    return {"issuer": token.issuer, "token_id": token.token_id, "expires": micros(token.expires)}
