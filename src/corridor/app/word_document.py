"""A composed document as an Office Open XML file (`.docx`), by python-docx."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, time
from typing import Any

import docx
from docx.oxml.ns import qn

from corridor.law.dossier.document import Block, Check, Document, Entry, Grid, Paragraph

_FONTS = {"zh": "SimSun"}
"""Fonts for scripts that the default template has none for; a reader without them takes its own."""


def as_docx(document: Document, day: date) -> bytes:
    """The bytes of the file, which says that it was made on `day`."""
    word = docx.Document()
    _tell(word, document, day)
    word.add_heading(document.title, level=0)
    for line in document.lead:
        word.add_paragraph(line)
    for section in document.sections:
        word.add_heading(section.title, level=1)
        word.add_paragraph().add_run(section.citation).italic = True
        for block in section.blocks:
            _add(word, block)
    found = io.BytesIO()
    word.save(found)
    return found.getvalue()


def _tell(word: Any, document: Document, day: date) -> None:
    made = datetime.combine(day, time(), UTC)
    properties = word.core_properties
    properties.title, properties.language, properties.author = document.title, document.language, "Corridor"
    properties.comments = ""
    properties.created = properties.modified = made
    font = _FONTS.get(document.language)
    if font is not None:
        for name in ("Normal", "Title", "Heading 1"):
            word.styles[name].element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _add(word: Any, block: Block) -> None:
    match block:
        case Paragraph(text):
            word.add_paragraph(text)
        case Entry(label, value, filled):
            line = word.add_paragraph(f"{label}: ", style="List Bullet")
            line.add_run(value).bold = not filled
        case Check(text, citation):
            line = word.add_paragraph(f"\N{BALLOT BOX} {text} ")
            line.add_run(f"({citation})").italic = True
        case Grid(head, rows):
            _add_table(word, (head, *rows))


def _add_table(word: Any, rows: tuple[tuple[str, ...], ...]) -> None:
    table = word.add_table(rows=len(rows), cols=len(rows[0]), style="Table Grid")
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
