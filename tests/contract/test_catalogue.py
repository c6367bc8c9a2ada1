"""A catalogue of many pages through the real protocol server, under real secrets, read as a partner's node reads it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urljoin, urlsplit

import orjson
import pytest

from corridor.app.rulebook import load_rules
from corridor.dsp.codec import codec_for
from corridor.dsp.messages import CatalogRequest
from corridor.http.client import next_link
from corridor.http.server import ProtocolApp, ProtocolService
from corridor.service import catalogue, discover
from corridor.service.discover import Search
from corridor.service.listing import every_dataset
from corridor.service.ports import Changes, Reply
from corridor.service.records import OfferRecord
from corridor.testing import store_samples as a
from corridor.testing.counterpart import ManualClock, Network
from corridor.trust.secrets import FileSecrets, create_secret_file

CODEC = codec_for("2025-1")
OPEN = OfferRecord("offer", {"permission": [{"action": "use"}]})
HIDDEN = OfferRecord(
    "offer",
    {
        "permission": [
            {"action": "use", "constraint": [{"leftOperand": "spatial", "operator": "eq", "rightOperand": "FR"}]}
        ]
    },
)


class Wire:
    """Speaks to one protocol server as the partner does; keeps what was said."""

    def __init__(self, app):
        self.app, self.heard = app, []

    async def request(self, audience, method, url, document=None):
        parts, sent = urlsplit(url), []
        scope = {
            "type": "http",
            "method": method,
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "headers": [(b"content-type", b"application/json")],
        }

        async def receive():
            await asyncio.sleep(0)
            return {"type": "http.request", "body": orjson.dumps(document), "more_body": False}

        async def send(message):
            sent.append(message)

        await self.app(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        body = orjson.loads(b"".join(message.get("body", b"") for message in sent[1:]))
        self.heard.append((sent[0]["status"], headers, body))
        return Reply(sent[0]["status"], body, next_link(headers.get("link", ""), url))


@pytest.fixture
async def wire(tmp_path):
    """The wire between an importer and an exporter of 23 datasets, every third of which is hidden, five on a page."""
    network = Network(ManualClock(datetime(2026, 11, 22, tzinfo=UTC)), load_rules()[0])
    exporter, importer = network.join("exporter", "CN", designations=[]), network.join("importer", "DE")
    create_secret_file(tmp_path / "secret")
    ctx = replace(exporter.context, secrets=FileSecrets(tmp_path / "secret"), page=5)
    records = [
        replace(
            a.dataset(f"d-{n:02}"),
            offers=(OPEN if n % 3 else HIDDEN,),
            keywords=("even",) if n % 2 == 0 else (),
            catalogue="Archive" if n > 15 else "",
        )
        for n in range(23)
    ]
    await exporter.store.commit(Changes(datasets=tuple(records)))
    parts = dict.fromkeys(ProtocolService.__dataclass_fields__, None)
    service = ProtocolService(**{**parts, "catalogue": partial(catalogue.catalogue, ctx)})

    async def authenticate(_):
        return importer.me

    wire = Wire(ProtocolApp(service, authenticate, CODEC, {}))
    wire.exporter, wire.ctx = exporter, replace(importer.context, sender=wire)
    return wire


SEEN = [f"d-{n:02}" for n in range(23) if n % 3]


async def read(wire, **search):
    listing = await discover.catalogue_of(wire.ctx, wire.exporter.me.id, Search(**search))
    return [one.id for _, one in every_dataset(listing.catalog)]


async def test_all_pages_together_are_the_catalogue(wire):
    assert await read(wire) == SEEN
    assert len(wire.heard) == 3
    even = ({"keyword": "even"},)
    assert await read(wire, filters=even) == [name for name in SEEN if int(name[2:]) % 2 == 0]
    assert await read(wire, filters=({"catalogue": "archive"},)) == [name for name in SEEN if int(name[2:]) > 15]


async def test_every_page_but_the_first_leads_back(wire):
    await read(wire)
    asked = "https://exporter.example/dsp/2025-1/catalog/request"
    links = [headers["link"] for _, headers, _ in wire.heard]
    assert ['rel="previous"' in link for link in links] == [False, True, True]
    back = links[1].rpartition("<")[2].partition(">")[0]
    reply = await wire.request("", "POST", urljoin(asked, back), CODEC.encode(CatalogRequest("urn:m")))
    assert [one["@id"] for one in reply.document["dataset"]] == SEEN[:5]


@pytest.mark.parametrize("cursor", ["x", "sealed", "%FF", "A" * 3000, "v1.AAAA"])
async def test_a_cursor_that_is_none_of_the_nodes_is_a_catalogue_error_with_a_sentence(wire, cursor):
    url = f"https://exporter.example/dsp/2025-1/catalog/request?page={cursor}"
    reply = await wire.request("", "POST", url, CODEC.encode(CatalogRequest("urn:m")))
    assert (reply.status, reply.document["@type"], reply.document["code"]) == (400, "CatalogError", "malformed")
    assert reply.document["reason"] == ["?page: the page is none of this catalogue's", "follow the Link header"]


async def test_a_filter_that_is_not_supported_is_a_catalogue_error_that_names_those_that_are(wire):
    url = "https://exporter.example/dsp/2025-1/catalog/request"
    message = CODEC.encode(CatalogRequest("urn:m", ({"colour": "red"},)))
    reply = await wire.request("", "POST", url, message)
    assert (reply.status, reply.document["@type"]) == (400, "CatalogError")
    assert "supported are keyword, format, mediaType" in " ".join(reply.document["reason"])
