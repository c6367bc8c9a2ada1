"""Members that negotiation and transfer messages share: the two pids, and why something ended."""

from __future__ import annotations

from typing import Any, Protocol

from corridor.base.ids import ProcessId
from corridor.dsp.codec.v2025_1.reader import Node


class _HasPids(Protocol):
    @property
    def provider_pid(self) -> ProcessId: ...
    @property
    def consumer_pid(self) -> ProcessId: ...


class _HasReasons(Protocol):
    @property
    def code(self) -> str | None: ...
    @property
    def reasons(self) -> tuple[str, ...]: ...


def read_pids(root: Node) -> tuple[ProcessId, ProcessId]:
    """`providerPid` and `consumerPid`, both required."""
    provider_pid, consumer_pid = (root.need(name).identifier() for name in ("providerPid", "consumerPid"))
    return ProcessId(provider_pid), ProcessId(consumer_pid)


def write_pids(message: _HasPids) -> dict[str, Any]:
    """`providerPid` and `consumerPid`."""
    return {"providerPid": message.provider_pid, "consumerPid": message.consumer_pid}


def read_why(root: Node) -> tuple[str | None, tuple[str, ...]]:
    """`code` and `reason`, both optional; reasons of any shape are read as text, for people."""
    reasons = root.find_items("reason", root.limits.reasons)
    return root.find_text("code"), tuple(reason.words() for reason in reasons)


def write_why(message: _HasReasons) -> dict[str, Any]:
    """`code` and `reason` where there are any: the schema wants no empty list."""
    code = {"code": message.code} if message.code else {}
    reason = {"reason": list(message.reasons)} if message.reasons else {}
    return {**code, **reason}
