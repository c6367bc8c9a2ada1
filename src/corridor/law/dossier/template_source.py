"""Template files to templates; it refuses a heading without a provision, an unknown fact, a missing language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.reasons import Citation
from corridor.law.binding import Condition, Declared, bind
from corridor.law.codes import words
from corridor.law.declaration_source import party_runner_of, runner_of, texts_of
from corridor.law.dossier.template import CheckTemplate, FieldTemplate, SectionTemplate, Template, Texts
from corridor.law.dossier.values import ANSWERS
from corridor.law.facts import suggestion
from corridor.law.model import Jurisdiction, Rulebook
from corridor.law.reading import Fields
from corridor.law.source import Node, read_yaml
from corridor.law.vocabulary import FACTS, Record

TABLES: Final = words("items counts papers")
_TEMPLATE: Final = words("id title pin verified when mechanisms notes sections")
_SECTION: Final = words("title pin verified text when fields tables checks")


def load_templates(sources: Mapping[str, str], rulebook: Rulebook) -> tuple[Template, ...]:
    """The templates of these files, by path; conditions and pins are those of the rulebook.

    Raises:
        MalformedError: with the place.
        TooLargeError: a file over the limits of `source`.
    """
    return tuple(template for path in sorted(sources) for template in _templates(sources[path], path, rulebook))


def _templates(text: str, path: str, rulebook: Rulebook) -> Iterator[Template]:
    file = Fields(read_yaml(text, path), "a file of documents", ("jurisdiction", "documents"))
    name = file.text("jurisdiction")
    jurisdiction = rulebook.jurisdictions.get(name)
    if jurisdiction is None:
        raise MalformedError(
            f"the rulebook has no jurisdiction `{printable(name)}`",
            place=file.place_of("jurisdiction"),
            remedy=suggestion(name, rulebook.jurisdictions),
        )
    reader = _Reader(jurisdiction, _declared(jurisdiction))
    seen: set[str] = set()
    for node in file.items("documents"):
        found = reader.template(node)
        if found.id in seen:
            raise MalformedError(f"the document `{found.id}` stands twice", place=str(found.place))
        seen.add(found.id)
        yield found


def _declared(jurisdiction: Jurisdiction) -> Declared:
    """The names that conditions of a template can use: those of the jurisdiction's own rules."""
    return Declared(
        {name: runner_of(derived) for name, derived in jurisdiction.derived.items()},
        frozenset(jurisdiction.derived),
        jurisdiction.parameters,
        {name: counter.unit for name, counter in jurisdiction.counters.items()},
        jurisdiction.registers,
        {name: party_runner_of(derived) for name, derived in jurisdiction.of_party.items()},
        frozenset(jurisdiction.of_party),
        jurisdiction.shares,
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    jurisdiction: Jurisdiction
    declared: Declared

    def template(self, node: Node) -> Template:
        fields = Fields(node, "a document", _TEMPLATE)
        title = texts_of(fields, "title")
        languages = frozenset(title)
        return Template(
            id=fields.text("id"),
            jurisdiction=self.jurisdiction.id,
            title=title,
            citation=self._citation(fields),
            condition=self._condition(fields, "when") or bind("true", str(fields.place), self.declared),
            mechanisms=frozenset(fields.texts("mechanisms")),
            notes=tuple(_texts(item, "a note", languages) for item in fields.items("notes")),
            sections=tuple(self._section(item, languages) for item in fields.items("sections")),
            place=fields.place,
        )

    def _condition(self, fields: Fields, name: str) -> Condition | None:
        return bind(fields.text(name), fields.place_of(name), self.declared) if fields.node(name) else None

    def _citation(self, fields: Fields) -> Citation:
        """`pin: cn/pipl art 56(1)`: the instrument, which has to be there, and the pin in it."""
        name, _, pin = fields.text("pin").partition(" ")
        instrument = self.jurisdiction.instruments.get(name)
        if instrument is None or not pin:
            raise MalformedError(
                f"`{printable(fields.text('pin'))}` is no pin of {self.jurisdiction.name}",
                place=fields.place_of("pin"),
                remedy=suggestion(name, self.jurisdiction.instruments),
            )
        return Citation(name, pin, instrument.title, fields.verified(instrument.source.verified))

    def _section(self, node: Node, languages: frozenset[str]) -> SectionTemplate:
        fields = Fields(node, "a section", _SECTION)
        text = fields.node("text")
        tables = fields.texts("tables")
        for table in tables:
            if table not in TABLES:
                raise MalformedError(
                    f"`{printable(table)}` is no table of facts",
                    place=fields.place_of("tables"),
                    remedy=suggestion(table, TABLES),
                )
        return SectionTemplate(
            title=_texts(fields.required("title"), "a title", languages),
            citation=self._citation(fields),
            text=_texts(text, "a text", languages) if text is not None else None,
            condition=self._condition(fields, "when"),
            fields=tuple(_field(item, languages) for item in fields.items("fields")),
            tables=tables,
            checks=tuple(self._check(item, languages) for item in fields.items("checks")),
        )

    def _check(self, node: Node, languages: frozenset[str]) -> CheckTemplate:
        fields = Fields(node, "an item to tick off", ("text", "pin", "verified", "when"))
        text = _texts(fields.required("text"), "a text", languages)
        return CheckTemplate(text, self._citation(fields), self._condition(fields, "when"))


def _texts(node: Node, what: str, languages: frozenset[str]) -> Texts:
    """The texts of a node by language, in each of `languages`."""
    fields = Fields(node, what, languages)
    return {language: fields.text(language) for language in sorted(languages)}


def _field(node: Node, languages: frozenset[str]) -> FieldTemplate:
    fields = Fields(node, "a field", ("label", "fact", "answer"))
    fact, answer = fields.text("fact", ""), fields.text("answer", "")
    if fact and fact not in _PATHS:
        raise MalformedError(
            f"`{printable(fact)}` is no fact", place=fields.place_of("fact"), remedy=suggestion(fact, _PATHS)
        )
    if answer and answer not in ANSWERS:
        raise MalformedError(
            f"`{printable(answer)}` is no part of an answer",
            place=fields.place_of("answer"),
            remedy=suggestion(answer, ANSWERS),
        )
    return FieldTemplate(_texts(fields.required("label"), "a label", languages), fact, answer)


def _leaves(record: Record, prefix: str = "") -> Iterator[str]:
    for name, kind in record.fields.items():
        if isinstance(kind, Record):
            yield from _leaves(kind, f"{prefix}{name}.")
        else:
            yield prefix + name


_PATHS: Final = frozenset(_leaves(FACTS))
