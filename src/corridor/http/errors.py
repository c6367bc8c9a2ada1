"""Faults that only HTTP knows: each is a class of `base.errors` with a status of its own in `problem`."""

from __future__ import annotations

from corridor.base.errors import LocalError, MalformedError, NotFoundError, RemoteError, TooLargeError


class UnsupportedMediaTypeError(MalformedError):
    """The body is of a type, or in a coding, that is not read here."""

    code = "unsupported_media_type"


class HeadTooLargeError(TooLargeError):
    """The request's header section is over its limit."""

    code = "head_too_large"


class TargetTooLongError(TooLargeError):
    """The request's target is over its limit."""

    code = "target_too_long"


class SlowRequestError(RemoteError):
    """The body did not arrive in time."""

    code = "slow_request"


class MethodError(NotFoundError):
    """There is something at this path, but not by this method.

    Attributes:
        allowed: the methods that there are.
    """

    code = "method_not_allowed"

    def __init__(self, message: str, allowed: tuple[str, ...]) -> None:
        super().__init__(message, remedy=f"use {' or '.join(allowed)}")
        self.allowed = allowed


class BusyError(LocalError):
    """As many requests as the settings allow are being served."""

    code = "busy"


class UnavailableError(BusyError):
    """The participant is one of this process, but is not served at present."""

    code = "unavailable"
