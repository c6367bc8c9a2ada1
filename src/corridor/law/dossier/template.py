"""Templates of documents: headings with their provisions, and fields with the facts that fill them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from corridor.base.reasons import Citation
from corridor.law.binding import Condition
from corridor.law.source import Place

Texts = Mapping[str, str]
"""A text by language; `en` is always there."""


@dataclass(frozen=True, slots=True)
class FieldTemplate:
    """A line to be filled in.

    Attributes:
        fact: path of the fact that fills it (`exporter.name`), or empty where no fact can.
        answer: name of a part of the ruling that fills it (`counts`), or empty.
    """

    label: Texts
    fact: str
    answer: str


@dataclass(frozen=True, slots=True)
class CheckTemplate:
    """Something to attach or to tick off, with the provision that asks for it."""

    text: Texts
    citation: Citation
    condition: Condition | None


@dataclass(frozen=True, slots=True)
class SectionTemplate:
    """A heading, the provision it comes from, what is to be said there, and what is to be filled in.

    Attributes:
        condition: when it belongs into the document; None is always.
        tables: names of the tables of facts shown (`items`, `counts`, `papers`).
    """

    title: Texts
    citation: Citation
    text: Texts | None
    condition: Condition | None
    fields: tuple[FieldTemplate, ...]
    tables: tuple[str, ...]
    checks: tuple[CheckTemplate, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A document.

    Attributes:
        id: `cn/pipia`.
        jurisdiction: whose ruling calls for it.
        condition: for which facts.
        mechanisms: it is called for only where the ruling offers one of these routes; empty is any.
        notes: what becomes of it: where it is filed or kept, and by when.
    """

    id: str
    jurisdiction: str
    title: Texts
    citation: Citation
    condition: Condition
    mechanisms: frozenset[str]
    notes: tuple[Texts, ...] = field(hash=False)
    sections: tuple[SectionTemplate, ...]
    place: Place

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages it is written in, English first."""
        return ("en", *sorted(language for language in self.title if language != "en"))
