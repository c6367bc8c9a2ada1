from __future__ import annotations

import asyncpg
import pytest

from corridor.base.errors import LocalError, StorageError
from corridor.store.postgresql.faults import is_unkeepable, storage_error, storage_errors, unkeepable

SHOWN = "db.example:5432/corridor"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (asyncpg.InvalidPasswordError("password of u failed"), "refuses this user or its password"),
        (asyncpg.InvalidCatalogNameError("none"), "there is no such database"),
        (asyncpg.InsufficientPrivilegeError("no"), "the user may not do this"),
        (asyncpg.DiskFullError("full"), "the disk is full"),
        (asyncpg.TooManyConnectionsError("many"), "has no connection left"),
        (asyncpg.ReadOnlySQLTransactionError("read only"), "the server is read-only"),
        (asyncpg.CannotConnectNowError("starting"), "is shutting down or starting"),
        (asyncpg.QueryCanceledError("slow"), "took too long"),
        (asyncpg.UndefinedTableError("no table\n\x1b[2J"), "the database fails: no table"),
        (asyncpg.ConnectionDoesNotExistError("gone"), "cannot be reached"),
        (asyncpg.InterfaceError("closed"), "cannot be reached"),
        (asyncpg.ClientConfigurationError("bad"), "the address of the database is wrong"),
        (ConnectionRefusedError(111, "refused"), "cannot be reached"),
        (TimeoutError(), "cannot be reached"),
    ],
)
def test_every_failure_is_a_sentence_with_its_database_and_a_remedy(error, said):
    told = storage_error(SHOWN, error)
    assert said in told.message
    assert told.message.isprintable()
    assert (told.place, bool(told.remedy)) == (SHOWN, True)


def test_failures_within_the_block_become_storage_errors_without_their_cause():
    with pytest.raises(StorageError) as caught, storage_errors(SHOWN):
        raise OSError("postgresql://u:secret@h/n")
    assert caught.value.__cause__ is None
    assert "secret" not in str(caught.value)


def test_what_is_wrong_with_a_value_is_told_apart():
    assert is_unkeepable(asyncpg.UntranslatableCharacterError("NUL"))
    assert is_unkeepable(asyncpg.NumericValueOutOfRangeError("big"))
    assert not is_unkeepable(asyncpg.DiskFullError("full"))
    assert isinstance(unkeepable(ValueError("x")), LocalError)
