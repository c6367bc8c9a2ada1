"""Instruments for a reader: what the rulebook holds of a text, with pins, dates and classes."""

from __future__ import annotations

from collections.abc import Iterator

from corridor.base.clock import DateRange
from corridor.base.errors import NotFoundError
from corridor.base.ids import printable
from corridor.base.reasons import Citation
from corridor.law.dated import Parameter, Register
from corridor.law.facts import suggestion
from corridor.law.model import Duty, Instrument, Jurisdiction, PaperKind, Provision, Rulebook


def list_instruments(rulebook: Rulebook) -> tuple[Instrument, ...]:
    """Every instrument, by jurisdiction and date."""
    found = (i for jurisdiction in rulebook.jurisdictions.values() for i in jurisdiction.instruments.values())
    return tuple(sorted(found, key=lambda i: (i.jurisdiction, str(i.period.start), i.id)))


def render_instrument(rulebook: Rulebook, identifier: str) -> str:
    """The instrument `identifier` as plain text.

    Raises:
        NotFoundError: the rulebook has no such instrument.
    """
    for jurisdiction in rulebook.jurisdictions.values():
        instrument = jurisdiction.instruments.get(identifier)
        if instrument is not None:
            return "\n".join(_lines(instrument, jurisdiction)) + "\n"
    known = [instrument.id for instrument in list_instruments(rulebook)]
    raise NotFoundError(
        f"the rulebook has no instrument `{printable(identifier)}`",
        remedy=suggestion(identifier, known, "see `corridor rulebook list`"),
    )


def _lines(instrument: Instrument, jurisdiction: Jurisdiction) -> Iterator[str]:
    yield from _head(instrument)
    yield from _section("Provisions", _provisions(instrument, jurisdiction))
    yield from _section("Values", _parameters(instrument, jurisdiction))
    yield from _section("Lists", _registers(instrument, jurisdiction))
    yield from _section("Counters", _counters(instrument, jurisdiction))
    yield from _section("Definitions", _derived(instrument, jurisdiction))
    yield from _section("Papers", _papers(instrument, jurisdiction))
    yield from _section("Duties", _duties(instrument, jurisdiction))
    sanctions = (
        f"{sanction.citation.pin}: {sanction.says}{_class(sanction.citation)}" for sanction in instrument.sanctions
    )
    yield from _section("Sanctions", sanctions)


def _head(instrument: Instrument) -> Iterator[str]:
    yield instrument.title
    yield from (title for language, title in instrument.titles.items() if language != "en")
    yield f"{instrument.id}; {'; '.join(filter(None, (instrument.enacted_by, instrument.number)))}"
    yield f"In force {_days(instrument.period)}"
    for prevalence in instrument.prevails:
        yield f"Prevails over {', '.join(prevalence.over)} ({prevalence.pin})"
    source = instrument.source
    yield f"Source: {source.address}, checked {source.checked}, {source.verified}"
    if instrument.note:
        yield f"Note: {instrument.note}"


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    found = tuple(lines)
    if found:
        yield ""
        yield title
        yield from (f"  {line}" for line in found)


def _days(period: DateRange) -> str:
    end = f" to {period.end}" if period.end else ""
    return f"from {period.start}{end}" if period.start else "always"


def _class(citation: Citation) -> str:
    return f" [{citation.verified}]" if citation.verified else ""


def _provisions(instrument: Instrument, jurisdiction: Jurisdiction) -> Iterator[str]:
    for ladder in jurisdiction.ladders:
        for provision in ladder.provisions:
            if provision.citation.instrument == instrument.id:
                yield from _provision(provision)


def _provision(provision: Provision) -> Iterator[str]:
    yield f"{provision.citation.pin}: {provision.outcome}, {_days(provision.period)}{_class(provision.citation)}"
    yield f"  {provision.says}"
    claimed = " (only for whoever relies on it)" if provision.claimed else ""
    yield f"  if {provision.condition.text}{claimed}"
    for opening in provision.opened_by:
        papers = " and ".join(opening.papers)
        yield f"  opened by {opening.mechanism.replace('_', ' ')}: {papers}, {_days(opening.period)}"
    if provision.exception_to:
        yield f"  goes before {', '.join(provision.exception_to)}"
    if provision.duties:
        yield f"  brings the duties {', '.join(provision.duties)}"
    if provision.conflict:
        yield f"  may collide: {provision.conflict}"
    if provision.uncounted and not provision.outcome.is_outside:
        yield "  what is provided under it is not counted"


