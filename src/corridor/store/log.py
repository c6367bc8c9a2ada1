"""The evidence log in SQLite: leaves in `events`, the subtrees above them in `log_nodes`, each written once."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from corridor.base.errors import StorageError
from corridor.evidence.merkle import Frontier, Node
from corridor.store import statements
from corridor.store.rows import Row


def append(connection: sqlite3.Connection, frontier: Frontier, leaves: Sequence[Row]) -> Frontier:
    """Write `leaves` behind the log that `frontier` stands for, within the transaction that is open.

    Returns:
        The frontier after them; it holds once the transaction does.
    """
    for row in leaves:
        position = frontier.size
        frontier, nodes = frontier.append(row["leaf"])
        connection.execute(statements.APPEND_EVENT, {**row, "position": position})
        connection.executemany(statements.ADD_LOG_NODE, [_row(node) for node in nodes if node.level])
    return frontier


def load_frontier(connection: sqlite3.Connection) -> Frontier:
    """The frontier of the log that the database holds.

    Raises:
        StorageError: a subtree is missing.
    """
    ((size,),) = connection.execute(statements.LOG_SIZE).fetchall()
    levels = (level for level in reversed(range(size.bit_length())) if size >> level & 1)
    return Frontier(size, tuple(_peak(connection, size, level) for level in levels))


def find_node(connection: sqlite3.Connection, level: int, position: int) -> bytes | None:
    """The hash of a complete subtree, or None while there is none."""
    where = {"level": level, "position": position}
    found = connection.execute(statements.LOG_NODE if level else statements.LEAF, where).fetchall()
    return bytes(found[0][0]) if found else None


def _peak(connection: sqlite3.Connection, size: int, level: int) -> bytes:
    """The last complete subtree of that level; it is a peak if the bit `level` of `size` is set."""
    peak = find_node(connection, level, (size >> level) - 1)
    if peak is None:
        raise StorageError("the evidence log lacks a hash", remedy="restore the database from a backup")
    return peak


def _row(node: Node) -> Row:
    return {"level": node.level, "position": node.index, "hash": node.hash}
