"""What partners are not shown, as the doctor finds it."""

import asyncio
from contextlib import closing
from dataclasses import replace

import pytest

from corridor.app.offers import check_offers_in
from corridor.base.errors import SettingsError, StorageError
from corridor.service.ports import Changes
from corridor.service.records import OfferRecord
from corridor.store.connection import connect
from corridor.store.sqlite import SqliteStore
from corridor.testing import store_samples as a

GOOD = OfferRecord("good", {"permission": [{"action": "use"}]})
BAD = OfferRecord("bad", {"permission": [{"action": 7}]})


@pytest.fixture
def database(tmp_path):
    """Makes a database with datasets of the given offers."""

    def make(*offers):
        async def fill():
            store = await SqliteStore.open(tmp_path / "node.db")
            records = [replace(a.dataset(f"d-{n:04}"), offers=tuple(each)) for n, each in enumerate(offers)]
            await store.commit(Changes(datasets=tuple(records)))
            await store.close()

        asyncio.run(fill())
        return tmp_path / "node.db"

    return make


def test_offers_that_can_be_read_are_counted(database):
    assert asyncio.run(check_offers_in(database([GOOD], [GOOD]))) == "2 offers on 2 datasets, all of them readable"


def test_more_datasets_than_one_batch_are_all_looked_at(database):
    path = database(*[[GOOD]] * 1500, [BAD])
    with pytest.raises(SettingsError, match="1 of 1501 offers"):
        asyncio.run(check_offers_in(path))


def test_offers_that_cannot_be_shown_are_named_with_what_is_wrong(database):
    path = database([GOOD], [GOOD, BAD], [BAD])
    with pytest.raises(SettingsError, match="2 of 4 offers cannot be shown to partners") as found:
        asyncio.run(check_offers_in(path))
    assert "the first is `bad` of `d-0001`: $.permission[0].action" in found.value.message
    assert found.value.remedy == "publish its dataset anew"


def test_it_works_beside_whoever_has_the_database_open(database):
    path = database([GOOD])
    with closing(connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "1 offers" in asyncio.run(check_offers_in(path))


def test_what_is_no_database_is_told_so(tmp_path):
    (tmp_path / "node.db").write_bytes(b"no database" * 100)
    with pytest.raises(StorageError):
        asyncio.run(check_offers_in(tmp_path / "node.db"))
