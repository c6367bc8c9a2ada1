from __future__ import annotations

import asyncio

import pytest

from corridor.base.errors import SettingsError
from corridor.store.postgresql.database import connect, database_at
from corridor.store.postgresql.ownership import check_owner, claim
from corridor.store.postgresql.store import PostgresStore

NORTH, SOUTH = "did:web:north.example", "did:web:south.example"


async def test_who_opens_a_database_first_has_it_and_shares_it_with_its_replicas(database):
    first = await PostgresStore.open(database, owner=NORTH)
    replica = await PostgresStore.open(database, owner=NORTH)
    with pytest.raises(SettingsError, match=f"belongs to the participant `{NORTH}`") as refused:
        await PostgresStore.open(database, owner=SOUTH)
    assert refused.value.place == database.shown
    assert refused.value.remedy == f"give `{SOUTH}` a database of its own"
    await replica.close()
    await first.close()
    with pytest.raises(SettingsError):
        await PostgresStore.open(database, owner=SOUTH)


async def test_a_database_is_known_by_whatever_address(postgres_url):
    host = "127.0.0.1"
    assert host in postgres_url
    store = await PostgresStore.open(database_at(postgres_url, "test"), owner=NORTH)
    elsewhere = database_at(postgres_url.replace(host, "localhost"), "test")
    with pytest.raises(SettingsError, match=NORTH) as refused:
        await PostgresStore.open(elsewhere, owner=SOUTH)
    assert refused.value.place.startswith("localhost:")
    await store.close()


async def test_of_two_that_come_at_once_one_has_it(database):
    connections = [await connect(database) for _ in range(6)]
    claims = [claim(one, database, (NORTH, SOUTH)[number % 2]) for number, one in enumerate(connections)]
    found = await asyncio.gather(*claims, return_exceptions=True)
    assert sorted(type(one).__name__ for one in found) == ["NoneType"] * 3 + ["SettingsError"] * 3
    for one in connections:
        await one.close()


def test_what_is_nobodys_may_be_anybodys(database):
    check_owner(database, None, SOUTH)
    check_owner(database, SOUTH, SOUTH)
    with pytest.raises(SettingsError):
        check_owner(database, NORTH, SOUTH)
