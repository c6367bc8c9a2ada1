"""Which jurisdictions a transfer touches: of its parties, of those who look at the data, of laws that reach abroad."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from corridor.base.truth import Truth
from corridor.law.dated import earliest, next_boundary, wider_places
from corridor.law.facts import NOTHING, Facts, FlagSet, Values
from corridor.law.model import Cover, Extent, Jurisdiction, Rulebook
from corridor.law.trace import Span, Trace
from corridor.law.vocabulary import DONE_THERE

READS: Final = (
    "exporter.located_in",
    "importer.located_in",
    "transfer.access_from",
    "exporter.subject_to",
    "importer.subject_to",
    *(f"exporter.{name}" for name in DONE_THERE),
    "parties",
    "exporter.kind",
    "exporter.organised_under",
    "exporter.citizenship",
    "exporter.permanent_resident_of",
)
"""The facts by which it is decided who is involved."""

_PARTIES: Final = ("exporter.located_in", "importer.located_in")
_KEPT: Final = 4096
"""Places kept for one day; a free zone has a code of its own, and of those any number can be made up."""


class Involved(NamedTuple):
    """The jurisdictions with rules, in the order exporter, importer, others; countries without; and what is not known.

    Attributes:
        next_change: the next day on which a territory concerned changes hands.
    """

    jurisdictions: tuple[str, ...]
    without_rules: tuple[str, ...]
    missing: tuple[str, ...]
    next_change: date | None


def involved_in(rulebook: Rulebook, facts: Facts, as_of: date) -> Involved:
    """The jurisdictions that have a say in the described transfer on `as_of`."""
    found: dict[str, None] = {}
    without: dict[str, None] = {}
    change: date | None = None
    values = facts.values
    exporter, importer = values.get("exporter", NOTHING), values.get("importer", NOTHING)
    parties = (exporter.get("located_in"), importer.get("located_in"))
    known = rulebook.covered[as_of]
    for place in (*parties, *values.get("transfer", NOTHING).get("access_from", ())):
        if place is not None:
            jurisdiction, boundary = known.get(place) or _cover(rulebook, place, as_of)
            if jurisdiction is None:
                without[place] = None
            else:
                found[jurisdiction] = None
            if boundary is not None and (change is None or boundary < change):
                change = boundary
    laws = [flags for flags in (exporter.get("subject_to"), importer.get("subject_to")) if isinstance(flags, FlagSet)]
    if laws:
        found.update(dict.fromkeys(one.id for one in rulebook.extents if _reaches(one, laws)))
    done = [(name, exporter[name]) for name in DONE_THERE if name in exporter]
    if done:
        found.update(dict.fromkeys(one.id for one in rulebook.extents if _reached_by(one, done, as_of)))
    for one in rulebook.extents:
        if one.reaches_out and one.id not in found and _mentioned(one, facts, as_of):
            law = rulebook.jurisdictions[one.id]
            found.update({one.id: None} if _has_a_say(law, facts, as_of) else {})
    missing = tuple(path for path, place in zip(_PARTIES, parties, strict=True) if place is None)
    return Involved(tuple(found), tuple(without), missing, change)


def _cover(rulebook: Rulebook, place: str, as_of: date) -> Cover:
    """The jurisdiction that covers the place most closely: a free zone of its own before the country around it."""
    known = rulebook.covered[as_of]
    if len(known) >= _KEPT:
        known.clear()
    known[place] = cover = Cover(covering_law(rulebook, place, as_of), earliest(_changes(rulebook, place, as_of)))
    return cover


def covering_law(rulebook: Rulebook, place: str, as_of: date) -> str | None:
    """The jurisdiction that covers the place most closely: a free zone of its own before the country around it."""
    for part in wider_places(place):
        for jurisdiction in rulebook.extents:
            entries = jurisdiction.territory.entries_for(part)
            if any(as_of in entry.period and entry.value.member == part for entry in entries):
                return jurisdiction.id
    return None


def _changes(rulebook: Rulebook, place: str, as_of: date) -> Iterator[date | None]:
    for jurisdiction in rulebook.extents:
        for entry in jurisdiction.territory.entries_for(place):
            yield next_boundary(entry.period, as_of)


def _reaches(jurisdiction: Extent, laws: list[FlagSet]) -> bool:
    """Whether a party is subject to a law of the jurisdiction that reaches abroad."""
    return any(flags.known.get(law) is True for flags in laws for law in jurisdiction.reach)


def _reached_by(jurisdiction: Extent, done: list[tuple[str, tuple[str, ...]]], as_of: date) -> bool:
    """Whether the exporter does there what lets a law reach it from abroad, such as to target persons."""
    places = (place for name, places in done if name in jurisdiction.reach_by for place in places)
    return any(as_of in entry.period for place in places for entry in jurisdiction.territory.entries_for(place))


def _has_a_say(jurisdiction: Jurisdiction, facts: Facts, as_of: date) -> bool:
    """Whether the law reaches a party that is elsewhere."""
    condition = jurisdiction.reach_when
    trace = Trace(facts, as_of, jurisdiction.presumptions, lambda _trace, _name: Span(0, None))
    return condition is not None and condition.holds(trace).holds is Truth.TRUE


def _mentioned(jurisdiction: Extent, facts: Facts, as_of: date) -> bool:
    """Whether a party has to do with the territory: nobody else can be one of the law's own elsewhere."""
    territory = jurisdiction.territory.members_at(as_of)
    parties = (facts.values.get("exporter", NOTHING), *facts.values.get("parties", ()))
    return any(part in territory for party in parties for place in _ties(party) for part in wider_places(place))


def _ties(party: Values) -> Iterator[str]:
    for name in ("organised_under", "citizenship"):
        yield from party.get(name, ())
    for name in ("located_in", "permanent_resident_of"):
        if name in party:
            yield party[name]
