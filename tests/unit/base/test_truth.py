from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.truth import Truth, all_of, any_of

truths = st.sampled_from(Truth)
many = st.lists(truths)
TRUE, UNKNOWN, FALSE = Truth.TRUE, Truth.UNKNOWN, Truth.FALSE


@pytest.mark.parametrize(("value", "truth"), [(True, TRUE), (False, FALSE), (None, UNKNOWN)])
def test_a_boolean_has_a_truth_value_and_none_is_unknown(value, truth):
    assert Truth.of(value) is truth


@pytest.mark.parametrize(
    ("one", "other", "both", "either"),
    [
        (TRUE, TRUE, TRUE, TRUE),
        (TRUE, UNKNOWN, UNKNOWN, TRUE),
        (TRUE, FALSE, FALSE, TRUE),
        (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
        (UNKNOWN, FALSE, FALSE, UNKNOWN),
        (FALSE, FALSE, FALSE, FALSE),
    ],
)
def test_the_tables_are_kleenes(one, other, both, either):
    assert all_of([one, other]) is all_of([other, one]) is both
    assert any_of([one, other]) is any_of([other, one]) is either


def test_nothing_is_wholly_true_and_in_no_part():
    assert all_of([]) is TRUE
    assert any_of([]) is FALSE
    assert all_of(iter([TRUE, FALSE])) is FALSE


@given(truths)
def test_negation_turns_back_and_leaves_the_unknown(value):
    assert ~~value is value
    assert (~value is value) is (value is UNKNOWN)
    assert isinstance(~value, Truth)


@given(many)
def test_de_morgan_holds(values):
    assert ~all_of(values) is any_of(~value for value in values)
    assert ~any_of(values) is all_of(~value for value in values)


@given(truths, truths, truths)
def test_each_of_the_two_distributes_over_the_other(a, b, c):
    assert all_of([a, any_of([b, c])]) is any_of([all_of([a, b]), all_of([a, c])])
    assert any_of([a, all_of([b, c])]) is all_of([any_of([a, b]), any_of([a, c])])


@given(truths, truths)
def test_each_of_the_two_absorbs_the_other(a, b):
    assert all_of([a, any_of([a, b])]) is a
    assert any_of([a, all_of([a, b])]) is a


@given(many, st.data())
def test_learning_what_was_unknown_never_turns_a_certain_answer(values, data):
    learned = [data.draw(st.sampled_from([TRUE, FALSE])) if value is UNKNOWN else value for value in values]
    for join in (all_of, any_of):
        assert join(values) in (UNKNOWN, join(learned))
