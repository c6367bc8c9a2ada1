from __future__ import annotations

import dataclasses

import pytest

from corridor.base.json import DEFAULT_LIMITS
from corridor.dsp.codec.limits import CodecLimits


def test_every_limit_has_a_safe_default():
    for limit in dataclasses.fields(CodecLimits):
        assert getattr(CodecLimits(), limit.name) > 0, limit.name


def test_no_limit_of_depth_is_wider_than_that_of_the_parser():
    assert CodecLimits().depth <= DEFAULT_LIMITS.max_depth
    assert CodecLimits().constraint_depth < CodecLimits().depth


def test_limits_cannot_be_changed_under_a_codec():
    with pytest.raises(dataclasses.FrozenInstanceError):
        CodecLimits().depth = 1_000_000
