"""From method and path to what answers there: literal segments before parameters, and never a redirect for a slash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, Generic, TypeVar
from urllib.parse import unquote_to_bytes

from corridor.base.errors import MalformedError, NotFoundError
from corridor.base.ids import check_id
from corridor.http.errors import MethodError

T = TypeVar("T")
_HEAD: Final = "HEAD"


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """What answers, and the segments that the path gives for the parameters of its template, by name."""

    target: T
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """A line of a route table: `GET`, `/negotiations/{pid}`, and what answers."""

    method: str
    path: str
    target: T


class _Node(Generic[T]):
    """What paths with the same segments so far lead to: by their next segment, or if they end here."""

    def __init__(self) -> None:
        self.literal: dict[str, _Node[T]] = {}
        self.parameter: _Node[T] | None = None
        self.ends: list[tuple[int, tuple[str, ...], Entry[T]]] = []

    def below(self, part: str) -> _Node[T]:
        """The node for a segment of a template, made if it is new."""
        if not _is_parameter(part):
            return self.literal.setdefault(part, _Node())
        self.parameter = self.parameter or _Node()
        return self.parameter

    def fitting(self, segment: str) -> Iterator[_Node[T]]:
        """The nodes that a segment of a path leads to."""
        if segment in self.literal:
            yield self.literal[segment]
        if self.parameter is not None and segment:
            yield self.parameter


class RouteTable(Generic[T]):
    """Finds the first entry that fits; entries with literal segments therefore stand before those with parameters."""

    def __init__(self, entries: Iterable[Entry[T]]) -> None:
        self._root: _Node[T] = _Node()
        for number, entry in enumerate(entries):
            template = tuple(entry.path.strip("/").split("/"))
            node = self._root
            for part in template:
                node = node.below(part)
            node.ends.append((number, template, entry))

    def find(self, method: str, raw_path: bytes) -> Found[T]:
        """What answers `method` at the path, which is still percent-encoded; `HEAD` is answered as `GET`.

        Raises:
            MalformedError: the path is not UTF-8, or a segment cannot be an identifier.
            MethodError: something answers here, but by another method.
            NotFoundError: nothing answers here.
        """
        segments = split(raw_path)
        nodes = [self._root]
        for segment in segments:
            nodes = [below for node in nodes for below in node.fitting(segment)]
        fitting = sorted((end for node in nodes for end in node.ends), key=itemgetter(0))
        wanted = "GET" if method == _HEAD else method
        for _, template, entry in fitting:
            if entry.method == wanted:
                return Found(entry.target, _parameters(template, segments))
        if fitting:
            methods = {entry.method for _, _, entry in fitting}
            raise MethodError("nothing here answers by this method", tuple(sorted(methods)))
        raise NotFoundError("there is nothing at this path")


def split(raw_path: bytes) -> tuple[str, ...]:
    """The decoded segments of a path; one slash at its end counts for nothing (peers append it).

    Segments are split before they are decoded, so that a `%2F` within an identifier does not separate.

    Raises:
        MalformedError: a segment is not UTF-8.
    """
    path = raw_path.removeprefix(b"/").removesuffix(b"/")
    try:
        if b"%" not in path:
            return tuple(path.decode("utf-8").split("/"))
        return tuple(unquote_to_bytes(segment).decode("utf-8") for segment in path.split(b"/"))
    except UnicodeDecodeError:
        raise MalformedError("the path is not UTF-8", place="path") from None


def _is_parameter(part: str) -> bool:
    return part.startswith("{")


def _parameters(template: tuple[str, ...], segments: tuple[str, ...]) -> Mapping[str, str]:
    pairs = zip(template, segments, strict=True)
    return {part[1:-1]: check_id(segment, "path") for part, segment in pairs if _is_parameter(part)}
