#!/usr/bin/env python3
"""Write docs/reference/management-api.md from the table of operations: tools/api_reference.py [--check]."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corridor import __version__
from corridor.base.json import JsonObject
from corridor.http.management.calls import Operation
from corridor.http.management.openapi import error_statuses, openapi, query_fields
from corridor.http.management.server import all_operations
from corridor.http.management.table import TAGS

REFERENCE = Path(__file__).parent.parent / "docs" / "reference" / "management-api.md"

HEAD = """# Management API

What the owner of a node does with it, over HTTP and JSON. Made by `tools/api_reference.py` from the table of operations
in `corridor.http.management.table`; a running node gives the same as OpenAPI 3.1 at `GET /openapi.json`.

- Every request shows the management token, `Authorization: Bearer TOKEN`; only `GET /health` needs none.
- The listener answers only to its own host names: those of the loopback interface, and those in the settings.
- Identifiers in paths are percent-encoded (`urn:a/b` is `urn%3Aa%2Fb`). Names are in snake_case.
- Lists come in pages: give `next` of one page as `after` to get the following one, until it is null.
- `?wait=SECONDS` answers as soon as a process is settled, at the latest when the time is over.
- Errors are problem details (RFC 9457): `type`, `title`, `status`, `code`, `detail`, `place`, `remedy`.
- The Python client, `corridor.client.Client`, has a method of the name that stands beside each operation.
"""


def reference() -> str:
    """The whole page."""
    operations = all_operations()
    schemas = openapi(operations, __version__, TAGS)["components"]["schemas"]
    lines = [HEAD]
    for tag, text in TAGS.items():
        lines += [f"## {text}", ""]
        for operation in operations:
            if operation.tag == tag:
                lines += _operation(operation, schemas)
    lines += ["## Shapes", ""]
    for name in sorted(schemas):
        lines += _shape(_shown(name), schemas[name])
    return "\n".join(lines).rstrip() + "\n"


def _operation(operation: Operation, schemas: JsonObject) -> Iterator[str]:
    yield f"### `{operation.method} {operation.path}`"
    yield ""
    yield f"{operation.summary}. Client: `{operation.id}`."
    yield ""
    query = query_fields(operation)
    if query:
        yield from _table(query, [name for name, schema in query.items() if schema["required"]])
    if operation.body is not None:
        yield f"- Body: {_link(operation.body.__name__, schemas)}."
    kind = operation.answer
    answer = f"`{kind}`" if isinstance(kind, str) else _link(_component(kind), schemas)
    streams = "".join(f", or `{each}` where `Accept` asks for it" for each in operation.streams)
    yield f"- Answer: {operation.status} with {answer}{streams}."
    yield "- Errors: " + ", ".join(map(str, error_statuses(operation))) + "."
    yield ""


def _component(kind: Any) -> str:
    """The name under which msgspec lists a type: `Page[Paper]` is `Page_Paper_`."""
    inner = getattr(kind, "__args__", ())
    return f"{kind.__origin__.__name__}_{inner[0].__name__}_" if inner else kind.__name__


def _shown(component: str) -> str:
    first, _, inner = component.partition("_")
    return f"{first} of {inner.rstrip('_')}" if inner else first


def _link(component: str, schemas: JsonObject) -> str:
    if component not in schemas:
        raise SystemExit(f"there is no schema {component}")
    title = _shown(component)
    return f"[{title}](#{title.lower().replace(' ', '-')})"


def _shape(title: str, schema: JsonObject) -> Iterator[str]:
    yield f"### {title}"
    yield ""
    yield schema["description"]
    yield ""
    yield from _table(schema["properties"], schema.get("required", []))


def _table(properties: JsonObject, required: list[str]) -> Iterator[str]:
    yield "| name | type | required | meaning |"
    yield "|---|---|---|---|"
    for name, schema in properties.items():
        needed = "yes" if name in required else "no"
        yield f"| `{name}` | {_type(schema)} | {needed} | {schema.get('description', '')} |"
    yield ""


def _type(schema: JsonObject) -> str:
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "$ref" in schema:
        title = _shown(schema["$ref"].rpartition("/")[2])
        return f"[{title}](#{title.lower().replace(' ', '-')})"
    if schema["type"] == "array":
        return f"list of {_type(schema['items'])}"
    return schema.get("format", schema["type"])


def main() -> int:
    """Write the page, or with `--check` say whether it is current."""
    text = reference()
    if "--check" not in sys.argv:
        REFERENCE.parent.mkdir(parents=True, exist_ok=True)
        REFERENCE.write_text(text, "utf-8")
        return 0
    current = REFERENCE.exists() and REFERENCE.read_text("utf-8") == text
    print("current" if current else f"{REFERENCE} is not current: run tools/api_reference.py")
    return 0 if current else 1


if __name__ == "__main__":
    sys.exit(main())
