"""DID documents (DID 1.0): ours as it is published, and the gate that a partner's passes before it is believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from corridor.base.errors import MalformedError
from corridor.base.ids import ParticipantId, check_id
from corridor.base.json import JsonObject
from corridor.dsp.binding import VERSION_PATH
from corridor.evidence.keys import PublicKey, read_jwk

CONTEXT: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1")
PURPOSES: Final = ("authentication", "assertionMethod", "capabilityInvocation")
"""Presentations, credentials and receipts, and identity tokens, in this order (DCP 1.0)."""
DATA_SERVICE: Final = "DataService"
CATALOG_SERVICE: Final = "CatalogService"
RECEIPTS_SERVICE: Final = "CorridorReceipts"
_MAX_ENTRIES: Final = 32


def own_document(did: ParticipantId, public_jwk: JsonObject, root_url: str, dsp_path: str) -> JsonObject:
    """The document that we publish.

    Args:
        did: ours.
        public_jwk: of our signing key, its `kid` being the key's DID URL.
        root_url: of this node, without a slash at its end.
        dsp_path: of the versioned DSP endpoint under it.
    """
    key_id = public_jwk["kid"]
    method = {"id": key_id, "type": "JsonWebKey2020", "controller": did, "publicKeyJwk": dict(public_jwk)}
    return {
        "@context": list(CONTEXT),
        "id": did,
        "verificationMethod": [method],
        **{purpose: [key_id] for purpose in PURPOSES},
        # DSP 2025-1, "Discovery of Service Endpoints": where the version document and the catalogue are.
        "service": [
            _service(did, "dsp", DATA_SERVICE, root_url + VERSION_PATH),
            _service(did, "catalog", CATALOG_SERVICE, f"{root_url}{dsp_path}/catalog"),
            _service(did, "receipts", RECEIPTS_SERVICE, f"{root_url}/receipts"),
        ],
    }


def _service(did: str, name: str, kind: str, endpoint: str) -> JsonObject:
    return {"id": f"{did}#{name}", "type": kind, "serviceEndpoint": endpoint}


@dataclass(frozen=True, slots=True)
class DidDocument:
    """What a checked DID document says.

    Attributes:
        id: the DID.
        keys: per verification relationship, key id (an absolute DID URL) to public P-256 key.
        services: service type to endpoint, the first of each type.
    """

    id: ParticipantId
    keys: Mapping[str, Mapping[str, PublicKey]]
    services: Mapping[str, str]


def read_document(document: Any, did: str) -> DidDocument:
    """Check a document in this order: the DID it is about, its verification methods, their purposes, its services.

    Keys of other kinds than P-256 are left out, as are references to keys of others.

    Raises:
        MalformedError: it is about another DID, or a part of it that we would rely on is malformed.
    """
    if not isinstance(document, Mapping):
        raise MalformedError("a DID document is a JSON object", place="$")
    if document.get("id") != did:  # DIDs are compared as they are, character by character
        raise MalformedError(f"the document is about another DID than `{did}`", place="$.id")
    methods = dict(
        _method(method, did, f"$.verificationMethod[{index}]")
        for index, method in enumerate(_entries(document, "verificationMethod"))
    )
    keys = {purpose: _keys_for(document, purpose, methods, did) for purpose in PURPOSES}
    return DidDocument(ParticipantId(did), keys, _services(document))


def _entries(document: Mapping[str, Any], name: str) -> list[Any]:
    entries = document.get(name, [])
    if not isinstance(entries, list) or len(entries) > _MAX_ENTRIES:
        raise MalformedError(f"`{name}` is an array of at most {_MAX_ENTRIES} entries", place=f"$.{name}")
    return entries


def _method(method: Any, did: str, place: str) -> tuple[str, PublicKey | None]:
    """Key id and key of a verification method; None instead of the key if it is of a kind that we do not use."""
    if not isinstance(method, Mapping):
        raise MalformedError("a verification method is a JSON object", place=place)
    key_id = _absolute(method.get("id"), did, f"{place}.id")
    if method.get("controller") != did or not key_id.startswith(f"{did}#"):
        raise MalformedError("a verification method belongs to another DID", place=place)
    return key_id, _usable(method.get("publicKeyJwk"), key_id)


def _absolute(reference: Any, did: str, place: str) -> str:
    """A DID URL; `#key-1` is relative to the DID (DID 1.0 §3.2.2)."""
    text = check_id(reference, place)
    return did + text if text.startswith("#") else text


def _usable(jwk: Any, key_id: str) -> PublicKey | None:
    if not isinstance(jwk, Mapping) or (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256"):
        return None
    return read_jwk(jwk, key_id)


def _keys_for(
    document: Mapping[str, Any], purpose: str, methods: Mapping[str, PublicKey | None], did: str
) -> Mapping[str, PublicKey]:
    """The keys under one relationship: each entry names a method, or is one that serves this purpose only."""
    found: dict[str, PublicKey] = {}
    for index, entry in enumerate(_entries(document, purpose)):
        place = f"$.{purpose}[{index}]"
        if isinstance(entry, Mapping):
            key_id, key = _method(entry, did, place)
        else:
            key_id = _absolute(entry, did, place)
            key = methods.get(key_id)
        if key is not None:
            found[key_id] = key
    return found


def _services(document: Mapping[str, Any]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for entry in _entries(document, "service"):
        if isinstance(entry, Mapping) and isinstance(entry.get("type"), str):
            endpoint = entry.get("serviceEndpoint")
            if isinstance(endpoint, str):
                found.setdefault(entry["type"], endpoint)
    return found
