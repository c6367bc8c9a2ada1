from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError
from corridor.dataplane.pattern import LONGEST_VALUE, parse_pattern


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"[A-Z]R?\d{1,2}/\d{4,5}/\d{2}", "A12/00017/20", "A12/00017/201"),
        (r"(A|SR)\d+", "SR007", "R7"),
        (r"(?:ab)?c.", "abcx", "abc"),
        (r"[^\]\d]{2}", "xy", "x]"),
        (r"[]a]\.", "].", "a!"),
        (r"(ab|c){0,3}", "cabc", "cabcc"),
        (r"a{3}\{", "aaa{", "aa{"),
        (r"\w+ ?\S", "abc d", "a  b"),
        (r"", "", "x"),
        (r"é|ß", "ß", "s"),
    ],
)
def test_a_pattern_matches_all_of_a_value_or_not(pattern, good, bad):
    parsed = parse_pattern(pattern, "$")
    assert parsed.matches(good)
    assert not parsed.matches(bad)


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+", "(a*)*b", "(.*)(.*)(.*)x", r"\d*\d*\d*", "(a|a){30}", "(a?){20}", "a?" * 20, "(a|b|ab){0,200}", ".+.+.+"],
)
def test_a_pattern_with_too_many_ways_is_refused(pattern):
    with pytest.raises(MalformedError, match="more than 10000 ways"):
        parse_pattern(pattern, "$.columns.x.pattern")


@pytest.mark.parametrize(
    "pattern",
    ["(", ")", "a)", "(a", "[", "[]", "[a", "[[:alpha:]]", "*a", "a**", "a+?", "a{2,1}", "{", "}", "a{,3}", "^a", "a$",
     r"(a)\1", "(?=a)", "(?<n>a)", "(?i)a", r"\b", r"\Z", r"\x41", "\\", "a|*", "(" * 40 + ")" * 40, "[z-a]",
     "a" * 300],
)  # fmt: skip
def test_what_is_no_allowed_pattern_is_refused_with_its_place(pattern):
    with pytest.raises(MalformedError) as caught:
        parse_pattern(pattern, "$.columns.x.pattern")
    assert caught.value.place == "$.columns.x.pattern"


def test_a_value_that_is_too_long_does_not_match():
    assert parse_pattern("a*", "$").matches("a" * LONGEST_VALUE)
    assert not parse_pattern("a*", "$").matches("a" * (LONGEST_VALUE + 1))


@given(st.text("ab()[]{}|?*+.\\d,1-^", max_size=12), st.text("ab1", max_size=LONGEST_VALUE))
def test_every_accepted_pattern_is_one_of_pythons_and_answers_soon(pattern, value):
    try:
        parsed = parse_pattern(pattern, "$")
    except MalformedError:
        return
    begun = time.process_time()
    assert parsed.matches(value) == bool(re.fullmatch(pattern, value))
    assert time.process_time() - begun < 1
