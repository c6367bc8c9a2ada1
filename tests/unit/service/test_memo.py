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


def test_what_was_put_is_found_and_the_least_recently_used_goes_first():
    memo = Memo(2)
    memo.put("a", 1)
    memo.put("b", 2)
    assert (memo.find("a"), memo.find("none")) == (1, None)
    memo.put("c", 3)
    assert [memo.find(key) for key in "abc"] == [1, None, 3]
    memo.put("a", 4)
    assert memo.get("a", lambda: 5) == 4
