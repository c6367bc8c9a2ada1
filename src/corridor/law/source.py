"""Text to surface tree: a bounded, safe reader for the part of YAML that rule files and descriptions need.

No aliases, anchors, tags, merge keys or second documents; no duplicate keys; scalars by the YAML 1.2 core schema
without fractions, so that `NO` is Norway and not a boolean. Every node knows its file, line and column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import yaml

from corridor.base.errors import MalformedError, TooLargeError
from corridor.base.ids import printable
from corridor.base.json import MAX_SAFE_INTEGER

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml where the wheel has it, twenty times as fast

_INTEGER = re.compile(r"[-+]?[0-9][0-9_]*", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WORDS: Final[Mapping[str, bool | None]] = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf: text, whole number, truth value, day, or nothing."""

    value: str | int | bool | date | None
    place: Place


@dataclass(frozen=True, slots=True)
class Listing:
    """A sequence of nodes."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping from names to nodes, in the order written; `key_places` says where each name stands."""

    entries: Mapping[str, Node]
    key_places: Mapping[str, Place]
    place: Place


Node = Scalar | Listing | Table


@dataclass(frozen=True, slots=True)
class SourceLimits:
    """Bounds on a document: characters, nested collections, nodes, characters of one scalar."""

    max_characters: int = 1_048_576
    max_depth: int = 32
    max_nodes: int = 200_000
    max_scalar: int = 16_384


DEFAULT_LIMITS: Final = SourceLimits()


def read_yaml(text: str, name: str, limits: SourceLimits = DEFAULT_LIMITS) -> Node:
    """The surface tree of one YAML (or JSON) document; `name` is the file's name in places.

    Raises:
        TooLargeError: over one of `limits`.
        MalformedError: not YAML, or a part of YAML that is not read here.
    """
    if len(text) > limits.max_characters:
        raise TooLargeError(
            f"a document has at most {limits.max_characters} characters, this one {len(text)}", place=name
        )
    try:
        return _Reader(text, name, limits).document()
    except yaml.MarkedYAMLError as error:
        problem = printable(error.problem or "not YAML")
        raise MalformedError(f"not YAML: {problem}", place=str(_place(name, error.problem_mark))) from None
    except (yaml.YAMLError, UnicodeEncodeError):
        raise MalformedError("not YAML: a character that no text may hold", place=name) from None


def plain(node: Node) -> Any:
    """The node as a JSON-like value: days become text such as `2026-11-22`."""
    if isinstance(node, Table):
        return {key: plain(value) for key, value in node.entries.items()}
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    return node.value.isoformat() if isinstance(node.value, date) else node.value


class _Reader:
    """Builds the tree from parser events; the nesting limit also bounds the recursion."""

    def __init__(self, text: str, name: str, limits: SourceLimits) -> None:
        self._name = name
        self._limits = limits
        self._nodes = 0
        self._events: Iterator[Any] = iter(_Loader(text).get_event, None)

    def _place(self, mark: Any) -> Place:
        return _place(self._name, mark)

    def document(self) -> Node:
        event = next(self._events)
        while isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
            event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            raise MalformedError("an empty document", place=self._name, remedy="write at least one `name: value`")
        node = self._node(event, 1)
        next(self._events)  # the end of the document
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise self._refuse(event, "a second document", "keep one document in a file")
        return node

    def _node(self, event: Any, depth: int) -> Node:
        self._check(event)
        place = self._place(event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, place)
        if depth > self._limits.max_depth:
            raise TooLargeError(f"nested deeper than {self._limits.max_depth} levels", place=str(place))
        if isinstance(event, yaml.SequenceStartEvent):
            return Listing(tuple(self._items(depth)), place)
        return self._table(depth, place)

    def _check(self, event: Any) -> None:
        self._nodes += 1
        if self._nodes > self._limits.max_nodes:
            raise TooLargeError(f"more than {self._limits.max_nodes} nodes", place=self._name)
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise self._refuse(event, "anchors and aliases are not read", "write the value out where it is needed")
        if getattr(event, "tag", None) is not None:
            raise self._refuse(event, f"the tag `{printable(event.tag)}` is not read", "leave it out")

    def _items(self, depth: int) -> Iterator[Node]:
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self._node(event, depth + 1)

    def _table(self, depth: int, place: Place) -> Table:
        entries: dict[str, Node] = {}
        places: dict[str, Place] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event, entries)
            places[key] = self._place(event.start_mark)
            entries[key] = self._node(next(self._events), depth + 1)
        return Table(entries, places, place)

    def _key(self, event: Any, entries: Mapping[str, Node]) -> str:
        self._check(event)
        if not isinstance(event, yaml.ScalarEvent) or not event.value:
            raise self._refuse(event, "a name must be a non-empty text", "write `name: value`")
        if len(event.value) > self._limits.max_scalar:
            raise TooLargeError("a name is too long", place=str(self._place(event.start_mark)))
        if event.value in entries:
            raise self._refuse(event, f"the name `{printable(event.value)}` stands twice", "keep one of the two")
        return str(event.value)

    def _scalar(self, event: Any, place: Place) -> Scalar:
        text: str = event.value
        if len(text) > self._limits.max_scalar:
            raise TooLargeError(f"a text has at most {self._limits.max_scalar} characters", place=str(place))
        if not event.implicit[0]:  # quoted or block text stays text
            return Scalar(text, place)
        if text in _WORDS:
            return Scalar(_WORDS[text], place)
        if _INTEGER.fullmatch(text):
            return Scalar(_integer(text, place), place)
        return Scalar(_day(text, place) if _DAY.fullmatch(text) else text, place)

    def _refuse(self, event: Any, message: str, remedy: str) -> MalformedError:
        return MalformedError(message, place=str(self._place(event.start_mark)), remedy=remedy)


def _place(name: str, mark: Any) -> Place:
    return Place(name, mark.line + 1, mark.column + 1) if mark else Place(name, 1, 1)


def _integer(text: str, place: Place) -> int:
    digits = text.replace("_", "")
    if len(digits) > len(str(MAX_SAFE_INTEGER)) + 1 or abs(int(digits)) > MAX_SAFE_INTEGER:
        raise MalformedError(f"the number `{printable(text, 24)}` is beyond ±(2^53-1)", place=str(place))
    return int(digits)


def _day(text: str, place: Place) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise MalformedError(f"`{text}` is no day of the calendar", place=str(place)) from None
