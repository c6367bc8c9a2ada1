from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError
from corridor.base.ids import MAX_ID_LENGTH, check_id, printable


@pytest.mark.parametrize(
    "text",
    [
        "did:web:customs.example",
        "did:web:customs.example%3A8443:nodes:1",
        "urn:uuid:6e1f3c1e-0000-4000-8000-000000000000",
        "https://example.org/datasets/alerts?v=2#rows",
        "a",
        "数据集:警报",
        "v1..2",
        "x...y",
        "a" * MAX_ID_LENGTH,
    ],
)
def test_what_names_a_thing_passes_as_it_is(text):
    assert check_id(text, "$.id") == text


@pytest.mark.parametrize("text", [None, "", 7, b"a", ["a"], True])
def test_only_a_non_empty_string_is_an_identifier(text):
    with pytest.raises(MalformedError, match="non-empty string") as caught:
        check_id(text, "$.id")
    assert caught.value.place == "$.id"


@pytest.mark.parametrize(
    "text", ["a b", "a\n", "\ta", "a\x00", "a\x7f", "a\\b", "a\u00a0b", "a\u2028b", "a\x85b", "a\ufeff", "\ud800"]
)
def test_white_space_control_characters_and_backslashes_are_refused(text):
    with pytest.raises(MalformedError, match="cannot be an identifier"):
        check_id(text, "$.id")


@pytest.mark.parametrize(
    "text",
    [
        *(".", "..", "../x", "x/..", "x/../y", "x/./y", "urn:..", "urn:../x", "..?x", "..#x", "x/..#y"),
        *("%2e%2e", "x/%2E%2E/y", "x/.%2e/y", "x/%2e./y", "x/%2e/y", "x/..%2fy", "x%2f..%2fy", "x%2F%2e%2e%5Cy"),
    ],
)
def test_dot_segments_are_refused_plain_or_encoded(text):
    with pytest.raises(MalformedError, match="cannot be an identifier"):
        check_id(text, "$.id")


def test_a_long_identifier_is_refused_without_repeating_it():
    with pytest.raises(MalformedError) as caught:
        check_id("a" * 1_000_000, "$.id")
    assert len(str(caught.value)) < 200


@given(st.text())
def test_what_passes_can_stand_in_a_log_line_and_be_stored(text):
    try:
        checked = check_id(text, "$.id")
    except MalformedError as error:
        assert str(error).isprintable()  # noqa: PT017 - the error is one of two outcomes, each with a property
    else:
        assert checked.encode("utf-8").decode("utf-8") == text
        assert not any(character.isspace() for character in checked)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("plain", "plain"), ("数据", "数据"), ("a\nb", "a\\nb"), ("\x1b[31m", "\\x1b[31m"), ("\ud800", "\\ud800")],
)
def test_text_is_shown_with_everything_unprintable_escaped(text, shown):
    assert printable(text) == shown


def test_text_is_cut_to_the_limit():
    assert printable("a" * 80) == "a" * 80
    assert printable("a" * 81) == "a" * 79 + "…"
    assert printable("\n" * 10, limit=5) == "\\n\\n…"


@given(st.text(), st.integers(1, 100))
def test_what_is_shown_is_printable_and_short_whatever_it_was(text, limit):
    shown = printable(text, limit)
    assert shown.isprintable()
    assert len(shown) <= limit
