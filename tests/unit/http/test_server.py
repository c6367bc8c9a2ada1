from __future__ import annotations

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from corridor.base.errors import ConflictError, NotFoundError, UnauthenticatedError
from corridor.base.json import JsonLimits
from corridor.dsp.binding import ROUTES, Area
from corridor.dsp.catalog import Catalog, DataService, Dataset, Distribution
from corridor.dsp.codec import codec_for
from corridor.dsp.codec.versions import ProtocolVersion, encode_versions
from corridor.dsp.messages import (
    AgreementVerification,
    CatalogRequest,
    ContractOffer,
    ContractRequest,
    NegotiationAck,
    Offer,
    TransferAck,
    TransferStart,
)
from corridor.http.limits import Gate, RequestLimits, send_answer
from corridor.http.problem import Answer
from corridor.http.server import Endpoint, Mount, ProtocolApp, ProtocolService, protocol_listener
from corridor.service.catalogue import Page
from corridor.service.records import Participant

CODEC = codec_for("2025-1")
PARTNER = Participant("did:web:partner.example", "Partner", "DE")
TOKEN = {"Authorization": "Bearer good"}
VERSIONS = encode_versions([ProtocolVersion("2025-1", "/dsp/2025-1")])
PUBLIC = {"/.well-known/dspace-version": VERSIONS, "/.well-known/did.json": {"id": "me"}, "/health": {}}
BODY = {"permission": [{"action": "use"}]}
OFFER = Offer("urn:offer:1", BODY, "urn:dataset:1")
DATASET = Dataset(
    "urn:dataset:1",
    (Offer("urn:offer:1", BODY),),
    (Distribution("HttpData-PULL", DataService("urn:service:1", "https://me.example/dsp/2025-1")),),
)


class Node:
    """A node of one negotiation, `mine`; remembers what it was asked."""

    def __init__(self) -> None:
        self.heard = []
        self.fault = None

    def _hear(self, *what):
        if self.fault:
            raise self.fault
        self.heard.append(what)

    async def receive_negotiation(self, partner, message, pid):
        self._hear(partner.id, type(message), pid)
        return NegotiationAck("mine", "theirs", "REQUESTED")

    async def view_negotiation(self, partner, pid):
        self._hear(partner.id, pid)
        if pid != "mine":
            raise NotFoundError("there is no such negotiation")
        return NegotiationAck("mine", "theirs", "AGREED")

    async def receive_transfer(self, partner, message, pid):
        self._hear(partner.id, type(message), pid)
        return TransferAck("mine", "theirs", "STARTED")

    async def view_transfer(self, partner, pid):
        self._hear(partner.id, pid)
        return TransferAck("mine", "theirs", "STARTED")

    async def catalogue(self, partner, request, cursor):
        self._hear(partner.id, request.filter)
        beside = {None: ("2", None), "2": (None, "1/"), "middle": ("2", "1/")}.get(cursor, (None, None))
        return Page(Catalog("urn:catalog:1", "did:web:me.example", (DATASET,)), *beside)

    async def dataset(self, partner, dataset):
        self._hear(partner.id, dataset)
        return DATASET

    async def countersign(self, partner, document):
        self._hear(partner.id, document)
        return {"signed": document}

    def service(self):
        names = ProtocolService.__dataclass_fields__
        return ProtocolService(**{name: getattr(self, name) for name in names})


async def authenticate(header):
    if header != "Bearer good":
        raise UnauthenticatedError("the request has no identity", place="Authorization")
    return PARTNER


@pytest.fixture
def node():
    return Node()


@pytest.fixture
def protocol(node):
    return ProtocolApp(node.service(), authenticate, CODEC, PUBLIC)


@pytest.fixture
def app(protocol):
    return Gate(protocol, RequestLimits(body_bytes=200_000), protocol.render)


@pytest.fixture
def post(app, ask):
    """Posts a document, a message or bytes to a DSP path."""

    async def send(path, what, headers=TOKEN, query=b""):
        document = what if isinstance(what, bytes | dict | list) else CODEC.encode(what)
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return await ask(app, "POST", "/dsp/2025-1" + path, headers=headers, body=body, query=query)

    return send


async def test_the_public_documents_need_no_identity(app, ask):
    for path, document in PUBLIC.items():
        heard = await ask(app, "GET", path)
        assert (heard.status, heard.json, heard.headers["content-type"]) == (200, document, "application/json")


async def test_a_head_says_what_a_get_would_without_the_body(app, ask):
    heard = await ask(app, "HEAD", "/.well-known/did.json")
    assert (heard.status, heard.body, heard.headers["content-length"]) == (200, b"", "11")


