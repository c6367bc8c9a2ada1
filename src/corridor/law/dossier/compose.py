"""Templates, facts and an assessment to documents: what the facts give is filled in, the rest is marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from corridor.base.reasons import Citation
from corridor.base.truth import Truth
from corridor.law.binding import Condition
from corridor.law.counting import Ledger
from corridor.law.dossier.document import Block, Check, Document, Entry, Grid, Paragraph, Section
from corridor.law.dossier.template import CheckTemplate, FieldTemplate, SectionTemplate, Template
from corridor.law.dossier.values import answer_text, fact_text, table_of
from corridor.law.dossier.words import phrase, pin_words
from corridor.law.facts import Facts
from corridor.law.model import Jurisdiction, Rulebook
from corridor.law.outcome import Assessment, Route, Ruling
from corridor.law.trace import Trace, missing_in


def dossier(
    rulebook: Rulebook, templates: Iterable[Template], facts: Facts, assessment: Assessment
) -> tuple[Document, ...]:
    """The documents that the assessed transfer calls for, each in every language of its template.

    First, for each ruling, a record of the decision; then what the law of that jurisdiction has to be filed or kept.
    """
    return tuple(_documents(rulebook, tuple(templates), facts, assessment))


def _documents(
    rulebook: Rulebook, templates: tuple[Template, ...], facts: Facts, assessment: Assessment
) -> Iterator[Document]:
    for ruling in assessment.rulings:
        jurisdiction = rulebook.jurisdictions.get(ruling.jurisdiction)
        if jurisdiction is None:
            continue
        yield _record(ruling, facts)
        for template in templates:
            if template.jurisdiction == jurisdiction.id:
                yield from _Composer(jurisdiction, facts, ruling).documents(template)


@dataclass(frozen=True, slots=True)
class _Composer:
    """Fills the templates of one jurisdiction for one transfer."""

    jurisdiction: Jurisdiction
    facts: Facts
    ruling: Ruling

    def documents(self, template: Template) -> Iterator[Document]:
        holds, missing = self._holds(template.condition)
        offered = not template.mechanisms or any(self.ruling.offers(name) for name in template.mechanisms)
        if holds is Truth.FALSE or not offered or self.ruling.note:
            return
        for language in template.languages:
            unsure = () if holds is Truth.TRUE else (phrase(language, "unsure").format(facts=", ".join(missing)),)
            made = phrase(language, "made").format(day=self.ruling.as_of)
            notes = tuple(note[language] for note in template.notes)
            yield Document(
                name=f"{template.id.replace('/', '-')}.{language}",
                language=language,
                title=template.title[language],
                lead=(self._cited(template.citation, language), *notes, *unsure, made, phrase(language, "disclaimer")),
                sections=tuple(self._sections(template.sections, language)),
            )

    def _holds(self, condition: Condition | None) -> tuple[Truth, tuple[str, ...]]:
        if condition is None:
            return Truth.TRUE, ()
        ledger = Ledger(self.jurisdiction.id, self.jurisdiction.counters, {})
        trace = Trace(self.facts, self.ruling.as_of, self.jurisdiction.presumptions, ledger.count)
        step = condition.holds(trace)
        return step.holds, missing_in(step)

    def _cited(self, citation: Citation, language: str) -> str:
        """The provision with the title of its instrument in `language`, where it has one, and its class."""
        titles = self.jurisdiction.instruments[citation.instrument].titles
        verified = f" [{citation.verified}]" if citation.verified else ""
        return f"{titles.get(language, citation.title)}, {pin_words(language, citation.pin)}{verified}"

    def _sections(self, templates: tuple[SectionTemplate, ...], language: str) -> Iterator[Section]:
        for template in templates:
            holds, missing = self._holds(template.condition)
            if holds is not Truth.FALSE:
                blocks = tuple(self._blocks(template, language))
                if holds is Truth.UNKNOWN:
                    unsure = phrase(language, "unsure").format(facts=", ".join(missing))
                    blocks = (Paragraph(unsure), *blocks)
                yield Section(template.title[language], self._cited(template.citation, language), blocks)

    def _blocks(self, template: SectionTemplate, language: str) -> Iterator[Block]:
        if template.text is not None:
            yield Paragraph(template.text[language])
        for field in template.fields:
            yield self._entry(field, language)
        for name in template.tables:
            table = table_of(self.facts, name, language)
            if name == "papers" and table is not None:
                yield Paragraph(phrase(language, "shown"))
            yield table or Entry(phrase(language, name), phrase(language, "open"), filled=False)
        yield from self._checks(template.checks, language)

    def _checks(self, checks: tuple[CheckTemplate, ...], language: str) -> Iterator[Check]:
        for check in checks:
            if self._holds(check.condition)[0] is not Truth.FALSE:
                yield Check(check.text[language], self._cited(check.citation, language))

    def _entry(self, field: FieldTemplate, language: str) -> Entry:
        label = field.label[language]
        if field.answer:
            value = answer_text(self.ruling, field.answer, language)
        else:
            value = fact_text(self.facts, field.fact, language) if field.fact else None
        if value is not None:
            return Entry(label, value, filled=True)
        mark = phrase(language, "open_fact").format(fact=field.fact) if field.fact else phrase(language, "open")
        return Entry(label, mark, filled=False)


def _record(ruling: Ruling, facts: Facts) -> Document:
    """What was decided on which facts, for the file."""
    law = f"law of {ruling.name}"
    routes = ", ".join(dict.fromkeys(str(route.citation) for route in ruling.routes))
    sections = (
        Section("Answer", _basis_of(ruling), (Paragraph(f"{ruling.outcome} under the {law}."), *_bases(ruling))),
        Section("Transfer", f"as described; judged by the {law}", (*_party_entries(facts), *_tables(facts))),
        Section("Routes and papers", routes, tuple(_routes(ruling.routes))),
        Section("Duties", law, tuple(_duties(ruling))),
        Section("Taken for granted", law, tuple(Paragraph(one.text) for one in ruling.assumptions)),
        Section("Still to be said", law, tuple(Paragraph(name) for name in ruling.missing)),
    )
    until = f"Something this answer uses changes on {ruling.next_change}." if ruling.next_change else ""
    worth = f"The weakest thing this answer rests on is {ruling.verified}."
    return Document(
        name=f"{ruling.jurisdiction.lower()}-decision.en",
        language="en",
        title=f"Record of the decision: {ruling.name}, {ruling.as_of}",
        lead=tuple(filter(None, (worth, until, phrase("en", "disclaimer")))),
        sections=tuple(section for section in sections if section.blocks),
    )


def _basis_of(ruling: Ruling) -> str:
    return str(ruling.provisions[0].citation) if ruling.provisions else ruling.name


def _bases(ruling: Ruling) -> Iterator[Block]:
    for basis in ruling.provisions:
        yield Paragraph(f"{basis.says} ({basis.citation})")


def _party_entries(facts: Facts) -> Iterator[Block]:
    for path in ("exporter.name", "exporter.located_in", "importer.name", "importer.located_in", "purpose"):
        value = fact_text(facts, path, "en")
        mark = phrase("en", "open_fact").format(fact=path)
        yield Entry(path.replace(".", ", ").replace("_", " "), value or mark, filled=value is not None)


def _tables(facts: Facts) -> Iterator[Grid]:
    for name in ("items", "counts", "papers"):
        table = table_of(facts, name, "en")
        if table is not None:
            yield table


def _routes(routes: tuple[Route, ...]) -> Iterator[Block]:
    for route in routes:
        yield Paragraph(f"Route: {route.mechanism.replace('_', ' ')} ({route.citation})")
        for need in route.papers:
            rest = "; ".join(filter(None, (need.authority, need.clock, need.validity)))
            found = "; ".join(f"{f.paper}: {'; '.join(f.problems) or 'serves'}" for f in need.findings)
            text = f"{need.title}{': ' + rest if rest else ''}. In the description: {found or 'none is shown'}."
            yield Check(text, str(need.citation))


def _duties(ruling: Ruling) -> Iterator[Block]:
    for duty in ruling.obligations:
        when = f" ({'; '.join(filter(None, (duty.deadline, duty.recurs)))})" if duty.deadline or duty.recurs else ""
        yield Check(f"{duty.who}: {duty.what}{when}", str(duty.citation))
