"""Which jurisdictions a transfer touches: of its parties, of those who look at the data, of laws that reach abroad."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from corridor.law.dated import earliest, next_boundary, wider_places
from corridor.law.facts import Facts, FlagSet
from corridor.law.model import Jurisdiction, Rulebook


@dataclass(frozen=True, slots=True)
class Involved:
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
    places = tuple(dict.fromkeys(_places(facts)))
    for place in places:
        covering = covering_law(rulebook, place, as_of)
        if covering is None:
            without[place] = None
        else:
            found[covering] = None
    for jurisdiction in rulebook.jurisdictions.values():
        if _reaches(jurisdiction, facts):
            found[jurisdiction.id] = None
    parties = ("exporter.located_in", "importer.located_in")
    missing = tuple(path for path in parties if facts.get(path) is None)
    return Involved(tuple(found), tuple(without), missing, earliest(_changes(rulebook, places, as_of)))


def _places(facts: Facts) -> Iterator[str]:
    for path in ("exporter.located_in", "importer.located_in"):
        place = facts.get(path)
        if place is not None:
            yield place
    yield from facts.get("transfer.access_from") or ()


def covering_law(rulebook: Rulebook, place: str, as_of: date) -> str | None:
    """The jurisdiction that covers the place most closely: a free zone of its own before the country around it."""
    for part in wider_places(place):
        for jurisdiction in rulebook.jurisdictions.values():
            entries = jurisdiction.territory.entries_for(part)
            if any(as_of in entry.period and entry.value.member == part for entry in entries):
                return jurisdiction.id
    return None


def _changes(rulebook: Rulebook, places: tuple[str, ...], as_of: date) -> Iterator[date | None]:
    for jurisdiction in rulebook.jurisdictions.values():
        for place in places:
            for entry in jurisdiction.territory.entries_for(place):
                yield next_boundary(entry.period, as_of)


def _reaches(jurisdiction: Jurisdiction, facts: Facts) -> bool:
    """Whether a party is subject to a law of the jurisdiction that reaches abroad."""
    sets = (facts.get("exporter.subject_to"), facts.get("importer.subject_to"))
    return any(
        flags.known.get(law) is True for flags in sets if isinstance(flags, FlagSet) for law in jurisdiction.reach
    )
