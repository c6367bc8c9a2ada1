"""The first schema. A migration says everything itself: what `schema` says changes, this does not."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_Columns = list[sa.Column[Any]]

_BIG: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table, and mark the file as ours."""
    _create_processes()
    _create_descriptions()
    _create_outbox()
    _create_meters()
    _create_evidence()
    if op.get_bind().dialect.name == "sqlite":
        op.execute("PRAGMA application_id = 0x434F5252")


def _create_processes() -> None:
    _create("negotiations", *_process(), *_life())
    _index("ux_negotiations_peer", "peer", "peer_pid", on="negotiations", unique=True)
    agreed = [_text("role"), _text("peer"), _text("negotiation"), _text("dataset")]
    _create("agreements", _key(), *agreed, _big("version"), _big("concluded"), _text("body"))
    _create("transfers", *_process(), _text("agreement"), _text("dataset"), *_life())
    _index("ux_transfers_peer", "peer", "peer_pid", on="transfers", unique=True)
    _index("ix_transfers_agreement", "agreement", "id", on="transfers")


def _process() -> _Columns:
    return [_key(), _text("role"), _text("peer"), _text("peer_pid", null=True), _text("state", null=True)]


def _life() -> _Columns:
    return [_big("version"), _big("created"), _big("updated"), _text("body")]


def _create_descriptions() -> None:
    times = [_big("published"), _big("withdrawn", null=True)]
    _create("datasets", _key(), _big("version"), *times, _text("body"))
    _index("ix_datasets_withdrawn", "withdrawn", "id", on="datasets")
    times = [_big("added"), _big("revoked", null=True)]
    _create("papers", _number(), _text("id"), _text("kind"), _big("version"), *times, _text("body"))
    _index("ux_papers_id", "id", on="papers", unique=True)
    times = [_big("issued"), _big("revoked", null=True)]
    right = [_text("token_digest"), _text("transfer"), _text("agreement")]
    _create("grants", _key(), *right, *times, _text("body"))
    _index("ux_grants_token_digest", "token_digest", on="grants", unique=True)


def _create_outbox() -> None:
    what = [_text("id"), _text("kind"), _text("queue"), _text("subject")]
    when: _Columns = [_big("due"), _big("created"), _big("attempts"), _text("problem", null=True)]
    content = [_text("payload"), _text("message_type", null=True), _text("message", null=True)]
    _create("tasks", _number(), *what, *when, *content)
    _index("ux_tasks_id", "id", on="tasks", unique=True)
    keys = [_key("issuer"), _key("token_id")]
    _create("used_tokens", *keys, _big("expires"), sqlite_with_rowid=False)
    _index("ix_used_tokens_expires", "expires", on="used_tokens")


def _create_meters() -> None:
    subject = [_text("transfer"), _text("agreement"), _text("dataset"), _text("peer")]
    sums = [_big("size"), _big("rows")]
    _create("served", _key(), *subject, _big("at"), *sums, sa.Column("whole", sa.Boolean(), nullable=False))
    keys = [_key("agreement"), _key("transfer")]
    _create("usages", *keys, _big("requests"), _big("size"), _big("rows"), sqlite_with_rowid=False)
    keys = [_key("jurisdiction"), _key("name"), _key("population"), _key("agreement"), _key("day")]
    _create("counted", *keys, _big("n"), sqlite_with_rowid=False)


def _create_evidence() -> None:
    subject = [_text("kind"), _text("agreement"), _text("transfer", null=True)]
    complete: sa.Column[bool] = sa.Column("complete", sa.Boolean(), nullable=False)
    _create("receipts", _number(), _text("id"), *subject, complete, _big("at"), _text("body"))
    _index("ux_receipts_id", "id", on="receipts", unique=True)
    _index("ix_receipts_agreement", "agreement", "at", "number", on="receipts")
    subjects = [_text(name, null=True) for name in ("agreement", "negotiation", "transfer")]
    _create("events", _place("position"), *subjects, _bytes("leaf"), _text("body"))
    for name in ("agreement", "negotiation", "transfer"):
        known = sa.column(name).is_not(None)
        columns = [name, "position"]
        op.create_index(f"ix_events_{name}", "events", columns, sqlite_where=known, postgresql_where=known)
    _create("log_nodes", _place("level"), _place("position"), _bytes("hash"), sqlite_with_rowid=False)


def _create(table: str, *columns: sa.Column[Any], **options: Any) -> None:
    keys = [column.name for column in columns if column.primary_key]
    op.create_table(table, *columns, sa.PrimaryKeyConstraint(*keys, name=f"pk_{table}"), **options)


def _index(name: str, *columns: str, on: str, unique: bool = False) -> None:
    op.create_index(name, on, list(columns), unique=unique)


def _key(name: str = "id") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), primary_key=True)


def _number() -> sa.Column[int]:
    return sa.Column("number", _BIG, primary_key=True, autoincrement=True)


def _place(name: str) -> sa.Column[int]:
    return sa.Column(name, _BIG, primary_key=True, autoincrement=False)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null)


def _big(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, _BIG, nullable=null)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)
