from __future__ import annotations

import inspect

import pytest

from corridor.evidence.event import from_json, to_json
from corridor.testing import store_samples as a

RECORDS = [
    a.negotiation,
    a.agreement,
    a.transfer,
    a.dataset,
    a.paper,
    a.task,
    a.grant,
    a.receipt,
    a.seen,
    a.subscription,
]


@pytest.mark.parametrize("build", RECORDS, ids=lambda build: build.__name__)
def test_the_same_call_builds_the_same_record(build):
    assert build() == build()
    assert build("urn:uuid:other") != build()


def test_what_is_metered_and_counted_is_what_is_asked_for():
    assert (a.served("s", size=7).size, a.counted(9).n) == (7, 9)


@pytest.mark.parametrize("build", [a.negotiation_event, a.transfer_event, a.receipt_event])
def test_events_can_be_logged(build):
    assert from_json(to_json(build())) == build()


def test_instants_have_a_time_zone():
    assert a.later(60).utcoffset() is not None
    assert (a.later(60) - a.NOW).total_seconds() == 60


def test_every_builder_says_what_it_builds():
    builders = [value for _, value in inspect.getmembers(a, inspect.isfunction) if value.__module__ == a.__name__]
    assert all(builder.__doc__ for builder in builders)
