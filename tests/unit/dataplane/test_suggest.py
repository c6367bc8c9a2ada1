from __future__ import annotations

from corridor.dataplane.suggest import did_you_mean


def test_the_nearest_known_name_is_proposed():
    assert did_you_mean("requird", ["required", "unique"]) == "did you mean `required`?"


def test_nothing_is_proposed_where_nothing_is_near():
    assert did_you_mean("zzz", ["required", "unique"]) is None
    assert did_you_mean("x" * 100_000, ["required"]) is None
