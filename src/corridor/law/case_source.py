"""Case files to cases: facts, a day, and the answer that somebody else gave."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any, Final

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.reasons import Verified
from corridor.law.codes import words
from corridor.law.facts import suggestion
from corridor.law.model import Case
from corridor.law.outcome import Outcome
from corridor.law.reading import Fields
from corridor.law.source import Node, plain

EXPECTATIONS: Final = [
    "outcome",
    "instrument",
    "pin",
    "mechanisms",
    "proceed",
    "missing",
    "obligations",
    "counted",
    "verified",
    "next_change",
    "problems",
    "derived",
]
_FIELDS: Final = words("id source verified like with facts as_of previous expect note")
_STEP = re.compile(r"([A-Za-z_:()0-9-]+)((?:\[\d+\])*)\.?")


def cases_of(node: Node, jurisdiction: str) -> Iterator[Case]:
    """The cases of one file; a case `like` an earlier one takes over its facts, day, source and counters.

    Raises:
        MalformedError: something is missing, or `like` and `with` point nowhere.
    """
    known: dict[str, Case] = {}
    for item in Fields(node, "a case file", ("cases",)).items("cases"):
        case = _case(Fields(item, "a case", _FIELDS), jurisdiction, known)
        if case.id in known:
            raise MalformedError(f"the case `{printable(case.id)}` stands twice", place=str(case.place))
        _check(case)
        known[case.id] = case
        yield case


def _check(case: Case) -> None:
    """Refuse a case that expects what no rule can answer."""
    outcome = case.expect.get("outcome", Outcome.UNDETERMINED)
    if outcome not in list(Outcome):
        text = printable(str(outcome))
        raise MalformedError(f"`{text}` is no outcome", place=str(case.place), remedy=suggestion(text, Outcome))


def _case(fields: Fields, jurisdiction: str, known: dict[str, Case]) -> Case:
    base = _base(fields, known)
    facts = plain(fields.required("facts")) if base is None else copy.deepcopy(base.facts)
    for path, value in fields.table("with").items():
        _put(facts, path, plain(value), str(value.place))
    expect = Fields(fields.required("expect"), "an expectation", EXPECTATIONS)
    previous = fields.node("previous")
    as_of = fields.day("as_of") or (base.as_of if base else None)
    if as_of is None:
        raise MalformedError("a case has no `as_of`", place=str(fields.place), remedy="add the day it is asked for")
    return Case(
        id=fields.text("id"),
        jurisdiction=jurisdiction,
        source=fields.text("source", base.source if base else None),
        verified=fields.word("verified", Verified, base.verified if base else None),
        facts=facts,
        as_of=as_of,
        previous=plain(previous) if previous else (base.previous if base else {}),
        expect={name: plain(found) for name in EXPECTATIONS if (found := expect.node(name)) is not None},
        place=fields.place,
    )


def _base(fields: Fields, known: dict[str, Case]) -> Case | None:
    if fields.node("like") is None:
        return None
    name = fields.text("like")
    if name not in known:
        raise MalformedError(
            f"`{printable(name)}` is no case above this one",
            place=fields.place_of("like"),
            remedy=suggestion(name, known),
        )
    return known[name]


def _put(facts: Any, path: str, value: Any, place: str) -> None:
    """Put `value` at a path such as `data.counts[0].n`; objects on the way are made, list elements must be there."""
    steps: list[str | int] = []
    for name, indexes in _STEP.findall(path):
        steps += [name, *(int(index) for index in re.findall(r"\d+", indexes))]
    if not steps or "".join(match.group() for match in _STEP.finditer(path)) != path:
        raise MalformedError(f"`{printable(path)}` is no path", place=place, remedy="write it as data.counts[0].n")
    target = facts
    try:
        for step in steps[:-1]:
            target = target.setdefault(step, {}) if isinstance(target, dict) else target[step]
        target[steps[-1]] = value
    except (IndexError, TypeError, AttributeError):
        raise MalformedError(f"the path `{printable(path)}` points nowhere", place=place) from None
