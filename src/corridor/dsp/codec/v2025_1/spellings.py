"""Other spellings of a document, read as the official context would have compacted it (JSON-LD 1.1, in part).

What is understood: full IRIs and prefixed names for members, types and words; `@id`, `@value`, `@set` and `@list`
objects; lists around single values; contexts in the document that bind names to those of the protocol (`names`). What
comes out has no more values than what came in, so the limits of the codec hold for every spelling.

A plain document, as the specification writes it, is recognised in one walk and goes on untouched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.json import JsonObject
from corridor.dsp.codec.v2025_1.names import Names
from corridor.dsp.codec.v2025_1.terms import CONTEXT
from corridor.dsp.codec.v2025_1.vocabulary import MARKS, TERMS, XSD, Sort, Term

_FITTING: Final[Mapping[Sort, type | tuple[type, ...]]] = {
    Sort.TEXT: str,
    Sort.IDENTIFIER: str,
    Sort.WORD: str,
    Sort.NAME: str,
    Sort.NODE: dict,
    Sort.SERVICE: (dict, str),
    Sort.NODES: (list, dict),
    Sort.NAMES: (list, str),
    Sort.OPERAND: object,
    Sort.VALUES: object,
}
_TEXTS: Final = frozenset(
    {"@id", *(name for name, term in TERMS.items() if term.sort not in (Sort.WORD, Sort.NODE, Sort.NODES))}
)
"""Members that may be any string in a plain document."""
_STRUCTURES: Final = (Sort.NODE, Sort.SERVICE, Sort.NODES)
_VALUE_MEMBERS: Final = frozenset({"@value", "@type", "@language", "@direction"})
_COLLECTIONS: Final = ({"@set"}, {"@list"})


def read_plainly(document: Any) -> Any:
    """`document` in the spelling of the official context; the same object where it has that already.

    Its nesting has been checked. What has no meaning that can be found out is left as it is, for the gate to refuse.

    Raises:
        MalformedError: it is a list of documents, a member stands twice under two spellings or has no meaning, or a
            context gives a name of the protocol another meaning.
    """
    if _is_plain(document):
        return document
    root = _only(document)
    if not isinstance(root, dict):
        raise MalformedError("a document is one object", place="$", remedy="send one message at a time")
    return {"@context": [CONTEXT], **_Reader(Names()).node(root, "$")}


def _is_plain(document: Any) -> bool:
    if not isinstance(document, dict):
        return not isinstance(document, list)
    context = document.get("@context")
    entries = context if isinstance(context, list) else [context]
    if any(isinstance(entry, dict) for entry in entries):
        return False
    if CONTEXT not in entries and not _speaks_for_itself(document):
        return True  # nothing in it has a meaning, and the gate says so
    return _is_plain_node(document)


def _speaks_for_itself(document: JsonObject) -> bool:
    types = _listed(document.get("@type"))
    return any(isinstance(name, str) and name.startswith(MARKS) for name in [*types, *document])


def _is_plain_node(node: JsonObject) -> bool:
    """One step for each member: this is on the way of every message."""
    for name, value in node.items():
        if type(value) is str and name in _TEXTS:
            continue
        term = TERMS.get(name)
        if term is None:
            if name == "@type":
                if not isinstance(value, str) or _is_marked(value):
                    return False
            elif _is_marked(name) or _is_keyword(name):
                return False
        elif not _is_plain_value(term.sort, value):
            return False
    return True


def _is_plain_value(sort: Sort, value: Any) -> bool:
    if sort in _STRUCTURES and isinstance(value, dict | list):
        if isinstance(value, dict):
            return _is_plain_node(value)
        return sort is Sort.NODES and all(_is_plain_node(entry) for entry in value if isinstance(entry, dict))
    if value is None:
        return True
    if sort is Sort.NAMES and isinstance(value, list):
        return all(isinstance(entry, str) for entry in value)
    return isinstance(value, _FITTING[sort]) and not (sort is Sort.WORD and _is_marked(str(value)))


def _is_keyword(name: str) -> bool:
    """Whether a name belongs to JSON-LD itself, and says something of the object that it stands in."""
    return name.startswith("@") and name not in ("@id", "@type", "@context")


def _is_marked(name: str) -> bool:
    return ":" in name and name.startswith(MARKS)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads a node and what is in it, with the names that hold there."""

    names: Names

    def node(self, node: JsonObject, place: str) -> dict[str, Any]:
        if "@context" in node:
            inner = {name: value for name, value in node.items() if name != "@context"}
            return _Reader(self.names.within(node["@context"], place)).node(inner, place)
        found: dict[str, Any] = {}
        for name, value in node.items():
            term = self.names.term(name)
            key = name if term is None else term.name
            if term is None and key in TERMS:
                raise _meaningless(key, place)
            if key in found:
                raise MalformedError(f"`{key}` stands twice, under two spellings", place=place)
            found[key] = self._type(value, place) if key == "@type" else self._value(term, value, f"{place}.{key}")
        return found

    def _type(self, value: Any, place: str) -> Any:
        if isinstance(value, list):
            types = [self._type(one, place) for one in value]
            return types[0] if len(types) == 1 else types
        if not isinstance(value, str):
            return value
        if not self.names.means(value):
            raise _meaningless(value, place)
        return self.names.word(value)

    def _value(self, term: Term | None, value: Any, place: str) -> Any:
        if term is None or value is None:
            return value
        if term.sort in _STRUCTURES:
            return self._structure(term.sort, value, place)
        if term.sort is Sort.OPERAND:
            return self._operand(value)
        if term.sort is Sort.VALUES:
            return [_scalar(one) if _is_value(one) else one for one in _listed(value)]
        if term.sort is Sort.NAMES:
            names = [_scalar(one) for one in _listed(value)]
            return names[0] if len(names) == 1 else names
        text = _scalar(value)
        return self.names.word(text) if term.sort in (Sort.WORD, Sort.NAME) and isinstance(text, str) else text

    def _structure(self, sort: Sort, value: Any, place: str) -> Any:
        if sort is Sort.NODES:
            return [self._entry(one, f"{place}[{index}]") for index, one in enumerate(_listed(value))]
        one = _only(value)
        if sort is Sort.SERVICE and isinstance(one, Mapping) and set(one) == {"@id"}:
            return one["@id"]
        return self._entry(one, place)

    def _entry(self, value: Any, place: str) -> Any:
        return self.node(value, place) if isinstance(value, Mapping) else value

    def _operand(self, value: Any) -> Any:
        if isinstance(value, Mapping) and set(value) in _COLLECTIONS:
            value = next(iter(value.values()))
        if not isinstance(value, list):
            return self._typed(value)
        # One value in its wrappings is that value; one bare value in a list was meant as a list.
        wrapped = len(value) == 1 and isinstance(value[0], Mapping)
        return self._operand(value[0]) if wrapped else [self._typed(one) for one in value]

    def _typed(self, value: Any) -> Any:
        """A typed value keeps its type, under the name that the official context gives it; text needs none."""
        if not _is_value(value):
            return value
        bare, kind = value["@value"], value.get("@type")
        iri = self.names.expanded(kind) if isinstance(kind, str) else None
        if isinstance(bare, str) and iri in (None, "string", XSD + "string"):
            return bare
        if iri is None:
            return {"@value": bare}
        return {"@value": bare, "@type": iri if not iri.startswith(XSD) else "xsd:" + iri.removeprefix(XSD)}


def _meaningless(name: str, place: str) -> MalformedError:
    return MalformedError(
        f"no context gives `{printable(name)}` a meaning",
        place=f"{place}.@context",
        remedy=f'add "{CONTEXT}" to the context',
    )


def _is_value(value: Any) -> bool:
    return isinstance(value, Mapping) and "@value" in value and set(value) <= _VALUE_MEMBERS


def _listed(value: Any) -> list[Any]:
    """The entries of a list or collection; any other value as the one entry."""
    if isinstance(value, Mapping) and set(value) in _COLLECTIONS:
        value = next(iter(value.values()))
    return value if isinstance(value, list) else [value]


def _only(value: Any) -> Any:
    """The one entry of a list or collection of one; anything else as it is."""
    entries = _listed(value)
    return entries[0] if len(entries) == 1 else value


def _scalar(value: Any) -> Any:
    """What a list of one, an `@id` object or a value object holds; anything else as it is."""
    value = _only(value)
    if isinstance(value, Mapping) and set(value) == {"@id"}:
        return value["@id"]
    return value["@value"] if _is_value(value) else value
