"""What reads have in common; that they read right, the suite of the port shows for every store."""

from __future__ import annotations

import pytest

from corridor.store import statements
from corridor.store.reading import Reading
from corridor.store.rows import task_row
from corridor.testing import store_samples as a


class Given(Reading):
    """Answers every read with the same rows, and remembers what was asked."""

    def __init__(self, *rows):
        self._given = rows
        self.asked = []

    async def _rows(self, sql, **where):
        self.asked.append((sql, where))
        return self._given


async def test_a_read_is_a_statement_and_its_parameters():
    store = Given()
    assert await store.transfers(agreement="urn:uuid:a1", limit=7) == ()
    assert await store.transfers() == ()
    (first, where), (second, _) = store.asked
    assert (first, second) == (statements.TRANSFERS_OF, statements.TRANSFERS)
    assert where == {"agreement": "urn:uuid:a1", "after": "", "limit": 7}


async def test_rows_of_any_sort_make_a_task():
    row = task_row(a.task())
    assert await Given(list(row.values())).tasks() == (a.task(),)


async def test_a_subtree_without_a_row_is_not_there():
    with pytest.raises(LookupError, match="no complete subtree 3 of level 2"):
        await Given().log_node(2, 3)
    assert await Given([memoryview(b"hash")]).log_node(0, 0) == b"hash"


def test_what_reads_has_to_say_how():
    with pytest.raises(TypeError):
        Reading()
