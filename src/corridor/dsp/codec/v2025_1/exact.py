"""Strict reading: what the schemas of 2025-1 do not allow is refused, although its meaning could be found out.

A node reads strictly where its settings say so (`[protocol] strict`); docs/spec-divergences.md lists what that means.
"""

from __future__ import annotations

from typing import Any, Final

from corridor.base.errors import MalformedError
from corridor.base.json import JsonObject
from corridor.dsp.codec.v2025_1.terms import CONTEXT
from corridor.dsp.codec.v2025_1.vocabulary import MARKS, TERMS, Sort, Term

_NOT_EMPTY: Final = frozenset(
    {
        *("dataset", "catalog", "service", "distribution", "hasPolicy"),
        *("permission", "prohibition", "obligation", "endpointProperties", "reason"),
    }
)
"""The lists for which a schema says `minItems`."""
_LISTS: Final = (Sort.NODES, Sort.VALUES)
_REMEDY: Final = "send the document as the schemas of 2025-1 have it; this node reads strictly"


def check_exact(document: Any) -> None:
    """Refuse a document that is read only out of tolerance; its nesting has been checked.

    Raises:
        MalformedError: with the place of the first fault.
    """
    if not isinstance(document, dict):
        raise _refused("a document is one object", "$")
    context = document.get("@context")
    if context is not None and not (isinstance(context, list) and all(isinstance(one, str) for one in context)):
        raise _refused(f'the context is not a list of strings such as ["{CONTEXT}"]', "$.@context")
    _check_node(document, "$")


def _check_node(node: JsonObject, place: str) -> None:
    for name, value in node.items():
        where = f"{place}.{name}"
        if name.startswith(MARKS):
            raise _refused("a member is not named by its term", where)
        if name == "@type" and not isinstance(value, str):
            raise _refused("a type is one string", where)
        if name in TERMS:
            _check_value(TERMS[name], value, where)


def _check_value(term: Term, value: Any, place: str) -> None:
    if value is None:
        raise _refused("null stands for nothing here", place)
    if term.sort in _LISTS and not isinstance(value, list):
        raise _refused("must be a list", place)
    if term.name in _NOT_EMPTY and not value:
        raise _refused("a list that is given has an entry", place)
    if term.sort in (Sort.NODE, Sort.SERVICE, Sort.NODES):
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                _check_entry(term, inner, place)


def _check_entry(term: Term, entry: JsonObject, place: str) -> None:
    if term.name == "dataset" and "@type" not in entry:
        raise _refused("a dataset has its type", place)
    if term.name == "hasPolicy" and "target" in entry:
        raise _refused("an offer in a catalogue has no target", f"{place}.target")
    _check_node(entry, place)


def _refused(what: str, place: str) -> MalformedError:
    return MalformedError(what, place=place, remedy=_REMEDY)
