"""Which store the settings ask for."""

from __future__ import annotations

import pytest

from corridor.app.settings import load_settings
from corridor.app.storage import database_of, leases_of, open_store
from corridor.base.errors import SettingsError, StorageError
from corridor.store.postgresql.database import database_at
from corridor.store.postgresql.store import PostgresStore
from corridor.store.sqlite import SqliteStore


@pytest.fixture
def on_postgresql(node, edit):
    """The node with `url` in the file that its settings name."""

    def make(url, mode=0o600):
        path = node.folder / "keys" / "database.url"
        path.write_bytes(url if isinstance(url, bytes) else f"{url}\n".encode())
        path.chmod(mode)
        edit('\n[database]\nurl_file = "keys/database.url"\n')
        return load_settings(node.folder)

    return make


async def test_without_a_database_state_is_kept_in_a_file(node):
    assert database_of(node) is None
    store = await open_store(node, lambda _: None)
    assert isinstance(store, SqliteStore)
    assert leases_of(store) is None
    await store.close()


async def test_with_a_url_state_is_kept_in_postgresql(on_postgresql, postgres_url):
    store = await open_store(on_postgresql(postgres_url), lambda _: None)
    assert isinstance(store, PostgresStore)
    assert leases_of(store) is store
    await store.close()


async def test_a_database_of_another_participant_is_refused(on_postgresql, postgres_url):
    theirs = await PostgresStore.open(database_at(postgres_url, "test"), owner="did:web:north.example")
    await theirs.close()
    with pytest.raises(SettingsError, match=r"belongs to the participant `did:web:north\.example`"):
        await open_store(on_postgresql(postgres_url), lambda _: None)


def test_the_file_has_to_be_there(node, edit):
    edit('\n[database]\nurl_file = "keys/database.url"\n')
    with pytest.raises(SettingsError, match="the database URL cannot be read") as refused:
        database_of(load_settings(node.folder))
    assert refused.value.remedy == "write the URL there: (umask 077; cat > FILE)"


def test_the_file_has_to_be_private(on_postgresql):
    with pytest.raises(SettingsError, match=r"the database URL is open to others \(mode 0644\); chmod 600"):
        database_of(on_postgresql("postgresql://u:secret@h/n", 0o644))


@pytest.mark.parametrize("content", ["", "corridor.db", b"postgresql://u:\xff@h/n"])
def test_the_file_has_to_hold_a_url(on_postgresql, content):
    with pytest.raises(SettingsError) as refused:
        database_of(on_postgresql(content))
    assert refused.value.place.endswith("keys/database.url")


async def test_a_server_that_is_away_is_named_without_its_password(on_postgresql, free_ports):
    (port,) = free_ports(1)
    loaded = on_postgresql(f"postgresql://u:secret@127.0.0.1:{port}/n")
    with pytest.raises(StorageError, match=f"127.0.0.1:{port}/n: the database cannot be reached") as refused:
        await open_store(loaded, lambda _: None)
    assert "secret" not in str(refused.value)
