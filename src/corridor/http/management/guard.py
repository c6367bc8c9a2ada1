"""Who may ask: whoever names this listener by a name of its own and knows the management token."""

from __future__ import annotations

import hmac
from typing import Final

from starlette.datastructures import Headers

from corridor.base.errors import ForbiddenError, UnauthenticatedError
from corridor.base.ids import printable

LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def check_host(headers: Headers, names: frozenset[str]) -> None:
    """Refuse a request that came by another name: a web page may have bound its own name to our address.

    Raises:
        ForbiddenError: the Host field is missing, stands twice, or names another host.
    """
    given = headers.getlist("host")
    if len(given) != 1 or host_name(given[0]) not in names:
        raise ForbiddenError(
            f"this listener is not `{printable(', '.join(given))}`",
            place="Host",
            remedy="call it by its address, or add the name to the settings",
            code="host",
        )


def host_name(field: str) -> str:
    """The name in a Host field, in lower case, without port and brackets."""
    name = field.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].removesuffix(".")


def check_token(headers: Headers, token: str) -> None:
    """Refuse a request without the management token.

    Raises:
        UnauthenticatedError: there is none, more than one, or it is wrong.
    """
    given = headers.getlist("authorization")
    scheme, _, credentials = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    same = hmac.compare_digest(credentials.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not same:
        raise UnauthenticatedError(
            "the management token is missing or wrong",
            place="Authorization",
            remedy="send the header Authorization: Bearer TOKEN; the settings name the file that holds it",
        )
