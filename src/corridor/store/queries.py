"""Every statement as a SQLAlchemy expression over `schema`, and as text in `statements`, which `render` writes.

`python -m corridor.store.queries > src/corridor/store/statements.py` renews that file; a test holds the two together.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import (
    Column,
    Table,
    Text,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.sql import ClauseElement

from corridor.service.ports import MOST_TERMS
from corridor.store import schema as s

_HEADER: Final = '''"""The statements that SQLite runs, compiled from `queries` and never edited by hand.

They are kept as text so that a node starts without SQLAlchemy (0.3 s and 28 MB). `python -m corridor.store.queries`
writes this file, and a test proves that it says what `queries` says.
"""

from __future__ import annotations

from typing import Final
'''

_WIDTH: Final = 116
_FILLED_IN: Final = frozenset({"number", "owner"})
"""Columns that the database fills in: the place of a row, and the replica that has a task."""


def _values(table: Table) -> dict[str, Any]:
    """A parameter for every column that the caller fills in, by the column's name."""
    return {column.name: bindparam(column.name) for column in table.columns if column.name not in _FILLED_IN}


def _add(table: Table) -> Any:
    """Insert, or do nothing where a row of the same key is there: the caller counts the rows."""
    return insert(table).values(_values(table)).on_conflict_do_nothing()


def _replace(table: Table) -> Any:
    """Replace the version that the writer read."""
    changed = {name: value for name, value in _values(table).items() if name != "id"}
    return update(table).where(table.c.id == bindparam("key"), table.c.version == bindparam("replaces")).values(changed)


def _put(table: Table) -> Any:
    """Insert, or replace the row of the same id; it keeps its number, and so its place."""
    statement = insert(table).values(_values(table))
    changed = {name: statement.excluded[name] for name in _values(table) if name != "id"}
    return statement, changed


def _upsert(table: Table) -> Any:
    statement, changed = _put(table)
    return statement.on_conflict_do_update(index_elements=["id"], set_=changed)


def _put_receipt() -> Any:
    statement, changed = _put(s.receipts)
    return statement.on_conflict_do_update(index_elements=["id"], set_=changed, where=s.receipts.c.complete.is_(False))


def _put_letter() -> Any:
    statement = insert(s.dead_letters).values(_values(s.dead_letters))
    changed = {name: statement.excluded[name] for name in ("at", "body")}
    return statement.on_conflict_do_update(index_elements=["subscription", "position"], set_=changed)


def _letters() -> Any:
    """The dead letters of a subscription, page by page."""
    table = s.dead_letters
    following = _body(table, "subscription").where(table.c.position > bindparam("after"))
    return _limited(following.order_by(table.c.position))


def _add_usage() -> Any:
    statement = insert(s.usages).values(_values(s.usages))
    sums = {name: s.usages.c[name] + statement.excluded[name] for name in ("requests", "size", "rows")}
    return statement.on_conflict_do_update(index_elements=["agreement", "transfer"], set_=sums)


def _put_counted() -> Any:
    statement = insert(s.counted).values(_values(s.counted))
    return statement.on_conflict_do_update(
        index_elements=["jurisdiction", "name", "population", "agreement", "day"],
        set_={"n": statement.excluded.n},
        where=s.counted.c.n < statement.excluded.n,
    )


def _body(table: Table, *keys: str) -> Any:
    """The records whose columns `keys` equal the parameters of the same names."""
    return select(table.c.body).where(*(table.c[key] == bindparam(key) for key in keys))


def _limited(query: Any) -> Any:
    """At most `limit` rows; the offset is spelled out because SQLAlchemy would make a parameter of it."""
    return query.limit(bindparam("limit")).offset(literal_column("0"))


def _page(table: Table, *keys: str) -> Any:
    return _limited(_body(table, *keys).where(table.c.id > bindparam("after")).order_by(table.c.id))


def _before(table: Table, *keys: str) -> Any:
    """A page of a walk from greater ids to smaller ones."""
    return _limited(_body(table, *keys).where(table.c.id < bindparam("start")).order_by(table.c.id.desc()))


def _after(table: Table, *keys: str) -> Any:
    return _limited(_body(table, *keys).where(table.c.id > bindparam("start")).order_by(table.c.id))


