"""The protocol server: DSP, receipts and the public documents of a node, as one ASGI application.

Every request goes the same way: the gate (`limits`), its route, the caller's identity, media type, `parse_json`, the
codec, the use case, the codec, and the status of the binding table. What fails on the way is rendered by `problem`. A
process id, not a path, says which role we have in a process; both roles share all routes. Each version of the wire has
its endpoint, with its codec.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import orjson
from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from corridor.base.errors import CorridorError, MalformedError, UnauthenticatedError
from corridor.base.ids import DatasetId, ProcessId, check_id
from corridor.base.json import DEFAULT_LIMITS, JsonLimits, JsonObject, parse_json
from corridor.dsp.binding import ROUTES, Area, Route, area_of
from corridor.dsp.catalog import Dataset
from corridor.dsp.codec import Codec, Wire
from corridor.dsp.messages import CatalogRequest, NegotiationAck, NegotiationMessage, TransferAck, TransferMessage
from corridor.http.limits import Gate, RequestLimits, read_body, send_answer
from corridor.http.media import JSON_TYPE, check_json_type
from corridor.http.problem import Answer, fault_of, fault_status_of, headers_of, render_problem
from corridor.http.routes import Entry, Found, RouteTable
from corridor.http.shares import Share
from corridor.service.catalogue import Page
from corridor.service.records import Participant

_OK: Final = 200


@dataclass(frozen=True, slots=True)
class ProtocolService:
    """The use cases behind the protocol; the process id is None for a message that begins a process."""

    receive_negotiation: Callable[[Participant, NegotiationMessage, ProcessId | None], Awaitable[NegotiationAck]]
    view_negotiation: Callable[[Participant, ProcessId], Awaitable[NegotiationAck]]
    receive_transfer: Callable[[Participant, TransferMessage, ProcessId | None], Awaitable[TransferAck]]
    view_transfer: Callable[[Participant, ProcessId], Awaitable[TransferAck]]
    catalogue: Callable[[Participant, CatalogRequest, str | None], Awaitable[Page]]
    dataset: Callable[[Participant, DatasetId], Awaitable[Dataset]]
    countersign: Callable[[Participant, JsonObject], Awaitable[JsonObject]]


Authenticate = Callable[[str | None], Awaitable[Participant]]
"""From the `Authorization` header to the participant; raises UnauthenticatedError."""


@dataclass(frozen=True, slots=True)
class _Receipts:
    """Stands for `POST /receipts` in the route table."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A version of the wire: where its endpoint is, how it is written, and the use cases as they speak it."""

    path: str
    codec: Codec
    service: ProtocolService


@dataclass(frozen=True, slots=True)
class _Dsp:
    """A route of an endpoint."""

    route: Route
    endpoint: Endpoint


_Target = _Dsp | _Receipts


@dataclass(frozen=True, slots=True)
class _Request:
    """A request with what was found out about it so far."""

    scope: Scope
    receive: Receive
    headers: Headers


class ProtocolApp:
    """The ASGI application behind the gate.

    Args:
        service: the use cases.
        authenticate: says who calls.
        codec: of the wire version that `dsp_path` stands for.
        public: path to document, of what is answered without identity.
        dsp_path: where the versioned DSP endpoint is.
        further: endpoints of other versions of the wire.
        json_limits: of request bodies.
        strict: whether a body has to say that it is `application/json`; how strictly it is read, the codec says.
    """

    def __init__(
        self,
        service: ProtocolService,
        authenticate: Authenticate,
        codec: Codec,
        public: Mapping[str, JsonObject],
        *,
        dsp_path: str = "/dsp/2025-1",
        further: Iterable[Endpoint] = (),
        json_limits: JsonLimits = DEFAULT_LIMITS,
        strict: bool = False,
    ) -> None:
        self._service = service
        self._authenticate = authenticate
        self._json_limits = json_limits
        self._strict = strict
        self._public = RouteTable(Entry("GET", path, orjson.dumps(document)) for path, document in public.items())
        self._endpoints = (Endpoint(dsp_path, codec, service), *further)
        entries: list[Entry[_Target]] = [
            Entry(route.method, endpoint.path + route.path, _Dsp(route, endpoint))
            for endpoint in self._endpoints
            for route in ROUTES
        ]
        self._routes: RouteTable[_Target] = RouteTable([Entry("POST", "/receipts", _Receipts()), *entries])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        try:
            answer = await self._answer(_Request(scope, receive, Headers(scope=scope)))
        except Exception as error:  # noqa: BLE001 - the error boundary of all paths but those that have an area
            answer = self.render(scope, error)
        await send_answer(send, answer, with_body=scope["method"] != "HEAD")

    async def _answer(self, request: _Request) -> Answer:
        method, path = request.scope["method"], raw_path(request.scope)
        try:
            return _json(_OK, self._public.find(method, path).target)
        except CorridorError:
            pass
        found, fault = self._find(method, path)
        if found is not None and isinstance(found.target, _Dsp):
            return await self._dsp(request, found.target, found.parameters)
        # Whoever has no identity is told so, whether or not there is something at the path.
        partner = await self._identify(request.headers)
        if fault is not None:
            raise fault
        return _json(_OK, orjson.dumps(await self._service.countersign(partner, await self._receipt(request))))

    def render(self, scope: Scope, error: Exception) -> Answer:
        """The answer to a request that failed: below the path of a protocol in its own error type."""
        path = raw_path(scope).partition(b"?")[0].decode("latin-1")
        for endpoint in self._endpoints:
            area = area_of(path.removeprefix(endpoint.path)) if path.startswith(endpoint.path) else None
            if area is not None:
                return _refusal(endpoint.codec, error, area)
        return render_problem(error)

    def _find(self, method: str, path: bytes) -> tuple[Found[_Target] | None, CorridorError | None]:
        try:
            return self._routes.find(method, path), None
        except CorridorError as fault:
            return None, fault

    async def _identify(self, headers: Headers) -> Participant:
        given = headers.getlist("authorization")
        if len(given) > 1:
            raise UnauthenticatedError("the request has more than one identity", place="Authorization")
        return await self._authenticate(given[0] if given else None)

    async def _document(self, request: _Request) -> Any:
        check_json_type(request.headers.get("content-type"), strict=self._strict)
        return parse_json(await read_body(request.receive), self._json_limits)

    async def _receipt(self, request: _Request) -> JsonObject:
        document = await self._document(request)
        if not isinstance(document, dict):
            raise MalformedError("a receipt is a JSON object", place="$")
        return document

    async def _dsp(self, request: _Request, target: _Dsp, parameters: Mapping[str, str]) -> Answer:
        """Answer a DSP request; what fails is told in the protocol's own error type, with the pids of the message."""
        route, endpoint, document = target.route, target.endpoint, None
        try:
            partner = await self._identify(request.headers)
            if route.message is not None:
                document = await self._document(request)
            if route.message is CatalogRequest:
                return await _catalogue(endpoint, request, partner, document)
            reply = await _serve(endpoint, route, partner, next(iter(parameters.values()), None), document)
            return _json(route.status, orjson.dumps(endpoint.codec.encode(reply)))
        except Exception as error:  # noqa: BLE001 - the error boundary of the protocol's paths
            return _refusal(endpoint.codec, error, route.area, document)


