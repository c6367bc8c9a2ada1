"""Codecs: decoded JSON to version-free messages and back, one package per wire version.

`decode` takes what `base.json.parse_json` returned. Whatever it is given, it returns a message or raises
`MalformedError` or `TooLargeError` with the JSON path of the fault.

A node speaks every version in `CODECS`, each below a base URL of its own; a process keeps to the version it began in.
A further version is a package beside `v2025_1` and a line in `CODECS`. Paths and statuses (`dsp.binding`) are common to
all versions, and so are the members of a policy: whatever a version calls them, its codec gives them as 2025-1 does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self, TypeVar

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
CODECS: Final[Mapping[str, Callable[[CodecLimits, bool], Codec]]] = {Codec20251.version: Codec20251}
"""What makes the codec of each version, given limits and strictness: the one place where a version is registered.

The preferred stands first.
"""
VERSIONS: Final = tuple(CODECS)
"""The protocol versions that this node speaks, the preferred first."""


@dataclass(frozen=True, slots=True)
class Codecs:
    """The codecs of a node, by version, the preferred first."""

    by_version: Mapping[str, Codec]

    @classmethod
    def of(cls, codecs: Iterable[Codec]) -> Self:
        """These codecs."""
        return cls({codec.version: codec for codec in codecs})

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions, the preferred first."""
        return tuple(self.by_version)

    def __iter__(self) -> Iterator[Codec]:
        return iter(self.by_version.values())

    def get(self, version: str) -> Codec:
        """The codec of a protocol version.

        Raises:
            MalformedError: this node does not speak that version.
        """
        if version not in self.by_version:
            raise MalformedError(
                f"`{printable(version)}` is not a version of the protocol that this node speaks",
                remedy=f"use {', '.join(self.versions)}",
            )
        return self.by_version[version]


def all_codecs(limits: CodecLimits = DEFAULT_LIMITS, *, strict: bool = False) -> Codecs:
    """Every version that is registered; `limits` and `strict` as in `codec_for`."""
    return Codecs.of(make(limits, strict) for make in CODECS.values())


def codec_for(version: str, limits: CodecLimits = DEFAULT_LIMITS, *, strict: bool = False) -> Codec:
    """The codec of a protocol version.

    Args:
        version: such as `2025-1`.
        limits: bounds on what is read.
        strict: refuse what the schemas of the version do not allow, even if its meaning could be found out.

    Raises:
        MalformedError: this node does not speak that version.
    """
    return all_codecs(limits, strict=strict).get(version)
