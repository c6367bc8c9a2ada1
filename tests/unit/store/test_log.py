from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import StorageError
from corridor.evidence.merkle import Frontier
from corridor.store.log import append, find_node, load_frontier


def leaf(number):
    content = hashlib.sha256(bytes([number % 256, number // 256])).digest()
    return {"agreement": None, "negotiation": None, "transfer": None, "leaf": content, "body": "{}"}


def grown(sizes):
    frontier = Frontier()
    for number in range(sum(sizes)):
        frontier, _ = frontier.append(leaf(number)["leaf"])
    return frontier


def test_an_empty_log_has_the_empty_frontier(connection):
    assert load_frontier(connection) == Frontier()


def test_the_frontier_read_back_is_the_one_that_was_written(connection):
    @given(st.lists(st.integers(0, 40), max_size=5))
    def is_read_back(sizes):
        connection.execute("BEGIN")
        frontier, start = Frontier(), 0
        for size in sizes:
            frontier = append(connection, load_frontier(connection), [leaf(at) for at in range(start, start + size)])
            start += size
        found = load_frontier(connection)
        connection.execute("ROLLBACK")
        assert found == frontier == grown(sizes)

    is_read_back()


def test_leaves_and_subtrees_are_found_once_they_are_complete(connection):
    append(connection, Frontier(), [leaf(0), leaf(1), leaf(2)])
    assert find_node(connection, 0, 2) == leaf(2)["leaf"]
    assert find_node(connection, 1, 0) == grown([2]).peaks[0]
    assert find_node(connection, 1, 1) is None
    assert find_node(connection, 0, 3) is None


@pytest.mark.parametrize("wound", ["DELETE FROM log_nodes", "DELETE FROM events WHERE position = 2"])
def test_a_log_that_lacks_a_hash_is_damaged(connection, wound):
    append(connection, Frontier(), [leaf(number) for number in range(4)])
    connection.execute(wound)
    connection.execute("DELETE FROM events WHERE position = 3 AND ? LIKE '%events%'", (wound,))
    connection.execute("DELETE FROM log_nodes WHERE ? LIKE '%events%'", (wound,))
    with pytest.raises(StorageError, match="the evidence log lacks a hash; restore"):
        load_frontier(connection)
