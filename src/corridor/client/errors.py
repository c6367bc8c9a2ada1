"""Problem details (RFC 9457) back into the errors that they were."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from corridor.base.errors import (
    ConflictError,
    CorridorError,
    ForbiddenError,
    MalformedError,
    NotFoundError,
    RemoteError,
    TooLargeError,
    UnauthenticatedError,
    UnreachableError,
)
from corridor.base.ids import printable

_FAULTS: Final[Mapping[int, type[RemoteError]]] = {
    400: MalformedError,
    401: UnauthenticatedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    413: TooLargeError,
}
_SERVER_FAULT: Final = 500
_AWAY: Final = HTTPStatus.FAILED_DEPENDENCY
_LONGEST: Final = 2000


class RefusedError(ForbiddenError):
    """The partner, or our own side, refuses the exchange.

    Attributes:
        obstacles: one sentence for each thing in the way.
    """

    code = "refused"

    def __init__(self, what: str, obstacles: tuple[str, ...], *, code: str | None = None) -> None:
        super().__init__(
            f"{what}: {'; '.join(obstacles) or 'no reason was given'}",
            remedy="clear what stands in the way, and ask again",
            code=code,
        )
        self.obstacles = obstacles


def error_of(status: int, document: Any) -> CorridorError:
    """The error that the answer stands for; `document` is its decoded body, or None where that cannot be read."""
    problem = document if isinstance(document, dict) else {}
    message = _text(problem, "detail") or _text(problem, "title") or _phrase(status)
    if status >= _SERVER_FAULT or status == _AWAY:
        return _of_the_node(status, message, problem)
    fault = _FAULTS.get(status, RemoteError)
    return fault(message, place=_text(problem, "place"), remedy=_text(problem, "remedy"), code=_text(problem, "code"))


def _of_the_node(status: int, message: str, problem: Mapping[str, Any]) -> UnreachableError:
    incident = _text(problem, "instance")
    if incident is not None:
        return UnreachableError(
            f"the node failed with {status}", status=status, remedy=f"see `{incident}` in the node's log"
        )
    return UnreachableError(message, status=status, place=_text(problem, "place"), remedy=_text(problem, "remedy"))


def _text(problem: Mapping[str, Any], name: str) -> str | None:
    value = problem.get(name)
    return printable(value, _LONGEST) if isinstance(value, str) and value else None


def _phrase(status: int) -> str:
    try:
        return f"the node answers {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"the node answers {status}"
