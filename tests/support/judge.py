"""The judge of the wire: our own schemas of DSP 2025-1, held against everything that a test has this node send.

`watch` is hooked in once, by `tests/conftest.py`. It sees what the codec writes, what the client sends and what the
protocol listener answers, byte for byte; `verdicts` collects what is wrong, and the test that sent it fails.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from urllib.parse import urlsplit

from jsonschema_rs import Draft202012Validator, Registry

from corridor.dsp.binding import ROUTES
from corridor.dsp.codec.v2025_1 import Codec20251
from corridor.http.client import HttpSender
from corridor.http.server import ProtocolApp, raw_path

SCHEMAS = Path(__file__).parents[1] / "conformance" / "schemas"
DSP = "/dsp/2025-1"
VERSIONS = "/.well-known/dspace-version"
ERRORS = {"catalog": "CatalogError", "negotiations": "ContractNegotiationError", "transfers": "TransferError"}
UNKNOWN = {"providerPid": "urn:unknown", "consumerPid": "urn:unknown"}
"""Stands in an error for a process id that nobody knows (docs/spec-divergences.md, *Errors without process ids*)."""

verdicts: list[str] = []


@functools.cache
def validators():
    """The validator of each document, by its `@type`; the version document has none and is `VersionResponse`."""
    documents = [json.loads(path.read_text("utf-8")) for path in sorted(SCHEMAS.glob("*.json"))]
    registry = Registry([(document["$id"], document) for document in documents])
    return {
        name: Draft202012Validator({"$ref": f"{document['$id']}#/$defs/{name}"}, registry=registry)
        for document in documents
        for name in document["$defs"]
        if name[0].isupper()
    }


def faults_in(document, kind=None):
    """What is wrong with a document that is to be of type `kind`, or of the type that it states."""
    stated = document.get("@type") if isinstance(document, dict) else None
    validator = validators().get(kind or stated)
    if validator is None:
        return [f"there is no schema for the type {stated!r}"]
    return [
        f"{kind or stated}: {'/'.join(map(str, error.instance_path)) or 'the root'}: {error.message}"
        for error in validator.iter_errors(document)
    ]


def faults_in_sent(document):
    """As `faults_in`, but an error may lack the process ids that nobody knows."""
    if isinstance(document, dict) and document.get("@type") in ("ContractNegotiationError", "TransferError"):
        document = UNKNOWN | document
    return faults_in(document)


def faults_in_answer(path, status, headers, body):
    """What is wrong with an answer of the protocol listener; paths that are not the protocol's are not judged."""
    if path == VERSIONS and status == 200:
        return faults_in(json.loads(body), "VersionResponse")
    area = path.removeprefix(DSP + "/").partition("/")[0] if path.startswith(DSP + "/") else None
    if area not in ERRORS or not body:
        return [] if area not in ERRORS else [f"{status} at {path} has no body"]
    if headers.get("content-type") != "application/json":
        return [f"{status} at {path} is of type {headers.get('content-type')}"]
    document = json.loads(body)
    given = document.get("@type")
    expected = _answers(area) if status < 300 else {ERRORS[area]}
    wrong = [] if given in expected else [f"{status} at {path} is a {given}, not one of {sorted(expected)}"]
    begins = any(route.status == status and route.path.startswith(f"/{area}") for route in ROUTES)
    odd = [f"{status} at {path} is no status of the binding"] if status < 300 and not begins else []
    return [*wrong, *odd, *faults_in_sent(document)]


def _answers(area):
    return {"catalog": {"Catalog", "Dataset"}, "negotiations": {"ContractNegotiation"}}.get(area, {"TransferProcess"})


def watch(monkeypatch):
    """See everything that goes out from now on, for as long as `monkeypatch` lasts."""
    encode, request, call = Codec20251.encode, HttpSender.request, ProtocolApp.__call__

    def encoded(codec, value):
        document = encode(codec, value)
        verdicts.extend(faults_in_sent(document))
        return document

    async def requested(sender, audience, method, url, document=None):
        if document is not None and urlsplit(url).path.startswith(DSP):
            verdicts.extend(faults_in(document))
        return await request(sender, audience, method, url, document)

    async def called(app, scope, receive, send):
        sent = []

        async def note(message):
            sent.append(message)
            await send(message)

        await call(app, scope, receive, note)
        path = raw_path(scope).partition(b"?")[0].decode("latin-1")
        if scope["method"] != "HEAD":
            verdicts.extend(_judged(path, sent))

    monkeypatch.setattr(Codec20251, "encode", encoded)
    monkeypatch.setattr(HttpSender, "request", requested)
    monkeypatch.setattr(ProtocolApp, "__call__", called)


def _judged(path, sent):
    start, *rest = sent
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return faults_in_answer(path, start["status"], headers, b"".join(part.get("body", b"") for part in rest))
