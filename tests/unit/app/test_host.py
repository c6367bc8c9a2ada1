"""A host that runs in this process: several participants, and what one of them has that is nothing at another."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from corridor.app import host as module
from corridor.app.contexts import load_contexts
from corridor.app.host import Context, Host, open_host, run_host
from corridor.app.host_settings import load_host
from corridor.app.world import SystemClock, new_id
from corridor.base.errors import SettingsError
from corridor.trust.keys import FileSigner
from corridor.trust.tokens import TokenIssuer

WORDS = b"words of the north"
PUBLICATION = {
    "title": "Words",
    "source": {"file": "words.txt", "media_type": "text/plain"},
    "profile": {
        "data": {"items": [{"category": "product_safety", "personal": False}]},
        "purpose": ["product_safety"],
    },
    "offers": [{"id": "urn:offer:1", "permission": [{"action": "use"}]}],
}


class Running:
    """Speaks to a host that runs."""

    def __init__(self, host, session):
        self.host, self._session = host, session
        self.protocol = f"http://localhost:{host.settings.listen.protocol.rpartition(':')[2]}"
        self.management = f"http://{host.settings.listen.management}"

    def token(self, name=None):
        return (self.host.folder / (name or "") / "keys" / "management.token").read_text("utf-8")

    def did(self, name):
        return load_contexts(self.host).sound[name].settings.node.id

    def identity(self, sender, audience):
        """A fresh identity token of one context for another."""
        signer = FileSigner(self.host.folder / sender / "keys" / "signing.pem", f"{self.did(sender)}#key-1")
        return TokenIssuer(self.did(sender), signer, SystemClock(), new_id).issue(self.did(audience))

    async def ask(self, url, token=None, method="GET", body=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self._session.request(method, url, headers=headers, json=body) as answer:
            return answer.status, await answer.read()

    async def manage(self, name, path, body=None):
        """The answer of a context's own management API."""
        url = f"{self.management}/contexts/{name}{path}"
        status, answer = await self.ask(url, self.token(name), "GET" if body is None else "POST", body)
        assert status < 300, answer
        return json.loads(answer)

    async def publish(self, name, dataset):
        (self.host.folder / name / "data" / "words.txt").write_bytes(WORDS)
        await self.manage(name, "/datasets", {"id": dataset, **PUBLICATION})

    async def agree(self, consumer, provider, dataset):
        asked = {"provider": self.did(provider), "dataset": dataset}
        begun = await self.manage(consumer, "/negotiations", asked)
        found = await self.manage(consumer, f"/negotiations/{begun['pid']}?wait=20")
        assert found["state"] == "FINALIZED", found
        return found["agreement"]

    async def receipts(self, name, agreement):
        """The kinds of receipts that both sides have signed, once there are two of them."""
        async with asyncio.timeout(20):
            while True:
                found = (await self.manage(name, f"/evidence/receipts?agreement={agreement}"))["items"]
                if len(complete := {one["kind"] for one in found if one["complete"]}) == 2:
                    return complete
                await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def running(host):
    ready = asyncio.Event()
    task = asyncio.create_task(run_host(host, ready.set))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({task, waiting}, timeout=20, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        await task
    try:
        async with aiohttp.ClientSession() as session:
            yield Running(host, session)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(task, 20)


@pytest.fixture
async def up(new_host):
    async with running(new_host("north", "south", "east")) as host:
        yield host


async def test_each_participant_is_found_below_its_name_and_by_its_did(up):
    for name in ("north", "south"):
        for path in ("did.json", ".well-known/did.json"):
            status, document = await up.ask(f"{up.protocol}/{name}/{path}")
            assert (status, json.loads(document)["id"]) == (200, up.did(name))
        status, versions = await up.ask(f"{up.protocol}/{name}/.well-known/dspace-version")
        assert (status, json.loads(versions)["protocolVersions"][0]["path"]) == (200, "/dsp/2025-1")
    assert await up.ask(f"{up.protocol}/health") == (200, b'{"status":"ok"}')
    assert (await up.ask(f"{up.protocol}/.well-known/did.json"))[0] == 401


async def test_two_participants_of_one_process_exchange_as_with_anybody(up):
    await up.publish("north", "urn:dataset:1")
    agreement = await up.agree("south", "north", "urn:dataset:1")
    begun = await up.manage("south", "/transfers", {"agreement": agreement, "fetch": True})
    found = await up.manage("south", f"/transfers/{begun['pid']}?wait=20")
    assert found["received"]["size"] == len(WORDS)
    url = f"{up.management}/contexts/south/transfers/{begun['pid']}/data"
    assert await up.ask(url, up.token("south")) == (200, WORDS)
    for name in ("north", "south"):
        assert await up.receipts(name, agreement) == {"agreement", "delivery"}
    kept = {name: await up.manage(name, "/agreements") for name in ("north", "south", "east")}
    assert {name: len(page["items"]) for name, page in kept.items()} == {"north": 1, "south": 1, "east": 0}


async def test_what_is_pushed_to_one_of_them_is_in_its_folder_and_in_no_other(up):
    await up.publish("north", "urn:dataset:1")
    asked = {"agreement": await up.agree("south", "north", "urn:dataset:1"), "format": "HttpData-PUSH"}
    begun = await up.manage("south", "/transfers", asked)
    found = await up.manage("south", f"/transfers/{begun['pid']}?wait=20")
    assert found["received"]["size"] == len(WORDS)
    kept = {name: [*(up.host.folder / name / "received").glob("*")] for name in ("north", "south", "east")}
    assert {name: [file.read_bytes() for file in files] for name, files in kept.items()} == {
        "north": [],
        "south": [WORDS],
        "east": [],
    }


@pytest.fixture
async def told():
    """A receiver of webhooks: its URL, and what comes there, as pairs of path and source of an event."""
    came = asyncio.Queue()

    async def take(request):
        came.put_nowait((request.path, (await request.json())["source"]))
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/{name}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", came
    await runner.cleanup()


async def test_the_subscribers_of_each_participant_are_told_of_its_events(new_host, told):
    host, (url, came) = new_host("north", "south"), told
    for name in ("north", "south"):
        with (host.folder / name / "corridor.toml").open("a", encoding="utf-8") as file:
            file.write('\n[events]\nhttp_hosts = ["127.0.0.1"]\n')
    async with running(host) as up:
        for name in ("north", "south"):
            await up.manage(name, "/subscriptions", {"url": f"{url}/{name}"})
        await up.publish("north", "urn:dataset:1")
        await up.agree("south", "north", "urn:dataset:1")
        expected, heard = {(f"/{name}", up.did(name)) for name in ("north", "south")}, set()
        async with asyncio.timeout(20):
            while heard != expected:
                heard.add(await came.get())
                assert heard <= expected


async def test_streams_of_every_participant_end_whole_when_the_host_is_stopped(new_host):
    async with aiohttp.ClientSession() as session:
        async with running(new_host("north", "south")) as up:
            streams = [
                await session.get(
                    f"{up.management}/contexts/{name}/events",
                    headers={"Authorization": f"Bearer {up.token(name)}", "Accept": "application/x-ndjson"},
                )
                for name in ("north", "south")
            ]
            assert [stream.status for stream in streams] == [200, 200]
        for stream in streams:
            assert (await stream.content.read()).strip() == b""


async def test_what_one_publishes_and_records_is_not_there_for_another(up):
    await up.publish("north", "urn:dataset:1")
    assert len((await up.manage("north", "/datasets"))["items"]) == 1
    assert (await up.manage("south", "/datasets"))["items"] == []
    assert (await up.manage("north", "/status"))["log_size"] > 0
    assert (await up.manage("south", "/status"))["log_size"] == 0
    url = f"{up.protocol}/south/dsp/2025-1/catalog/datasets/urn:dataset:1"
    assert (await up.ask(url, up.identity("east", "south")))[0] == 404
    url = f"{up.protocol}/north/dsp/2025-1/catalog/datasets/urn:dataset:1"
    assert (await up.ask(url, up.identity("east", "north")))[0] == 200


async def test_a_catalogue_of_several_pages_stays_with_its_participant(new_host):
    host = new_host("north", "south")
    file = host.folder / "north" / "corridor.toml"
    file.write_text(file.read_text("utf-8") + "\n[limits]\ncatalogue_page = 1\n", "utf-8")
    async with running(host) as up:
        for number in range(3):
            await up.publish("north", f"urn:dataset:{number}")
        await up.publish("south", "urn:dataset:9")
        found = await up.manage("south", "/catalogue", {"provider": f"{up.protocol}/north"})
    assert [one["id"] for one in found["datasets"]] == [f"urn:dataset:{number}" for number in range(3)]


async def test_an_identity_token_for_one_is_nothing_at_another(up):
    path = "dsp/2025-1/negotiations/urn:uuid:1"
    for audience, status in {"north": 404, "east": 401}.items():
        token = up.identity("south", audience)
        assert (await up.ask(f"{up.protocol}/north/{path}", token))[0] == status
    used = up.identity("south", "north")
    for status in (404, 401):
        assert (await up.ask(f"{up.protocol}/north/{path}", used))[0] == status


async def test_a_management_token_opens_the_participant_that_it_belongs_to(up):
    for where in ("north", "south"):
        for whose in ("north", "south", None):
            status, _ = await up.ask(f"{up.management}/contexts/{where}/status", up.token(whose))
            assert status == (200 if where == whose else 401)
    assert (await up.ask(f"{up.management}/contexts", up.token("north")))[0] == 401
    assert (await up.ask(f"{up.management}/contexts/west/status", up.token("north")))[0] == 401
    assert (await up.ask(f"{up.management}/status", up.token("north")))[0] == 401


async def test_a_data_token_opens_a_transfer_of_the_participant_that_gave_it(up):
    for provider in ("north", "south"):
        await up.publish(provider, "urn:dataset:1")
    agreement = await up.agree("east", "north", "urn:dataset:1")
    begun = await up.manage("east", "/transfers", {"agreement": agreement, "fetch": False})
    await up.manage("east", f"/transfers/{begun['pid']}?wait=20")
    address = await up.manage("east", f"/transfers/{begun['pid']}/data-address")
    token = address["authorization"].removeprefix("Bearer ")
    assert await up.ask(address["endpoint"], token) == (200, WORDS)
    elsewhere = address["endpoint"].replace("/north/", "/south/")
    assert elsewhere != address["endpoint"]
    assert (await up.ask(elsewhere, token))[0] == 401


async def test_the_host_lists_how_its_participants_fare_and_nothing_else(up):
    status, listed = await up.ask(f"{up.management}/contexts", up.token())
    assert status == 200
    ok = [{"name": name, "status": "ok"} for name in ("east", "north", "south")]
    assert json.loads(listed) == {"contexts": ok}


async def test_a_faulty_participant_is_named_and_the_others_are_served(new_host):
    host = new_host("north", "south")
    (host.folder / "south" / "participants.yaml").write_text("participants: [\n", "utf-8")
    with capture_logs() as logs:
        async with running(host) as up:
            assert (await up.ask(f"{up.protocol}/north/did.json"))[0] == 200
            assert (await up.ask(f"{up.protocol}/south/did.json"))[0] == 503
            assert (await up.ask(f"{up.management}/contexts/south/status", up.token("south")))[0] == 503
            listed = json.loads((await up.ask(f"{up.management}/contexts", up.token()))[1])["contexts"]
    assert [(one["name"], one["status"]) for one in listed] == [("north", "ok"), ("south", "failed")]
    assert "participants.yaml" in listed[1]["problem"]
    refused = [line for line in logs if line["event"] == "context not served"]
    assert [(line["context"], line["log_level"]) for line in refused] == [("south", "error")]


async def test_a_host_that_can_serve_nobody_does_not_start(new_host):
    host = new_host("north")
    (host.folder / "north" / "keys" / "signing.pem").chmod(0o644)
    with pytest.raises(SettingsError, match=r"no context of the host can be served: `north`: .*open to others"):
        await run_host(host)
    (host.folder / "corridor-host.toml").write_text('[listen]\npublic_url = "https://h.example"\n', "utf-8")
    with pytest.raises(SettingsError, match="no context of the host can be served: it lists none"):
        async with open_host(load_host(host.folder)):
            pass


async def test_a_host_without_its_token_does_not_start(new_host):
    host = new_host("north")
    (host.folder / "keys" / "management.token").unlink()
    with pytest.raises(SettingsError, match="the management token cannot be read"):
        await run_host(host)


async def test_rules_are_loaded_once_and_all_else_is_opened_for_each(new_host):
    async with open_host(new_host("north", "south")) as opened:
        north, south = (opened.contexts[name].node.context for name in ("north", "south"))
        assert north.rulebook is south.rulebook
        parts = ("store", "participants", "sender", "directory", "signer", "secrets", "memo", "revocations")
        assert [part for part in parts if getattr(north, part) is getattr(south, part)] == []


class Outbox:
    """Breaks once, then runs."""

    def __init__(self):
        self.runs = 0
        self.again = asyncio.Event()

    async def run(self):
        self.runs += 1
        if self.runs == 1:
            raise OSError("the disk is full")
        self.again.set()
        await asyncio.Event().wait()


async def test_an_outbox_that_breaks_is_the_trouble_of_one_participant_and_starts_again(monkeypatch):
    outbox, said = Outbox(), []

    async def pause(_):
        said.append(host.health()["contexts"])

    monkeypatch.setattr(module, "_pause", pause)
    herald = SimpleNamespace(run=asyncio.Event().wait)
    host = Host({"north": Context(SimpleNamespace(dispatcher=outbox, herald=herald), None)}, {})
    with capture_logs() as logs:
        async with module._dispatching(host):
            await asyncio.wait_for(outbox.again.wait(), 10)
    failed = {"name": "north", "status": "failed", "problem": "its outbox does not run: the disk is full"}
    assert said == [[failed]]
    assert host.health() == {"contexts": [{"name": "north", "status": "ok"}]}
    assert [line["event"] for line in logs] == ["outbox broke"]
