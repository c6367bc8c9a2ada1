"""The composition root: a node that is put together from its folder, and what is missing named."""

import asyncio
import json

import pytest

from corridor.app.settings import load_settings
from corridor.app.wire import Commits, open_node, request_limits
from corridor.base.errors import SettingsError, StorageError
from corridor.service import outbox
from corridor.service.ports import Changes
from corridor.testing import store_samples as a

PATIENCE = 20


async def ask(app, path, method="GET"):
    """Status and decoded body of one request to an ASGI application."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "root_path": "",
    }
    await app(scope, receive, send)
    return sent[0]["status"], json.loads(b"".join(message.get("body", b"") for message in sent[1:]))


async def test_a_new_node_opens_and_says_who_it_is(node):
    async with open_node(node) as opened:
        assert opened.context.me.id == node.settings.node.id
        assert await opened.context.store.log_size() == 0
        assert {"CN", "EU"} <= set(opened.context.rulebook.jurisdictions)
    assert node.path("corridor.db").is_file()


async def test_urls_of_the_two_services_follow_from_the_public_one(node, edit):
    url = node.settings.listen.public_url
    for written in (f'"{url}"', f'"{url}/"'):
        edit("public_url = ", f"public_url = {written} # ")
        async with open_node(load_settings(node.folder)) as opened:
            assert opened.context.dsp_url == f"{url}/dsp/2025-1"
            assert opened.context.data_url == f"{url}/data"


async def test_every_version_of_the_wire_is_read_as_strictly_as_the_settings_say(node, edit):
    async with open_node(node) as opened:
        assert {codec.strict for codec in opened.context.codecs} == {False}
    edit("\n[protocol]\nstrict = true\n")
    async with open_node(load_settings(node.folder)) as opened:
        assert {codec.strict for codec in opened.context.codecs} == {True}


async def test_what_anybody_may_ask_is_answered_without_a_token(node):
    async with open_node(node) as opened:
        assert await ask(opened.protocol, "/health") == (200, {"status": "ok"})
        status, versions = await ask(opened.protocol, "/.well-known/dspace-version")
        assert (status, versions["protocolVersions"][0]["path"]) == (200, "/dsp/2025-1")
        status, document = await ask(opened.protocol, "/.well-known/did.json")
        assert (status, document["id"]) == (200, node.settings.node.id)
        assert await ask(opened.protocol, "/did.json") == (status, document)


@pytest.mark.parametrize("path", ["/dsp/2025-1/catalog/datasets/any", "/data/any"])
async def test_without_identity_nothing_else_is_reached(node, path):
    async with open_node(node) as opened:
        status, _ = await ask(opened.protocol, path)
        assert status == 401


async def test_the_settings_reach_the_parts(node, edit):
    edit("\n[limits]\nbody_bytes = 10\nconcurrent_requests = 3\nrequest_seconds = 2\ncatalogue_page = 7\n")
    edit("\n[outbox]\nattempts = 2\nfirst_wait_ms = 50\nlongest_wait_seconds = 1\nreaction_ms = 5\n")
    loaded = load_settings(node.folder)
    async with open_node(loaded) as opened:
        assert opened.context.page == 7
        patience = opened.context.patience
        assert (patience.give_up, patience.first.microseconds, patience.longest.seconds) == (2, 50_000, 1)
        assert patience.reaction.microseconds == 5_000
    limits = request_limits(loaded.settings.limits)
    assert (limits.body_bytes, limits.body_seconds, limits.concurrent) == (10, 2.0, 3)


async def test_every_commit_is_shown_to_everybody_who_asked():
    commits, one, two = Commits(), [], []
    commits.add(one.append)
    commits.add(two.append)
    commits(Changes())
    assert one == two == [Changes()]


@pytest.mark.parametrize(
    ("file", "what"),
    [
        ("keys/signing.pem", "the signing key cannot be read"),
        ("keys/token.key", "the secret cannot be read"),
        ("participants.yaml", "the participant list cannot be read"),
    ],
)
async def test_a_missing_file_is_named(node, file, what):
    node.path(file).unlink()
    with pytest.raises(SettingsError, match=what) as refused:
        async with open_node(node):
            pass
    assert refused.value.remedy


async def test_a_key_that_others_may_read_is_refused(node):
    node.path("keys/signing.pem").chmod(0o644)
    with pytest.raises(SettingsError, match=r"open to others \(mode 0644\); chmod 600"):
        async with open_node(node):
            pass


async def test_a_faulty_participant_list_is_refused_with_its_line(node):
    node.path("participants.yaml").write_text("participants:\n  - id: nobody\n", "utf-8")
    with pytest.raises(SettingsError, match=r"participants\.yaml:2:5"):
        async with open_node(node):
            pass


async def test_a_database_has_one_node_at_a_time(node):
    async with open_node(node):
        with pytest.raises(StorageError, match="another node is running on this database; stop it"):
            async with open_node(node):
                pass
    async with open_node(node):
        pass


async def test_a_file_of_another_program_is_no_database(node):
    node.path("corridor.db").write_bytes(b"not a database, and long enough to be one" * 100)
    with pytest.raises(StorageError, match="not a database"):
        async with open_node(node):
            pass


@pytest.fixture
def on_postgresql(node, edit, postgres_url):
    path = node.folder / "keys" / "database.url"
    path.write_text(postgres_url, "utf-8")
    path.chmod(0o600)
    edit('\n[database]\nurl_file = "keys/database.url"\nconnections = 2\n')
    return load_settings(node.folder)


async def test_a_node_on_postgresql_can_be_several_processes(on_postgresql):
    async with open_node(on_postgresql) as one, open_node(on_postgresql) as two:
        await one.context.store.commit(Changes(papers=(a.paper(),)))
        assert await two.context.store.papers() == (a.paper(version=1),)
    assert not on_postgresql.path("corridor.db").exists()


async def test_a_right_that_ends_at_one_replica_is_told_to_streams_of_another(on_postgresql):
    async with open_node(on_postgresql) as one, open_node(on_postgresql) as two:
        watch = two.context.revocations.watch("urn:uuid:t1")
        waiting = asyncio.create_task(two.signal.changed(PATIENCE))
        await one.context.store.commit(Changes(grants=(a.grant(),)))
        await waiting
        await one.context.store.commit(Changes(grants=(a.grant(revoked=a.NOW),)))
        async with asyncio.timeout(PATIENCE):
            while watch.reason is None:
                await two.signal.changed(1)
        assert watch.reason == "the right to this transfer has ended"


async def test_streams_end_when_nobody_can_tell_them_any_more(on_postgresql):
    async with open_node(on_postgresql) as opened:
        watch = opened.context.revocations.watch("urn:uuid:t1")
        waiting = asyncio.create_task(opened.signal.changed(PATIENCE))
        await asyncio.sleep(0)
        opened.context.store._replica._lost()
        assert watch.reason == "the node has lost its database"
        assert not waiting.done()
        opened.context.store._replica._renewed()
        await waiting


async def test_a_task_on_which_our_code_fails_is_parked_after_the_last_attempt(node, edit, monkeypatch):
    async def fail(_ctx, _task):
        raise ZeroDivisionError

    monkeypatch.setattr(outbox, "run", fail)
    edit("\n[outbox]\nattempts = 2\nfirst_wait_ms = 1\n")
    async with open_node(load_settings(node.folder)) as opened:
        store = opened.context.store
        dispatching = asyncio.create_task(opened.dispatcher.run())
        await store.commit(Changes(tasks=(a.task(),)))
        async with asyncio.timeout(PATIENCE):
            while (await store.task("task-1")).parked is None:
                await opened.signal.changed(1)
        parked = await store.task("task-1")
        assert (parked.attempts, parked.problem) == (2, "a fault of this node: ZeroDivisionError")
        dispatching.cancel()
        await asyncio.gather(dispatching, return_exceptions=True)
