from __future__ import annotations

from corridor.law.codes import COUNTRIES, words


def test_the_codes_are_those_assigned_by_iso_3166_1():
    assert len(COUNTRIES) == 249
    assert all(len(code) == 2 and code.isupper() for code in COUNTRIES)
    assert {"CN", "HK", "MO", "TW", "DE", "NO"} <= COUNTRIES


def test_words_are_split_at_any_space():
    assert words("a  b\n c") == ("a", "b", "c")