def _found(*, backwards: bool) -> Any:
    """Datasets along the entries of the first term, each with its body if it has the other terms, or else null.

    An unused term is empty text, and then nothing is looked up.
    """
    entry = s.dataset_terms.alias("entry")
    others = [_has(entry, f"term{number}") for number in range(1, MOST_TERMS)]
    body = select(s.datasets.c.body).where(s.datasets.c.id == entry.c.dataset).scalar_subquery()
    start: Any = bindparam("start")
    on_the_way, order = (
        (entry.c.dataset < start, entry.c.dataset.desc()) if backwards else (entry.c.dataset > start, entry.c.dataset)
    )
    found = select(entry.c.dataset, case((and_(*others), body)).label("body"))
    return _limited(found.where(entry.c.term == bindparam("term0"), on_the_way).order_by(order))


def _has(entry: Any, term: str) -> Any:
    other = s.dataset_terms.alias(term)
    looked_up = select(_literal(1)).where(other.c.term == bindparam(term), other.c.dataset == entry.c.dataset)
    return or_(bindparam(term, type_=Text) == literal_column("''"), looked_up.exists())


def _term_size() -> Any:
    """How many entries a term has, counted up to the limit."""
    entries = _limited(select(s.dataset_terms.c.dataset).where(s.dataset_terms.c.term == bindparam("term")))
    return select(func.count().label("n")).select_from(entries.subquery("entries"))


def _counted() -> Any:
    """Per population the greatest count within a window."""
    table = s.counted
    return (
        select(table.c.population, func.max(table.c.n).label("n"))
        .where(
            table.c.jurisdiction == bindparam("jurisdiction"),
            table.c.name == bindparam("name"),
            table.c.day >= bindparam("start"),
            table.c.day <= bindparam("end"),
        )
        .group_by(table.c.population)
    )


def _positions(condition: Any) -> Any:
    return select(s.events.c.position).where(condition, s.events.c.position > bindparam("after"))


def _events_of() -> Any:
    """Events that name the agreement, its negotiation or one of its transfers; each arm runs along its own index."""
    agreement: Any = bindparam("agreement")
    negotiation = select(s.agreements.c.negotiation).where(s.agreements.c.id == agreement).scalar_subquery()
    transfers = select(s.transfers.c.id).where(s.transfers.c.agreement == agreement)
    arms = union(
        _positions(s.events.c.agreement == agreement),
        _positions(s.events.c.negotiation == negotiation),
        _positions(s.events.c.transfer.in_(transfers)),
    )
    found = _limited(arms.order_by("position")).subquery("found")
    return (
        select(s.events.c.position, s.events.c.body)
        .join_from(found, s.events, s.events.c.position == found.c.position)
        .order_by(s.events.c.position)
    )


def _events() -> Any:
    table = s.events
    following = select(table.c.position, table.c.body).where(table.c.position > bindparam("after"))
    return _limited(following.order_by(table.c.position))


def _log_size() -> Any:
    return select(func.coalesce(func.max(s.events.c.position) + _literal(1), _literal(0)).label("size"))


def _counted_sum() -> Any:
    return select(func.coalesce(func.sum(_counted().subquery("greatest").c.n), _literal(0)).label("n"))


def _literal(number: int) -> Any:
    return literal_column(str(number))


def task_columns() -> tuple[Column[Any], ...]:
    """The columns of a task as `rows.task_from` reads them."""
    return tuple(column for column in s.tasks.columns if column.name not in _FILLED_IN)


_TASK: Final = select(*task_columns())

