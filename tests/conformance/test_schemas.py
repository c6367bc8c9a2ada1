"""Our schemas of DSP 2025-1 take what is right and refuse what is wrong: one mutation of a good document at a time."""

from __future__ import annotations

import copy
import json

import pytest

from corridor.dsp.codec import codec_for
from corridor.dsp.messages import NegotiationAck

CONTEXT = ["https://w3id.org/dspace/2025/1/context.jsonld"]
PIDS = {"providerPid": "urn:uuid:p", "consumerPid": "urn:uuid:c"}
CONSTRAINT = {"leftOperand": "dateTime", "operator": "lteq", "rightOperand": "2027-01-01T00:00:00Z"}
RULE = {"action": "use", "constraint": [CONSTRAINT, {"or": [CONSTRAINT, CONSTRAINT]}], "duty": [{"action": "inform"}]}
OFFER = {"@id": "urn:offer:1", "@type": "Offer", "permission": [RULE]}
MESSAGE_OFFER = {**OFFER, "target": "urn:dataset:1"}
AGREEMENT = {
    **MESSAGE_OFFER,
    "@id": "urn:agreement:1",
    "@type": "Agreement",
    "assigner": "did:web:p.example",
    "assignee": "did:web:c.example",
    "timestamp": "2026-11-22T10:00:00Z",
}
SERVICE = {"@id": "urn:service:1", "@type": "DataService", "endpointURL": "https://p.example/dsp/2025-1"}
DISTRIBUTION = {"@type": "Distribution", "format": "HttpData-PULL", "accessService": SERVICE}
DATASET = {"@id": "urn:dataset:1", "@type": "Dataset", "hasPolicy": [OFFER], "distribution": [DISTRIBUTION]}
ADDRESS = {
    "@type": "DataAddress",
    "endpointType": "https://w3id.org/idsa/v4.1/HTTP",
    "endpoint": "https://p.example/data/1",
    "endpointProperties": [{"@type": "EndpointProperty", "name": "authorization", "value": "token"}],
}


def document(kind, **members):
    return {"@context": CONTEXT, "@type": kind, "@id": "urn:uuid:m", **members}


WHY = {"code": "late", "reason": ["no answer in time", {"deadline": "2026-11-22"}]}
CALLBACK = "https://c.example/dsp/2025-1"
GOOD = {
    "ContractRequestMessage": {"consumerPid": "c", "callbackAddress": CALLBACK, "offer": MESSAGE_OFFER},
    "ContractOfferMessage": {"providerPid": "p", "callbackAddress": CALLBACK, "offer": MESSAGE_OFFER},
    "ContractAgreementMessage": {**PIDS, "agreement": AGREEMENT},
    "ContractAgreementVerificationMessage": PIDS,
    "ContractNegotiationEventMessage": {**PIDS, "eventType": "ACCEPTED"},
    "ContractNegotiationTerminationMessage": {**PIDS, **WHY},
    "ContractNegotiation": {**PIDS, "state": "AGREED"},
    "ContractNegotiationError": {**PIDS, **WHY},
    "TransferRequestMessage": {
        "consumerPid": "c",
        "agreementId": "urn:agreement:1",
        "format": "HttpData-PULL",
        "callbackAddress": CALLBACK,
        "dataAddress": ADDRESS,
    },
    "TransferStartMessage": {**PIDS, "dataAddress": ADDRESS},
    "TransferCompletionMessage": PIDS,
    "TransferSuspensionMessage": {**PIDS, **WHY},
    "TransferTerminationMessage": {**PIDS, **WHY},
    "TransferProcess": {**PIDS, "state": "STARTED"},
    "TransferError": {**PIDS, **WHY},
    "CatalogRequestMessage": {"filter": ["x"]},
    "CatalogError": WHY,
    "Catalog": {
        "participantId": "did:web:p.example",
        "dataset": [DATASET],
        "catalog": [{"@id": "urn:catalog:2", "@type": "Catalog", "dataset": [DATASET]}],
        "service": [SERVICE],
    },
    "Dataset": {"@id": "urn:dataset:1", "hasPolicy": [OFFER], "distribution": [DISTRIBUTION]},
}
VERSIONS = {
    "protocolVersions": [
        {
            "version": "2025-1",
            "path": "/dsp/2025-1",
            "binding": "HTTPS",
            "identifierType": "did:web",
            "serviceId": "urn:service:1",
            "auth": {"protocol": "DCP", "version": "1.0", "profile": ["vc11-sl2021/jwt"]},
        }
    ]
}
ABSENT = object()


def good(kind):
    return copy.deepcopy(VERSIONS if kind == "VersionResponse" else document(kind, **GOOD[kind]))


def changed(found, path, value):
    """The document with the value at `path` replaced, or with `ABSENT` taken away."""
    *way, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    inner = found
    for step in way:
        inner = inner[step]
    if value is ABSENT:
        del inner[last]
    else:
        inner[last] = value
    return found


