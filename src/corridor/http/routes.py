"""From method and path to what answers there: literal segments before parameters, and never a redirect for a slash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


class RouteTable(Generic[T]):
    """Finds the first entry that fits; entries with literal segments therefore stand before those with parameters."""

    def __init__(self, entries: Iterable[Entry[T]]) -> None:
        self._by_length: dict[int, list[tuple[tuple[str, ...], Entry[T]]]] = {}
        for entry in entries:
            template = tuple(entry.path.strip("/").split("/"))
            self._by_length.setdefault(len(template), []).append((template, entry))

    def find(self, method: str, raw_path: bytes) -> Found[T]:
        """What answers `method` at the path, which is still percent-encoded; `HEAD` is answered as `GET`.

        Raises:
            MalformedError: the path is not UTF-8, or a segment cannot be an identifier.
            MethodError: something answers here, but by another method.
            NotFoundError: nothing answers here.
        """
        segments = split(raw_path)
        fitting = [
            (template, entry)
            for template, entry in self._by_length.get(len(segments), ())
            if all(_fits(part, segment) for part, segment in zip(template, segments, strict=True))
        ]
        wanted = "GET" if method == _HEAD else method
        for template, entry in fitting:
            if entry.method == wanted:
                return Found(entry.target, _parameters(template, segments))
        if fitting:
            raise MethodError("nothing here answers by this method", tuple(sorted({e.method for _, e in fitting})))
        raise NotFoundError("there is nothing at this path")


def split(raw_path: bytes) -> tuple[str, ...]:
    """The decoded segments of a path; one slash at its end counts for nothing (peers append it).

    Segments are split before they are decoded, so that a `%2F` within an identifier does not separate.

    Raises:
        MalformedError: a segment is not UTF-8.
    """
    segments = raw_path.removeprefix(b"/").removesuffix(b"/").split(b"/")
    try:
        return tuple(unquote_to_bytes(segment).decode("utf-8") for segment in segments)
    except UnicodeDecodeError:
        raise MalformedError("the path is not UTF-8", place="path") from None


def _is_parameter(part: str) -> bool:
    return part.startswith("{")


def _fits(part: str, segment: str) -> bool:
    return part == segment or (_is_parameter(part) and segment != "")


def _parameters(template: tuple[str, ...], segments: tuple[str, ...]) -> Mapping[str, str]:
    pairs = zip(template, segments, strict=True)
    return {part[1:-1]: check_id(segment, "path") for part, segment in pairs if _is_parameter(part)}