def _parameters(instrument: Instrument, jurisdiction: Jurisdiction) -> Iterator[str]:
    for parameter in jurisdiction.parameters.values():
        yield from _values(parameter, instrument)


def _values(parameter: Parameter, instrument: Instrument) -> Iterator[str]:
    for value in parameter.values:
        if value.citation.instrument == instrument.id:
            amount = f"{value.value:,} {parameter.unit}"
            yield f"{parameter.name}: {amount}, {_days(value.period)}, {value.citation.pin}{_class(value.citation)}"


def _registers(instrument: Instrument, jurisdiction: Jurisdiction) -> Iterator[str]:
    for register in jurisdiction.registers.values():
        yield from _entries(register, instrument)


def _entries(register: Register, instrument: Instrument) -> Iterator[str]:
    for entry in register.entries:
        if entry.citation.instrument == instrument.id:
            note = f" {entry.value.note}" if entry.value.note else ""
            dates = f"{_days(entry.period)}, {entry.citation.pin}{_class(entry.citation)}"
            yield f"{register.name}: {entry.value.member}, {dates}{note}"


def _counters(instrument: Instrument, jurisdiction: Jurisdiction) -> Iterator[str]:
    for counter in jurisdiction.counters.values():
        if counter.citation.instrument == instrument.id:
            window = counter.window.replace("_", " ")
            yield f"{counter.name}: {counter.unit}, {window}, of {counter.of.text}, {counter.citation.pin}"


def _derived(instrument: Instrument, jurisdiction: Jurisdiction) -> Iterator[str]:
    for derived in (*jurisdiction.derived.values(), *jurisdiction.of_party.values()):
        for version in derived.versions:
            if version.citation.instrument == instrument.id:
                of = " (of a party)" if derived.name in jurisdiction.of_party else ""
                yield f"{derived.name}{of}: {version.value.text}, {_days(version.period)}, {version.citation.pin}"
    for share in jurisdiction.shares.values():
        if share.citation.instrument == instrument.id:
            yield f"{share.name}: percent of a party held by whom `{share.of}` is derived of, {share.citation.pin}"


def _papers(instrument: Instrument, jurisdiction: Jurisdiction) -> Iterator[str]:
    for kind in jurisdiction.papers.values():
        if kind.citation.instrument == instrument.id:
            yield from _paper(kind)


def _paper(kind: PaperKind) -> Iterator[str]:
    yield f"{kind.id}: {kind.title}, {kind.citation.pin}{_class(kind.citation)}"
    for content in kind.contents:
        condition = f" (if {content.condition.text})" if content.condition else ""
        yield f"  holds {content.text}{condition}"
    for word, text in (("authority", kind.authority), ("clock", kind.clock), ("validity", kind.validity)):
        if text:
            yield f"  {word}: {text}"
    yield from (f"  {term}" for term in _terms(kind))


def _terms(kind: PaperKind) -> Iterator[str]:
    """What a paper has to satisfy to serve."""
    yield f"counts {_days(kind.period)}"
    if kind.covers:
        yield f"has to state {', '.join(sorted(kind.covers))}"
    if kind.filing:
        yield f"to be filed within {kind.filing.days} {'working ' if kind.filing.working else ''}days"
    if kind.valid_months:
        yield f"lasts {kind.valid_months} months"
    if kind.renew_months:
        yield f"its renewal is asked for {kind.renew_months} months before its end"
    if kind.renew_working_days:
        yield f"its renewal is asked for {kind.renew_working_days} working days before its end"
    yield from (f"serves only if {check.condition.text}: else {check.fails}" for check in kind.checks)


def _duties(instrument: Instrument, jurisdiction: Jurisdiction) -> Iterator[str]:
    for duty in jurisdiction.duties:
        if duty.citation.instrument == instrument.id:
            yield _duty(duty)
            if duty.condition.text != "true":
                yield f"  if {duty.condition.text}"
            if duty.attached:
                yield "  only with provisions that name it"


def _duty(duty: Duty) -> str:
    rest = ", ".join(filter(None, (duty.deadline, duty.recurs, _days(duty.period))))
    return f"{duty.citation.pin}: {duty.sentence} ({rest}){_class(duty.citation)}"
