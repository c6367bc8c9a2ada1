"""What the instruments of a jurisdiction declare, from file to model: values, lists, counters, derived facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.reasons import Citation
from corridor.base.truth import Truth
from corridor.law.binding import Condition, Declared, bind
from corridor.law.daily import Daily
from corridor.law.dated import Dated, Entry, Parameter, Register, next_boundary
from corridor.law.facts import suggestion
from corridor.law.model import Counter, Derived, Instrument, Prevalence, Sanction, Source, WindowKind
from corridor.law.ownership import Party
from corridor.law.reading import Fields, text_of
from corridor.law.source import Node
from corridor.law.terms import OUTSIDE
from corridor.law.trace import Step, Trace
from corridor.law.vocabulary import ITEM, LISTS, Code, Record
from corridor.law.vocabulary import Place as PlaceKind

_DATED: Final = ("from", "to", "pin", "verified", "note")
_COUNT_FIELDS: Final = ("unit", "of", "window", "per_recipient", "pin", "verified", "note")


@dataclass(slots=True)
class RuleFile:
    """An instrument's file: its fields, and the instrument they belong to."""

    fields: Fields
    instrument: Instrument

    def cited(self, fields: Fields) -> Citation:
        """The citation that `fields` give with `pin` and `verified`, the class of the instrument by default."""
        verified = fields.verified(self.instrument.source.verified)
        return Citation(self.instrument.id, fields.text("pin"), self.instrument.title, verified)


def instrument_of(fields: Fields, jurisdiction: str) -> Instrument:
    """The instrument of a file.

    Raises:
        MalformedError: something is missing or wrong.
    """
    force = Fields(fields.required("in_force"), "in_force", ("from", "to"))
    source = Fields(fields.required("source"), "source", ("address", "checked", "verified"))
    identifier, titles = fields.text("instrument"), texts_of(fields, "title")
    origin = Source(source.text("address"), required_day(source, "checked"), source.verified(None))
    sanctions = (Fields(node, "a sanction", ("pin", "says", "verified")) for node in fields.items("sanctions"))
    return Instrument(
        id=identifier,
        jurisdiction=jurisdiction,
        titles=titles,
        enacted_by=fields.text("enacted_by"),
        number=fields.text("number", ""),
        period=force.period(),
        prevails=tuple(_prevalence(node) for node in fields.items("prevails_over")),
        source=origin,
        note=fields.text("note", ""),
        sanctions=tuple(
            Sanction(s.text("says"), Citation(identifier, s.text("pin"), titles["en"], s.verified(origin.verified)))
            for s in sanctions
        ),
        place=fields.place,
    )


def _prevalence(node: Node) -> Prevalence:
    fields = Fields(node, "prevails_over", ("pin", "instruments"))
    return Prevalence(fields.text("pin"), fields.texts("instruments"))


def texts_of(fields: Fields, name: str) -> dict[str, str]:
    """Texts by language.

    Raises:
        MalformedError: there is none in English.
    """
    texts = {language: text_of(node) for language, node in fields.table(name).items()}
    if "en" not in texts:
        raise MalformedError(f"`{name}` has no English", place=fields.place_of(name), remedy="add `en: ...`")
    return texts


def required_day(fields: Fields, name: str) -> Any:
    """A day.

    Raises:
        MalformedError: it is left out.
    """
    fields.required(name)
    return fields.day(name)


def parameters_of(files: Iterable[RuleFile]) -> Iterator[tuple[str, Parameter]]:
    """The parameters, by name."""
    for file in files:
        for name, node in file.fields.table("parameters").items():
            fields = Fields(node, "a parameter", ("unit", "values", "note"))
            fields.required("values")
            values = tuple(_parameter_value(item, file) for item in fields.items("values"))
            refuse_overlap(values, name)
            yield name, Parameter(name, fields.text("unit"), values)


def _parameter_value(node: Node, file: RuleFile) -> Dated[int]:
    fields = Fields(node, "a value", (*_DATED, "value"))
    return Dated(fields.number("value"), fields.period(), file.cited(fields), fields.place)


