"""`Changes` as the statements that carry them out, made before a transaction begins and without a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from corridor.base.errors import StaleError
from corridor.base.ids import printable
from corridor.evidence.event import Event, subjects, to_bytes
from corridor.evidence.merkle import leaf_hash
from corridor.service.ports import Changes, CountGuard
from corridor.service.records import DatasetRecord, Grant, Served
from corridor.store import rows, statements
from corridor.store.rows import Row


class Step(NamedTuple):
    """One statement and its rows.

    Attributes:
        what: names the record, where the statement has to change exactly one row or the whole plan is stale.
    """

    sql: str
    rows: tuple[Row, ...]
    what: str | None = None


class Plan(NamedTuple):
    """What one transaction does: hold the guards, run the steps, append the leaves; rows of leaves lack `position`."""

    guards: tuple[CountGuard, ...]
    steps: tuple[Step, ...]
    leaves: tuple[Row, ...]


class _Kind(NamedTuple):
    """How records of one kind with a version are written."""

    what: str
    add: str
    replace: str
    row: Callable[[Any], Row]


_KINDS: Final = {
    "negotiations": _Kind(
        "negotiation", statements.ADD_NEGOTIATION, statements.REPLACE_NEGOTIATION, rows.negotiation_row
    ),
    "agreements": _Kind("agreement", statements.ADD_AGREEMENT, statements.REPLACE_AGREEMENT, rows.agreement_row),
    "transfers": _Kind("transfer", statements.ADD_TRANSFER, statements.REPLACE_TRANSFER, rows.transfer_row),
    "datasets": _Kind("dataset", statements.ADD_DATASET, statements.REPLACE_DATASET, rows.dataset_row),
    "papers": _Kind("paper", statements.ADD_PAPER, statements.REPLACE_PAPER, rows.paper_row),
    "subscriptions": _Kind(
        "subscription", statements.ADD_SUBSCRIPTION, statements.REPLACE_SUBSCRIPTION, rows.subscription_row
    ),
}


def stale_record(what: str) -> StaleError:
    """Says that another writer saved the record named by `what`, such as ``negotiation `urn:…` ``, first."""
    return StaleError(f"the {what} was saved by another writer first", remedy="load it and decide again")


def stale_guard(guard: CountGuard, found: int) -> StaleError:
    """Says that a legal counter has moved since it was read."""
    return StaleError(
        f"the counter {guard.jurisdiction}/{guard.name} is at {found} and no longer at {guard.expected}",
        remedy="load it and decide again",
    )


def named(what: str, key: str) -> str:
    """A record's kind and id, for a message."""
    return f"{what} `{printable(key)}`"


def plan(changes: Changes) -> Plan:
    """The statements that apply `changes`, in the order of its fields; tasks that are done go last.

    Raises:
        LocalError: a record or event holds what cannot be kept.
    """
    steps = [_versioned(kind, record) for name, kind in _KINDS.items() for record in getattr(changes, name)]
    steps += [step for dataset in changes.datasets for step in _indexed(dataset)]
    steps += [_grant(grant) for grant in changes.grants]
    steps += [step for served in changes.served for step in _served(served)]
    steps += _many(statements.PUT_COUNTED, map(rows.counted_row, changes.counted))
    steps += _many(statements.PUT_RECEIPT, map(rows.receipt_row, changes.receipts))
    steps += _many(statements.PUT_LETTER, map(rows.letter_row, changes.letters))
    steps += _many(statements.DROP_LETTER, (rows.letter_key(*key) for key in changes.letters_gone))
    steps += [step for gone in changes.subscriptions_gone for step in _gone(gone)]
    steps += _many(statements.PUT_TASK, map(rows.task_row, changes.tasks))
    steps += _many(statements.DROP_TASK, ({"id": task} for task in changes.tasks_done))
    return Plan(changes.guards, tuple(steps), tuple(_leaf(event) for event in changes.events))


def _versioned(kind: _Kind, record: Any) -> Step:
    row = kind.row(record)
    sql = kind.replace if record.version else kind.add
    return Step(sql, (row,), named(kind.what, row["id"]))


def _indexed(dataset: DatasetRecord) -> list[Step]:
    """The entries of the version before go, those of this one come."""
    forgotten = _many(statements.FORGET_TERMS, [{"dataset": dataset.id}] if dataset.version else [])
    return [*forgotten, *_many(statements.ADD_TERM, rows.term_rows(dataset))]


def _gone(subscription: str) -> tuple[Step, Step]:
    row = ({"id": subscription},)
    return Step(statements.DROP_SUBSCRIPTION, row), Step(statements.DROP_LETTERS, row)


def _grant(grant: Grant) -> Step:
    row = (rows.grant_row(grant),)
    if grant.revoked is None:
        return Step(statements.ADD_GRANT, row, named("grant", grant.id))
    return Step(statements.PUT_GRANT, row, named("grant", grant.id))


def _served(served: Served) -> tuple[Step, Step]:
    metered = Step(statements.ADD_SERVED, (rows.served_row(served),), named("metered answer", served.id))
    return metered, Step(statements.ADD_USAGE, rows.usage_rows(served))


def _many(sql: str, found: Iterable[Row]) -> list[Step]:
    every = tuple(found)
    return [Step(sql, every)] if every else []


def _leaf(event: Event) -> Row:
    data, about = to_bytes(event), subjects(event)
    return {
        "agreement": about.get("agreement"),
        "negotiation": about.get("negotiation"),
        "transfer": about.get("transfer"),
        "leaf": leaf_hash(data),
        "body": data.decode(),
    }
