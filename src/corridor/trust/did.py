"""The method did:web: from a DID to the address of its document, and from a base URL to its DID."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from corridor.base.errors import MalformedError
from corridor.base.ids import ParticipantId, check_id, printable

PREFIX: Final = "did:web:"
WELL_KNOWN: Final = "/.well-known/did.json"
# did:web §2.1: a domain name (no IP address in the specification; loopback tests need one), a port as `%3A`, path
# segments. Names are ASCII: an internationalised one is written in its A-label form.
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(%3A[0-9]{1,5})?")
_SEGMENT = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._~-]{1,128}")


def document_url(did: str, http_hosts: frozenset[str] = frozenset()) -> str:
    """Where the DID document of a did:web is (did:web §3.2), over https unless its host is among `http_hosts`.

    Raises:
        MalformedError: it is no did:web that can be resolved.
    """
    domain, path = _parts(did)
    authority = domain.replace("%3A", ":")
    scheme = "http" if authority.partition(":")[0].lower() in http_hosts else "https"
    return f"{scheme}://{authority}" + (f"/{'/'.join(path)}/did.json" if path else WELL_KNOWN)


def did_of(base_url: str) -> ParticipantId:
    """The did:web whose document is published under `base_url`: `https://example.org:8443/a` is `example.org%3A8443:a`.

    Raises:
        MalformedError: the URL cannot be written as a did:web.
    """
    address = urlsplit(check_id(base_url, "base URL"))
    path = [segment for segment in address.path.split("/") if segment]
    did = PREFIX + ":".join([address.netloc.replace(":", "%3A"), *path])
    _parts(did)
    return ParticipantId(did)


def _parts(did: str) -> tuple[str, list[str]]:
    domain, *path = check_id(did, "DID").removeprefix(PREFIX).split(":")
    if did.startswith(PREFIX) and _DOMAIN.fullmatch(domain) and all(_SEGMENT.fullmatch(part) for part in path):
        return domain, path
    raise MalformedError(
        f"`{printable(did)}` is no did:web that can be resolved",
        remedy="write it as did:web:example.org, with a port as %3A8443 and each further path segment after a colon",
    )
