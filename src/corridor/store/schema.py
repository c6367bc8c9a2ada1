"""The tables, once for every database.

A record is kept whole as JSON in `body`; the columns beside it repeat what is looked up, ordered or held unique.
Instants are whole microseconds since 1970-01-01T00:00Z and days are ISO 8601 text: both sort, compare and index as they
are, in every database. There are no foreign keys: meters and the evidence log outlive what they speak of.

Nothing on the way of a request imports this module, since SQLAlchemy costs 0.3 s and 28 MB at start: see `statements`.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text, column

BIG: Final = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits; SQLite's INTEGER has them, and only a column of that very name can be its row id."""

metadata: Final = MetaData(naming_convention={"pk": "pk_%(table_name)s"})


def _key(name: str = "id") -> Column[str]:
    return Column(name, Text, primary_key=True)


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def _big(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BIG, nullable=null)


def _known(name: str) -> Index:
    """Finds events by a subject; most events lack some, and these cost the index nothing."""
    known = column(name).is_not(None)
    return Index(f"ix_events_{name}", name, "position", sqlite_where=known, postgresql_where=known)


def _held(table: str) -> tuple[Column[int], Index]:
    """Since when a process waits for a person; most do not, and these cost the index nothing."""
    known = column("held").is_not(None)
    index = Index(f"ix_{table}_held", "id", sqlite_where=known, postgresql_where=known)
    return _big("held", null=True), index


def _number() -> Column[int]:
    """Counts rows in the order in which they were inserted."""
    return Column("number", BIG, primary_key=True, autoincrement=True)


negotiations: Final = Table(
    "negotiations",
    metadata,
    _key(),
    _text("role"),
    _text("peer"),
    _text("peer_pid", null=True),
    _text("state", null=True),
    _big("version"),
    _big("created"),
    _big("updated"),
    _text("body"),
    # A partner's first message can arrive twice at once; the second must not open a second process.
    Index("ux_negotiations_peer", "peer", "peer_pid", unique=True),
    *_held("negotiations"),
)

agreements: Final = Table(
    "agreements",
    metadata,
    _key(),
    _text("role"),
    _text("peer"),
    _text("negotiation"),
    _text("dataset"),
    _big("version"),
    _big("concluded"),
    _text("body"),
)

transfers: Final = Table(
    "transfers",
    metadata,
    _key(),
    _text("role"),
    _text("peer"),
    _text("peer_pid", null=True),
    _text("state", null=True),
    _text("agreement"),
    _text("dataset"),
    _big("version"),
    _big("created"),
    _big("updated"),
    _text("body"),
    Index("ux_transfers_peer", "peer", "peer_pid", unique=True),
    Index("ix_transfers_agreement", "agreement", "id"),
    *_held("transfers"),
)

datasets: Final = Table(
    "datasets",
    metadata,
    _key(),
    _big("version"),
    _big("published"),
    _big("withdrawn", null=True),
    _text("body"),
    Index("ix_datasets_withdrawn", "withdrawn", "id"),
)

dataset_terms: Final = Table(
    "dataset_terms",
    metadata,
    # The inverted index of what is on offer (`service.finding`): a withdrawn dataset has no row.
    _key("term"),
    _key("dataset"),
    Index("ix_dataset_terms_dataset", "dataset"),
    sqlite_with_rowid=False,
)

papers: Final = Table(
    "papers",
    metadata,
    _number(),
    _text("id"),
    _text("kind"),
    _big("version"),
    _big("added"),
    _big("revoked", null=True),
    _text("body"),
    Index("ux_papers_id", "id", unique=True),
)

