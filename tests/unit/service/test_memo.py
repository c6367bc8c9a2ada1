from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.service.memo import SIZE, Memo


class Work:
    """A computation that counts how often it is done."""

    def __init__(self, result):
        self._result = result
        self.done = 0

    def __call__(self):
        self.done += 1
        return self._result


def test_the_same_work_is_done_once():
    memo, work = Memo(), Work("result")
    assert [memo.get("key", work) for _ in range(3)] == ["result"] * 3
    assert work.done == 1


def test_a_result_of_nothing_is_remembered_too():
    memo, work = Memo(), Work(None)
    assert memo.get("key", work) is memo.get("key", work) is None
    assert work.done == 1


def test_the_one_that_was_not_used_for_longest_goes_first():
    memo, work = Memo(2), Work(1)
    memo.get("a", work)
    memo.get("b", work)
    memo.get("a", work)
    memo.get("c", work)
    assert work.done == 3
    memo.get("a", work)
    assert work.done == 3
    memo.get("b", work)
    assert work.done == 4


def test_a_failure_is_not_remembered():
    memo = Memo()
    with pytest.raises(ZeroDivisionError):
        memo.get("key", lambda: 1 / 0)
    assert memo.get("key", Work("at last")) == "at last"


@given(st.lists(st.integers(0, 300), max_size=500))
def test_a_memo_never_grows_beyond_its_size_and_never_lies(keys):
    memo = Memo()
    for key in keys:
        assert memo.get(key, lambda key=key: key * 2) == key * 2
    assert len(memo._results) <= SIZE
