"""Names that a jurisdiction may declare only once, in whichever of its files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.law.declaration_source import RuleFile
from corridor.law.reading import text_of
from corridor.law.source import Place, Table

_TOGETHER: Final = ("parameters", "lists", "derive", "shares", "counts")
"""Sections whose names stand beside each other in conditions."""


def refuse_repeats(files: Iterable[RuleFile]) -> None:
    """Refuse a value, list, definition, counter, paper, list of routes or duty that is declared twice.

    Raises:
        MalformedError: with both places.
    """
    files = tuple(files)
    _refuse((named for section in _TOGETHER for named in _declared(files, section)), "rename one of the two")
    for section in ("papers", "routes"):
        _refuse(_declared(files, section), "rename one of the two")
    _refuse(_duties(files), "give one of the two an `id` of its own")


def _declared(files: tuple[RuleFile, ...], section: str) -> Iterator[tuple[str, Place]]:
    for file in files:
        node = file.fields.node(section)
        if isinstance(node, Table):
            yield from node.key_places.items()


def _duties(files: tuple[RuleFile, ...]) -> Iterator[tuple[str, Place]]:
    for file in files:
        for node in file.fields.items("duties"):
            if isinstance(node, Table) and "id" in node.entries:
                yield text_of(node.entries["id"]), node.entries["id"].place


def _refuse(named: Iterable[tuple[str, Place]], remedy: str) -> None:
    seen: dict[str, Place] = {}
    for name, place in named:
        if name in seen:
            raise MalformedError(
                f"`{printable(name)}` is declared twice, first at {seen[name]}", place=str(place), remedy=remedy
            )
        seen[name] = place
