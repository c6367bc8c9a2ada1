"""Finds partners by did:web: where they are reached, and the keys that they sign with."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import urlsplit

from corridor.base.errors import MalformedError
from corridor.base.ids import ParticipantId, check_id, printable
from corridor.base.json import JsonObject
from corridor.dsp.binding import VERSION_PATH
from corridor.dsp.codec import VERSIONS
from corridor.dsp.codec.versions import decode_versions
from corridor.evidence.keys import PublicKey
from corridor.service.ports import Peer
from corridor.trust.cache import Cache
from corridor.trust.did import PREFIX, WELL_KNOWN, document_url
from corridor.trust.did_document import DATA_SERVICE, RECEIPTS_SERVICE, DidDocument, read_document

_BINDING: Final = "HTTPS"


class Reader(Protocol):
    """Fetches public JSON documents: bounded in size and time, no redirects, no addresses that are not allowed."""

    async def read(self, url: str) -> Any:
        """The decoded document at `url`.

        Raises:
            UnreachableError: it cannot be had, or the answer is not 200 with JSON within the limits.
        """
        ...


class _Endpoint(NamedTuple):
    """A version of the wire, and the base URL below which a partner speaks it."""

    protocol: str
    url: str


class _Known(NamedTuple):
    """A partner's document, and its keys as JWKs by verification relationship."""

    document: DidDocument
    jwks: Mapping[str, Mapping[str, JsonObject]]


class WebDirectory:
    """Resolves did:web over HTTPS; implements the port `Directory`.

    Args:
        reader: fetches documents.
        http_hosts: host names whose documents are fetched over plain http, such as `localhost`; nothing else is.
        own: our own document, which is not fetched.
        versions: of the wire that we speak, the preferred first; the first that a partner speaks, too, is used.
        keep: seconds for which a document is believed. Short, since partners change keys under the same DID.
        refresh_after: seconds that must pass before `refresh` fetches the document of a DID again.
        monotonic: seconds on a clock that never goes back.
    """

    def __init__(
        self,
        reader: Reader,
        http_hosts: frozenset[str] = frozenset(),
        *,
        own: JsonObject | None = None,
        versions: Sequence[str] = VERSIONS,
        keep: float = 60.0,
        refresh_after: float = 5.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader = reader
        self._http_hosts = http_hosts
        self._own = own
        self._versions = tuple(versions)
        self._documents: Cache[_Known] = Cache(
            self._resolve, keep=keep, refresh_after=refresh_after, monotonic=monotonic
        )
        self._endpoints: Cache[_Endpoint] = Cache(self._endpoint, keep=keep, monotonic=monotonic)

    async def peer(self, reference: str) -> Peer:
        """The partner that a DID or the base URL of its node names.

        Raises:
            UnreachableError: its DID document or version document cannot be had.
            MalformedError: it is had, but is not what it has to be; or the base URL and its DID do not belong together.
        """
        did = reference if reference.startswith("did:") else await self._did_at(reference)
        document = (await self._documents.get(did)).document
        service = document.services.get(DATA_SERVICE)
        if service is None:
            raise MalformedError(
                f"the DID document of `{printable(did)}` names no {DATA_SERVICE}",
                remedy="the partner has to publish the address of its dspace-version document",
            )
        endpoint = await self._endpoints.get(service)
        return Peer(document.id, endpoint.url, document.services.get(RECEIPTS_SERVICE), endpoint.protocol)

    async def public_keys(self, participant: ParticipantId, purpose: str) -> Mapping[str, JsonObject]:
        """Key id (a DID URL) to JWK, of the keys under the verification relationship `purpose`.

        Raises:
            UnreachableError: the DID document cannot be had.
            MalformedError: it is had, but is not what it has to be.
        """
        return (await self._documents.get(participant)).jwks.get(purpose, {})

    async def refresh(self, participant: ParticipantId, purpose: str) -> Mapping[str, JsonObject]:
        """As `public_keys`, from a document fetched anew unless that happened within the last seconds."""
        return (await self._documents.refresh(participant)).jwks.get(purpose, {})

    async def _resolve(self, did: str) -> _Known:
        if self._own is not None and did == self._own["id"]:
            return _known(read_document(self._own, did))
        return _known(read_document(await self._reader.read(document_url(did, self._http_hosts)), did))

    async def _did_at(self, base_url: str) -> str:
        """The DID that a node shows at its base URL, if that DID leads back to the same host, port and path.

        Otherwise any host could make us take it for the participant whose DID it shows; and so could any of several
        participants on one host, whose DIDs differ in the path only.
        """
        url = check_id(base_url, "reference").rstrip("/") + WELL_KNOWN
        document = await self._reader.read(url)
        did = document.get("id") if isinstance(document, Mapping) else None
        if not isinstance(did, str) or not did.startswith(PREFIX):
            raise MalformedError(f"there is no did:web in the document at `{printable(url)}`", place="$.id")
        if _home(document_url(did, self._http_hosts)) != _home(url):
            raise MalformedError(
                f"`{printable(did)}` does not lead back to `{printable(base_url)}`",
                remedy="name the partner by its DID, if you know it from another source",
            )
        return did

    async def _endpoint(self, service: str) -> _Endpoint:
        """DSP 2025-1 §4: the base URL is the root plus the `path` of the version that both sides speak."""
        if not service.endswith(VERSION_PATH):
            raise MalformedError(f"`{printable(service)}` does not end in {VERSION_PATH}", place="$.service")
        protocol, path = self._common(await self._reader.read(service))
        return _Endpoint(protocol, (service.removesuffix(VERSION_PATH) + path).rstrip("/"))

    def _common(self, document: Any) -> tuple[str, str]:
        """The version that we prefer among those that the partner speaks, too, and its path."""
        offered: dict[str, str] = {}
        for version in decode_versions(document):
            if version.binding == _BINDING:
                offered.setdefault(version.version, version.path)
        for ours in self._versions:
            if ours in offered:
                return ours, _checked_path(offered[ours], "$.protocolVersions")
        raise MalformedError(
            f"the partner does not speak DSP {' or '.join(self._versions)} over {_BINDING}", place="$.protocolVersions"
        )


def _home(url: str) -> tuple[str, str]:
    """Host and path of the participant whose DID document is at `url`."""
    parts = urlsplit(url)
    return parts.netloc.lower(), parts.path.removesuffix("/did.json").removesuffix("/.well-known")


def _known(document: DidDocument) -> _Known:
    return _Known(document, {purpose: _jwks(keys) for purpose, keys in document.keys.items()})


def _jwks(keys: Mapping[str, PublicKey]) -> Mapping[str, JsonObject]:
    return {key_id: key.to_jwk() for key_id, key in keys.items()}


def _checked_path(path: Any, place: str) -> str:
    text = check_id(path, place)
    if text.startswith("//") or not text.startswith("/") or "?" in text or "#" in text:
        raise MalformedError(f"`{printable(text)}` is not a path", place=place)
    return text