def test_every_document_of_the_protocol_has_a_schema(wire_judge):
    assert set(wire_judge.validators()) == {*GOOD, "VersionResponse"}


@pytest.mark.parametrize("kind", [*GOOD, "VersionResponse"])
def test_what_is_right_passes(wire_judge, kind):
    assert wire_judge.faults_in(good(kind), kind) == []


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("@context", CONTEXT[0]),
        ("@context", ABSENT),
        ("@context", []),
        ("@context", ["https://w3id.org/dspace/2024/1/context.json"]),
        ("@context", [*CONTEXT, {"x": "https://x.example/"}]),
        ("@type", ABSENT),
        ("@type", "Other"),
        ("@type", ["Offer"]),
        ("@id", ""),
        ("@id", 5),
    ],
)
def test_the_head_of_every_document_is_judged(wire_judge, kind, path, value):
    assert wire_judge.faults_in(changed(good(kind), path, value), kind)


BARE = {"action": "use"}
MUTATIONS = [
    *[
        (kind, pid, value)
        for kind, members in GOOD.items()
        for pid in ("providerPid", "consumerPid")
        if pid in members
        for value in (ABSENT, "", 5, None, {"@id": "x"}, ["x"], "a b")
    ],
    *[(kind, "reason", value) for kind, members in GOOD.items() if "reason" in members for value in ([], "late", [""])],
    *[(kind, "code", value) for kind, members in GOOD.items() if "code" in members for value in (5, "", None)],
    *[
        (kind, path, value)
        for kind in ("ContractNegotiation", "TransferProcess")
        for path, value in [("state", ABSENT), ("state", "dspace:STARTED"), ("state", "REQUESTING")]
    ],
    ("ContractRequestMessage", "providerPid", "urn:uuid:p"),
    ("ContractOfferMessage", "consumerPid", "urn:uuid:c"),
    ("ContractRequestMessage", "callbackAddress", ABSENT),
    ("ContractOfferMessage", "callbackAddress", ABSENT),
    ("ContractRequestMessage", "callbackAddress", "c.example"),
    ("ContractRequestMessage", "offer/target", ABSENT),
    ("ContractRequestMessage", "offer/@type", ABSENT),
    ("ContractRequestMessage", "offer/@type", "odrl:Offer"),
    ("ContractRequestMessage", "offer/@id", ABSENT),
    ("ContractRequestMessage", "offer/permission", ABSENT),
    ("ContractRequestMessage", "offer/permission", []),
    ("ContractRequestMessage", "offer/permission", BARE),
    ("ContractRequestMessage", "offer/prohibition", []),
    ("ContractRequestMessage", "offer/obligation", []),
    ("ContractRequestMessage", "offer/profile", []),
    ("ContractRequestMessage", "offer/permission/0/action", ABSENT),
    ("ContractRequestMessage", "offer/permission/0/action", {"@id": "odrl:use"}),
    ("ContractRequestMessage", "offer/permission/0/target", "urn:dataset:1"),
    ("ContractRequestMessage", "offer/permission/0/constraint", []),
    ("ContractRequestMessage", "offer/permission/0/duty", []),
    ("ContractRequestMessage", "offer/permission/0/constraint/0/rightOperand", 5),
    ("ContractRequestMessage", "offer/permission/0/constraint/0/rightOperand", True),
    ("ContractRequestMessage", "offer/permission/0/constraint/0/rightOperand", ABSENT),
    ("ContractRequestMessage", "offer/permission/0/constraint/0/operator", "odrl:eq"),
    ("ContractRequestMessage", "offer/permission/0/constraint/0/operator", "contains"),
    ("ContractRequestMessage", "offer/permission/0/constraint/0/and", [CONSTRAINT]),
    ("ContractRequestMessage", "offer/permission/0/constraint/1/or", []),
    ("ContractRequestMessage", "offer/permission/0/constraint/1/xone", [CONSTRAINT]),
    ("ContractAgreementMessage", "agreement", ABSENT),
    ("ContractAgreementMessage", "agreement/@type", ABSENT),
    ("ContractAgreementMessage", "agreement/@type", "Offer"),
    ("ContractAgreementMessage", "agreement/target", ABSENT),
    ("ContractAgreementMessage", "agreement/assigner", ABSENT),
    ("ContractAgreementMessage", "agreement/assignee", ABSENT),
    ("ContractAgreementMessage", "agreement/timestamp", ABSENT),
    ("ContractAgreementMessage", "agreement/timestamp", "2026-11-22T10:00:00"),
    ("ContractAgreementMessage", "agreement/timestamp", 1_790_000_000),
    ("ContractNegotiationEventMessage", "eventType", ABSENT),
    ("ContractNegotiationEventMessage", "eventType", "dspace:ACCEPTED"),
    ("TransferRequestMessage", "agreementId", ABSENT),
    ("TransferRequestMessage", "format", ABSENT),
    ("TransferRequestMessage", "callbackAddress", ABSENT),
    ("TransferRequestMessage", "providerPid", "urn:uuid:p"),
    ("TransferStartMessage", "dataAddress/@type", ABSENT),
    ("TransferStartMessage", "dataAddress/endpointType", ABSENT),
    ("TransferStartMessage", "dataAddress/endpointProperties", []),
    ("TransferStartMessage", "dataAddress/endpointProperties/0/@type", ABSENT),
    ("TransferStartMessage", "dataAddress/endpointProperties/0/name", ABSENT),
    ("TransferStartMessage", "dataAddress/endpointProperties/0/value", 5),
    ("CatalogRequestMessage", "filter", []),
    ("CatalogRequestMessage", "filter", "x"),
    ("Catalog", "participantId", ABSENT),
    ("Catalog", "@id", ABSENT),
    ("Catalog", "dataset", []),
    ("Catalog", "catalog", []),
    ("Catalog", "service", []),
    ("Catalog", "distribution", []),
    ("Catalog", "hasPolicy", [OFFER]),
    ("Catalog", "dataset/0/hasPolicy/0/target", "urn:dataset:1"),
    ("Catalog", "catalog/0/@type", ABSENT),
    ("Catalog", "catalog/0/dataset/0/distribution/0/@type", ABSENT),
    ("Catalog", "service/0/endpointURL", ABSENT),
    ("Dataset", "@id", ABSENT),
    ("Dataset", "hasPolicy", ABSENT),
    ("Dataset", "hasPolicy", []),
    ("Dataset", "hasPolicy/0/@type", ABSENT),
    ("Dataset", "hasPolicy/0/target", "urn:dataset:1"),
    ("Dataset", "distribution", ABSENT),
    ("Dataset", "distribution", []),
    ("Dataset", "distribution/0/@type", ABSENT),
    ("Dataset", "distribution/0/format", ABSENT),
    ("Dataset", "distribution/0/format", {"@id": "HttpData-PULL"}),
    ("Dataset", "distribution/0/accessService", ABSENT),
    ("Dataset", "distribution/0/accessService/@type", ABSENT),
    ("VersionResponse", "@context", CONTEXT),
    ("VersionResponse", "protocolVersions", []),
    ("VersionResponse", "protocolVersions/0/version", ABSENT),
    ("VersionResponse", "protocolVersions/0/path", ABSENT),
    ("VersionResponse", "protocolVersions/0/binding", ABSENT),
    ("VersionResponse", "protocolVersions/0/auth/protocol", ABSENT),
    ("VersionResponse", "protocolVersions/0/auth/profile", []),
]


