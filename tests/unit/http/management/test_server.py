from __future__ import annotations

import asyncio
import json
from urllib.parse import quote

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from corridor.base.errors import SettingsError
from corridor.http.limits import RequestLimits
from corridor.http.management.openapi import error_statuses
from corridor.http.management.server import all_operations, create_app

TOKEN = "a-management-token"
OPERATIONS = all_operations()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
async def test_without_the_token_nothing_but_health_is_answered(world, operation):
    path = operation.path.replace("{", "").replace("}", "")
    for given_token in ("", "Bearer wrong", f"Basic {TOKEN}"):
        heard = await world.consumer.ask(operation.method, path, headers={"Authorization": given_token})
        assert heard.status == (200 if operation.free else 401)
        if not operation.free:
            assert heard.headers["www-authenticate"] == "Bearer"


async def test_without_the_token_nobody_learns_what_there_is(world):
    for path in ("/", "/nothing", "/datasets/.."):
        assert (await world.consumer.ask("GET", path, headers={"Authorization": ""})).status == 401


async def test_another_host_name_is_refused_even_with_the_token(world):
    for path in ("/status", "/health"):
        heard = await world.consumer.ask("GET", path, headers={"Host": "evil.example:19193"})
        assert (heard.status, heard.json["code"]) == (403, "host")


async def test_names_from_the_settings_are_answered_to(world, ask):
    node = world.consumer.node
    app = create_app(node.context, token=TOKEN, hosts=["Node.Example"], changes=node.signal)
    assert (await ask(app, path="/health", headers={"Host": "node.example"})).status == 200


def test_an_empty_token_is_refused_at_the_start(world):
    with pytest.raises(SettingsError):
        create_app(world.consumer.node.context, token="", changes=world.consumer.node.signal)


async def test_unknown_paths_methods_and_types_have_their_own_statuses(world):
    desk = world.consumer
    assert (await desk.ask("GET", "/nothing")).status == 404
    heard = await desk.ask("PUT", "/datasets")
    assert (heard.status, heard.headers["allow"]) == (405, "GET, POST")
    heard = await desk.ask("POST", "/assess", {}, headers={"Content-Type": "text/csv"})
    assert heard.status == 415
    heard = await desk.ask("POST", "/assess", {}, headers={"Content-Encoding": "gzip"})
    assert heard.status == 415
    assert (await desk.ask("GET", "/status", zz=1)).status == 400


async def test_bodies_over_the_limit_are_refused(world, ask):
    node = world.consumer.node
    app = create_app(node.context, token=TOKEN, changes=node.signal, limits=RequestLimits(body_bytes=10))
    headers = {"Host": "localhost", "Authorization": f"Bearer {TOKEN}"}
    assert (await ask(app, "POST", "/assess", headers, b"x" * 11)).status == 413


async def test_an_identifier_in_a_path_is_decoded_once_and_checked(world):
    for identifier, status in (
        (quote("urn:a/b", safe=""), 404),
        (quote("urn:100%25", safe=""), 404),
        ("%2e%2e", 400),
        ("a%20b", 400),
        ("a%00", 400),
        ("%ff", 400),
        ("a" * 513, 400),
    ):
        assert (await world.consumer.ask("GET", f"/datasets/{identifier}")).status == status


async def test_the_document_of_the_api_needs_the_token_and_describes_itself(world):
    found = await world.consumer.get("/openapi.json")
    assert "/openapi.json" in found["paths"]


async def test_a_head_request_gets_the_headers_of_its_get(world):
    head = await world.consumer.ask("HEAD", "/status")
    whole = await world.consumer.ask("GET", "/status")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]


async def test_answers_stay_out_of_caches_and_open_to_no_other_origin(world):
    heard = await world.consumer.ask("GET", "/status", headers={"Origin": "https://evil.example"})
    assert heard.headers["cache-control"] == "no-store"
    assert not any(name.startswith("access-control") for name in heard.headers)


async def test_a_fault_of_ours_is_told_as_an_id_only(world, monkeypatch):
    async def broken(*_):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(world.consumer.node.store, "log_size", broken)
    with capture_logs() as logged:
        heard = await world.consumer.ask("GET", "/status")
    assert heard.status == 500
    assert b"secret" not in heard.body
    assert heard.json["instance"] == logged[0]["incident"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
NAMES = st.sampled_from(
    [
        *("provider", "dataset", "offer", "agreement", "fetch", "reason", "facts", "as_of"),
        *("id", "kind", "digest", "title", "source", "profile", "offers"),
    ]
)
BODIES = (
    st.binary(max_size=60)
    | st.dictionaries(NAMES, VALUES, max_size=5).map(lambda value: json.dumps(value).encode())
    | VALUES.map(lambda value: json.dumps(value).encode())
)
SEGMENTS = st.text(min_size=1, max_size=12).map(lambda text: quote(text.encode("utf-8", "replace"), safe=""))
QUERIES = st.dictionaries(
    st.sampled_from(["after", "limit", "wait", "agreement", "dataset", "for", "offer", "as_of", "withdrawn", "x"]),
    st.text(max_size=12).filter(lambda text: not text.isdigit()) | st.sampled_from(["1", "-1", "2026-01-01"]),
    max_size=3,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(OPERATIONS), SEGMENTS, QUERIES, BODIES)
def test_no_input_is_ever_answered_with_a_fault_of_ours(world, operation, segment, query, body):
    path = "/".join(segment if part.startswith("{") else part for part in operation.path.split("/"))
    headers = {"Host": "localhost", "Authorization": f"Bearer {TOKEN}"}
    if "wait" in query:
        query["wait"] = "0"
    raw = "&".join(f"{name}={quote(value.encode('utf-8', 'replace'))}" for name, value in query.items())
    desk = world.consumer
    heard = asyncio.run(desk.speak(desk.app, operation.method, path, headers, body, query=raw.encode()))
    documented = {operation.status, *error_statuses(operation)}
    assert heard.status in {status for status in documented if status < 500}, heard.body
    if heard.status >= 400:
        assert set(orjson.loads(heard.body)) >= {"type", "title", "status", "code", "detail"}
