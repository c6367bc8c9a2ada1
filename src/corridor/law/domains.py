"""Which values of an unknown fact the rules can tell apart: one for each way in which their conditions can answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from corridor.base.clock import DateRange
from corridor.law.answers import SIGNS
from corridor.law.codes import COUNTRIES
from corridor.law.daily import Daily
from corridor.law.dated import Parameter, wider_places
from corridor.law.facts import FIRST_DAY, Facts, Known
from corridor.law.forms import (
    Compared,
    Constant,
    Each,
    Element,
    Fact,
    Form,
    HasMember,
    Held,
    InRegister,
    InSet,
    Joined,
    Not,
    OfParties,
    Operand,
    PartyField,
    Total,
)
from corridor.law.model import Jurisdiction
from corridor.law.suppose import APART, POPULATIONS, TOGETHER
from corridor.law.vocabulary import (
    ALWAYS_PERSONAL,
    CATEGORY,
    FACTS,
    ITEM,
    OWNER,
    PARTY,
    PLACE,
    Code,
    Day,
    Kind,
    Number,
    Place,
    Record,
    Several,
    Text,
    Truthful,
    Window,
)

_ELSEWHERE: Final = "AQ"
_BEYOND: Final = 10**9


class Question(NamedTuple):
    """What some condition asks of a value."""

    asks: Callable[[Any], bool]
    mentioned: tuple[Any, ...] = ()


class Domains:
    """The values worth supposing for each fact that the rules of a jurisdiction read on a day."""

    def __init__(self, rules: Jurisdiction, day: date) -> None:
        self._day = day
        self._tests: dict[str, list[Question]] = {}
        self._numbers: dict[str, list[int | Parameter]] = {}
        self._others: dict[str, set[str]] = {}
        self._kept: dict[str, tuple[Any, ...]] = {}
        for form in _forms(rules, day):
            self._collect(form, "")
        for counter in rules.counters.values():
            self._collect(counter.of.answer.form, "data.items")

    def of(self, path: str, facts: Facts) -> tuple[Any, ...]:
        """Values to suppose for `path`, each of which some condition answers otherwise; none where it is no fact."""
        if path == POPULATIONS:
            return TOGETHER, APART
        if " has " in path:
            return True, False
        general = general_path(path)
        kind = kind_of(general)
        if kind is None:
            return ()
        if path == "data.counts":
            return self._counts(facts)
        if general not in self._kept:
            self._kept[general] = tuple(self._values(general, kind))
        others = (facts.get(other) for other in sorted(self._others.get(general, ())))
        return (*self._kept[general], *(other for other in others if other is not None))

    def _values(self, path: str, kind: Kind) -> Iterable[Any]:
        match kind:
            case Code() | Place():
                return self._representatives(path, kind)
            case Number(unit):
                return self._amounts(path, unit)
            case Several(of) if of is ITEM or of is OWNER:
                return (), *(self._items() if of is ITEM else self._owners())
            case Several(Record()):
                return (), (Known(),)
            case Several(of):
                return (), *((one,) for one in self._values(f"{path}[]", of))
        return self._plain(path, kind)

    def _plain(self, path: str, kind: Kind) -> Iterable[Any]:
        match kind:
            case Truthful():
                return True, False
            case Day():
                mentioned = {one for test in self._tests.get(path, ()) for one in test.mentioned} or {self._day}
                return sorted({one + timedelta(days=offset) for one in mentioned for offset in (-1, 0, 1)})
            case Window():
                return DateRange(self._day, self._day), DateRange(FIRST_DAY, FIRST_DAY)
            case Text():
                return ("another",)
        return ()

    def _items(self) -> Iterator[tuple[Known]]:
        for category in self._representatives("data.items[].category", CATEGORY):
            personal = {"personal": True} if category in ALWAYS_PERSONAL else {}
            yield (Known({"category": category, **personal}),)

    def _owners(self) -> Iterator[tuple[Known]]:
        """The public, and a person from each kind of place, as the only owner or employer."""
        yield (Known({"kind": "public", "pct": 100}),)
        for place in self._representatives("party.primary_residence", PLACE):
            person = {"kind": "individual", "country": place, "located_in": place, "works_for": (), "pct": 100}
            yield (Known(person),)
            yield (Known({"kind": "government", "located_in": place, "pct": 100}),)

    def _representatives(self, path: str, kind: Code | Place) -> Iterator[str]:
        """One word for each combination of answers of the conditions that ask about it."""
        tests = [test for asked in dict.fromkeys((path, _asked(path))) for test in self._tests.get(asked, ())]
        mentioned = {one for test in tests for one in test.mentioned}
        known = sorted(kind.codes) if isinstance(kind, Code) else [_ELSEWHERE, *sorted(COUNTRIES)]
        seen = set()
        for word in (*known, *sorted(mentioned - set(known))):
            answers = (word in ALWAYS_PERSONAL, *(test.asks(word) for test in tests))
            if answers not in seen:
                seen.add(answers)
                yield word

    def _amounts(self, path: str, unit: str) -> list[int]:
        bounds = [one for asked in dict.fromkeys((path, _asked(path))) for one in self._numbers.get(asked, ())]
        if path == "data.counts[].n":
            bounds = [one for path, found in self._numbers.items() if path.startswith("counter ") for one in found]
        edges = {_at(one, self._day) for one in bounds}
        around = {max(edge + offset, 0) for edge in edges if edge is not None for offset in (-1, 0, 1)}
        return sorted({0, *around, _BEYOND if unit != "percent" else 100})

    def _counts(self, facts: Facts) -> tuple[tuple[Known, ...], ...]:
        """The same number of persons for every item."""
        items = facts.get("data.items") or ()
        categories = list(dict.fromkeys(item["category"] for item in items if "category" in item))
        amounts = self._amounts("data.counts[].n", "persons")
        return tuple(dict.fromkeys(tuple(Known({"category": one, "n": n}) for one in categories) for n in amounts))

    def _collect(self, form: Form, within: str) -> None:
        match form:
            case Not(body):
                self._collect(body, within)
            case Joined(_, inner):
                for part in inner:
                    self._collect(part, within)
            case Each(_, operand, body):
                self._collect(body, _path(operand, within) or "")
            case OfParties(inner=inner_form) if inner_form is not None:
                self._collect(inner_form, within)
            case Compared():
                self._compared(form, within)
            case InSet(operand, members):
                self._test(operand, within, lambda value: _among(value, members), tuple(members))
            case InRegister(operand, register):
                here = register.members_at(self._day)
                self._test(operand, within, lambda value: _among(value, here), tuple(here))
            case HasMember(operand, code):
                path = _path(operand, within)
                self._add(f"{path}[]", Question(lambda value: code in wider_places(value), (code,)))

    def _test(self, operand: Operand, within: str, asks: Callable[[Any], bool], mentioned: tuple[Any, ...]) -> None:
        path = _path(operand, within)
        if path is not None:
            self._add(path, Question(asks, mentioned))

    def _add(self, path: str, test: Question) -> None:
        self._tests.setdefault(path, []).append(test)

    def _compared(self, form: Compared, within: str) -> None:
        left, right = _path(form.left, within), _path(form.right, within)
        for path, other, operand in ((left, right, form.right), (right, left, form.left)):
            if path is None:
                continue
            if isinstance(operand.origin, Parameter) and isinstance(form.left.origin, Held):
                self._numbers.setdefault(path, []).append(operand.origin)
            elif other is not None:
                self._others.setdefault(path, set()).add(other)
            elif isinstance(operand.origin, Parameter):
                self._numbers.setdefault(path, []).append(operand.origin)
            elif isinstance(operand.origin, Constant) and form.numbers:
                self._numbers.setdefault(path, []).append(operand.origin.value)
            elif isinstance(operand.origin, Constant):
                self._constant(path, form, operand.origin.value)

    def _constant(self, path: str, form: Compared, constant: Any) -> None:
        compare = SIGNS[form.sign]
        self._add(path, Question(lambda value: _among(value, {constant}) or compare(value, constant), (constant,)))


def _among(value: Any, members: Iterable[Any]) -> bool:
    return value in members or (isinstance(value, str) and any(part in members for part in wider_places(value)))


def _at(bound: int | Parameter, day: date) -> int | None:
    if isinstance(bound, Parameter):
        found = bound.at(day)
        return None if found is None else found.value
    return bound


def _path(operand: Operand, within: str) -> str | None:
    """The general path of what is read: elements of a list share one, `data.items[].subject`."""
    match operand.origin:
        case Fact(path):
            return path
        case Element(names):
            return ".".join((f"{within}[]", *names))
        case PartyField(names):
            return ".".join(("party", *names))
        case Held():
            return "party.pct"
        case Total(counter):
            return f"counter {counter}"
    return None


def _asked(path: str) -> str:
    """The path by which conditions ask for a fact: those of all parties share one, `party.kind`."""
    whose, _, name = path.rpartition(".")
    return f"party.{name}" if kind_of(whose) in {PARTY, OWNER} else path


def general_path(path: str) -> str:
    """`data.items[0].subject` as `data.items[].subject`."""
    text = path
    while "[" in text and not text.partition("[")[2].startswith("]"):
        head, _, tail = text.partition("[")
        text = f"{head}\0{tail.partition(']')[2]}"
    return text.replace("\0", "[]")


def kind_of(path: str) -> Kind | None:
    """The kind of a fact at a general path, or None where it is no fact."""
    kind: Kind | None = FACTS
    for name in path.replace("[]", ".[]").split("."):
        if name == "[]":
            kind = kind.of if isinstance(kind, Several) else None
        else:
            kind = kind.fields.get(name) if isinstance(kind, Record) else None
    return kind


def _forms(rules: Jurisdiction, day: date) -> Iterator[Form]:
    """The conditions of what is in force on the day."""
    for rung in (rung for rungs in rules.standing[day].ladders for rung in rungs):
        if rung.state == 1:
            yield rung.provision.condition.answer.form
    every = (*rules.derived.values(), *rules.of_party.values())
    for version in (version for derived in every for version in derived.versions):
        if day in version.period:
            yield version.value.answer.form


def domains_of(rules: Jurisdiction, day: date) -> Domains:
    """The domains of a jurisdiction on a day, made at their first use."""
    daily: Daily[Domains] | None = rules.memo.get("domains")
    if daily is None:
        daily = rules.memo["domains"] = Daily(lambda one: Domains(rules, one))
    return daily[day]
