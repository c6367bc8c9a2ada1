"""The shapes in which ODRL arrives as JSON: names, scalars, lists and the members of a node."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from corridor.base.errors import MalformedError, TooLargeError
from corridor.base.ids import printable
from corridor.base.json import MAX_SAFE_INTEGER, JsonObject

ODRL: Final = "http://www.w3.org/ns/odrl/2/"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"


# Members that say something to people and nothing to an evaluator: rdfs:label, dct:description and the like.
_ANNOTATION = re.compile(
    r"(rdfs|dct|dcterms|dc|skos):\w+|http://(purl\.org/dc|www\.w3\.org/2000/01/rdf-schema)\S+", re.ASCII
)
IDENTITY: Final = frozenset({"@id", "@type", "uid"})
"""Members that every node may have."""

REFUSED: Final[Mapping[str, str]] = {
    "remedy": "state what follows an infringement outside the policy",
    "consequence": "state what follows a missed duty outside the policy",
    "refinement": "put the condition into a constraint of the rule",
    "inheritFrom": "write the inherited rules out",
    "rightOperandReference": "write the right operand out; nothing is looked up",
    "unit": "state the value in the operand's own unit",
    "status": "leave it out; this node keeps its own counters",
}


@dataclass(frozen=True, slots=True)
class PolicyLimits:
    """Bounds on one policy: constraints in all, nesting of logical ones, rules, characters of a name, list items."""

    constraints: int = 2000
    depth: int = 8
    rules: int = 200
    iri: int = 2048
    items: int = 10_000


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value with the datatype that the wire states for it, canonical (`xsd:` IRIs by local name), or None."""

    value: str | int
    datatype: str | None = None


_NAMESPACES: Final = (ODRL, "odrl:")
_IRI: Final = re.compile(r"[^\x00-\x20\x7f<>\"{}|\\^`]+")


def local_name(name: str) -> str:
    """The bare term of a name in the ODRL namespace (`odrl:use`, the full IRI); any other name unchanged."""
    for namespace in _NAMESPACES:
        if name.startswith(namespace):
            return name[len(namespace) :]
    return name


def items(value: Any, place: str, limits: PolicyLimits) -> Iterator[tuple[Any, str]]:
    """The items of a list with their places; a value outside a list stands for the list of itself, null for none.

    Raises:
        TooLargeError: the list is longer than the limit.
    """
    if isinstance(value, Mapping) and set(value) == {"@list"}:
        value = value["@list"]
    if not isinstance(value, list | tuple):
        value = [] if value is None else [value]
    if len(value) > limits.items:
        raise TooLargeError(f"a list has at most {limits.items} items, this one {len(value)}", place=place)
    return ((item, f"{place}[{index}]") for index, item in enumerate(value))


def node(value: Any, place: str) -> JsonObject:
    """`value` if it is a JSON object.

    Raises:
        MalformedError: it is not.
    """
    if isinstance(value, Mapping):
        return value
    raise MalformedError("expected an object", place=place, remedy="write it out in place; nothing is looked up")


def members(value: JsonObject, place: str) -> dict[str, Any]:
    """The members of a node by bare term.

    Raises:
        MalformedError: two members have the same meaning, such as `permission` and `odrl:permission`.
    """
    found: dict[str, Any] = {}
    for name, member in value.items():
        term = local_name(name)
        if term in found:
            raise MalformedError(f"`{printable(term)}` stands twice, under two spellings", place=place)
        found[term] = member
    return found


def scalar(value: Any, place: str, limits: PolicyLimits) -> Scalar:
    """One value out of its wrappings: bare, `{"@value", "@type"}`, `{"@id"}`, or a list of one.

    Raises:
        MalformedError: it is no single value.
    """
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    datatype = None
    if isinstance(value, Mapping):
        value, datatype = _unwrapped(value, place)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise MalformedError("expected one text or one whole number", place=place)
    if isinstance(value, int) and abs(value) > MAX_SAFE_INTEGER:
        raise MalformedError("the number is beyond ±(2^53-1)", place=place)
    if isinstance(value, str) and len(value) > limits.iri:
        raise MalformedError(f"a value has at most {limits.iri} characters, this one {len(value)}", place=place)
    return Scalar(value, datatype)


def _unwrapped(value: JsonObject, place: str) -> tuple[Any, str | None]:
    names = set(value)
    if names == {"@id"}:
        return value["@id"], "@id"
    if names in ({"@value"}, {"@value", "@type"}):
        datatype = value.get("@type")
        if datatype is None or isinstance(datatype, str):
            return value["@value"], datatype_name(datatype)
    raise MalformedError("expected one value", place=place, remedy='write it bare, as {"@value", "@type"} or {"@id"}')


def datatype_name(datatype: str | None) -> str | None:
    """The canonical name of a datatype: the local name of those of XML Schema, any other as it is."""
    if datatype is None:
        return None
    return datatype.removeprefix(XSD).removeprefix("xsd:")


def term(value: Any, place: str, limits: PolicyLimits) -> str:
    """A name: the bare term if it lies in the ODRL namespace, else as it is written.

    Raises:
        MalformedError: it is no single name, too long, or has characters that no IRI has.
    """
    return local_name(iri(value, place, limits))


def iri(value: Any, place: str, limits: PolicyLimits) -> str:
    """An identifier or IRI, unwrapped.

    Raises:
        MalformedError: as `term`.
    """
    found = scalar(value, place, limits).value
    if not isinstance(found, str) or not _IRI.fullmatch(found):
        raise MalformedError(f"`{printable(str(found))}` is not a name", place=place, remedy="write an absolute IRI")
    return found


def check_members(found: dict[str, Any], allowed: frozenset[str] | set[str], what: str, place: str) -> None:
    """Let nothing pass unseen: what a node has beyond what is `allowed` could make it more restrictive than it is read.

    Raises:
        MalformedError: a member that is not supported, or none that `what` has; annotations for people may stand.
    """
    for name in found:
        if name in REFUSED:
            raise MalformedError(f"`{name}` is not supported", place=f"{place}.{name}", remedy=REFUSED[name])
        if name not in allowed and not _ANNOTATION.fullmatch(name):
            raise MalformedError(
                f"{what} has no member `{printable(name)}` here", place=place, remedy="leave it out, or name it in full"
            )
