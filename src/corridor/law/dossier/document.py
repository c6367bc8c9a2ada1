"""A composed document in one language, and how it is written as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~])")
_SPACE: Final = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or a few."""

    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line with what fills it; where nothing does, `value` is the mark and `filled` is false."""

    label: str
    value: str
    filled: bool


@dataclass(frozen=True, slots=True)
class Check:
    """Something to tick off; the box is always empty."""

    text: str
    citation: str


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: the head, and rows of the same length."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Paragraph | Entry | Check | Grid


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with the provision it comes from, and what stands below it."""

    title: str
    citation: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A document: `name` is that of its file without an ending, such as `cn-pipia.zh`."""

    name: str
    language: str
    title: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def open_fields(self) -> int:
        """How many lines are still to be filled in."""
        blocks = (block for section in self.sections for block in section.blocks)
        return sum(isinstance(block, Entry) and not block.filled for block in blocks)


def as_markdown(document: Document) -> str:
    """The document as CommonMark with tables; whatever facts hold is text, never markup."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Document) -> Iterator[str]:
    yield f"# {plain(document.title)}"
    for line in document.lead:
        yield ""
        yield plain(line)
    for section in document.sections:
        yield from ("", f"## {plain(section.title)}", "", f"*{plain(section.citation)}*")
        previous: type[Block] | None = None
        for block in section.blocks:
            if type(block) is not previous or isinstance(block, Paragraph | Grid):
                yield ""
            yield from _block(block)
            previous = type(block)


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(text):
            yield plain(text)
        case Entry(label, value, filled):
            shown = plain(value) if filled else f"**{plain(value)}**"
            yield f"- {plain(label)}: {shown}"
        case Check(text, citation):
            yield f"- [ ] {plain(text)} *({plain(citation)})*"
        case Grid(head, rows):
            yield _row(head)
            yield "|" + "---|" * len(head)
            yield from (_row(row) for row in rows)


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(plain(cell) for cell in cells) + " |"


def plain(text: str) -> str:
    """The text on one line, with every sign escaped that Markdown would take for its own."""
    return _SPACE.sub(" ", _SPECIAL.sub(r"\\\1", text)).strip()
