"""The doctor: every check on a healthy node, and each thing that can be wrong, in one sentence."""

import asyncio
import collections
import contextlib
import http.server
import os
import shutil
import signal
import socket
import sqlite3
import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from corridor.app.doctor import examine
from corridor.app.run import run_node
from corridor.app.settings import load_settings
from corridor.app.wire import open_node
from corridor.service.ports import Changes
from corridor.service.records import OfferRecord, SubscriptionState, Task, TaskKind
from corridor.store.migrate import VERSIONS
from corridor.store.postgresql.database import database_at
from corridor.store.postgresql.store import PostgresStore
from corridor.store.sqlite import SqliteStore
from corridor.testing import store_samples
from corridor.testing.store_samples import NOW, subscription

CHECKS = [
    "identity",
    "keys",
    "participants",
    "database",
    "offers",
    "disk",
    "protocol listener",
    "management listener",
    "rulebook",
    "decisions",
    "subscriptions",
]


def findings(node):
    return {finding.check: finding for finding in examine(load_settings(node.folder))}


def problem(node, check):
    """What the one check that fails says."""
    found = findings(node)
    failing = {name: finding.text for name, finding in found.items() if not finding.ok}
    assert set(failing) == {check}
    assert "Errno" not in failing[check]
    return failing[check]


