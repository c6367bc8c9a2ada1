from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.http.shares import Shares


def take_all(share):
    taken = 0
    while share.take():
        taken += 1
    return taken


def test_half_of_the_places_are_kept_for_their_members_and_the_others_go_to_whoever_comes_first():
    shares = Shares(100, 5)
    greedy, *others = (shares.member() for _ in range(5))
    assert take_all(greedy) == 60
    assert [take_all(other) for other in others] == [10, 10, 10, 10]


def test_a_place_that_is_given_back_can_be_taken_by_whoever_may_have_it():
    shares = Shares(4, 2)
    one, two = shares.member(), shares.member()
    assert (take_all(one), take_all(two)) == (3, 1)
    one.give_back()
    assert two.take()
    assert not one.take()
    two.give_back()
    two.give_back()
    assert (take_all(one), take_all(two)) == (1, 1)


@pytest.mark.parametrize(("total", "members"), [(1, 1), (1, 3), (2, 50), (0, 1)])
def test_every_member_has_a_place_however_few_there_are(total, members):
    shares = Shares(total, members)
    assert all(take_all(share) >= 1 for share in [shares.member() for _ in range(members)])


@given(total=st.integers(1, 40), members=st.integers(1, 6), moves=st.lists(st.tuples(st.integers(0, 5), st.booleans())))
def test_there_are_never_more_places_than_there_are_nor_fewer_than_are_kept(total, members, moves):
    shares = Shares(total, members)
    holders = [shares.member() for _ in range(members)]
    held = [0] * members
    for number, takes in moves:
        who = number % members
        if takes:
            got = holders[who].take()
            assert got or held[who] >= shares.kept
            held[who] += got
        elif held[who]:
            holders[who].give_back()
            held[who] -= 1
        assert sum(held) <= max(total, members)
