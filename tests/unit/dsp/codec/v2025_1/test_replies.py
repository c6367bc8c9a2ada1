from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.codec.v2025_1 import replies
from corridor.dsp.codec.v2025_1.reader import Node
from corridor.dsp.messages import CatalogFault, NegotiationAck, NegotiationFault, TransferAck, TransferFault
from corridor.dsp.states import NegotiationState, TransferState

LIMITS = CodecLimits()
PIDS = {"providerPid": "p", "consumerPid": "c"}


def node(**members):
    return Node(members, "$", LIMITS)


@pytest.mark.parametrize("state", NegotiationState)
def test_the_state_of_a_negotiation_goes_there_and_back(state):
    written = replies.write_ack(NegotiationAck("p", "c", state), LIMITS)
    assert written == {**PIDS, "state": state.value}
    assert replies.read_negotiation_ack(node(**written)) == NegotiationAck("p", "c", state.value)


@pytest.mark.parametrize("state", TransferState)
def test_the_state_of_a_transfer_goes_there_and_back(state):
    written = replies.write_ack(TransferAck("p", "c", state), LIMITS)
    assert replies.read_transfer_ack(node(**written)) == TransferAck("p", "c", state.value)


@pytest.mark.parametrize("state", ["STARTED", "requested", 5, ["REQUESTED"], None])
def test_a_state_of_another_protocol_is_refused(state):
    with pytest.raises(MalformedError, match=r"\$\.state"):
        replies.read_negotiation_ack(node(**PIDS, state=state))


def test_an_error_is_read_with_and_without_pids():
    assert replies.read_negotiation_fault(node(**PIDS, code="409")) == NegotiationFault("p", "c", "409")
    assert replies.read_negotiation_fault(node(reason=["x"])) == NegotiationFault(None, None, None, ("x",))
    assert replies.read_transfer_fault(node(**PIDS)) == TransferFault("p", "c")
    assert replies.read_catalog_fault(node(code="404", reason="none")) == CatalogFault("404", ("none",))


def test_an_error_is_written_with_what_is_known():
    assert replies.write_fault(NegotiationFault("p", "c", "409", ("x",)), LIMITS) == {
        **PIDS,
        "code": "409",
        "reason": ["x"],
    }
    assert replies.write_fault(TransferFault(), LIMITS) == {}
    assert replies.write_catalog_fault(CatalogFault("404"), LIMITS) == {"code": "404"}
