"""Amendment: a constraint written into every permission of a policy's JSON, the rest left as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from corridor.base.json import JsonObject
from corridor.odrl.wire import local_name, node

_PERMISSION: Final = "permission"
_CONSTRAINT: Final = "constraint"


def with_constraint(body: JsonObject, constraint: JsonObject) -> JsonObject:
    """A copy of the policy `body` in which every permission has `constraint` besides its own.

    Duties, prohibitions and the policy itself stay, so that what comes out is at least as restrictive as `body`. Names
    keep their spelling; a single object becomes a list where it needs to.

    Args:
        body: the JSON of an offer or agreement, as on the wire.
        constraint: the JSON of one atomic or logical constraint, such as `papers.papers_constraint` makes.

    Raises:
        MalformedError: the policy or one of its permissions is not an object.
    """
    return {
        name: _each(value, constraint) if local_name(name) == _PERMISSION else value
        for name, value in node(body, "$").items()
    }


def _each(permissions: Any, constraint: JsonObject) -> list[JsonObject]:
    return [
        _constrained(node(permission, f"$.permission[{place}]"), constraint)
        for place, permission in enumerate(_listed(permissions))
    ]


def _constrained(permission: JsonObject, constraint: JsonObject) -> JsonObject:
    spelling = next((name for name in permission if local_name(name) == _CONSTRAINT), _CONSTRAINT)
    return {**permission, spelling: [*_listed(permission.get(spelling)), constraint]}


def _listed(value: Any) -> list[Any]:
    """The items of what JSON-LD lets be absent, one object, a list, or a `@list`."""
    if isinstance(value, Mapping) and set(value) == {"@list"}:
        value = value["@list"]
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
