"""Transfer messages on the wire; the order of reading is that of the negotiation messages."""

from __future__ import annotations

from typing import Any

from corridor.base.ids import AgreementId, ProcessId
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.codec.v2025_1.gate import message_id_of
from corridor.dsp.codec.v2025_1.reader import Node
from corridor.dsp.codec.v2025_1.shared import read_pids, read_why, write_pids, write_why
from corridor.dsp.messages import (
    DataAddress,
    TransferCompletion,
    TransferRequest,
    TransferStart,
    TransferSuspension,
    TransferTermination,
)


def read_request(root: Node) -> TransferRequest:
    """A `TransferRequestMessage`."""
    return TransferRequest(
        message_id=message_id_of(root),
        consumer_pid=ProcessId(root.need("consumerPid").identifier()),
        agreement_id=AgreementId(root.need("agreementId").identifier()),
        format=root.need("format").text(),
        callback=root.need("callbackAddress").url(),
        data_address=_find_data_address(root),
    )


def write_request(message: TransferRequest, _limits: CodecLimits) -> dict[str, Any]:
    """The members of a `TransferRequestMessage`."""
    return {
        "consumerPid": message.consumer_pid,
        "agreementId": message.agreement_id,
        "format": message.format,
        "callbackAddress": message.callback,
        **_write_data_address(message.data_address),
    }


def read_start(root: Node) -> TransferStart:
    """A `TransferStartMessage`."""
    return TransferStart(message_id_of(root), *read_pids(root), _find_data_address(root))


def write_start(message: TransferStart, _limits: CodecLimits) -> dict[str, Any]:
    """The members of a `TransferStartMessage`."""
    return {**write_pids(message), **_write_data_address(message.data_address)}


def read_completion(root: Node) -> TransferCompletion:
    """A `TransferCompletionMessage`."""
    return TransferCompletion(message_id_of(root), *read_pids(root))


def write_completion(message: TransferCompletion, _limits: CodecLimits) -> dict[str, Any]:
    """The members of a `TransferCompletionMessage`."""
    return write_pids(message)


def read_suspension(root: Node) -> TransferSuspension:
    """A `TransferSuspensionMessage`."""
    return TransferSuspension(message_id_of(root), *read_pids(root), *read_why(root))


def read_termination(root: Node) -> TransferTermination:
    """A `TransferTerminationMessage`."""
    return TransferTermination(message_id_of(root), *read_pids(root), *read_why(root))


def write_end(message: TransferSuspension | TransferTermination, _limits: CodecLimits) -> dict[str, Any]:
    """The members of a `TransferSuspensionMessage` or a `TransferTerminationMessage`."""
    return {**write_pids(message), **write_why(message)}


def _find_data_address(root: Node) -> DataAddress | None:
    node = root.find("dataAddress")
    if node is None:
        return None
    node.expect_type("DataAddress")
    properties = node.find_items("endpointProperties", node.limits.properties)
    return DataAddress(
        endpoint_type=node.need("endpointType").text(),
        endpoint=node.find_text("endpoint"),
        properties=tuple(_read_property(entry) for entry in properties),
    )


def _read_property(node: Node) -> tuple[str, str]:
    node.expect_type("EndpointProperty")
    return node.need("name").text(), node.need("value").text()


def _write_data_address(address: DataAddress | None) -> dict[str, Any]:
    if address is None:
        return {}
    written: dict[str, Any] = {"@type": "DataAddress", "endpointType": address.endpoint_type}
    if address.endpoint is not None:
        written["endpoint"] = address.endpoint
    if address.properties:
        written["endpointProperties"] = [
            {"@type": "EndpointProperty", "name": name, "value": value} for name, value in address.properties
        ]
    return {"dataAddress": written}
