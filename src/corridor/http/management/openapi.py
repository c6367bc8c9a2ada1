"""The table of operations as an OpenAPI 3.1 document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec

from corridor.base.json import JsonObject
from corridor.http.management.calls import Operation
from corridor.http.management.models import Problem
from corridor.http.problem import PROBLEM_TYPE

_REF: Final = "#/components/schemas/{name}"
_PARAMETER: Final = re.compile(r"\{(\w+)\}")
_ALWAYS: Final = (400, 403, 503)
_WITH_BODY: Final = (413, 415)
_SCHEME: Final = "token"
_BINARY: Final = ("application/octet-stream", "application/jsonl")


def openapi(operations: Iterable[Operation], version: str, tags: Mapping[str, str]) -> JsonObject:
    """The document for `operations`: every path, parameter, body, answer and error."""
    table = tuple(operations)
    schemas, components = _schemas(table)
    paths: dict[str, dict[str, Any]] = {}
    for operation in table:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Corridor management API",
            "version": version,
            "summary": "What the owner of a node does with it.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "tags": [{"name": name, "description": text} for name, text in tags.items()],
        "security": [{_SCHEME: []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {_SCHEME: {"type": "http", "scheme": "bearer"}},
        },
    }


def _schemas(table: tuple[Operation, ...]) -> tuple[Mapping[Any, JsonObject], JsonObject]:
    """Each type's schema, mostly a reference, and the schemas that are referred to."""
    types: dict[Any, None] = {Problem: None}
    for operation in table:
        types.update(dict.fromkeys(kind for kind in (operation.answer, operation.body) if _is_model(kind)))
    found, components = msgspec.json.schema_components(list(types), ref_template=_REF)
    return dict(zip(types, found, strict=True)), components


def _is_model(kind: Any) -> bool:
    return kind is not None and not isinstance(kind, str)


def _operation(operation: Operation, schemas: Mapping[Any, JsonObject]) -> JsonObject:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.tag],
        "responses": _responses(operation, schemas),
    }
    if parameters := [*_path_parameters(operation), *_query_parameters(operation)]:
        described["parameters"] = parameters
    if operation.body is not None:
        schema = schemas[operation.body]
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if operation.free:
        described["security"] = []
    return described


def _path_parameters(operation: Operation) -> Iterable[JsonObject]:
    for name in _PARAMETER.findall(operation.path):
        text = "an identifier; characters such as `/` percent-encoded"
        yield {"name": name, "in": "path", "required": True, "description": text, "schema": {"type": "string"}}


def query_fields(operation: Operation) -> Mapping[str, JsonObject]:
    """The schema of each query parameter, with `required` among its members where it must be given."""
    _, components = msgspec.json.schema_components([operation.query], ref_template=_REF)
    shape = components[operation.query.__name__]
    required = shape.get("required", ())
    return {name: {**schema, "required": name in required} for name, schema in shape["properties"].items()}


def _query_parameters(operation: Operation) -> Iterable[JsonObject]:
    for name, schema in query_fields(operation).items():
        own = {key: value for key, value in schema.items() if key not in ("description", "required")}
        yield {
            "name": name,
            "in": "query",
            "required": schema["required"],
            "description": schema["description"],
            "schema": own,
        }


def error_statuses(operation: Operation) -> tuple[int, ...]:
    """Every status below 500, and above it what a caller can do something about, that the operation fails with."""
    found = {*_ALWAYS, *operation.errors}
    if operation.body is not None:
        found.update(_WITH_BODY)
    if not operation.free:
        found.add(401)
    return tuple(sorted(found))


def _responses(operation: Operation, schemas: Mapping[Any, JsonObject]) -> JsonObject:
    problem = {PROBLEM_TYPE: {"schema": schemas[Problem]}}
    errors = {
        str(status): {"description": HTTPStatus(status).phrase, "content": problem}
        for status in error_statuses(operation)
    }
    streams: JsonObject = {kind: {"schema": {"type": "string"}} for kind in operation.streams}
    content = {**_content(operation, schemas), **streams}
    done = {"description": HTTPStatus(operation.status).phrase, "content": content}
    failed = {"description": "A fault of this node, named in its log", "content": problem}
    return {str(operation.status): done, **errors, "default": failed}


def _content(operation: Operation, schemas: Mapping[Any, JsonObject]) -> JsonObject:
    if _is_model(operation.answer):
        return {"application/json": {"schema": schemas[operation.answer]}}
    if operation.answer in _BINARY:
        return {operation.answer: {}}
    return {operation.answer: {"schema": {"type": "object" if "json" in operation.answer else "string"}}}
