from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError, TooLargeError
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.codec.v2025_1.reader import Node
from corridor.dsp.codec.v2025_1.shared import read_pids, read_why, write_pids, write_why
from corridor.dsp.messages import TransferSuspension

LIMITS = CodecLimits(reasons=2)


def node(**members):
    return Node(members, "$", LIMITS)


def test_pids_come_provider_first():
    assert read_pids(node(consumerPid="c", providerPid="p")) == ("p", "c")
    assert write_pids(TransferSuspension("m", "p", "c")) == {"providerPid": "p", "consumerPid": "c"}


@pytest.mark.parametrize("missing", ["providerPid", "consumerPid"])
def test_both_pids_are_needed(missing):
    members = {"providerPid": "p", "consumerPid": "c"}
    del members[missing]
    with pytest.raises(MalformedError, match=f"`{missing}` is missing"):
        read_pids(node(**members))


def test_reasons_are_a_list_of_texts_or_of_objects_or_one_alone():
    assert read_why(node(code="1", reason=["a", {"message": "b"}])) == ("1", ("a", "b"))
    assert read_why(node(reason="alone")) == (None, ("alone",))
    assert read_why(node(reason=[])) == (None, ())
    assert read_why(node()) == (None, ())


def test_too_many_reasons_are_refused():
    with pytest.raises(TooLargeError, match=r"\$\.reason"):
        read_why(node(reason=["a"] * 3))


def test_a_code_is_a_text():
    with pytest.raises(MalformedError, match=r"\$\.code"):
        read_why(node(code=409))


def test_no_empty_list_of_reasons_is_written():
    assert write_why(TransferSuspension("m", "p", "c")) == {}
    assert write_why(TransferSuspension("m", "p", "c", "1", ("a",))) == {"code": "1", "reason": ["a"]}
