"""What goes wrong with PostgreSQL, in words that help: every failure becomes a `StorageError` with its database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import asyncpg

from corridor.base.errors import LocalError, StorageError
from corridor.base.ids import printable

Failure: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""Whatever asyncpg raises."""

_URL: Final = "correct the URL in the file that `database.url_file` names"
_FULL: Final = ("the disk is full; nothing was changed", "free some space on the server and try again")

# By class of the SQLSTATE, or by the whole of it (PostgreSQL documentation, appendix A).
_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "28": ("the server refuses this user or its password", _URL),
    "3D": ("there is no such database", "make it with `createdb`, or " + _URL),
    "42501": ("the user may not do this", "make it the owner of the database, and let it make temporary objects"),
    "53100": _FULL,
    "53300": ("the server has no connection left", "raise its max_connections, or lower `database.connections`"),
    "25006": ("the server is read-only", "name the primary in the URL"),
    "57P": ("the server is shutting down or starting", "wait for it; this node tries again"),
    "57014": ("the server took too long", "see what it is busy with; this node tries again"),
}


def storage_error(shown: str, error: BaseException) -> StorageError:
    """The sentence for a failure on the database called `shown`."""
    state = str(getattr(error, "sqlstate", None) or "")
    for prefix, (message, remedy) in _WORDS.items():
        if state.startswith(prefix):
            return StorageError(message, place=shown, remedy=remedy)
    if isinstance(error, asyncpg.PostgresError) and not state.startswith("08"):
        said = printable(str(error), 200)
        return StorageError(f"the database fails: {said}", place=shown, remedy="see the log of the server")
    if isinstance(error, asyncpg.ClientConfigurationError):
        return StorageError("the address of the database is wrong", place=shown, remedy=_URL)
    return StorageError(
        "the database cannot be reached", place=shown, remedy="see whether the server runs; this node tries again"
    )


def is_unkeepable(error: BaseException) -> bool:
    """Whether it is about the values that were to be kept, not about the database (class 22, data exceptions)."""
    return isinstance(error, asyncpg.DataError) or str(getattr(error, "sqlstate", None) or "").startswith(("22", "54"))


def unkeepable(error: BaseException) -> LocalError:
    """The sentence for values that cannot be kept."""
    return LocalError(f"a record cannot be kept: {printable(str(error), 200)}")


@contextmanager
def storage_errors(shown: str) -> Iterator[None]:
    """Turns failures of PostgreSQL within the block into `StorageError`.

    Raises:
        StorageError: the database failed, or cannot be reached.
    """
    try:
        yield
    except Failure as error:
        # Without its cause: what asyncpg says of an address can hold the password.
        raise storage_error(shown, error) from None
