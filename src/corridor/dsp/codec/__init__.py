"""Codecs: decoded JSON to version-free messages and back, one package per wire version.

`decode` takes what `base.json.parse_json` returned. Whatever it is given, it returns a message or raises
`MalformedError` or `TooLargeError` with the JSON path of the fault.
"""

from __future__ import annotations

from typing import Any, Final, Protocol, TypeVar

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.json import JsonObject
from corridor.dsp.catalog import Catalog, Dataset
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.codec.v2025_1 import Codec20251
from corridor.dsp.messages import (
    CatalogFault,
    CatalogRequest,
    NegotiationAck,
    NegotiationFault,
    ProcessMessage,
    TransferAck,
    TransferFault,
)

Wire = (
    ProcessMessage
    | CatalogRequest
    | Catalog
    | Dataset
    | NegotiationAck
    | TransferAck
    | NegotiationFault
    | TransferFault
    | CatalogFault
)
"""Everything that goes over the wire as one document."""

W = TypeVar("W", bound=Wire)


class Codec(Protocol):
    """One wire version."""

    @property
    def version(self) -> str:
        """The version as the version metadata names it, such as `2025-1`."""
        ...

    def decode(self, kind: type[W], document: Any) -> W:
        """The value of type `kind` that `document` says.

        Raises:
            MalformedError: it says no such value; `place` is the JSON path.
            TooLargeError: it is over one of the limits.
        """
        ...

    def encode(self, value: Wire) -> dict[str, Any]:
        """The document that says `value`.

        Raises:
            MalformedError: a policy in it has no valid form on the wire.
            LocalError: the value lacks what the wire form requires.
        """
        ...

    def check_policy(self, body: JsonObject, place: str) -> JsonObject:
        """The policy members in their wire form: what an offer may hold before anyone publishes it.

        Raises:
            MalformedError: a rule or constraint has no valid form; `place` begins the path.
            TooLargeError: it is over one of the limits.
        """
        ...


DEFAULT_LIMITS: Final = CodecLimits()
VERSIONS: Final = (Codec20251.version,)
"""The protocol versions that this node speaks, the preferred first."""


def codec_for(version: str, limits: CodecLimits = DEFAULT_LIMITS, *, strict: bool = False) -> Codec:
    """The codec of a protocol version.

    Args:
        version: such as `2025-1`.
        limits: bounds on what is read.
        strict: refuse what the schemas of the version do not allow, even if its meaning could be found out.

    Raises:
        MalformedError: this node does not speak that version.
    """
    if version not in VERSIONS:
        raise MalformedError(
            f"`{printable(version)}` is not a version of the protocol that this node speaks",
            remedy=f"use {', '.join(VERSIONS)}",
        )
    return Codec20251(limits, strict)
