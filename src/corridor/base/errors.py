"""The exception tree: who is at fault decides the root, `http.problem` alone decides the HTTP status.

::

    CorridorError
    ├── LocalError                 we, our settings or our machine are at fault
    │   ├── SettingsError          a setting, file or key of this node is missing or wrong
    │   ├── StorageError           the database is locked, full, damaged, or of another version
    │   ├── StaleError             another writer came first: load and decide again
    │   └── UnreachableError       a peer could not be reached, or answered with what no protocol allows
    └── RemoteError                whoever sent the input is at fault
        ├── MalformedError         not well-formed, not of the expected shape, or an impossible value
        ├── TooLargeError          over one of the limits in the settings
        ├── UnauthenticatedError   no identity, or one that does not verify
        ├── ForbiddenError         known, but not allowed: says why
        ├── NotFoundError          no such thing, or not yours: the two are told apart nowhere
        └── ConflictError          not possible in the present state

Messages are one sentence, lower-case, with the offending value in backticks. `place` says where (a JSON path, a file
with its line, a row and a column), `remedy` what to do next.
"""

from __future__ import annotations


class CorridorError(Exception):
    """Root of everything that this product raises on purpose; never raised itself.

    Attributes:
        message: one sentence, no final full stop.
        place: where the fault is, or None where the sentence says it.
        remedy: what to do next, or None where nothing can be done.
        code: a stable word for machines, the same for all instances of a class unless given.
    """

    code = "error"

    def __init__(
        self, message: str, *, place: str | None = None, remedy: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.place = place
        self.remedy = remedy
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        what_next = f"; {self.remedy}" if self.remedy else ""
        return f"{where}{self.message}{what_next}"


class LocalError(CorridorError):
    """We are at fault, our settings, or our machine."""

    code = "internal"


class SettingsError(LocalError):
    """A setting, file or key of this node is missing or wrong."""

    code = "settings"


class StorageError(LocalError):
    """The database is locked, full, damaged, or of another version."""

    code = "storage"


class StaleError(LocalError):
    """Another writer came first: what was read no longer holds; load and decide again."""

    code = "stale"


class UnreachableError(LocalError):
    """A peer could not be reached, or answered with what no protocol allows.

    Attributes:
        status: the HTTP status that came back, or None where none did.
        retry_after: what the answer said on when to ask again, as it stood there; empty where it said nothing.
    """

    code = "unreachable"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        place: str | None = None,
        remedy: str | None = None,
        retry_after: str = "",
    ) -> None:
        super().__init__(message, place=place, remedy=remedy)
        self.status = status
        self.retry_after = retry_after


class RemoteError(CorridorError):
    """Whoever sent the input is at fault."""

    code = "bad_request"


class MalformedError(RemoteError):
    """The input is not well-formed, not of the expected shape, or holds an impossible value."""

    code = "malformed"


class TooLargeError(RemoteError):
    """The input is over one of the limits in the settings."""

    code = "too_large"


class UnauthenticatedError(RemoteError):
    """There is no identity, or one that does not verify."""

    code = "unauthenticated"


class ForbiddenError(RemoteError):
    """The caller is known but not allowed."""

    code = "forbidden"


class NotFoundError(RemoteError):
    """There is no such thing, or it is not the caller's; the two are not told apart."""

    code = "not_found"


class ConflictError(RemoteError):
    """What was asked is not possible in the present state."""

    code = "conflict"
