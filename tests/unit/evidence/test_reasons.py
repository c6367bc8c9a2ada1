from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import LocalError, MalformedError
from corridor.base.json import canonical_json, parse_json
from corridor.base.reasons import Citation, Reason, Verified
from corridor.base.truth import Truth
from corridor.evidence.reasons import MAX_DEPTH, read_reason, write_reason

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
CITATIONS = st.none() | st.builds(Citation, TEXTS, TEXTS, TEXTS, st.none() | st.sampled_from(Verified))
REASONS = st.recursive(
    st.builds(Reason, TEXTS, TEXTS, st.sampled_from(Truth), CITATIONS),
    lambda inner: st.builds(
        Reason, TEXTS, TEXTS, st.sampled_from(Truth), CITATIONS, st.lists(inner, max_size=3).map(tuple)
    ),
    max_leaves=6,
)
PLAIN = {"code": "c", "text": "t", "holds": "true"}


def nested(depth):
    reason = Reason("c", "t", Truth.TRUE)
    for _ in range(depth - 1):
        reason = Reason("c", "t", Truth.TRUE, None, (reason,))
    return reason


@given(REASONS)
def test_reasons_survive_being_written_as_json(reason):
    assert read_reason(parse_json(canonical_json(write_reason(reason))), "reason") == reason


def test_reasons_as_deep_as_allowed_pass_the_gate():
    assert read_reason(parse_json(canonical_json(write_reason(nested(MAX_DEPTH)))), "reason") == nested(MAX_DEPTH)


def test_deeper_reasons_are_neither_written_nor_read():
    with pytest.raises(LocalError, match="more than 24 deep"):
        write_reason(nested(MAX_DEPTH + 1))
    value = PLAIN
    for _ in range(MAX_DEPTH):
        value = {**PLAIN, "because": [value]}
    with pytest.raises(MalformedError, match="more than 24 deep"):
        read_reason(value, "reason")


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (None, "reason"),
        ({**PLAIN, "more": 1}, "reason"),
        ({**PLAIN, "code": 5}, "reason.code"),
        ({**PLAIN, "holds": True}, "reason.holds"),
        ({**PLAIN, "because": []}, "reason.because"),
        ({**PLAIN, "because": {}}, "reason.because"),
        ({**PLAIN, "because": [PLAIN, 5]}, "reason.because[1]"),
        ({**PLAIN, "citation": None}, "reason.citation"),
        ({**PLAIN, "citation": {"instrument": "i", "pin": "p"}}, "reason.citation"),
        (
            {**PLAIN, "citation": {"instrument": "i", "pin": "p", "title": "", "verified": "x"}},
            "reason.citation.verified",
        ),
    ],
)
def test_what_is_no_reason_is_refused_at_its_place(value, place):
    with pytest.raises(MalformedError) as refused:
        read_reason(value, "reason")
    assert refused.value.place == place