@contextlib.contextmanager
def health_server(address, body=b'{"status":"ok"}'):
    """Something that answers `GET /health` on `address`."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    host, _, port = address.rpartition(":")
    server = http.server.HTTPServer((host, int(port)), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_offers_that_partners_are_not_shown_are_named(node):
    broken = replace(store_samples.dataset(), offers=(OfferRecord("bad", {"permission": 7}),))

    async def make():
        store = await SqliteStore.open(node.path("corridor.db"))
        await store.commit(Changes(datasets=(broken,)))
        await store.close()

    asyncio.run(make())
    assert problem(node, "offers").startswith("1 of 1 offers cannot be shown to partners, the first is `bad` of ")
    with health_server(node.settings.listen.management):
        assert "`bad`" in problem(node, "offers")


def make_database(node, *tasks):
    async def make():
        store = await SqliteStore.open(node.path("corridor.db"))
        await store.commit(Changes(tasks=tasks))
        await store.close()

    asyncio.run(make())


def test_a_new_node_is_healthy(node):
    found = findings(node)
    assert list(found) == CHECKS
    assert all(finding.ok for finding in found.values())
    assert found["identity"].text == f"{node.settings.node.id}, under the law of DE"
    assert found["participants"].text == "partners known: 0"
    assert found["database"].text == "not made yet; `corridor serve` makes it"
    assert found["protocol listener"].text == f"{node.settings.listen.protocol} is free"


def test_the_doctor_leaves_nothing_behind(node):
    before = sorted(node.folder.rglob("*"))
    examine(node)
    assert sorted(node.folder.rglob("*")) == before


def test_a_node_that_was_used_is_healthy(node):
    make_database(node)
    assert findings(node)["database"].text == "sound; 0 open tasks, 0 events in the evidence log"


def test_an_identity_that_is_not_the_urls_is_explained(node, edit):
    edit(node.settings.node.id, "did:web:elsewhere.example")
    said = problem(node, "identity")
    assert said.startswith("the DID did:web:elsewhere.example is not the one of http://localhost:")
    assert f"partners will look for {node.settings.node.id}: correct `node.id` or `listen.public_url`" in said


@pytest.mark.parametrize("name", ["signing.pem", "token.key", "management.token"])
def test_a_missing_key_is_named(node, name):
    node.path(f"keys/{name}").unlink()
    said = problem(node, "keys")
    assert said.startswith(str(node.path(f"keys/{name}")))
    assert said.endswith("`corridor init` makes one")


@pytest.mark.parametrize("name", ["signing.pem", "token.key", "management.token"])
def test_a_key_that_others_may_read_is_named_with_the_command_that_helps(node, name):
    path = node.path(f"keys/{name}")
    path.chmod(0o644)
    assert problem(node, "keys").endswith(f"is open to others (mode 0644); chmod 600 {path}")


def test_a_key_that_is_none_is_named(node):
    node.path("keys/signing.pem").write_text("no key", "utf-8")
    assert "no unencrypted P-256 key in PEM" in problem(node, "keys")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("participants: 1\n", "not a participant list"),
        ("participants:\n  - {id: did:web:a.example, name: A}\n", "the participant's `country` is missing"),
        ("participants: [\n", "not YAML"),
    ],
)
def test_a_broken_participant_list_is_named_with_its_line(node, text, said):
    node.path("participants.yaml").write_text(text, "utf-8")
    found = problem(node, "participants")
    assert found.startswith(f"{node.path('participants.yaml')}:")
    assert said in found


def test_partners_are_counted_without_the_node_itself(node):
    with node.path("participants.yaml").open("a") as file:
        file.write('  - {id: "did:web:b.example", name: B, country: CN}\n')
    assert findings(node)["participants"].text == "partners known: 1"


def test_a_database_of_another_program_is_named(node):
    with contextlib.closing(sqlite3.connect(node.path("corridor.db"))) as connection:
        connection.execute("CREATE TABLE shopping (item TEXT)")
    assert problem(node, "database").startswith(str(node.path("corridor.db")))


def test_a_file_that_is_no_database_is_named(node):
    node.path("corridor.db").write_bytes(b"just text\n" * 1000)
    assert "not a database" in problem(node, "database")


def test_a_damaged_database_is_named(node):
    make_database(node)
    path = node.path("corridor.db")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        pages, size = connection.execute("PRAGMA page_count").fetchone()[0], 4096
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    assert len(data) == pages * size
    for page in range(pages // 2, pages):
        data[page * size : page * size + 64] = b"\xff" * 64
    path.write_bytes(bytes(data))
    said = problem(node, "database")
    assert said.startswith(str(path))
    assert "damaged" in said


def test_a_database_that_another_node_holds_is_named(node):
    async def examined():
        async with open_node(node):
            return await asyncio.to_thread(problem, node, "database")

    assert "another node is running on this database; stop it" in asyncio.run(examined())


def test_a_running_node_is_left_to_its_work(node):
    make_database(node)
    with health_server(node.settings.listen.management), health_server(node.settings.listen.protocol):
        found = findings(node)
    assert all(finding.ok for finding in found.values())
    assert found["database"].text == "in use by the running node"
    assert found["management listener"].text.endswith("is in use by a running node")


def test_a_port_that_something_else_uses_is_named(node):
    with health_server(node.settings.listen.management, b"hello"):
        said = problem(node, "management listener")
    assert said == (
        f"listen.management: the address {node.settings.listen.management} is in use; "
        "stop what uses it, or choose another port"
    )


def test_a_port_where_nobody_answers_is_named(node):
    host, _, port = node.settings.listen.protocol.rpartition(":")
    with socket.create_server((host, int(port))):
        assert "is in use" in problem(node, "protocol listener")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 64])
def test_a_host_that_is_none_is_named(node, edit, host):
    edit(node.settings.listen.management, f"{host}:80")
    assert f"the address {host}:80 cannot be used" in problem(node, "management listener")


def stuck_task(problem):
    past = datetime(2026, 1, 1, tzinfo=UTC)
    return Task("t1", TaskKind.DECIDE, "did:web:b.example p1", "urn:uuid:p1", past, past, attempts=3, problem=problem)


def test_work_that_does_not_get_done_is_named(node):
    make_database(node, stuck_task("the host does not answer"))
    assert problem(node, "database") == (
        "1 of 1 open tasks fail, the first with: the host does not answer; see whether the partner's node runs"
    )


def test_a_disk_that_is_nearly_full_is_named(node, monkeypatch):
    usage = collections.namedtuple("usage", "total used free")  # noqa: PYI024 - what shutil gives
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(100, 99, 5 * 2**20))
    assert problem(node, "disk") == f"5 MiB are free under `{node.folder}`; make room: 64 MiB at least"


def test_a_folder_that_may_not_be_written_is_named(node, monkeypatch):
    def write(path, _):
        raise PermissionError(13, "Permission denied", str(path))

    # Root may write everywhere, and tests may run as root.
    monkeypatch.setattr("pathlib.Path.write_bytes", write)
    assert problem(node, "disk") == f"{node.folder}/.corridor-doctor: permission denied"


def test_a_folder_of_rules_that_is_not_there_is_named(node, edit):
    edit('\n[files]\nrules = ["mine"]\n')
    assert f"there is no folder of rules `{node.path('mine')}`" in problem(node, "rulebook")


def test_a_case_of_the_rules_that_fails_is_named(node, edit):
    edit('\n[files]\nrules = ["cn"]\n')
    case = """\
