from __future__ import annotations

import orjson
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from corridor import __version__
from corridor.http.management.openapi import error_statuses, openapi, query_fields
from corridor.http.management.server import all_operations
from corridor.http.management.table import TAGS


@pytest.fixture(scope="module")
def document():
    return orjson.loads(orjson.dumps(openapi(all_operations(), __version__, TAGS)))


def test_the_document_is_valid_openapi(document):
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_it_lists_exactly_the_operations(document):
    listed = {
        (method.upper(), path, operation["operationId"])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert listed == {(operation.method, operation.path, operation.id) for operation in all_operations()}


def test_every_operation_says_what_it_is_and_how_it_fails(document):
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert operation["tags"][0] in TAGS
            failures = {status: answer for status, answer in operation["responses"].items() if status > "3"}
            assert "default" in failures
            for answer in failures.values():
                assert list(answer["content"]) == ["application/problem+json"]


def test_every_operation_but_health_needs_the_token(document):
    free = [path for path, operations in document["paths"].items() for op in operations.values() if "security" in op]
    assert free == ["/health"]
    assert "401" not in document["paths"]["/health"]["get"]["responses"]


def test_every_shape_and_every_member_is_described(document):
    for name, schema in document["components"]["schemas"].items():
        assert schema["description"], name
        for member, found in schema["properties"].items():
            assert found.get("description"), f"{name}.{member}"


def test_parameters_of_path_and_query_are_named(document):
    operation = document["paths"]["/negotiations/{pid}"]["get"]
    assert [(each["name"], each["in"], each["required"]) for each in operation["parameters"]] == [
        ("pid", "path", True),
        ("wait", "query", False),
    ]
    explained = next(operation for operation in all_operations() if operation.id == "explain")
    assert [name for name, schema in query_fields(explained).items() if schema["required"]] == ["dataset", "for"]


def test_errors_follow_from_what_a_request_brings():
    by_id = {operation.id: error_statuses(operation) for operation in all_operations()}
    assert by_id["status"] == (400, 401, 403, 503)
    assert by_id["health"] == (400, 403, 503)
    assert by_id["negotiate"] == (400, 401, 403, 404, 413, 415, 424, 503)


@pytest.fixture(scope="module")
def schema_of(document):
    """The validator of an operation's answer."""
    operations = {op["operationId"]: op for paths in document["paths"].values() for op in paths.values()}

    def find(name, status="200"):
        content = operations[name]["responses"][status]["content"]
        media_type, described = next(iter(content.items()))
        assert media_type.endswith("json")
        return Draft202012Validator({**described["schema"], "components": document["components"]})

    return find


async def test_answers_are_what_the_document_says(world, schema_of):
    await world.provider.post(
        "/papers", {"id": "urn:p", "kind": "cn/standard-contract", "digest": "sha-256:" + "0" * 64}
    )
    transfer = await world.fetched()
    agreement, negotiation = transfer["agreement"], (await world.consumer.get("/negotiations"))["items"][0]["pid"]
    about = {"dataset": "urn:data:alerts/2026", "for": "did:web:shanghai.example"}
    dataset = "/datasets/urn%3Adata%3Aalerts%2F2026"
    asked = [
        ("health", world.consumer, "/health", {}),
        ("status", world.consumer, "/status", {}),
        ("participants", world.consumer, "/participants", {}),
        ("datasets", world.provider, "/datasets", {}),
        ("dataset", world.provider, dataset, {}),
        ("explain", world.provider, "/explain", about),
        ("negotiations", world.consumer, "/negotiations", {}),
        ("negotiation", world.consumer, f"/negotiations/{negotiation}", {}),
        ("agreements", world.consumer, "/agreements", {}),
        ("agreement", world.consumer, f"/agreements/{agreement}", {}),
        ("transfers", world.consumer, "/transfers", {}),
        ("transfer_state", world.consumer, f"/transfers/{transfer['pid']}", {}),
        ("papers", world.provider, "/papers", {}),
        ("paper", world.provider, "/papers/urn:p", {}),
        ("meter", world.provider, "/meter", {}),
        ("key", world.consumer, "/evidence/key", {}),
        ("receipts", world.consumer, "/evidence/receipts", {"agreement": agreement}),
        ("events", world.consumer, "/events", {}),
        ("openapi", world.consumer, "/openapi.json", {}),
    ]
    for name, desk, path, query in asked:
        schema_of(name).validate(await desk.get(path, **query))


async def test_answers_to_what_is_sent_are_what_the_document_says(world, schema_of):
    published = await world.publish()
    schema_of("publish", "201").validate(published)
    schema_of("catalogue").validate(await world.consumer.post("/catalogue", {"provider": "did:web:provider.example"}))
    begun = {"provider": "did:web:provider.example", "dataset": published["id"]}
    schema_of("negotiate", "202").validate(await world.consumer.post("/negotiations", begun))
    await world.settle()
    agreement = (await world.consumer.get("/agreements"))["items"][0]["id"]
    transfer = await world.consumer.post("/transfers", {"agreement": agreement})
    schema_of("transfer", "202").validate(transfer)
    await world.settle()
    path = f"/transfers/{transfer['pid']}"
    schema_of("data_address").validate(await world.consumer.get(f"{path}/data-address"))
    schema_of("suspend").validate(await world.consumer.post(f"{path}/suspension", {"reason": "lunch"}))
    schema_of("assess").validate(await world.consumer.post("/assess", {"facts": {}}))
    paper = {"kind": "cn/standard-contract", "digest": "sha-256:" + "0" * 64}
    schema_of("add_paper", "201").validate(await world.china.post("/papers", paper))


async def test_refusals_are_what_the_document_says(world, schema_of):
    for name, status, method, path, body in (
        ("dataset", "404", "GET", "/datasets/urn:none", None),
        ("assess", "400", "POST", "/assess", {}),
        ("agreement", "400", "GET", "/agreements/..%2F", None),
    ):
        heard = await world.consumer.ask(method, path, body)
        assert heard.status == int(status)
        schema_of(name, status).validate(heard.json)


async def test_a_shape_that_is_not_the_documents_would_be_noticed(world, schema_of):
    status = await world.consumer.get("/status")
    assert schema_of("status").is_valid(status)
    del status["log_size"]
    assert not schema_of("status").is_valid(status)