REQUESTS = [(route.method, "/dsp/2025-1" + route.path.format(pid="mine", id="mine")) for route in ROUTES]
OTHERS = [
    ("POST", "/receipts"),
    ("GET", "/receipts"),
    ("GET", "/"),
    ("GET", "/unknown"),
    ("OPTIONS", "/.well-known/did.json"),
    ("POST", "/health"),
    ("DELETE", "/dsp/2025-1/negotiations/mine"),
    ("GET", "/dsp/2025-1/negotiations/.."),
    ("GET", "/dsp/2025-1/negotiations/%ff"),
]


@pytest.mark.parametrize(("method", "path"), REQUESTS + OTHERS)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer bad"}], ids=["none", "bad"])
async def test_without_identity_nothing_else_is_answered_or_told_apart(app, node, ask, *, method, path, headers):
    heard = await ask(app, method, path, headers=headers)
    assert heard.status == 401
    assert heard.headers["www-authenticate"] == "Bearer"
    assert node.heard == []


async def test_two_identities_are_none(app, node):
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request"}

    headers = [(b"authorization", b"Bearer good"), (b"authorization", b"Bearer good")]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/dsp/2025-1/transfers/a",
        "query_string": b"",
        "headers": headers,
    }
    await app(scope, receive, send)
    assert sent[0]["status"] == 401


@pytest.mark.parametrize(
    ("path", "status"), [("/unknown", 404), ("/dsp/2025-1/elsewhere", 404), ("/%ff", 400), ("/", 404)]
)
async def test_with_identity_what_is_not_there_is_not_found(app, ask, path, status):
    heard = await ask(app, "GET", path, headers=TOKEN)
    assert (heard.status, heard.headers["content-type"]) == (status, "application/problem+json")


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/negotiations/%ff", 400, "ContractNegotiationError"),
        ("GET", "/negotiations/mine/events/more", 404, "ContractNegotiationError"),
        ("PUT", "/transfers/mine", 405, "TransferError"),
        ("GET", "/transfers", 404, "TransferError"),
        ("GET", "/catalog/request", 405, "CatalogError"),
        ("GET", "/catalog", 404, "CatalogError"),
        ("GET", "/catalog/datasets/" + "a" * 9000, 414, "CatalogError"),
    ],
)
async def test_below_the_path_of_a_protocol_every_refusal_is_in_its_type(app, ask, method, path, status, kind):
    heard = await ask(app, method, "/dsp/2025-1" + path, headers=TOKEN)
    assert (heard.status, heard.headers["content-type"], heard.json["@type"]) == (status, "application/json", kind)
    assert heard.json["reason"]


async def test_a_body_that_is_announced_too_large_is_refused_in_the_type_of_the_protocol(app, ask):
    headers = {**TOKEN, "Content-Length": "200001"}
    heard = await ask(app, "POST", "/dsp/2025-1/negotiations/request", headers=headers)
    assert (heard.status, heard.json["@type"]) == (413, "ContractNegotiationError")


