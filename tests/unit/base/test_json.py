from __future__ import annotations

import json
import time
from contextlib import suppress
from types import MappingProxyType

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from corridor.base.errors import CorridorError, LocalError, MalformedError, TooLargeError
from corridor.base.json import MAX_SAFE_INTEGER, JsonLimits, canonical_json, parse_json
from corridor.base.truth import Truth

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER) | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"null", None),
        (b' {"a": [1, 2.5, "\\u00e9", true]} ', {"a": [1, 2.5, "é", True]}),
        ('{"数": "据"}'.encode(), {"数": "据"}),
        (b'"\\ud83d\\ude00"', "😀"),
        (b"-0", 0),
        (b"9007199254740991", MAX_SAFE_INTEGER),
    ],
)
def test_json_is_decoded(data, value):
    assert parse_json(data) == value


def test_values_are_counted_before_they_are_decoded_and_texts_are_not_taken_for_them():
    limits = JsonLimits(max_values=10)
    assert parse_json(b"[" + b"1," * 8 + b"1]", limits) == [1] * 9
    commas = ",[{" * 100 + '\\"' * 9
    assert parse_json(json.dumps([commas, {commas: commas}]).encode(), limits) == [commas, {commas: commas}]
    for many in (b"[" + b"1," * 10 + b"1]", b"[" * 11 + b"]" * 11, b'{"a":{},"b":{},"c":[{},{},[],[]]}', b"," * 11):
        with pytest.raises(TooLargeError, match="at most 10 values"):
            parse_json(many, limits)


@pytest.mark.parametrize("part", [b"1,", b"[],", b'"a",', b"{},", b'{"a":1},', b"null,"])
def test_no_document_of_the_greatest_size_holds_more_values_than_may_be(part):
    limits = JsonLimits(max_bytes=16_777_216)
    with pytest.raises(TooLargeError, match="at most 100000 values"):
        parse_json(b"[" + part * (16_000_000 // len(part)) + b"1]", limits)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"{",
        b"[1,]",
        b"{'a': 1}",
        b"01",
        b"1 2",
        b"\xef\xbb\xbf{}",
        b"\xff\xfe",
        b"\xc0\xaf",
        b'"\x00"',
        b"NaN",
        b"Infinity",
        b"[-Infinity]",
        b"1e400",
        b"-1e400",
        b"9007199254740992",
        b"-9007199254740992",
        b'"\\ud800"',
        b'{"\\udfff": 1}',
        b"undefined",
    ],
)
def test_what_two_readers_could_read_differently_is_refused(data):
    with pytest.raises(MalformedError):
        parse_json(data)


def test_a_fault_has_its_line_and_column():
    with pytest.raises(MalformedError) as caught:
        parse_json(b'{\n "a": tru }')
    assert caught.value.place == "line 2 column 7"


@pytest.mark.parametrize("data", [b'{"a":1,"a":1}', b'[{"x":{"a":1,"b":2,"a":3}}]', b'{"a":1,"\\u0061":2}'])
def test_a_name_that_stands_twice_is_refused_and_named(data):
    with pytest.raises(MalformedError, match="`a` stands twice"):
        parse_json(data)


def test_a_hostile_name_that_stands_twice_is_shown_safely():
    with pytest.raises(MalformedError) as caught:
        parse_json(b'{"\\ud800\\n\\u001b[31m": 1, "\\ud800\\n\\u001b[31m": 2}')
    assert str(caught.value).isprintable()


def test_finding_the_name_that_stands_twice_takes_no_longer_for_standing_last():
    names = [f'"n{place}":0' for place in range(60_000)]
    data = ("{" + ",".join([*names, '"z":0', '"z":0']) + "}").encode()
    started = time.process_time()
    with pytest.raises(MalformedError, match="`z` stands twice"):
        parse_json(data)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("text", ["1" + "0" * 400, "-" + "1" * 65, "0." + "1" * 64, "1" * 5000, "1e" + "0" * 64])
def test_a_number_is_bounded(text):
    with pytest.raises(TooLargeError, match="a number has at most 64 characters"):
        parse_json(text.encode())


def test_the_size_of_a_document_is_bounded():
    limits = JsonLimits(max_bytes=10)
    assert parse_json(b'"12345678"', limits) == "12345678"
    with pytest.raises(TooLargeError, match="at most 10 bytes, this one 11"):
        parse_json(b'"123456789"', limits)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_nesting_is_bounded(opening):
    closing = b"]" if opening == b"[" else b"}"
    parse_json(opening * 64 + b"1" + closing * 64)
    with pytest.raises(TooLargeError, match="deeper than 64"):
        parse_json(opening * 65 + b"1" + closing * 65)


@pytest.mark.parametrize("depth", [900, 10_000, 200_000])
def test_very_deep_nesting_is_refused_whoever_finds_it(depth):
    with pytest.raises(TooLargeError, match="deeper than 64"):
        parse_json(b"[" * depth + b"]" * depth, JsonLimits(max_values=1_000_000))


@given(st.binary())
@example(b"[" * 10_000)
@example(b'{"a":' * 3000)
@example(b"1" * 5000)
def test_whatever_the_bytes_only_our_own_errors_come_out(data):
    with suppress(CorridorError):
        parse_json(data)


@given(st.text("[]{}:,\"'\\ue0123456789-+.tfnal \n", max_size=40))
def test_whatever_nearly_json_only_our_own_errors_come_out(text):
    with suppress(CorridorError):
        parse_json(text.encode())


@given(values)
def test_what_was_encoded_is_decoded_again(value):
    assert parse_json(json.dumps(value).encode()) == value
    assert parse_json(canonical_json(value)) == value


@given(values)
def test_the_canonical_form_is_that_of_rfc_8785(value):
    assert canonical_json(value) == rfc8785.dumps(value)


def test_names_are_ordered_by_utf_16_code_units():
    # RFC 8785 §3.2.3: U+1F600 is a surrogate pair from D83D and so comes before U+FB33.
    assert canonical_json({"\ufb33": 1, "😀": 2, "\r": 3, "1": 4}) == '{"\\r":3,"1":4,"😀":2,"\ufb33":1}'.encode()


@pytest.mark.parametrize("control", [chr(code) for code in range(0x20)] + ["\x7f", '"', "\\", "/", "\u2028"])
def test_control_characters_are_escaped_as_the_rfc_has_it(control):
    assert canonical_json(control) == rfc8785.dumps(control)


def test_mappings_and_sequences_of_any_kind_are_objects_and_arrays():
    assert canonical_json(MappingProxyType({"b": (1, 2), "a": Truth.TRUE})) == b'{"a":2,"b":[1,2]}'


@pytest.mark.parametrize(
    "value",
    [
        0.5,
        1.0,
        float("nan"),
        2**53,
        -(2**53),
        10**400,
        "\ud800",
        {"\ud800": 1},
        {1: 2},
        b"a",
        bytearray(),
        {1, 2},
        object(),
    ],
)
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(LocalError):
        canonical_json([value])
