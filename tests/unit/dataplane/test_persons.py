from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corridor.dataplane.persons import KEY_SIZE, DistinctCounter

KEY = bytes(range(KEY_SIZE))


@given(st.lists(st.text(max_size=5)))
def test_it_counts_what_a_set_counts(values):
    counter = DistinctCounter(KEY)
    for value in values:
        counter.add(value)
    assert len(counter) == len(set(values))


def test_it_grows_and_forgets_nobody():
    counter = DistinctCounter(KEY)
    assert all(counter.add(f"person {n}") for n in range(5000))
    assert not any(counter.add(f"person {n}") for n in range(5000))
    assert len(counter) == 5000


def test_the_count_does_not_depend_on_the_key():
    counters = [DistinctCounter(bytes([n]) * KEY_SIZE) for n in range(3)]
    for counter in counters:
        for name in ("Anna", "Jan", "Anna"):
            counter.add(name)
    assert {len(counter) for counter in counters} == {2}


def test_memory_is_eight_bytes_a_slot():
    counter = DistinctCounter(KEY)
    for n in range(3000):
        counter.add(str(n))
    assert counter._slots.itemsize * len(counter._slots) <= 32 * 3000


def test_a_value_of_undecodable_bytes_is_counted_too():
    counter = DistinctCounter(KEY)
    assert counter.add("\udcff")
    assert not counter.add("\udcff")