async def test_another_method_is_refused_with_those_that_there_are(app, ask):
    heard = await ask(app, "DELETE", "/dsp/2025-1/negotiations/mine", headers=TOKEN)
    assert (heard.status, heard.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_slash_at_the_end_never_redirects(app, ask, slash):
    assert (await ask(app, "GET", "/dsp/2025-1/negotiations/mine" + slash, headers=TOKEN)).status == 200


@pytest.mark.parametrize(
    ("path", "message", "pid", "status"),
    [
        ("/negotiations/request", ContractRequest("m", "theirs", None, OFFER, "https://p.example"), None, 201),
        ("/negotiations/offers", ContractOffer("m", "theirs", None, OFFER, "https://p.example"), None, 201),
        ("/negotiations/mine/request", ContractRequest("m", "theirs", "mine", OFFER), "mine", 200),
        ("/negotiations/mine/offers/", ContractOffer("m", "theirs", "mine", OFFER), "mine", 200),
        ("/negotiations/mine/agreement/verification", AgreementVerification("m", "mine", "theirs"), "mine", 200),
        ("/transfers/mine/start", TransferStart("m", "mine", "theirs"), "mine", 200),
    ],
)
async def test_a_message_reaches_its_use_case_and_the_state_comes_back(post, node, *, path, message, pid, status):
    heard = await post(path, message)
    assert heard.status == status
    assert heard.json["@type"] == ("TransferProcess" if path.startswith("/transfers") else "ContractNegotiation")
    assert node.heard == [(PARTNER.id, type(message), pid)]


async def test_the_state_of_a_process_can_be_asked_for_in_either_role(app, ask):
    negotiation = await ask(app, "GET", "/dsp/2025-1/negotiations/mine", headers=TOKEN)
    transfer = await ask(app, "GET", "/dsp/2025-1/transfers/mine", headers=TOKEN)
    assert (negotiation.json["state"], transfer.json["state"]) == ("AGREED", "STARTED")


async def test_catalogue_and_dataset_are_given(app, ask, post, node):
    catalogue = await post("/catalog/request", CatalogRequest("m"))
    dataset = await ask(app, "GET", "/dsp/2025-1/catalog/datasets/urn:dataset:1", headers=TOKEN)
    assert (catalogue.json["@type"], dataset.json["@type"]) == ("Catalog", "Dataset")
    assert node.heard == [(PARTNER.id, ()), (PARTNER.id, "urn:dataset:1")]


async def test_a_page_of_the_catalogue_says_where_the_next_one_is(post, ask, app):
    first = await post("/catalog/request", CatalogRequest("m"))
    assert first.headers["link"] == '<?page=2>; rel="next"'
    last = await post("/catalog/request", CatalogRequest("m"), query=b"page=2")
    assert last.headers["link"] == '<?page=1/>; rel="previous"'
    only = await post("/catalog/request", CatalogRequest("m"), query=b"page=only")
    assert "link" not in only.headers


async def test_a_page_in_the_middle_says_where_both_its_neighbours_are(post):
    middle = await post("/catalog/request", CatalogRequest("m"), query=b"page=middle")
    assert middle.headers["link"] == '<?page=2>; rel="next", <?page=1/>; rel="previous"'


async def test_a_receipt_is_countersigned(app, ask):
    heard = await ask(app, "POST", "/receipts", headers=TOKEN, body=b'{"a": 1}')
    assert (heard.status, heard.json) == (200, {"signed": {"a": 1}})


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a": 1, "a": 2}'])
async def test_what_is_no_receipt_is_refused(app, ask, body):
    heard = await ask(app, "POST", "/receipts", headers=TOKEN, body=body)
    assert (heard.status, heard.json["code"]) == (400, "malformed")


@pytest.mark.parametrize(
    ("area", "path", "kind"),
    [
        (Area.NEGOTIATION, "/negotiations/mine/termination", "ContractNegotiationError"),
        (Area.TRANSFER, "/transfers/mine/termination", "TransferError"),
        (Area.CATALOG, "/catalog/request", "CatalogError"),
    ],
)
async def test_what_is_refused_is_told_in_the_type_of_the_protocol_with_the_pids(post, area, path, kind):
    heard = await post(path, {"@type": "Wrong", "providerPid": "mine", "consumerPid": "a b"})
    assert (heard.status, heard.json["@type"], heard.json["code"]) == (400, kind, "malformed")
    assert heard.json.get("providerPid") == (None if area is Area.CATALOG else "mine")
    assert "consumerPid" not in heard.json


async def test_what_the_state_does_not_allow_is_400_and_what_is_not_the_callers_404(post, node, app, ask):
    node.fault = ConflictError("the negotiation is TERMINATED")
    heard = await post("/negotiations/mine/agreement/verification", AgreementVerification("m", "mine", "theirs"))
    assert (heard.status, heard.json["code"], heard.json["consumerPid"]) == (400, "conflict", "theirs")
    node.fault = None
    assert (await ask(app, "GET", "/dsp/2025-1/negotiations/other", headers=TOKEN)).status == 404


async def test_a_fault_of_ours_shows_an_id_only(post, node):
    node.fault = KeyError("password")
    with capture_logs() as logs:
        heard = await post("/catalog/request", CatalogRequest("m"))
    assert heard.status == 500
    assert b"password" not in heard.body
    assert logs[0]["incident"] in heard.json["reason"][0]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b"[" * 10_000, 413),
        (b"[" * 10_000 + b"]" * 10_000, 413),
        (b'{"a": 1' + b"0" * 400 + b"}", 413),
        (b'{"a": 1e400}', 400),
        (b'{"a": "\\ud800"}', 400),
        (b'{"@context": [], "@context": []}', 400),
        (b"null", 400),
        (b" " * 200_001, 413),
    ],
)
async def test_what_is_no_message_is_refused(post, node, body, status):
    heard = await post("/negotiations/request", body)
    assert (heard.status, heard.json["@type"]) == (status, "ContractNegotiationError")
    assert node.heard == []


async def test_another_media_type_is_refused(post):
    heard = await post("/negotiations/request", b"<a/>", {**TOKEN, "Content-Type": "application/xml"})
    assert (heard.status, heard.json["code"]) == (415, "unsupported_media_type")