def _refusal(codec: Codec, error: Exception, area: Area, document: Any = None) -> Answer:
    fault = fault_of(error, area, *_pids_in(document))
    return _json(fault_status_of(error), orjson.dumps(codec.encode(fault)), headers_of(error))


async def _serve(endpoint: Endpoint, route: Route, partner: Participant, name: str | None, document: Any) -> Wire:
    if route.message is None:
        return await _view(endpoint.service, route.area, partner, name or "")
    message: Any = endpoint.codec.decode(route.message, document)
    pid = None if name is None else ProcessId(name)
    if route.area is Area.NEGOTIATION:
        return await endpoint.service.receive_negotiation(partner, message, pid)
    return await endpoint.service.receive_transfer(partner, message, pid)


async def _catalogue(endpoint: Endpoint, request: _Request, partner: Participant, document: Any) -> Answer:
    """A page of the catalogue, and where those beside it are (DSP 2025-1, *Catalog HTTPS Binding*: pagination)."""
    cursor = QueryParams(request.scope["query_string"]).get("page")
    page = await endpoint.service.catalogue(partner, endpoint.codec.decode(CatalogRequest, document), cursor)
    # Relative to the address that was asked: what of it we see may lack a prefix that a proxy or a host took off.
    beside = (("next", page.next), ("previous", page.previous))
    links = [f'<?page={quote(cursor)}>; rel="{rel}"' for rel, cursor in beside if cursor is not None]
    headers = {"link": ", ".join(links)} if links else {}
    return _json(_OK, orjson.dumps(endpoint.codec.encode(page.catalog)), headers)


async def _view(service: ProtocolService, area: Area, partner: Participant, name: str) -> Wire:
    if area is Area.CATALOG:
        return await service.dataset(partner, DatasetId(name))
    if area is Area.NEGOTIATION:
        return await service.view_negotiation(partner, ProcessId(name))
    return await service.view_transfer(partner, ProcessId(name))


def raw_path(scope: Scope) -> bytes:
    """The path as it was sent, percent-encoded."""
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    return path


def _json(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, {"content-type": JSON_TYPE, **(headers or {})}, body)


def _pids_in(document: Any) -> tuple[ProcessId | None, ProcessId | None]:
    """The process ids that a message states, as far as they can be ids: what its sender knows the process by."""
    if not isinstance(document, dict):
        return None, None
    return _pid(document.get("providerPid")), _pid(document.get("consumerPid"))


def _pid(value: object) -> ProcessId | None:
    try:
        return ProcessId(check_id(value, "pid"))
    except MalformedError:
        return None


@dataclass(frozen=True, slots=True)
class Mount:
    """An application below a path of the protocol listener, and the bounds on its requests."""

    path: str
    app: ASGIApp
    limits: RequestLimits | None = None


def protocol_listener(
    protocol: ProtocolApp,
    data: ASGIApp,
    *,
    data_path: str = "/data",
    limits: RequestLimits | None = None,
    ingest: Mount | None = None,
    shares: tuple[Share | None, Share | None] = (None, None),
) -> ASGIApp:
    """What the protocol listener serves: the protocol, and below `data_path` the data plane, with what takes pushes.

    Each is behind a gate of its own, so that long transfers take no place from the protocol. The data plane finds its
    path in `root_path`, and authenticates by tokens of its own. With `shares`, the gate of the protocol and those of
    the data plane take places that they have in common with others.
    """
    protocol_gate = Gate(protocol, limits, protocol.render, share=shares[0])
    mounts = (*([ingest] if ingest else []), Mount(data_path, data, limits))
    gates = [
        (mount.path, mount.path.encode() + b"/", Gate(mount.app, mount.limits, share=shares[1])) for mount in mounts
    ]

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for path, prefix, gate in gates:
                if raw_path(scope).startswith(prefix):
                    await gate({**scope, "root_path": scope.get("root_path", "") + path}, receive, send)
                    return
        await protocol_gate(scope, receive, send)

    return serve
