"""The version metadata document: plain JSON, the same for all protocol versions, without authentication."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from corridor.base.errors import MalformedError, TooLargeError
from corridor.base.json import JsonObject

MAX_VERSIONS: Final = 64
_AUTH_REQUIRED: Final = ("protocol", "version")


@dataclass(frozen=True, slots=True)
class Auth:
    """How a participant authenticates: a protocol such as DCP, its version, and profiles of it."""

    protocol: str
    version: str
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProtocolVersion:
    """One entry of `/.well-known/dspace-version`.

    Attributes:
        version: such as `2025-1`.
        path: of the versioned base under the root; the base URL is root plus path.
        binding: such as `HTTPS`.
        auth: how to authenticate, where the participant says so.
        identifier_type: what participant ids are, such as `did:web`.
        service_id: of the service that these versions belong to.
    """

    version: str
    path: str
    binding: str = "HTTPS"
    auth: Auth | None = None
    identifier_type: str | None = None
    service_id: str | None = None


def encode_versions(versions: Iterable[ProtocolVersion]) -> dict[str, Any]:
    """The document with the versions, the preferred first."""
    return {"protocolVersions": [_entry(version) for version in versions]}


def _entry(version: ProtocolVersion) -> dict[str, Any]:
    entry: dict[str, Any] = {"version": version.version, "path": version.path, "binding": version.binding}
    if version.auth is not None:
        profiles = {"profile": list(version.auth.profiles)} if version.auth.profiles else {}
        entry["auth"] = {"protocol": version.auth.protocol, "version": version.auth.version, **profiles}
    optional = {"identifierType": version.identifier_type, "serviceId": version.service_id}
    return entry | {name: value for name, value in optional.items() if value is not None}


def decode_versions(document: Any) -> tuple[ProtocolVersion, ...]:
    """The versions that a peer offers, in its order; entries of another shape than ours do not hide the others.

    Raises:
        MalformedError: not a version document, or no entry of it can be used.
        TooLargeError: more than `MAX_VERSIONS` entries.
    """
    entries = document.get("protocolVersions") if isinstance(document, Mapping) else None
    if not isinstance(entries, list):
        raise MalformedError("the version document has no list of versions", place="$.protocolVersions")
    if len(entries) > MAX_VERSIONS:
        raise TooLargeError(f"at most {MAX_VERSIONS} protocol versions are read", place="$.protocolVersions")
    found = tuple(version for entry in entries if (version := _version(entry)))
    if not found:
        raise MalformedError("no entry has the version, path and binding that are required", place="$.protocolVersions")
    return found


def _version(entry: Any) -> ProtocolVersion | None:
    if not isinstance(entry, Mapping):
        return None
    version, path, binding = (_text(entry, name) for name in ("version", "path", "binding"))
    if version is None or path is None or binding is None:
        return None
    return ProtocolVersion(
        version=version,
        path=path,
        binding=binding,
        auth=_auth(entry.get("auth")),
        identifier_type=_text(entry, "identifierType"),
        service_id=_text(entry, "serviceId"),
    )


def _auth(value: Any) -> Auth | None:
    if not isinstance(value, Mapping):
        return None
    protocol, version = (_text(value, name) for name in _AUTH_REQUIRED)
    if protocol is None or version is None:
        return None
    profiles = value.get("profile")
    texts = profiles if isinstance(profiles, list) else [profiles]
    return Auth(protocol, version, tuple(text for text in texts if isinstance(text, str)))


def _text(entry: JsonObject, name: str) -> str | None:
    value = entry.get(name)
    return value if isinstance(value, str) and value else None
