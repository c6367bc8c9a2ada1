"""Bad input at every route of the binding: refused in the type of the protocol, with its status, and nothing moves."""

from __future__ import annotations

import json

import pytest
import pytest_asyncio

from corridor.app.world import new_id
from corridor.dsp.binding import ROUTES, Area
from corridor.dsp.codec import codec_for
from corridor.dsp.codec.v2025_1 import _FORMS

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTEXT = ["https://w3id.org/dspace/2025/1/context.jsonld"]
KINDS = {Area.CATALOG: "CatalogError", Area.NEGOTIATION: "ContractNegotiationError", Area.TRANSFER: "TransferError"}
MEMBERS = {"eventType": "ACCEPTED", "format": "HttpData-PULL", "callbackAddress": "https://partner.example/dsp"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ended(talk):
    """A negotiation and a transfer that have ended: no message is legal in them."""
    pids, agreement = await talk.agree()
    moved, _ = await talk.transfer(agreement)
    path = f"/transfers/{moved['providerPid']}/completion"
    assert (await talk.me.say("TransferCompletionMessage", path, **moved)).status == 200
    return {Area.NEGOTIATION: pids, Area.TRANSFER: moved, Area.CATALOG: {"providerPid": "none"}}


def message(route, talk, ended):
    """A message that this route would take, about the process that has ended."""
    agreement = {
        "@id": new_id(),
        "@type": "Agreement",
        "target": talk.stage.dataset,
        "assigner": talk.stage.id,
        "assignee": talk.me.id,
        "timestamp": "2026-11-25T10:00:00Z",
        "permission": [{"action": "use"}],
    }
    more = {**MEMBERS, "agreementId": new_id(), "offer": talk.offer(), "agreement": agreement}
    if not route.begins:
        more.pop("callbackAddress")
    pids = {} if route.area is Area.CATALOG else dict(ended[route.area])
    if route.begins:
        pids = {name: new_id() for name in [_own_pid(route)]}
    wanted = {name: value for name, value in more.items() if name in _read_by(route)}
    return {"@context": CONTEXT, "@type": _FORMS[route.message].name, "@id": new_id(), **pids, **wanted}


def _own_pid(route):
    return "providerPid" if route.path.endswith("/offers") else "consumerPid"


def _read_by(route):
    return {
        "ContractRequest": {"offer", "callbackAddress"},
        "ContractOffer": {"offer", "callbackAddress"},
        "ContractAgreement": {"agreement"},
        "NegotiationEvent": {"eventType"},
        "TransferRequest": {"agreementId", "format", "callbackAddress"},
    }.get(route.message.__name__, set())


def deep(levels):
    return b'{"a":' * levels + b"1" + b"}" * levels


def with_body(raw, status=400):
    return lambda text: (raw(text) if callable(raw) else raw, {}, status)


BODIES = {
    "nothing": with_body(b""),
    "null": with_body(b"null"),
    "a list": with_body(b"[]"),
    "a text": with_body(b'"text"'),
    "not JSON": with_body(b"<message/>"),
    "cut off": with_body(lambda text: text[:-2]),
    "more than one": with_body(lambda text: text + text),
    "not UTF-8": with_body(lambda text: text.replace(b"urn:uuid", b"\xff\xfe")),
    "UTF-16": with_body(lambda text: text.decode().encode("utf-16")),
    "half a surrogate pair": with_body(lambda text: text[:-1] + b', "x": "\\ud800"}'),
    "NUL in an id": with_body(lambda text: text.replace(b"urn:uuid", b"\\u0000")),
    "a name twice": with_body(lambda text: text[:-1] + b', "@type": "Other"}'),
    "NaN": with_body(lambda text: text[:-1] + b', "x": NaN}'),
    "a number beyond all": with_body(lambda text: text[:-1] + b', "x": 1e999}'),
    "a number of a thousand digits": with_body(lambda text: text[:-1] + b', "x": ' + b"9" * 1000 + b"}", 413),
    "deep": with_body(deep(65), 413),
    "very deep": with_body(deep(20_000), 413),
    "deep within": with_body(lambda text: text[:-1] + b', "x": ' + deep(70) + b"}", 413),
    "large": with_body(b" " * 1_048_577, 413),
    "large with a message": with_body(lambda text: text + b" " * 1_048_576, 413),
    "without a context": with_body(lambda text: _without(text, "@context")),
    "another context": with_body(
        lambda text: _with(text, {"@context": ["https://w3id.org/dspace/2024/1/context.json"]})
    ),
    "a context that redefines": with_body(lambda text: _with(text, {"@context": [*CONTEXT, {"offer": "https://x/"}]})),
    "without a type": with_body(lambda text: _without(text, "@type")),
    "another type": with_body(lambda text: _with(text, {"@type": "ContractNegotiation"})),
    "an id that is none": with_body(lambda text: _with(text, {"@id": "../.."})),
    "text/plain": lambda text: (text, {"Content-Type": "text/plain"}, 415),
    "another charset": lambda text: (text, {"Content-Type": "application/json; charset=utf-16"}, 415),
    "coded": lambda text: (text, {"Content-Encoding": "gzip"}, 415),
}


def _without(text, name):
    return json.dumps({key: value for key, value in json.loads(text).items() if key != name}).encode()


def _with(text, more):
    return json.dumps({**json.loads(text), **more}).encode()


def filled(route, pid):
    return route.path.format(pid=pid, id=pid)


def refused(answer, area, status):
    document = answer.json
    assert (answer.status, document["@type"]) == (status, KINDS[area]), answer.body
    assert answer.headers["content-type"] == "application/json"
    assert document["reason"]


POSTS = [route for route in ROUTES if route.message]
INSIDE = [route for route in ROUTES if "{pid}" in route.path]


@pytest.mark.parametrize("route", POSTS, ids=lambda route: route.path)
async def test_a_bad_body_is_refused(talk, stage, ended, route):
    before = await stage.everything()
    text = json.dumps(message(route, talk, ended)).encode()
    codec_for("2025-1").decode(route.message, json.loads(text))  # the message itself is well-formed
    for name, spoil in BODIES.items():
        body, headers, status = spoil(text)
        answer = await talk.me.send("POST", filled(route, ended[route.area]["providerPid"]), body=body, headers=headers)
        assert answer.status == status, (name, answer.body)
        refused(answer, route.area, status)
    assert await stage.everything() == before


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_another_method_or_path_is_refused(talk, stage, ended, route):
    before = await stage.everything()
    path = filled(route, ended[route.area]["providerPid"])
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = await talk.me.send(method, path, headers={"Content-Length": "0"})
        refused(answer, route.area, 405)
        assert route.method in answer.headers["allow"]
    for wrong, status in [("/more", 404), ("/%ff/more", 400), ("//", 404)]:
        refused(await talk.me.send(route.method, path + wrong), route.area, status)
    assert await stage.everything() == before


@pytest.mark.parametrize("route", INSIDE, ids=lambda route: f"{route.method} {route.path}")
async def test_a_process_that_is_unknown_or_somebody_elses_is_not_there(talk, stage, ended, route):
    before = await stage.everything()
    document = None if route.message is None else message(route, talk, ended)
    own = ended[route.area]["providerPid"]
    other = ended[Area.TRANSFER if route.area is Area.NEGOTIATION else Area.NEGOTIATION]["providerPid"]
    for voice, pid in [(talk.me, new_id()), (talk.me, other), (talk.me, "%F0%9F%92%A9"), (stage.third, own)]:
        refused(await voice.send(route.method, filled(route, pid), document), route.area, 404)
    for pid in ("..", "%2e%2e", "a%00b", "a%20b", "a" * 600):
        answer = await talk.me.send(route.method, filled(route, pid), document)
        assert answer.status in (400, 404), (pid, answer.body)
        refused(answer, route.area, answer.status)
    assert await stage.everything() == before


@pytest.mark.parametrize("route", [r for r in INSIDE if r.message], ids=lambda route: route.path)
async def test_an_impossible_step_is_refused(talk, stage, ended, route):
    before = await stage.everything()
    path = filled(route, ended[route.area]["providerPid"])
    refused(await talk.me.send("POST", path, message(route, talk, ended)), route.area, 400)
    swapped = message(route, talk, ended)
    swapped["providerPid"], swapped["consumerPid"] = swapped["consumerPid"], swapped["providerPid"]
    refused(await talk.me.send("POST", path, swapped), route.area, 400)
    refused(await talk.me.send("POST", path, {**message(route, talk, ended), "providerPid": new_id()}), route.area, 400)
    assert await stage.everything() == before


@pytest.mark.parametrize("page", ["%ff", "%00", "a", "====", "4pyT4pyT4pyT", "a" * 5000, "..", "%F0%9F%92%A9"])
async def test_a_page_that_is_none_is_refused_or_empty(talk, page):
    answer = await talk.me.say("CatalogRequestMessage", f"/catalog/request?page={page}")
    assert answer.status in (200, 400)
    assert answer.json["@type"] == ("Catalog" if answer.status == 200 else "CatalogError")
