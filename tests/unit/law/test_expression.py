from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import CorridorError, MalformedError, TooLargeError
from corridor.law.expression import Among, Compare, Has, Junction, Literal, Name, Negation, Quantified, located, parse


def tree_of(text):
    return parse(text, "f:1:1")


def test_and_binds_closer_than_or_and_not_closest():
    assert tree_of("a or not b and c") == Junction(
        "or", (Name("a", 0), Junction("and", (Negation(Name("b", 9), 5), Name("c", 15)), 5)), 0
    )


def test_double_negation_is_none():
    assert tree_of("not not a") == Name("a", 8)


def test_comparisons_hold_numbers_days_texts_and_truth():
    assert tree_of("n >= 1_000") == Compare(">=", Name("n", 0), Literal(1000, 5), 2)
    assert tree_of("d < 2026-01-01").right == Literal(date(2026, 1, 1), 4)
    assert tree_of("t == 'a b'").right == Literal("a b", 5)
    assert tree_of("b == true").right == Literal(value=True, at=5)


def test_membership_takes_a_list_or_its_name():
    assert tree_of("x in [a, b]") == Among(Name("x", 0), (Name("a", 6), Name("b", 9)), 2)
    assert tree_of("x in EEA").members == Name("EEA", 5)
    assert tree_of("x not in [a]") == Negation(Among(Name("x", 0), (Name("a", 10),), 2), 2)


def test_codes_with_signs_are_one_name():
    assert tree_of("e.designations has CN:CIIO") == Has(Name("e.designations", 0), Name("CN:CIIO", 19), 15)
    for code in ("GDPR:3(1)", "cn/standard-contract", "AE-DU/DIFC", "ISMS-P"):
        assert tree_of(f"x has {code}").code.text == code


def test_quantifiers_take_a_part_or_a_condition_in_parentheses():
    assert tree_of("xs any personal") == Quantified("any", Name("xs", 0), Name("personal", 7), 3)
    assert tree_of("xs none (a and b)").body == Junction("and", (Name("a", 9), Name("b", 15)), 9)
    assert isinstance(tree_of("xs all not a").body, Negation)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`the end` stands where a name or a value should"),
        ("a and", "f:1:1 character 6: `the end` stands"),
        ("a b", "`b` stands where the end, `and` or `or` should"),
        ("(a", r"`the end` stands where `\)` should"),
        ("a == == b", "`==` stands where a name or a value should"),
        ("a in 5", "the name of a list"),
        ("a in [", "`the end` stands"),
        ("a in [b c]", r"`c` stands where `\]` should"),
        ("a not b", "`b` stands where `in` should"),
        ("a = b", "`= b` is no part of a condition"),
        ("a + b", "is no part of a condition"),
        ("__import__('os')", "stands where the end"),
        ("d == 2026-13-01", "`2026-13-01` is no day"),
        ("and", "`and` stands where a name"),
        ("'open", "is no part of a condition"),
    ],
)
def test_what_is_no_condition_is_refused_at_its_character(text, message):
    with pytest.raises(MalformedError, match=message):
        tree_of(text)


def test_length_and_depth_are_bounded():
    with pytest.raises(TooLargeError, match="at most 2000 characters"):
        tree_of("a" * 2001)
    with pytest.raises(TooLargeError, match="nested deeper"):
        tree_of("(" * 500 + "a" + ")" * 500)
    with pytest.raises(TooLargeError, match="nested deeper"):
        tree_of("x any " * 300 + "a")
    assert tree_of("not " * 400 + "a") == Name("a", 1600)


def test_a_place_names_the_character_from_one():
    assert located("f:1:1", 0) == "f:1:1 character 1"


def refusal_of(action):
    try:
        action()
    except CorridorError as error:
        return error
    return None


@given(st.text(alphabet="ab.()[],=<>'0-9 andornotinhas\n", max_size=60))
def test_any_text_is_parsed_or_refused(text):
    error = refusal_of(lambda: tree_of(text))
    assert error is None or error.place.startswith("f:1:1")
