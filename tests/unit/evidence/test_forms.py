from __future__ import annotations

import enum
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError
from corridor.base.truth import Truth
from corridor.evidence import forms
from corridor.evidence.forms import choice_of, read_members

BLAKE3 = forms.Blake3.__metadata__[0]
SHA256 = forms.Sha256.__metadata__[0]
WORD = forms.Word.__metadata__[0]

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
ALL_FORMS = (
    forms.ID, forms.TEXT, forms.FLAG, forms.INSTANT, forms.DAY, forms.TRUTH, forms.COUNT, BLAKE3, SHA256, WORD,
)  # fmt: skip


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


@given(JSON_VALUES, st.sampled_from(ALL_FORMS))
def test_a_value_is_refused_or_written_again_as_it_was(value, form):
    try:
        read = form.read(value, "place")
    except MalformedError:
        return
    assert form.write(read) == value


@pytest.mark.parametrize(
    ("form", "value"),
    [
        (forms.ID, "urn:uuid:1"), (forms.TEXT, ""), (forms.FLAG, False), (forms.COUNT, 2**53 - 1),
        (SHA256, "sha-256:" + "0" * 64), (BLAKE3, "blake3:" + "0" * 64), (WORD, "dspace:FINALIZED"),
    ],
)  # fmt: skip
def test_a_value_in_its_form_is_read_as_it_is(form, value):
    assert form.read(value, "place") == value
    assert form.write(value) == value


@pytest.mark.parametrize("form", ALL_FORMS)
def test_a_refusal_says_where(form):
    with pytest.raises(MalformedError) as refused:
        form.read({}, "place")
    assert refused.value.place == "place"


@given(st.datetimes(timezones=st.sampled_from([timezone(timedelta(hours=hours)) for hours in (-5, 0, 8)])))
def test_an_instant_is_written_in_utc_and_read_back(instant):
    try:
        written = forms.INSTANT.write(instant)
    except OverflowError:  # the first and last hours of the calendar have no instant in UTC
        return
    assert forms.INSTANT.read(written, "at") == instant


@pytest.mark.parametrize(
    "text", ["2026-11-22T11:00:00+01:00", "2026-11-22T10:00:00.0Z", "2026-11-22T10:00:00+00:00", "2026-11-22", 5, None]
)
def test_another_way_to_write_an_instant_is_refused(text):
    with pytest.raises(MalformedError):
        forms.INSTANT.read(text, "at")


@pytest.mark.parametrize("truth", list(Truth))
def test_truth_values_are_written_as_words(truth):
    assert forms.TRUTH.write(truth) == truth.name.lower()
    assert forms.TRUTH.read(truth.name.lower(), "holds") is truth


@pytest.mark.parametrize("value", [True, "TRUE", "maybe", 2, None, ["true"]])
def test_no_other_word_is_a_truth_value(value):
    with pytest.raises(MalformedError, match="neither"):
        forms.TRUTH.read(value, "holds")


@pytest.mark.parametrize("value", [-1, 2**53, True, 1.0, "1", None])
def test_a_count_is_a_whole_number_that_every_reader_keeps(value):
    with pytest.raises(MalformedError, match="whole number"):
        forms.COUNT.read(value, "size")


def test_a_flag_is_no_number():
    with pytest.raises(MalformedError, match="neither true nor false"):
        forms.FLAG.read(1, "complete")


def test_a_text_is_no_other_value():
    with pytest.raises(MalformedError, match="not a string"):
        forms.TEXT.read(None, "text")


def test_a_day_is_read_back():
    assert forms.DAY.read(forms.DAY.write(date(2026, 2, 28)), "day") == date(2026, 2, 28)


@pytest.mark.parametrize("word", ["", "1st", "two words", "a" * 129, "naïve", "line\n", None])
def test_a_word_is_for_machines(word):
    with pytest.raises(MalformedError, match="is not a word"):
        WORD.read(word, "state")


@pytest.mark.parametrize("text", ["blake3:" + "A" * 64, "blake3:" + "a" * 63, "sha-256:" + "a" * 64, None])
def test_a_blake3_digest_names_its_algorithm(text):
    with pytest.raises(MalformedError, match="BLAKE3"):
        BLAKE3.read(text, "blake3")


def test_a_choice_is_one_of_its_values():
    form = choice_of(Colour)
    assert form.read(form.write(Colour.BLUE), "colour") is Colour.BLUE
    for value in ("green", "RED", None, ["red"]):
        with pytest.raises(MalformedError, match="is none of red, blue"):
            form.read(value, "colour")


def test_an_object_has_its_members_and_no_others():
    assert read_members({"a": 1, "b": 2}, "place", required=("a",), optional=("b",)) == {"a": 1, "b": 2}
    with pytest.raises(MalformedError, match="no member `a`"):
        read_members({"b": 2}, "place", required=("a",), optional=("b",))
    with pytest.raises(MalformedError, match="unknown member `c`"):
        read_members({"a": 1, "c": 2}, "place", required=("a",), optional=("b",))
    with pytest.raises(MalformedError, match="not a JSON object"):
        read_members([], "place", required=())


def test_naive_times_are_not_confused_with_utc():
    assert forms.INSTANT.read("2026-11-22T10:00:00Z", "at") != datetime(2026, 11, 22, 10, 0, 0)
