from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.dataplane.gtin import check_digit, is_gtin

DIGITS = st.sampled_from([7, 11, 12, 13]).flatmap(lambda n: st.text("0123456789", min_size=n, max_size=n))


@pytest.mark.parametrize("text", ["8715658002512", "96385074", "012345678905", "10012345678902", "4006381333931"])
def test_real_numbers_are_gtins(text):
    assert is_gtin(text)


@pytest.mark.parametrize(
    "text", ["", "7802694520", "871565899960", "8715658002513", " 8715658002512", "٨٧١٥٦٥٨٠", "8715658O02512", "²" * 8]
)
def test_other_lengths_wrong_check_digits_and_other_characters_are_none(text):
    assert not is_gtin(text)


@given(DIGITS)
def test_of_ten_last_digits_exactly_one_makes_a_gtin(digits):
    assert [last for last in range(10) if is_gtin(f"{digits}{last}")] == [check_digit(digits)]


@given(DIGITS, st.data())
def test_a_single_wrong_digit_is_found(digits, data):
    good = f"{digits}{check_digit(digits)}"
    at = data.draw(st.integers(0, len(good) - 1))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != good[at]]))
    assert not is_gtin(good[:at] + wrong + good[at + 1 :])


@given(st.text(max_size=20))
def test_any_text_is_judged(text):
    assert is_gtin(text) in (True, False)
