from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError
from corridor.base.reasons import Verified
from corridor.law.case_source import cases_of
from corridor.law.source import read_yaml

BASE = (
    "{id: a, source: s, verified: official, as_of: 2026-01-01, "
    "facts: {data: {counts: [{n: 1}]}}, expect: {outcome: ALLOWED}}"
)


def cases(*texts):
    return tuple(cases_of(read_yaml("cases: [" + ", ".join(texts) + "]", "c.yaml"), "XA"))


def test_a_case_like_another_takes_over_what_it_does_not_say():
    first, second = cases(
        BASE, '{id: b, like: a, with: {"data.counts[0].n": 2, exporter.role: controller}, expect: {pin: s 1}}'
    )
    assert second.facts == {"data": {"counts": [{"n": 2}]}, "exporter": {"role": "controller"}}
    assert first.facts == {"data": {"counts": [{"n": 1}]}}
    assert (second.source, second.verified, second.as_of) == ("s", Verified.OFFICIAL, first.as_of)
    assert second.expect == {"pin": "s 1"}


def test_counters_may_have_stood_somewhere_before():
    case = cases(BASE.replace("expect:", "previous: {n: 5}, expect:"))[0]
    assert case.previous == {"n": 5}


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ((BASE, BASE), "the case `a` stands twice"),
        (("{id: b, like: a, expect: {}}",), "`a` is no case above this one"),
        ((BASE, "{id: b, like: a, with: {'data.counts[3].n': 2}, expect: {}}"), "points nowhere"),
        ((BASE, "{id: b, like: a, with: {'data.counts.n': 2}, expect: {}}"), "points nowhere"),
        ((BASE, "{id: b, like: a, with: {'data counts': 2}, expect: {}}"), "`data counts` is no path"),
        ((BASE.replace("as_of: 2026-01-01, ", ""),), "a case has no `as_of`"),
        ((BASE.replace("source: s, ", ""),), "a case has no `source`"),
        ((BASE.replace("outcome", "outcom"),), "`outcom` is no field of an expectation; did you mean `outcome`"),
    ],
)
def test_a_case_that_points_nowhere_is_refused(texts, message):
    with pytest.raises(MalformedError, match=message):
        cases(*texts)
