from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError, TooLargeError
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.codec.v2025_1 import transfer
from corridor.dsp.codec.v2025_1.reader import Node

LIMITS = CodecLimits(properties=2)
PIDS = {"providerPid": "p", "consumerPid": "c"}
REQUEST = {"consumerPid": "c", "agreementId": "g", "format": "HttpData-PULL", "callbackAddress": "https://c.example"}
TOKEN = {"@type": "EndpointProperty", "name": "authorization", "value": "s3cret"}
ADDRESS = {
    "@type": "DataAddress",
    "endpointType": "HTTP",
    "endpoint": "https://d.example",
    "endpointProperties": [TOKEN],
}


def node(**members):
    return Node({"@id": "m", **members}, "$", LIMITS)


def fault(call):
    with pytest.raises((MalformedError, TooLargeError)) as caught:
        call()
    assert "s3cret" not in str(caught.value), "an error must not show a token"
    return caught.value.place


def test_a_request_says_agreement_format_and_callback_address():
    read = transfer.read_request(node(**REQUEST))
    assert (read.agreement_id, read.format, read.callback, read.data_address) == (
        "g",
        "HttpData-PULL",
        "https://c.example",
        None,
    )
    assert transfer.write_request(read, LIMITS) == REQUEST


@pytest.mark.parametrize("missing", REQUEST)
def test_nothing_of_that_may_be_missing(missing):
    assert fault(lambda: transfer.read_request(node(**{**REQUEST, missing: None}))) == f"$.{missing}"


def test_a_data_address_goes_there_and_back():
    read = transfer.read_start(node(**PIDS, dataAddress=ADDRESS))
    assert read.data_address.property("authorization") == "s3cret"
    assert transfer.write_start(read, LIMITS) == {**PIDS, "dataAddress": ADDRESS}


def test_a_data_address_needs_only_its_type():
    least = {"@type": "DataAddress", "endpointType": "HTTP"}
    read = transfer.read_start(node(**PIDS, dataAddress={**least, "endpointProperties": []}))
    assert transfer.write_start(read, LIMITS) == {**PIDS, "dataAddress": least}


def test_a_start_may_come_without_an_address():
    assert transfer.write_start(transfer.read_start(node(**PIDS, dataAddress=None)), LIMITS) == PIDS


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://d.example", "$.dataAddress"),
        ({}, "$.dataAddress.@type"),
        ({"@type": "DataAddress"}, "$.dataAddress.endpointType"),
        ({**ADDRESS, "endpoint": 5}, "$.dataAddress.endpoint"),
        ({**ADDRESS, "endpointProperties": [TOKEN] * 3}, "$.dataAddress.endpointProperties"),
        ({**ADDRESS, "endpointProperties": ["s3cret"]}, "$.dataAddress.endpointProperties[0]"),
        (
            {**ADDRESS, "endpointProperties": [{"name": "a", "value": "s3cret"}]},
            "$.dataAddress.endpointProperties[0].@type",
        ),
        (
            {**ADDRESS, "endpointProperties": [{**TOKEN, "value": ["s3cret"]}]},
            "$.dataAddress.endpointProperties[0].value",
        ),
        ({**ADDRESS, "endpointProperties": [{**TOKEN, "name": ""}]}, "$.dataAddress.endpointProperties[0].name"),
    ],
)
def test_a_data_address_of_another_shape_is_refused_without_showing_it(address, place):
    assert fault(lambda: transfer.read_start(node(**PIDS, dataAddress=address))) == place


def test_a_completion_says_only_the_pids():
    assert transfer.write_completion(transfer.read_completion(node(**PIDS)), LIMITS) == PIDS


@pytest.mark.parametrize("read", [transfer.read_suspension, transfer.read_termination])
def test_a_suspension_and_a_termination_say_why(read):
    message = read(node(**PIDS, code="1", reason=["late"]))
    assert (message.message_id, message.code, message.reasons) == ("m", "1", ("late",))
    assert transfer.write_end(message, LIMITS) == {**PIDS, "code": "1", "reason": ["late"]}
