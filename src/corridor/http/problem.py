"""The only place where an exception becomes an HTTP status and a body.

Two renderings: problem details (RFC 9457) for everything, and for the paths of DSP 2025-1 the error type of the
protocol (`ContractNegotiationError`, `TransferError`, `CatalogError`), which `fault_of` gives and the codec writes.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import orjson
import structlog

from corridor.base.errors import (
    ConflictError,
    CorridorError,
    ForbiddenError,
    LocalError,
    MalformedError,
    NotFoundError,
    RemoteError,
    StaleError,
    StorageError,
    TooLargeError,
    UnauthenticatedError,
    UnreachableError,
)
from corridor.base.ids import ProcessId
from corridor.dsp.binding import Area
from corridor.dsp.messages import CatalogFault, NegotiationFault, TransferFault
from corridor.http.errors import (
    BusyError,
    HeadTooLargeError,
    MethodError,
    SlowRequestError,
    TargetTooLongError,
    UnsupportedMediaTypeError,
)

PROBLEM_TYPE: Final = "application/problem+json"
Headers = Mapping[str, str]

_STATUSES: Final[Mapping[type[Exception], HTTPStatus]] = {
    UnsupportedMediaTypeError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HeadTooLargeError: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    TargetTooLongError: HTTPStatus.REQUEST_URI_TOO_LONG,
    SlowRequestError: HTTPStatus.REQUEST_TIMEOUT,
    MethodError: HTTPStatus.METHOD_NOT_ALLOWED,
    BusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    MalformedError: HTTPStatus.BAD_REQUEST,
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    RemoteError: HTTPStatus.BAD_REQUEST,
    # RFC 4918 §11.4: what was asked depends on a partner. A 5xx would say that this node is at fault.
    UnreachableError: HTTPStatus.FAILED_DEPENDENCY,
    StaleError: HTTPStatus.SERVICE_UNAVAILABLE,
    StorageError: HTTPStatus.SERVICE_UNAVAILABLE,
}
_SPEAKABLE: Final = (RemoteError, UnreachableError, StaleError, BusyError)
"""Errors whose sentence the caller may read; of all others it gets an id that is in the log."""

log = structlog.get_logger(__name__)


class Answer(NamedTuple):
    """A whole HTTP response."""

    status: int
    headers: Headers
    body: bytes


def status_of(error: Exception) -> HTTPStatus:
    """The status of the nearest class that has one; 500 for everything unforeseen."""
    statuses = (_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES)
    return next(statuses, HTTPStatus.INTERNAL_SERVER_ERROR)


def render_problem(error: Exception) -> Answer:
    """The error as problem details; what is our own fault is logged and shown as an id only."""
    status = status_of(error)
    details = {"status": int(status), "title": status.phrase, **_details(error)}
    details["type"] = f"urn:corridor:problem:{details['code']}"
    headers = {"content-type": PROBLEM_TYPE, **headers_of(error)}
    return Answer(int(status), headers, orjson.dumps(details))


def headers_of(error: Exception) -> Headers:
    """Headers that the status asks for: RFC 9110 §11.6.1, §15.5.6, §15.6.4."""
    if isinstance(error, UnauthenticatedError):
        return {"www-authenticate": "Bearer"}
    if isinstance(error, MethodError):
        return {"allow": ", ".join(error.allowed)}
    if isinstance(error, StaleError | StorageError | BusyError):
        return {"retry-after": "1"}
    return {}


def _details(error: Exception) -> dict[str, Any]:
    if isinstance(error, CorridorError) and isinstance(error, _SPEAKABLE):
        details = {"code": error.code, "detail": error.message, "place": error.place, "remedy": error.remedy}
        return {name: value for name, value in details.items() if value is not None}
    return {"code": LocalError.code, "instance": _logged(error)}


def _logged(error: Exception) -> str:
    """The id under which the error now stands in the log."""
    incident = f"urn:uuid:{uuid.uuid4()}"
    log.error("incident", incident=incident, problem=str(error), exc_info=error)
    return incident


Fault = NegotiationFault | TransferFault | CatalogFault


def fault_status_of(error: Exception) -> HTTPStatus:
    """The status on a path of the protocol: there, what the state does not allow is 400, not 409.

    DSP 2025-1, *Contract Negotiation HTTPS Binding* and *Transfer Process HTTPS Binding*: an invalid message or
    transition is answered with 400; 404 is for what the caller must not know of.
    """
    return HTTPStatus.BAD_REQUEST if isinstance(error, ConflictError) else status_of(error)


def fault_of(
    error: Exception, area: Area, provider_pid: ProcessId | None = None, consumer_pid: ProcessId | None = None
) -> Fault:
    """The error in the protocol's own terms, with the process ids as far as they are known."""
    details = _details(error)
    code, reasons = details["code"], _reasons(details)
    if area is Area.CATALOG:
        return CatalogFault(code, reasons)
    kind = NegotiationFault if area is Area.NEGOTIATION else TransferFault
    return kind(provider_pid, consumer_pid, code, reasons)


def _reasons(details: Mapping[str, Any]) -> tuple[str, ...]:
    if "instance" in details:
        return (f"an error of this node, in its log as {details['instance']}",)
    where = f"{details['place']}: " if "place" in details else ""
    return (where + details["detail"], *([details["remedy"]] if "remedy" in details else []))
