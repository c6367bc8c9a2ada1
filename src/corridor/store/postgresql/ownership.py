"""Whose a database is: the participant that opened it first. Replicas of one participant share it, others never do.

The database itself is asked, since one and the same has many addresses: names, numbers, sockets, proxies.
"""

from __future__ import annotations

from corridor.base.errors import SettingsError
from corridor.base.ids import ParticipantId, printable
from corridor.store.postgresql.database import Connection, Database
from corridor.store.postgresql.faults import storage_errors
from corridor.store.postgresql.statements import CLAIM, OWNER


async def claim(connection: Connection, database: Database, participant: ParticipantId) -> None:
    """Make the database this participant's, if it is nobody's yet.

    Raises:
        SettingsError: it is another participant's.
        StorageError: the database fails.
    """
    with storage_errors(database.shown):
        await connection.execute(CLAIM, participant)
        owner = await connection.fetchval(OWNER)
    check_owner(database, owner, participant)


def check_owner(database: Database, owner: ParticipantId | None, participant: ParticipantId) -> None:
    """Refuse a database of somebody else.

    Raises:
        SettingsError: `owner` is not the participant.
    """
    if owner not in (None, participant):
        raise SettingsError(
            f"the database belongs to the participant `{printable(owner or '')}`",
            place=database.shown,
            remedy=f"give `{printable(participant)}` a database of its own",
        )