tasks: Final = Table(
    "tasks",
    metadata,
    _number(),
    _text("id"),
    _text("kind"),
    _text("queue"),
    _text("subject"),
    _big("due"),
    _big("created"),
    _big("attempts"),
    _text("problem", null=True),
    _text("payload"),
    _text("message_type", null=True),
    _text("message", null=True),
    _big("parked", null=True),
    # The replica that has the task, and with it its whole queue; null in SQLite, which has one process only.
    _text("owner", null=True),
    Index("ux_tasks_id", "id", unique=True),
    Index("ix_tasks_queue", "queue", "number"),
    Index("ix_tasks_owner", "owner"),
)

owner: Final = Table(
    "owner",
    metadata,
    # Of this key there is one row: who comes first has the database.
    Column("one", BIG, primary_key=True, autoincrement=False),
    _text("participant"),
    sqlite_with_rowid=False,
)

replicas: Final = Table(
    "replicas",
    metadata,
    # The processes on this database that have said lately that they live; what a task names as its owner.
    _key(),
    _big("until"),
    sqlite_with_rowid=False,
)

_REVOKED: Final = column("revoked").is_not(None)

grants: Final = Table(
    "grants",
    metadata,
    _key(),
    _text("token_digest"),
    _text("transfer"),
    _text("agreement"),
    _big("issued"),
    _big("revoked", null=True),
    _text("body"),
    Index("ux_grants_token_digest", "token_digest", unique=True),
    Index("ix_grants_revoked", "revoked", sqlite_where=_REVOKED, postgresql_where=_REVOKED),
)

served: Final = Table(
    "served",
    metadata,
    _key(),
    _text("transfer"),
    _text("agreement"),
    _text("dataset"),
    _text("peer"),
    _big("at"),
    _big("size"),
    _big("rows"),
    Column("whole", Boolean, nullable=False),
)

usages: Final = Table(
    "usages",
    metadata,
    # Sums over `served`, moved in the same transaction; empty text stands for "all", so that an answer is one row.
    _key("agreement"),
    _key("transfer"),
    _big("requests"),
    _big("size"),
    _big("rows"),
    sqlite_with_rowid=False,
)

counted: Final = Table(
    "counted",
    metadata,
    # Only the greatest `n` of a population matters (`Store.counted`), so repeated counts of one day share a row.
    _key("jurisdiction"),
    _key("name"),
    _key("population"),
    _key("agreement"),
    _key("day"),
    _big("n"),
    sqlite_with_rowid=False,
)

receipts: Final = Table(
    "receipts",
    metadata,
    _number(),
    _text("id"),
    _text("kind"),
    _text("agreement"),
    _text("transfer", null=True),
    Column("complete", Boolean, nullable=False),
    _big("at"),
    _text("body"),
    Index("ux_receipts_id", "id", unique=True),
    Index("ix_receipts_agreement", "agreement", "at", "number"),
)

events: Final = Table(
    "events",
    metadata,
    Column("position", BIG, primary_key=True, autoincrement=False),
    _text("agreement", null=True),
    _text("negotiation", null=True),
    _text("transfer", null=True),
    Column("leaf", LargeBinary, nullable=False),
    _text("body"),
    _known("agreement"),
    _known("negotiation"),
    _known("transfer"),
)

log_nodes: Final = Table(
    "log_nodes",
    metadata,
    # Level 0 are the leaves, and these stand in `events`.
    Column("level", BIG, primary_key=True, autoincrement=False),
    Column("position", BIG, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

subscriptions: Final = Table(
    "subscriptions",
    metadata,
    _key(),
    _text("state"),
    _big("version"),
    _big("created"),
    _text("body"),
)

dead_letters: Final = Table(
    "dead_letters",
    metadata,
    _key("subscription"),
    Column("position", BIG, primary_key=True, autoincrement=False),
    _big("at"),
    _text("body"),
    sqlite_with_rowid=False,
)

used_tokens: Final = Table(
    "used_tokens",
    metadata,
    _key("issuer"),
    _key("token_id"),
    _big("expires"),
    Index("ix_used_tokens_expires", "expires"),
    sqlite_with_rowid=False,
)
