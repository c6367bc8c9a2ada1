"""Descriptions of transfers made at random from the vocabulary and the rules themselves, and as rows of a portfolio."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta

from corridor.law.portfolio.dictionary import KINDS
from corridor.law.vocabulary import Code, Day, Flags, Number, Place, Record, Several, Text, Truthful, Window

PATTERNED = {"region": ["GBA9", "CN-FTZ:shanghai"], "kind of paper": ["cn/standard-contract", "eu/scc", "eu/tia"]}

DEEPEST = 2
"""How deep lists are made within lists: owners have owners."""


class Maker:
    """Makes descriptions that the rules of `rulebook` have something to say about."""

    def __init__(self, rulebook, seed):
        self._random = random.Random(seed)
        laws = rulebook.jurisdictions.values()
        self._places = [place for one in laws for place in _spread(one)] + ["PE"]
        self._cases = [(flat(case.facts), case.as_of) for case in rulebook.cases if not case.previous]
        values = {value.value for one in laws for p in one.parameters.values() for value in p.values}
        self._numbers = sorted({0, 1, *values, *(v - 1 for v in values), *(v + 1 for v in values)})
        self._kinds = sorted({kind for one in laws for kind in one.papers}) or PATTERNED["kind of paper"]
        days = {day for one in laws for p in _periods(one) for day in (p.start, p.end) if day}
        self._days = sorted(day for day in days if date(1990, 1, 1) < day < date(2190, 1, 1))

    def transfer(self):
        """A description by path and a day: made up whole, or a case with some of its facts changed."""
        if self._random.random() < 0.4:
            return self._made_up(), self._day()
        facts, day = self._random.choice(self._cases)
        changed = {path: self._value(KINDS[path]) for path in self._random.sample(sorted(KINDS), 6)}
        kept = {path: value for path, value in facts.items() if self._random.random() < 0.95}
        return kept | changed, self._random.choice([day, self._day()])

    def _day(self):
        return self._random.choice(self._days) + timedelta(days=self._random.choice([-1, 0, 1]))

    def _made_up(self):
        pick, found = self._random, {}
        for path, kind in KINDS.items():
            chance = 0.95 if path.endswith("located_in") or path == "data.items" else pick.choice([0.1, 0.5, 0.8])
            if pick.random() < chance and (path != "papers" or pick.random() < 0.2):
                found[path] = self._value(kind)
        return found

    def _value(self, kind, depth=0):
        pick = self._random
        match kind:
            case Flags(of):
                return self._flags(self._codes(of))
            case Several(of):
                lengths = [0, 1, 1, 2, 3] if depth < DEEPEST else [0]
                return [self._value(of, depth + 1) for _ in range(pick.choice(lengths))]
            case Record():
                fields = kind.fields.items()
                return {name: self._value(inner, depth) for name, inner in fields if pick.random() < 0.7}
        return pick.choice(self._choices(kind))

    def _choices(self, kind):
        if isinstance(kind, Code):
            return self._codes(kind)
        return {
            Truthful: [True, False],
            Number: self._numbers,
            Day: [day.isoformat() for day in self._days],
            Text: ["a", "b", '"n": 7, [x]'],
            Place: self._places,
            Window: [2024, 2025, 2026, {"from": "2026-01-01", "to": "2026-06-30"}],
        }[type(kind)]

    def _flags(self, codes):
        some = self._random.sample(codes, min(len(codes), self._random.choice([0, 1, 2, 3])))
        return some if self._random.random() < 0.5 else {code: self._random.random() < 0.5 for code in some}

    def _codes(self, kind):
        if kind.name == "kind of paper":
            return self._kinds
        return sorted(kind.codes) or PATTERNED[kind.name]


def _spread(jurisdiction):
    """As many places of each jurisdiction, however large it is."""
    members = sorted({entry.value.member for entry in jurisdiction.territory.entries})
    return (members * 3)[:3]


def _periods(jurisdiction):
    yield from (p.period for ladder in jurisdiction.ladders for p in ladder.provisions)
    yield from (e.period for register in jurisdiction.registers.values() for e in register.entries)
    yield from (v.period for p in jurisdiction.parameters.values() for v in p.values)


def nested(leaves):
    """The description as a document."""
    document = {}
    for path, value in leaves.items():
        *way, last = path.split(".")
        target = document
        for name in way:
            target = target.setdefault(name, {})
        target[last] = value
    return document


def flat(document, prefix=""):
    """The leaves of a document by path."""
    found = {}
    for name, value in document.items():
        if prefix + name in KINDS:
            found[prefix + name] = value
        elif value is not None:
            found |= flat(value, f"{prefix}{name}.")
    return found


def cell(value):
    """A value as a CSV file has it."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, default=str)
