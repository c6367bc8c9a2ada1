"""Jurisdictions compiled for speed: what their conditions come to, without the steps by which they come to it.

`answers` says what a condition means, and the steps of an explanation are always its. Here the same conditions run as
generated functions (`generate`) over tables of the day, and what they read is noted in one integer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from corridor.base.clock import DateRange
from corridor.base.reasons import Verified
from corridor.law import generate
from corridor.law.ahead import state_of
from corridor.law.answers import SPANS, Run, span_of
from corridor.law.binding import Condition
from corridor.law.daily import Daily
from corridor.law.dated import Override, Parameter, Register, earliest, next_boundary, wider_places
from corridor.law.facts import NOTHING, Facts, FlagSet, Values
from corridor.law.model import Derived, Jurisdiction, PaperKind, Rung
from corridor.law.terms import OUTSIDE
from corridor.law.trace import Assumption, Span, Trace, missing_in

Found = tuple[int, tuple[str, ...], int]
"""A generated answer: the truth as a number, the facts that keep it open, the ranks it rests on as bits."""
Climbed = tuple[int, list[tuple[int, tuple[str, ...]]]]
"""The number of the rung that holds or -1, and the rungs left open with the facts that keep them so."""
Tallied = Callable[["State", Values, int], Found]

_WORDS_KEPT: Final = 4096


Member = tuple[int, int, date | None, Override | None]
"""The truth, the rank of the entry as a bit, the next day of change, and who replaced what the law says."""


class _Members(dict[str, Member]):
    """The members of a list on one day, by word."""

    __slots__ = ("_day", "_register")

    def __init__(self, register: Register, day: date) -> None:
        super().__init__()
        self._register = register
        self._day = day

    def __missing__(self, word: str) -> Member:
        if len(self) >= _WORDS_KEPT:
            self.clear()
        entries, day = self._register.entries_for(word), self._day
        entry = next((entry for entry in entries if day in entry.period), None)
        removed = [one for one in self._register.removed if one.value.member in wider_places(word)]
        change = earliest(next_boundary(one.period, day) for one in (*entries, *removed))
        override = self._register.override_of(word, day)
        self[word] = found = (2 if entry else 0, 1 << entry.verified.rank if entry else 0, change, override)
        return found


class Day(NamedTuple):
    """The tables that generated functions read on one day, by their numbers.

    Attributes:
        active: for each ladder the states of its rungs (`model.Rung`).
        parameters: value, rank as a bit, and what is missing where there is no value.
        versions: of each derived fact the definition in force, and below, the rank of its class as a bit.
        changing: bits of notes, and the days on which what they stand for changes.
        overriding: bits of notes of parameters that somebody replaced.
        now: as `active`, for whoever does not ask what lies ahead.
    """

    ladders: tuple[tuple[Rung, ...], ...]
    active: tuple[tuple[int, ...], ...]
    parameters: tuple[tuple[int | None, int, tuple[str, ...]], ...]
    registers: tuple[_Members, ...]
    versions: tuple[Callable[[State], Found], ...]
    version_ranks: tuple[int, ...]
    changing: tuple[tuple[int, tuple[date, ...]], ...]
    overriding: tuple[tuple[int, Override], ...]
    now: tuple[tuple[int, ...], ...]


class State:
    """The working state of one evaluation.

    Attributes:
        n: a bit for everything that was read of presumptions, parameters and derived facts.
        members: what was found on every list that was asked.
        ranks: a bit for each rank of a value of law that an examined rung rests on.
        counted: spans of the counters read.
    """

    __slots__ = (
        "A",
        "B",
        "D",
        "P",
        "R",
        "V",
        "_beside",
        "_count",
        "_day",
        "as_of",
        "compiled",
        "counted",
        "facts",
        "first",
        "members",
        "n",
        "ranks",
        "values",
    )

    def __init__(
        self,
        compiled: Compiled,
        facts: Facts,
        as_of: date,
        count: Callable[[State, str], Span],
        *,
        look_ahead: bool = True,
    ) -> None:
        day = compiled.days[as_of]
        self.compiled = compiled
        self.facts, self.values, self.as_of = facts, facts.values, as_of
        self.A, self.P, self.R, self.V, self.B = day[1:6]
        if not look_ahead:
            self.A = day.now
        self.D: list[Found | None] = [None] * len(self.V)
        self.n = self.ranks = 0
        self.members: list[Member] = []
        self.first: set[date] = set()
        self.counted: dict[str, Span] = {}
        self._count, self._day = count, day
        self._beside: Trace | None = None

    def climbs(self) -> list[tuple[tuple[Rung, ...], Climbed]]:
        """Every ladder, climbed."""
        ladders = zip(self._day.ladders, self.compiled.ladders, strict=True)
        return [(rungs, climb(self)) for rungs, climb in ladders if rungs]

    def contents(self, kind: PaperKind) -> tuple[str, ...]:
        """What a paper of a kind has to hold; what is read for it is not noted."""
        kept, conditions = self.keep(), self.compiled.contents.get(kind.id, {})
        found = [
            content.text
            for index, content in enumerate(kind.contents)
            if content.condition is None or conditions[index](self)[0]
        ]
        self.restore(kept)
        return tuple(found)

    def total(self, name: str) -> Span:
        """The span of a counter, counted once."""
        span = self.counted.get(name)
        if span is None:
            span = self.counted[name] = self._count(self, name)
        return span

    def of_parties(self, run: Run) -> Found:
        """What is asked of parties, by the closures that say what it means; what they note counts as noted here."""
        trace = self._beside
        if trace is None:
            presumed, total = self.compiled.presumptions, self.total
            trace = self._beside = Trace(self.facts, self.as_of, presumed, lambda _trace, name: total(name))
        step = run(trace, OUTSIDE)
        return step.holds.value, missing_in(step), 1 << step.rank

    def keep(self) -> tuple[Any, ...]:
        """What a question beside the main one must not change."""
        beside = self._beside.copy() if self._beside else None
        return self.n, len(self.members), self.D.copy(), self.counted.copy(), beside

    def restore(self, kept: tuple[Any, ...]) -> None:
        """Forget what was noted since `keep`."""
        self.n, length, self.D[:], self.counted, self._beside = kept
        del self.members[length:]

    def ahead(self, ladder: int, rung: int) -> None:
        """Note a rung that is not yet in force, and that the facts do not rule out."""
        first = self._day.ladders[ladder][rung].boundary
        if first is not None:
            self.first.add(first)

    @property
    def changes(self) -> set[date]:
        """Days ahead on which something that was read changes."""
        found = {day for bit, days in self._day.changing if self.n & bit for day in days}
        found.update(member[2] for member in self.members if member[2] is not None)
        return found | self.first | (self._beside.changes if self._beside else set())

    @property
    def assumptions(self) -> list[Assumption]:
        """What was presumed."""
        found = [assumption for bit, assumption in self.compiled.assumptions if self.n & bit]
        return [*found, *self._beside.assumptions] if self._beside else found

    @property
    def overrides(self) -> list[Override]:
        """The values that were read and that somebody replaced."""
        parameters = (override for bit, override in self._day.overriding if self.n & bit)
        beside = self._beside.overrides if self._beside else ()
        return list(dict.fromkeys((*parameters, *(member[3] for member in self.members if member[3]), *beside)))

    @property
    def rank(self) -> int:
        """The rank of the weakest class that an examined rung rests on."""
        return max(self.ranks.bit_length() - 1, 0)


class Compiled:
    """The generated functions of a jurisdiction.

    Attributes:
        ladders: climb each ladder.
        duties: answer the condition of each duty.
        contents: answer the conditions of what a kind of paper has to hold, by its id and the number of the content.
        counters: say of each counter whether a data item falls under it.
        source: of all functions, for a reader.
    """

    def __init__(self, jurisdiction: Jurisdiction) -> None:
        self._jurisdiction = jurisdiction
        self.presumptions = jurisdiction.presumptions
        presumed = {path: presumption.value for path, presumption in jurisdiction.presumptions.items()}
        tables = generate.Tables(
            presumed,
            _numbered(jurisdiction.parameters),
            _numbered(jurisdiction.registers),
            _numbered(jurisdiction.derived),
        )
        self.source = "\n\n".join(_functions(jurisdiction, tables))
        names: dict[str, Any] = {**tables.constants, **_HELPERS}
        exec(compile(self.source, f"<rules of {jurisdiction.id}>", "exec"), names)  # noqa: S102 - see `generate`
        self.ladders: list[Callable[[State], Climbed]] = _named(names, "ladder", len(jurisdiction.ladders))
        self.duties: list[Callable[[State], Found]] = _named(names, "duty", len(jurisdiction.duties))
        counters: list[Tallied] = _named(names, "counter", len(jurisdiction.counters))
        self.counters = dict(zip(jurisdiction.counters, counters, strict=True))
        self._versions = {
            name: _named(names, f"derived_{number}", len(derived.versions))
            for number, (name, derived) in enumerate(jurisdiction.derived.items())
        }
        self.contents: dict[str, dict[int, Callable[[State], Found]]] = {}
        for number, (kind, index, _) in enumerate(_conditional(jurisdiction)):
            self.contents.setdefault(kind, {})[index] = names[f"content_{number}"]
        self.assumptions = [
            (1 << tables.bits[f"fact {path}"], Assumption(presumption.why, (path,)))
            for path, presumption in jurisdiction.presumptions.items()
            if f"fact {path}" in tables.bits
        ]
        self._bits = tables.bits
        self.days = Daily(self._day)

    def _day(self, day: date) -> Day:
        rules = self._jurisdiction
        versions = [self._version(name, derived, day) for name, derived in rules.derived.items()]
        ladders = rules.standing[day].ladders
        return Day(
            ladders=ladders,
            active=tuple(tuple(state_of(rung, rules, day) for rung in rungs) for rungs in ladders),
            parameters=tuple(_parameter(one, day) for one in rules.parameters.values()),
            registers=tuple(_Members(register, day) for register in rules.registers.values()),
            versions=tuple(run for run, _ in versions),
            version_ranks=tuple(rank for _, rank in versions),
            changing=tuple(self._changing(day)),
            overriding=tuple(self._overriding(day)),
            now=tuple(tuple(rung.state % 2 for rung in rungs) for rungs in ladders),
        )

    def _version(self, name: str, derived: Derived, day: date) -> tuple[Callable[[State], Found], int]:
        for run, version in zip(self._versions[name], derived.versions, strict=True):
            if day in version.period:
                return run, 1 << version.verified.rank
        return _no_version, 0

    def _changing(self, day: date) -> Iterator[tuple[int, tuple[date, ...]]]:
        """The bits of parameters and derived facts that change after `day`."""
        rules = self._jurisdiction
        for what, number in self._bits.items():
            kind, _, name = what.partition(" ")
            periods: Iterable[DateRange] = ()
            if kind == "parameter":
                periods = (value.period for value in rules.parameters[name].values)
            elif kind == "derived":
                periods = (version.period for version in rules.derived[name].versions)
            change = earliest(next_boundary(period, day) for period in periods)
            if change is not None:
                yield 1 << number, (change,)

    def _overriding(self, day: date) -> Iterator[tuple[int, Override]]:
        for name, parameter in self._jurisdiction.parameters.items():
            found = parameter.at(day)
            if found is not None and found.override and f"parameter {name}" in self._bits:
                yield 1 << self._bits[f"parameter {name}"], found.override


def compiled(jurisdiction: Jurisdiction) -> Compiled:
    """The jurisdiction, compiled at its first use."""
    found: Compiled | None = jurisdiction.memo.get("compiled")
    if found is None:
        found = jurisdiction.memo["compiled"] = Compiled(jurisdiction)
    return found


def _functions(rules: Jurisdiction, tables: generate.Tables) -> Iterator[str]:
    for number, one in enumerate(rules.ladders):
        forms = [provision.condition.answer.form for provision in one.provisions]
        yield generate.ladder(f"ladder_{number}", number, forms, tables)
    for number, derived in enumerate(rules.derived.values()):
        for index, version in enumerate(derived.versions):
            yield generate.function(f"derived_{number}_{index}", "S", version.value.answer.form, tables)
    for number, duty in enumerate(rules.duties):
        yield generate.function(f"duty_{number}", "S", duty.condition.answer.form, tables)
    for number, (_, _, condition) in enumerate(_conditional(rules)):
        yield generate.function(f"content_{number}", "S", condition.answer.form, tables)
    for number, counter in enumerate(rules.counters.values()):
        at = ("item", "data.items[{index}]", "data.items")
        yield generate.function(f"counter_{number}", "S, item, index", counter.of.answer.form, tables, at)


def _conditional(rules: Jurisdiction) -> Iterator[tuple[str, int, Condition]]:
    """What papers have to hold on a condition."""
    for kind in rules.papers.values():
        for index, content in enumerate(kind.contents):
            if content.condition is not None:
                yield kind.id, index, content.condition


def _numbered(names: Iterable[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


def _named(names: Mapping[str, Any], prefix: str, count: int) -> list[Any]:
    return [names[f"{prefix}_{number}"] for number in range(count)]


def _no_version(_: State) -> Found:
    """No definition is in force, so nothing falls under it."""
    return 0, (), 0


def _parameter(parameter: Parameter, day: date) -> tuple[int | None, int, tuple[str, ...]]:
    found = parameter.at(day)
    if found is None:
        return None, 1 << Verified.RECALLED.rank, (f"the value of {parameter.name} on {day}",)
    return found.value, 1 << found.verified.rank, ()


def _flag(flags: Any, code: str) -> int:
    return flags.holds(code) if isinstance(flags, FlagSet) else 1


def _at_least(span: Span, number: int) -> int:
    if span.low >= number:
        return 2
    return 0 if span.high is not None and span.high < number else 1


def _at_most(span: Span, number: int) -> int:
    if span.high is not None and span.high <= number:
        return 2
    return 0 if span.low > number else 1


def _has_member(members: tuple[str, ...], code: str) -> int:
    return 2 if any(code in wider_places(member) for member in members) else 0


_HELPERS: Final[Mapping[str, Any]] = {
    "NOTHING": NOTHING,
    "SPANS": SPANS,
    "span": span_of,
    "wider": wider_places,
    "flag": _flag,
    "at_least": _at_least,
    "at_most": _at_most,
    "has_member": _has_member,
}