@pytest.mark.parametrize(("kind", "path", "value"), MUTATIONS)
def test_what_is_wrong_is_refused(wire_judge, kind, path, value):
    assert wire_judge.faults_in(changed(good(kind), path, value), kind)


def answer(wire_judge, path, status, body, kind="application/json"):
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return wire_judge.faults_in_answer("/dsp/2025-1" + path, status, {"content-type": kind}, text)


def test_answers_are_judged_by_their_place_and_status(wire_judge):
    state, refusal = good("ContractNegotiation"), good("ContractNegotiationError")
    assert answer(wire_judge, "/negotiations/p", 200, state) == []
    assert answer(wire_judge, "/negotiations/request", 201, state) == []
    assert answer(wire_judge, "/negotiations/p", 404, {**refusal, "providerPid": "p"}) == []
    for wrong in [
        answer(wire_judge, "/negotiations/p", 404, state),
        answer(wire_judge, "/negotiations/p", 200, refusal),
        answer(wire_judge, "/negotiations/p", 202, state),
        answer(wire_judge, "/transfers/p", 200, state),
        answer(wire_judge, "/transfers/p", 404, good("ContractNegotiationError")),
        answer(wire_judge, "/negotiations/p", 400, b""),
        answer(wire_judge, "/catalog/request", 404, good("CatalogError"), "application/problem+json"),
        wire_judge.faults_in_answer("/.well-known/dspace-version", 200, {}, b'{"protocolVersions": []}'),
    ]:
        assert wrong


def test_an_error_may_lack_the_ids_that_nobody_knows_and_nothing_else(wire_judge):
    refusal = good("TransferError")
    del refusal["providerPid"]
    assert wire_judge.faults_in(refusal)
    assert wire_judge.faults_in_sent(refusal) == []
    assert wire_judge.faults_in_sent({**refusal, "providerPid": ""})
    assert wire_judge.faults_in_sent({**refusal, "reason": []})


def test_what_has_no_schema_is_refused(wire_judge):
    assert wire_judge.faults_in({"@type": "DatasetRequest"})
    assert wire_judge.faults_in([])


def test_the_hook_sees_what_the_codec_writes(wire_judge, monkeypatch):
    monkeypatch.setattr(wire_judge, "verdicts", [])
    codec_for("2025-1").encode(NegotiationAck("p", "c", "AGREED"))
    assert wire_judge.verdicts == []
    codec_for("2025-1").encode(NegotiationAck("p", "c", "PERPLEXED"))
    assert len(wire_judge.verdicts) == 1