STATEMENTS: Final[Mapping[str, ClauseElement]] = {
    "ADD_NEGOTIATION": _add(s.negotiations),
    "REPLACE_NEGOTIATION": _replace(s.negotiations),
    "ADD_AGREEMENT": _add(s.agreements),
    "REPLACE_AGREEMENT": _replace(s.agreements),
    "ADD_TRANSFER": _add(s.transfers),
    "REPLACE_TRANSFER": _replace(s.transfers),
    "ADD_DATASET": _add(s.datasets),
    "REPLACE_DATASET": _replace(s.datasets),
    "FORGET_TERMS": delete(s.dataset_terms).where(s.dataset_terms.c.dataset == bindparam("dataset")),
    "ADD_TERM": _add(s.dataset_terms),
    "ADD_PAPER": _add(s.papers),
    "REPLACE_PAPER": _replace(s.papers),
    "ADD_SUBSCRIPTION": _add(s.subscriptions),
    "REPLACE_SUBSCRIPTION": _replace(s.subscriptions),
    "DROP_SUBSCRIPTION": delete(s.subscriptions).where(s.subscriptions.c.id == bindparam("id")),
    "PUT_LETTER": _put_letter(),
    "DROP_LETTER": delete(s.dead_letters).where(
        s.dead_letters.c.subscription == bindparam("subscription"), s.dead_letters.c.position == bindparam("position")
    ),
    "DROP_LETTERS": delete(s.dead_letters).where(s.dead_letters.c.subscription == bindparam("id")),
    "PUT_TASK": _upsert(s.tasks),
    "DROP_TASK": delete(s.tasks).where(s.tasks.c.id == bindparam("id")),
    "ADD_GRANT": _add(s.grants),
    "PUT_GRANT": _upsert(s.grants),
    "ADD_SERVED": _add(s.served),
    "ADD_USAGE": _add_usage(),
    "PUT_COUNTED": _put_counted(),
    "PUT_RECEIPT": _put_receipt(),
    "APPEND_EVENT": insert(s.events).values(_values(s.events)),
    "ADD_LOG_NODE": insert(s.log_nodes).values(_values(s.log_nodes)),
    "FORGET_USED": delete(s.used_tokens).where(s.used_tokens.c.expires < bindparam("now")),
    "USE_ONCE": _add(s.used_tokens),
    "NEGOTIATION": _body(s.negotiations, "id"),
    "NEGOTIATION_BY_PEER": _body(s.negotiations, "peer", "peer_pid"),
    "NEGOTIATIONS": _page(s.negotiations),
    "NEGOTIATIONS_HELD": _page(s.negotiations).where(s.negotiations.c.held.is_not(None)),
    "AGREEMENT": _body(s.agreements, "id"),
    "AGREEMENTS": _page(s.agreements),
    "TRANSFER": _body(s.transfers, "id"),
    "TRANSFER_BY_PEER": _body(s.transfers, "peer", "peer_pid"),
    "TRANSFERS": _page(s.transfers),
    "TRANSFERS_HELD": _page(s.transfers).where(s.transfers.c.held.is_not(None)),
    "TRANSFERS_OF": _page(s.transfers, "agreement"),
    "DATASET": _body(s.datasets, "id"),
    "DATASETS": _page(s.datasets),
    "DATASETS_ON_OFFER": _page(s.datasets).where(s.datasets.c.withdrawn.is_(None)),
    "ON_OFFER": _after(s.datasets).where(s.datasets.c.withdrawn.is_(None)),
    "ON_OFFER_BEFORE": _before(s.datasets).where(s.datasets.c.withdrawn.is_(None)),
    "FOUND": _found(backwards=False),
    "FOUND_BEFORE": _found(backwards=True),
    "TERM_SIZE": _term_size(),
    "PAPER": _body(s.papers, "id"),
    "PAPERS": _body(s.papers).order_by(s.papers.c.number),
    "TASKS": _limited(_TASK.order_by(s.tasks.c.number)),
    "TASK": _TASK.where(s.tasks.c.id == bindparam("id")),
    "GRANT": _body(s.grants, "id"),
    "GRANT_BY_DIGEST": _body(s.grants, "token_digest"),
    "USAGE": select(s.usages.c.requests, s.usages.c.size, s.usages.c.rows).where(
        s.usages.c.agreement == bindparam("agreement"), s.usages.c.transfer == bindparam("transfer")
    ),
    "COUNTED": _counted(),
    "COUNTED_SUM": _counted_sum(),
    "RECEIPT": _body(s.receipts, "id"),
    "RECEIPTS": _body(s.receipts, "agreement").order_by(s.receipts.c.at, s.receipts.c.number),
    "SUBSCRIPTION": _body(s.subscriptions, "id"),
    "SUBSCRIPTIONS": _page(s.subscriptions),
    "LETTERS": _letters(),
    "EVENTS": _events(),
    "EVENTS_OF": _events_of(),
    "LOG_SIZE": _log_size(),
    "LEAF": select(s.events.c.leaf).where(s.events.c.position == bindparam("position")),
    "LOG_NODE": select(s.log_nodes.c.hash).where(
        s.log_nodes.c.level == bindparam("level"), s.log_nodes.c.position == bindparam("position")
    ),
}
"""Every statement by the name that it has in `statements`."""


def compiled(statement: ClauseElement) -> str:
    """The text of one statement for SQLite with named parameters, on one line."""
    return " ".join(str(statement.compile(dialect=dialect(paramstyle="named"))).split())


def render() -> str:
    """The text of the module `statements`."""
    return _HEADER + "".join(_constant(name, compiled(statement)) for name, statement in STATEMENTS.items())


def _constant(name: str, sql: str) -> str:
    lines = textwrap.wrap(sql, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return f'\n{name}: Final = """\n' + "\n".join(lines) + '\n"""\n'


if __name__ == "__main__":
    sys.stdout.write(render())
