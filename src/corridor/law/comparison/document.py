"""A corridor for machines, and for people as rows with one column for each direction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from corridor.base.json import JsonObject
from corridor.base.reasons import Citation
from corridor.law.comparison.corridor import Comparison, Corridor, Direction, Verdict
from corridor.law.explain import DISCLAIMER
from corridor.law.international import Between, Commitment, International
from corridor.law.model import PaperKind, Provision
from corridor.law.outcome import Outcome, Ruling

_SHOWN: Final = 3
"""Mechanisms named in a cell; the JSON form has them all."""


@dataclass(frozen=True, slots=True)
class Row:
    """One aspect, and what it is in each direction; of instruments `back` is empty."""

    aspect: str
    there: str
    back: str


def as_json(corridor: Corridor) -> JsonObject:
    """The corridor as a JSON object; the names of its fields are stable."""
    return {
        "as_of": corridor.as_of.isoformat(),
        "directions": [_direction(way, corridor.as_of) for way in (corridor.there, corridor.back)],
        "instruments": [_between(one) for one in corridor.instruments],
        "comparisons": [_comparison(one) for one in corridor.comparisons],
        "next_change": None
        if corridor.upcoming is None
        else {"day": corridor.upcoming.day.isoformat(), "changes": list(corridor.upcoming.changes)},
        "disclaimer": DISCLAIMER,
    }


def _direction(way: Direction, as_of: date) -> JsonObject:
    return {
        "exporter": way.exporter,
        "importer": way.importer,
        "jurisdiction": way.law.id,
        "name": way.law.name,
        "provisions": [_provision(rung, as_of) for rung in way.rungs],
        "thresholds": [
            {"name": t.name, "value": t.value, "unit": t.unit, **_citation(t.citation)} for t in way.thresholds
        ],
        "lists": [
            {
                "name": one.name,
                "from": _day(one.entry.period.start),
                "to": _day(one.entry.period.end),
                **_citation(one.entry.citation),
            }
            for one in way.listed
        ],
        "papers": [_paper(kind) for kind in way.papers],
        "duties": [
            {"what": d.what, "who": d.who, "deadline": d.deadline, "recurs": d.recurs, **_citation(d.citation)}
            for d in way.duties
        ],
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _citation(citation: Citation) -> JsonObject:
    verified = citation.verified.value if citation.verified else None
    return {"instrument": citation.instrument, "pin": citation.pin, "title": citation.title, "verified": verified}


def _provision(rung: Provision, as_of: date) -> JsonObject:
    return {
        "ladder": rung.ladder,
        "outcome": rung.outcome.value,
        "mechanisms": list(_mechanisms(rung, as_of)),
        "says": rung.says,
        "when": rung.condition.text,
        "relied_on_only": rung.claimed,
        **_citation(rung.citation),
    }


def _mechanisms(rung: Provision, as_of: date) -> tuple[str, ...]:
    return tuple(dict.fromkeys(o.mechanism for o in rung.opened_by if as_of in o.period))


def _paper(kind: PaperKind) -> JsonObject:
    return {
        "kind": kind.id,
        "title": kind.title,
        "authority": kind.authority,
        "clock": kind.clock,
        "validity": kind.validity,
        **_citation(kind.citation),
    }


def _between(one: Between) -> JsonObject:
    sides = [
        {"party": side.value.member, "standing": side.value.standing.value, "from": _day(side.period.start)}
        for side in (one.first, one.second)
    ]
    return {**instrument_json(one.instrument), "sides": sides, "in_force": one.in_force}


def instrument_json(one: International) -> JsonObject:
    """An international instrument as a JSON object, its parties left out."""
    return {
        "id": one.id,
        "titles": dict(one.titles),
        "form": one.form.value,
        "does": one.does,
        "does_not": one.does_not,
        "provisions": [
            {
                "pin": c.citation.pin,
                "topic": c.topic,
                "says": c.says,
                "exceptions": c.exceptions,
                "disputes": c.disputes.value if c.disputes else None,
            }
            for c in one.commitments
        ],
        "domestic": [{"provision": tie.provision, "says": tie.says} for tie in one.ties],
        "note": one.note,
        "source": {"address": one.source.address, "checked": one.source.checked.isoformat()},
        "verified": one.source.verified.value,
    }


def _comparison(one: Comparison) -> JsonObject:
    return {
        "scenario": one.scenario.id,
        "title": one.scenario.title,
        "why": one.scenario.why,
        "there": _answer(one.there),
        "back": _answer(one.back),
        "verdict": one.verdict.value,
    }


def _answer(ruling: Ruling) -> dict[str, Any]:
    cited = _citation(ruling.provisions[0].citation) if ruling.provisions else {}
    return {
        "outcome": ruling.outcome.value,
        "mechanisms": list(ruling.mechanisms),
        "missing": list(ruling.missing),
        **cited,
    }


def rows(corridor: Corridor) -> Iterator[Row]:
    """What differs between the directions, aspect by aspect: law, routes, thresholds, lists, papers, clocks, duties."""
    there, back, day = corridor.there, corridor.back, corridor.as_of
    yield Row("law", there.law.name, back.law.name)
    yield Row("routes", _lines(_rungs(there, day)), _lines(_rungs(back, day)))
    yield Row("thresholds", _lines(_thresholds(there)), _lines(_thresholds(back)))
    yield Row("lists", _lines(_lists(there)), _lines(_lists(back)))
    yield Row("papers", _lines(_papers(there)), _lines(_papers(back)))
    yield Row("clocks", _lines(_clocks(there)), _lines(_clocks(back)))
    yield Row("duties", _lines(_duties(there)), _lines(_duties(back)))


def _lines(found: Iterator[str]) -> str:
    return "\n".join(found) or "none"


def _rungs(way: Direction, day: date) -> Iterator[str]:
    for number, rung in enumerate(way.rungs, 1):
        by = _named(_mechanisms(rung, day))
        claimed = ", if relied on" if rung.claimed else ""
        yield f"{number}. {rung.citation.pin}: {rung.outcome}{claimed}{': ' + by if by else ''}. {rung.says}"


def _named(mechanisms: tuple[str, ...]) -> str:
    more = len(mechanisms) - _SHOWN
    names = ", ".join(name.replace("_", " ") for name in mechanisms[:_SHOWN])
    return f"{names} and {more} more" if more > 0 else names


def _thresholds(way: Direction) -> Iterator[str]:
    for threshold in way.thresholds:
        name = threshold.name.replace("_", " ")
        yield f"{name}: {threshold.value:,} {threshold.unit} ({threshold.citation.pin})"


def _lists(way: Direction) -> Iterator[str]:
    for one in way.listed:
        end = f" to {one.entry.period.end}" if one.entry.period.end else ""
        name = one.name.replace("_", " ")
        yield f"{way.importer} is {name} from {one.entry.period.start}{end} ({one.entry.citation.pin})"


def _papers(way: Direction) -> Iterator[str]:
    for kind in way.papers:
        authority = f", {kind.authority}" if kind.authority else ""
        yield f"{kind.title} ({kind.citation.pin}){authority}"


def _clocks(way: Direction) -> Iterator[str]:
    for kind in way.papers:
        rest = "; ".join(filter(None, (kind.clock, kind.validity)))
        if rest:
            yield f"{kind.title}: {rest}"


def _duties(way: Direction) -> Iterator[str]:
    for duty in way.duties:
        when = f" ({duty.deadline})" if duty.deadline else ""
        yield f"{duty.citation.pin}: {duty.what}{when}"


def instrument_rows(corridor: Corridor) -> Iterator[tuple[str, str, str]]:
    """Of each instrument of both sides: its title with how each stands, what it does, what it does not do."""
    for one in corridor.instruments:
        sides = dict.fromkeys(
            f"{side.value.member} {side.value.standing.replace('_', ' ')} since {side.period.start}"
            for side in (one.first, one.second)
        )
        yield f"{one.instrument.title}; {' and '.join(sides)}", one.instrument.does, one.instrument.does_not


def comparison_rows(corridor: Corridor) -> Iterator[tuple[str, str, str, str]]:
    """Of each scenario: its title, both answers, and whether they part."""
    for one in corridor.comparisons:
        why = f": {one.scenario.why}" if one.verdict is Verdict.CONFLICT and one.scenario.why else ""
        yield one.scenario.title, _told(one.there), _told(one.back), f"{one.verdict}{why}"


def _told(ruling: Ruling) -> str:
    if ruling.outcome is Outcome.UNDETERMINED:
        return f"open: needs {', '.join(ruling.missing)}"
    by = _named(ruling.mechanisms)
    pin = f" ({ruling.provisions[0].citation.pin})" if ruling.provisions else ""
    return f"{ruling.outcome}{': ' + by if by else ''}{pin}"


def render_international(one: International) -> str:
    """An international instrument as plain text."""
    return "\n".join(_instrument_lines(one)) + "\n"


def _instrument_lines(one: International) -> Iterator[str]:
    yield one.title
    yield from (title for language, title in one.titles.items() if language != "en")
    yield f"{one.id}; {one.form.replace('_', ' ')}"
    yield f"Source: {one.source.address}, checked {one.source.checked}, {one.source.verified}"
    if one.note:
        yield f"Note: {one.note}"
    yield from ("", "What it does", f"  {one.does}", "", "What it does not do", f"  {one.does_not}")
    if one.parties:
        yield from ("", "Parties")
    for party in one.parties:
        end = f" to {party.period.end}" if party.period.end else ""
        note = f" {party.value.note}" if party.value.note else ""
        standing = party.value.standing.replace("_", " ")
        yield f"  {party.value.member}: {standing} from {party.period.start}{end} [{party.verified}]{note}"
    if one.commitments:
        yield from ("", "Provisions")
    yield from (f"  {_commitment_line(commitment)}" for commitment in one.commitments)
    if one.ties:
        yield from ("", "What domestic law makes of it")
    yield from (f"  {tie.provision}: {tie.says}" for tie in one.ties)


def _commitment_line(commitment: Commitment) -> str:
    exceptions = f" Except: {commitment.exceptions}." if commitment.exceptions else ""
    disputes = f" Dispute settlement: {commitment.disputes}." if commitment.disputes else ""
    topic, citation = commitment.topic.replace("_", " "), commitment.citation
    return f"{citation.pin} ({topic}): {commitment.says}{exceptions}{disputes} [{citation.verified}]"