def registers_of(files: Iterable[RuleFile]) -> Iterator[tuple[str, Register]]:
    """The lists, by name."""
    for file in files:
        for name, node in file.fields.table("lists").items():
            fields = Fields(node, "a list", ("of", "entries", "note"))
            kind = fields.text("of")
            if kind not in LISTS:
                raise MalformedError(
                    f"there are no lists of `{printable(kind)}`",
                    place=fields.place_of("of"),
                    remedy=suggestion(kind, LISTS),
                )
            entries = tuple(entry for item in fields.items("entries") for entry in _entries(item, file, LISTS[kind]))
            for member in {entry.value.member for entry in entries}:
                refuse_overlap(tuple(entry for entry in entries if entry.value.member == member), f"{name} {member}")
            yield name, Register(name, kind, entries)


def _entries(node: Node, file: RuleFile, kind: Code | PlaceKind) -> Iterator[Dated[Entry]]:
    fields = Fields(node, "an entry", (*_DATED, "members"))
    period, citation = fields.period(), file.cited(fields)
    for member in fields.codes("members", kind):
        yield Dated(Entry(member, fields.text("note", "")), period, citation, fields.place)


def units_of(files: Iterable[RuleFile]) -> Iterator[tuple[str, str]]:
    """The units of the counters, by name."""
    for file in files:
        for name, node in file.fields.table("counts").items():
            yield name, Fields(node, "a counter", _COUNT_FIELDS).text("unit")


def counters_of(files: Iterable[RuleFile], declared: Declared) -> Iterator[tuple[str, Counter]]:
    """The counters, by name."""
    for file in files:
        for name, node in file.fields.table("counts").items():
            fields = Fields(node, "a counter", _COUNT_FIELDS)
            condition = bind(fields.text("of"), fields.place_of("of"), declared, ITEM)
            window = fields.word("window", WindowKind)
            alone = fields.flag("per_recipient")
            yield name, Counter(name, fields.text("unit"), condition, window, file.cited(fields), alone)


def definition_of(node: Node, file: RuleFile, declared: Declared, element: Record | None = None) -> Dated[Condition]:
    """One definition of a derived fact; `element` is what it is derived of, if not of the transfer."""
    fields = Fields(node, "a derived fact", (*_DATED, "is", "of"))
    condition = bind(fields.text("is"), fields.place_of("is"), declared, element)
    return Dated(condition, fields.period(file.instrument.period), file.cited(fields), fields.place)


def refuse_overlap(values: tuple[Dated[Any], ...], name: str) -> None:
    """Refuse values that apply on the same day.

    Raises:
        MalformedError: with both places.
    """
    for index, first in enumerate(values):
        for second in values[index + 1 :]:
            if first.period.overlaps(second.period):
                raise MalformedError(
                    f"`{name}` has two values on one day, at {first.place} and {second.place}",
                    place=str(second.place),
                    remedy="end the first with `to` before the second begins",
                )


def runner_of(derived: Derived) -> Callable[[Trace], Step]:
    """What works a derived fact out by the definition in force."""
    run = party_runner_of(derived)
    return lambda trace: run(trace, None)


def party_runner_of(derived: Derived) -> Callable[[Trace, Party | None], Step]:
    """What works a fact derived of a party out by the definition in force."""

    def on(day: date) -> tuple[Dated[Condition] | None, tuple[date, ...]]:
        changes = (next_boundary(version.period, day) for version in derived.versions)
        current = next((version for version in derived.versions if day in version.period), None)
        return current, tuple(change for change in changes if change is not None)

    daily, nothing = Daily(on), Step(derived.name, Truth.FALSE)

    def run(trace: Trace, party: Party | None) -> Step:
        current, changes = daily[trace.as_of]
        trace.changes.update(changes)
        if current is None:  # no definition is in force, so nothing falls under it
            return nothing
        step = current.value.answer.run(trace, (party.values, party.path) if party else OUTSIDE)
        rank = max(step.rank, current.verified.rank)
        return Step(derived.name, step.holds, (("by", str(current.citation)),), (step,), (), rank)

    return run