cases:
  - id: wrong-on-purpose
    source: this test
    verified: recalled
    as_of: 2026-11-22
    facts: {exporter: {located_in: CN}}
    expect: {outcome: EXEMPT}
"""
    node.path("cn").mkdir()
    node.path("cn/wrong.yaml").write_text(case, "utf-8")
    assert problem(node, "rulebook") == "cases of the rulebook fail; see `corridor rulebook check`"


def parked_task():
    return replace(stuck_task("a fault of this node: ZeroDivisionError"), parked=datetime(2026, 11, 22, tzinfo=UTC))


def test_a_parked_task_is_named_with_what_to_do(node):
    make_database(node, parked_task())
    said = problem(node, "database")
    assert "1 of 1 open tasks are parked" in said
    assert "a fault of this node: ZeroDivisionError" in said
    assert said.endswith("have it tried again or drop it, by `retry_task` or `drop_task` of the management API")


def test_a_parked_task_of_a_running_node_is_named(node):
    make_database(node, parked_task())
    with health_server(node.settings.listen.management):
        found = findings(node)
    assert "1 of 1 open tasks are parked" in found["database"].text


@pytest.fixture
def on_postgresql(node, edit):
    def use(url):
        path = node.folder / "keys" / "database.url"
        path.write_text(url, "utf-8")
        path.chmod(0o600)
        edit('\n[database]\nurl_file = "keys/database.url"\n')
        return node

    return use


def test_an_empty_postgresql_database_is_ready_to_be_used(on_postgresql, postgres):
    url = postgres.create()
    text = findings(on_postgresql(url))["database"].text
    assert text.startswith(f"127.0.0.1:{postgres.port}/")
    assert text.endswith("is empty; `corridor serve` makes the tables")
    postgres.drop(url)


def test_a_postgresql_database_is_looked_into(on_postgresql, postgres_url):
    text = findings(on_postgresql(postgres_url))["database"].text
    assert text.endswith("running replicas: 0, sound; 0 open tasks, 0 events in the evidence log")
    assert not (on_postgresql(postgres_url).folder / "corridor.db").exists()


def test_a_postgresql_database_of_another_participant_is_named(on_postgresql, postgres_url):
    async def claim():
        store = await PostgresStore.open(database_at(postgres_url, "test"), owner="did:web:north.example")
        await store.close()

    asyncio.run(claim())
    found = findings(on_postgresql(postgres_url))["database"]
    assert not found.ok
    assert "belongs to the participant `did:web:north.example`; give `did:web:" in found.text


def test_a_postgresql_database_of_an_earlier_release_is_named(on_postgresql, postgres, postgres_url):
    name = postgres_url.rpartition("/")[2]
    postgres.say("UPDATE alembic_version SET version_num = '0001'", name)
    text = findings(on_postgresql(postgres_url))["database"].text
    assert text.endswith(f"is of version 0001; `corridor serve` migrates it to {VERSIONS[-1]}")


def test_a_postgresql_database_of_a_later_release_is_refused(on_postgresql, postgres, postgres_url):
    postgres.say("UPDATE alembic_version SET version_num = '9999'", postgres_url.rpartition("/")[2])
    assert "install the release of Corridor that wrote it, or a later one" in problem(
        on_postgresql(postgres_url), "database"
    )


def test_a_postgresql_server_that_is_away_is_named_without_the_password(on_postgresql, free_ports):
    (port,) = free_ports(1)
    said = problem(on_postgresql(f"postgresql://u:secret@127.0.0.1:{port}/n"), "database")
    assert said.startswith(f"127.0.0.1:{port}/n: the database cannot be reached")
    assert "secret" not in said


def test_offers_on_postgresql_are_looked_at_beside_whoever_runs_on_it(on_postgresql, postgres_url):
    node = on_postgresql(postgres_url)
    assert findings(node)["offers"].text == "0 offers on 0 datasets, all of them readable"
    fill_postgresql(postgres_url, OfferRecord("bad", {"permission": [{"action": 7}]}))
    assert "1 of 1 offers cannot be shown to partners, the first is `bad` of `d-1`" in problem(node, "offers")


@pytest.mark.parametrize(
    "statement", ["UPDATE alembic_version SET version_num = '0001'", "UPDATE alembic_version SET version_num = '9999'"]
)
def test_offers_on_postgresql_of_another_release_are_left_to_it(on_postgresql, postgres, postgres_url, statement):
    postgres.say(statement, postgres_url.rpartition("/")[2])
    said = findings(on_postgresql(postgres_url))["offers"].text
    assert said == "not looked at: see what is said of the database"


def test_on_an_empty_postgresql_database_nothing_is_published(on_postgresql, postgres):
    url = postgres.create()
    assert findings(on_postgresql(url))["offers"].text == "nothing is published yet"
    postgres.drop(url)


def test_without_the_url_of_a_database_its_offers_are_not_looked_at(on_postgresql):
    assert findings(on_postgresql("no url"))["offers"].text == "not looked at: see what is said of the database"


def fill_postgresql(url, offer):
    async def fill():
        store = await PostgresStore.open(database_at(url, "test"))
        await store.commit(Changes(datasets=(replace(store_samples.dataset("d-1"), offers=(offer,)),)))
        await store.close()

    asyncio.run(fill())


def test_a_hook_that_is_not_there_is_found(node):
    with (node.folder / "corridor.toml").open("a", encoding="utf-8") as file:
        file.write('\n[decisions]\nhook = "nowhere:decide"\n')
    assert "the decision hook `nowhere:decide` cannot be imported" in problem(node, "decisions")


def subscribed(node, *, state=SubscriptionState.ACTIVE, problem=None, tasks=()):
    record = replace(subscription("urn:s1", state=state), problem=problem)

    async def make():
        store = await SqliteStore.open(node.path("corridor.db"))
        await store.commit(Changes(subscriptions=(record,), tasks=tasks))
        await store.close()

    asyncio.run(make())


def failing_task(problem="`hook.example` answers 500"):
    return Task("notify:urn:s1", TaskKind.NOTIFY, "urn:s1 urn:s1", "urn:s1", NOW, NOW, attempts=3, problem=problem)


def test_subscriptions_that_are_told_are_counted(node):
    subscribed(node)
    assert findings(node)["subscriptions"].text == "1, all of them told of events"


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"state": SubscriptionState.PAUSED}, "(urn:s1, paused) because: it is paused"),
        ({"state": SubscriptionState.ENDED, "problem": "it is gone"}, "(urn:s1, ended) because: it is gone"),
        ({"tasks": (failing_task(),)}, "(urn:s1, active) because: `hook.example` answers 500"),
    ],
)
def test_a_subscription_that_is_not_told_is_named_with_the_reason(node, how, sentence):
    subscribed(node, **how)
    said = problem(node, "subscriptions")
    assert sentence in said
    assert said.startswith("1 of 1 subscriptions are not told of events")


async def test_a_running_node_is_asked_for_its_subscriptions(node):
    await asyncio.to_thread(subscribed, node, state=SubscriptionState.PAUSED)
    async with running(node):
        found = await asyncio.to_thread(findings, node)
    assert "(urn:s1, paused)" in found["subscriptions"].text
    assert found["database"].text == "in use by the running node"


@contextlib.asynccontextmanager
async def running(node):
    """The node, run in process."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    work = asyncio.create_task(run_node(load_settings(node.folder), ready.set))
    await asyncio.wait_for(ready.wait(), 10)
    try:
        yield
    finally:
        loop.call_soon(os.kill, os.getpid(), signal.SIGTERM)
        await work
