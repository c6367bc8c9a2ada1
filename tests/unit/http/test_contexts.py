"""Several participants on one listener: who is asked, what each sees, and that none stands in the way of another."""

from __future__ import annotations

import asyncio

import orjson
import pytest
from structlog.contextvars import get_contextvars

from corridor.http.contexts import Contexts, HostManagement, HostProtocol, unavailable
from corridor.http.limits import Gate, RequestLimits, send_answer
from corridor.http.problem import Answer
from corridor.http.shares import Shares

TOKEN = {"Authorization": "Bearer of-the-host"}


def telling(name):
    """An application that says who was asked for what, and what its log lines would say."""

    async def tell(scope, receive, send):
        seen = {"name": name, "path": scope["path"], "raw": scope["raw_path"].decode(), "log": get_contextvars()}
        await send_answer(send, Answer(200, {}, orjson.dumps(seen)))

    return Gate(tell)


@pytest.fixture
def protocol():
    return Contexts({name: telling(name) for name in ("north", "south", "n")}, Gate(HostProtocol()))


@pytest.fixture
def management():
    host = HostManagement("of-the-host", frozenset({"localhost"}), lambda: {"contexts": ["north"]})
    return Contexts({"north": telling("north")}, Gate(host), below="/contexts")


@pytest.mark.parametrize(
    ("path", "name", "seen"),
    [
        ("/north/did.json", "north", "/did.json"),
        ("/south/dsp/2025-1/transfers/urn:uuid:1", "south", "/dsp/2025-1/transfers/urn:uuid:1"),
        ("/n/north/x", "n", "/north/x"),
        ("/north", "north", "/"),
        ("/north/", "north", "/"),
        ("/north/../south/did.json", "north", "/../south/did.json"),
        ("/north//south", "north", "//south"),
    ],
)
async def test_the_first_part_of_a_path_names_the_context_which_sees_the_rest(protocol, ask, *, path, name, seen):
    heard = (await ask(protocol, "GET", path)).json
    assert heard == {"name": name, "path": seen, "raw": seen, "log": {"context": name}}
    assert get_contextvars() == {}


@pytest.mark.parametrize(
    "path", ["/", "/west/did.json", "/NORTH/did.json", "/%6eorth/did.json", "/north%2fdid.json", "//north", "/.", "/h"]
)
async def test_what_names_no_context_is_told_that_it_has_no_identity(protocol, ask, path):
    heard = await ask(protocol, "GET", path)
    assert (heard.status, heard.headers["www-authenticate"]) == (401, "Bearer")


async def test_an_escape_behind_the_name_reaches_the_context_as_it_was_sent(protocol):
    sent = []

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/north/data/a/b",
        "raw_path": b"/north/data/a%2Fb?page=1",
        "query_string": b"page=1",
        "headers": [],
    }
    await protocol(scope, receive, send)
    seen = orjson.loads(sent[1]["body"])
    assert (seen["path"], seen["raw"]) == ("/data/a/b", "/data/a%2Fb?page=1")


async def test_other_scopes_are_not_served(protocol):
    await protocol({"type": "lifespan"}, None, None)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_host_says_that_it_runs(protocol, management, ask, method):
    for app in (protocol, management):
        heard = await ask(app, method, "/health", {"Host": "localhost"})
        assert heard.status == 200
        assert heard.body == (b'{"status":"ok"}' if method == "GET" else b"")
    assert (await ask(protocol, "POST", "/health")).status == 401


async def test_the_list_of_contexts_asks_for_the_token_of_the_host(management, ask):
    assert (await ask(management, "GET", "/contexts", {"Host": "localhost"})).status == 401
    heard = await ask(management, "GET", "/contexts", {"Host": "localhost", **TOKEN})
    assert (heard.status, heard.json) == (200, {"contexts": ["north"]})


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/contexts"), ("GET", "/"), ("GET", "/contexts/west"), ("GET", "/status")]
)
async def test_with_that_token_there_is_nothing_else(management, ask, method, path):
    assert (await ask(management, method, path, {"Host": "localhost"})).status == 401
    assert (await ask(management, method, path, {"Host": "localhost", **TOKEN})).status == 404


async def test_the_host_is_called_by_its_own_names_only(management, ask):
    assert (await ask(management, "GET", "/health", {"Host": "evil.example"})).status == 403


async def test_a_management_api_is_below_the_name_of_its_context(management, ask):
    assert (await ask(management, "GET", "/contexts/north/status")).json["path"] == "/status"


async def test_of_a_context_that_is_away_partners_learn_that_they_may_try_again(ask):
    heard = await ask(Contexts({"north": Gate(unavailable)}, Gate(HostProtocol())), "GET", "/north/did.json")
    assert (heard.status, heard.headers["retry-after"], heard.json["code"]) == (503, "1", "unavailable")


async def test_a_context_that_is_flooded_leaves_the_others_their_places(ask):
    release, arrived = asyncio.Event(), asyncio.Semaphore(0)

    async def slow(scope, receive, send):
        arrived.release()
        await release.wait()
        await send_answer(send, Answer(200, {}, b""))

    shares = Shares(8, 2)
    limits = RequestLimits(concurrent=100)
    flooded, calm = (Gate(slow, limits, share=shares.member()) for _ in range(2))
    host = Contexts({"flooded": flooded, "calm": calm}, Gate(HostProtocol()))
    running = [asyncio.create_task(ask(host, "GET", "/flooded/x")) for _ in range(20)]
    for _ in range(6):
        await arrived.acquire()
    others = [asyncio.create_task(ask(host, "GET", "/calm/x")) for _ in range(2)]
    for _ in others:
        await arrived.acquire()
    release.set()
    assert sorted(heard.status for heard in await asyncio.gather(*running)) == [200] * 6 + [503] * 14
    assert [heard.status for heard in await asyncio.gather(*others)] == [200, 200]
    assert (await ask(host, "GET", "/flooded/x")).status == 200