async def test_a_node_that_reads_strictly_wants_to_be_told_that_a_body_is_json(node, ask):
    codec = codec_for("2025-1", strict=True)
    app = ProtocolApp(node.service(), authenticate, codec, {}, strict=True)
    body = json.dumps(codec.encode(CatalogRequest("m"))).encode()
    for kind, status in [("application/json", 200), ("application/ld+json", 415), (None, 415)]:
        headers = TOKEN if kind is None else {**TOKEN, "Content-Type": kind}
        heard = await ask(app, "POST", "/dsp/2025-1/catalog/request", headers=headers, body=body)
        assert heard.status == status


class Shouting:
    """A codec that writes what 2025-1 does in capitals, below `said`."""

    def encode(self, value):
        return {"said": json.dumps(CODEC.encode(value)).upper()}


async def test_what_is_refused_before_its_route_is_told_in_the_version_that_the_path_names(node, ask):
    further = [Endpoint("/dsp/test-1", Shouting(), node.service())]
    app = protocol_listener(ProtocolApp(node.service(), authenticate, CODEC, {}, further=further), node)
    coded = {**TOKEN, "Content-Encoding": "gzip"}
    plain, shouted = [
        await ask(app, "POST", f"/dsp/{version}/negotiations/request", headers=coded, body=b"x")
        for version in ("2025-1", "test-1")
    ]
    assert (plain.status, plain.json["@type"]) == (415, "ContractNegotiationError")
    assert (shouted.status, "CONTRACTNEGOTIATIONERROR" in shouted.json["said"]) == (415, True)
    assert (await ask(app, "GET", "/dsp/test-1/negotiations/mine")).json.keys() == {"said"}


async def test_limits_on_json_are_settings(node, ask):
    app = ProtocolApp(node.service(), authenticate, CODEC, {}, dsp_path="/x", json_limits=JsonLimits(max_bytes=1))
    assert (await ask(app, "POST", "/x/catalog/request", headers=TOKEN, body=b"{}")).status == 413


@pytest.mark.parametrize("name", ["..", "%2e%2e", "a%00b", "a%20b", "%2e%2e%2f%2e%2e", "a" * 600])
async def test_a_name_that_cannot_be_one_is_refused(app, node, ask, name):
    heard = await ask(app, "GET", f"/dsp/2025-1/catalog/datasets/{name}", headers=TOKEN)
    assert heard.status == 400
    assert node.heard == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
SHAPED = st.builds(
    lambda kind, members: {"@context": ["https://w3id.org/dspace/2025/1/context.jsonld"], "@type": kind, **members},
    st.sampled_from([route.message.__name__ + "Message" for route in ROUTES if route.message]),
    st.dictionaries(
        st.sampled_from(["@id", "providerPid", "consumerPid", "offer", "agreement", "reason", "code"]), JSON
    ),
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    route=st.sampled_from([route for route in ROUTES if route.message]),
    body=st.binary(max_size=40) | (JSON | SHAPED).map(lambda value: json.dumps(value).encode()),
)
def test_no_body_brings_the_node_down(post, route, body):
    heard = asyncio.run(post(route.path.format(pid="mine"), body))
    assert heard.status < 500


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "TRACE"]),
    path=st.text(max_size=20) | st.text(alphabet="/.%2e{}negotiations", max_size=30).map("/dsp/2025-1/".__add__),
)
def test_no_path_brings_the_node_down(app, ask, method, path):
    heard = asyncio.run(ask(app, method, path, headers=TOKEN))
    assert heard.status < 500


async def test_below_its_path_the_data_plane_answers_behind_a_gate_of_its_own(protocol, ask):
    async def data(scope, receive, send):
        below = scope["path"].removeprefix(scope["root_path"])
        await send_answer(send, Answer(200, {"content-type": "text/plain"}, below.encode()))

    ingest = Mount("/data/in", data, RequestLimits(body_bytes=1 << 40))
    listener = protocol_listener(protocol, data, ingest=ingest)
    heard = await ask(listener, "PUT", "/data/in/urn:uuid:1", headers={"content-length": str(1 << 30)})
    assert (heard.status, heard.body) == (200, b"/urn:uuid:1")
    assert (await ask(listener, "PUT", "/data/urn:uuid:1", headers={"content-length": str(1 << 30)})).status == 413
    heard = await ask(listener, "GET", "/data/urn:uuid:1")
    assert (heard.status, heard.body, heard.headers["cache-control"]) == (200, b"/urn:uuid:1", "no-store")
    assert (await ask(listener, "GET", "/health")).status == 200
    assert (await ask(listener, "GET", "/database")).status == 401
