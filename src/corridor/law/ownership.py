"""Who stands behind a party: owners as a graph, and the share that some of them hold, as bounds.

Shares are exact fractions of the whole. A share that is not given, and what the given ones leave of the whole, may be
anybody's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from corridor.base.truth import Truth
from corridor.law.facts import Facts, Known, Values

WHOLE: Final = Fraction(1)
NOTHING: Final = Fraction(0)
MAX_STAKES: Final = 4096
MAX_DEPTH: Final = 48
"""How many stakes are followed for one share, and through how many owners; what lies beyond may be anybody's."""

_WITHOUT_OWNERS: Final = frozenset({"individual", "government", "public"})


@dataclass(frozen=True, slots=True)
class Party:
    """What is known of a party, and the path where it is described, which names it."""

    values: Values
    path: str


@dataclass(frozen=True, slots=True)
class Stake:
    """A holding in a party: `part` of the whole, or None where the description does not say."""

    owner: Party
    part: Fraction | None
    missing: str


@dataclass(frozen=True, slots=True)
class Owners:
    """The stakes in a party and the rest of the whole that they leave open, with the fact that would tell of it."""

    stakes: tuple[Stake, ...]
    rest: Fraction
    missing: str


@dataclass(frozen=True, slots=True)
class Portion:
    """Bounds on a share of the whole, and the facts that would narrow it."""

    low: Fraction
    high: Fraction
    missing: tuple[str, ...] = ()


NONE_OF_IT: Final = Portion(NOTHING, NOTHING)
ALL_OF_IT: Final = Portion(WHOLE, WHOLE)


class Parties:
    """The parties of a description, found by id; exporter and importer before the others."""

    def __init__(self, facts: Facts) -> None:
        self._known: dict[str, Party] = {}
        found = [(facts.values.get(path), path) for path in ("exporter", "importer")]
        found += [(values, f"parties[{index}]") for index, values in enumerate(facts.values.get("parties", ()))]
        for values, path in found:
            if values is not None and "id" in values:
                self._known.setdefault(values["id"], Party(values, path))

    def named(self, identifier: str) -> Party | None:
        """The party with that id, or None."""
        return self._known.get(identifier)

    def party(self, values: Values, path: str) -> Party:
        """The party that `values` at `path` describe: the one they name, or themselves.

        An owner's `country` stands for its `located_in`.
        """
        found = self._known.get(values.get("party", ""))
        if found is not None:
            return found
        if "country" in values and "located_in" not in values:
            return Party(Known({**values, "located_in": values["country"]}), path)
        return Party(values, path)

    def owners(self, party: Party) -> Owners:
        """Who holds the party; an individual, a government and the public are held by nobody."""
        if party.values.get("kind") in _WITHOUT_OWNERS:
            return Owners((), NOTHING, "")
        missing = f"{party.path}.owned_by"
        listed = party.values.get("owned_by")
        if listed is None:
            return Owners((), WHOLE, missing)
        stakes = tuple(
            Stake(self.party(values, f"{missing}[{index}]"), _part(values), f"{missing}[{index}].pct")
            for index, values in enumerate(listed)
        )
        return Owners(stakes, max(WHOLE - sum(stake.part or NOTHING for stake in stakes), NOTHING), missing)


def _part(values: Mapping[str, Any]) -> Fraction | None:
    if "basis_points" in values:
        return min(Fraction(values["basis_points"], 10_000), WHOLE)
    return min(Fraction(values["pct"], 100), WHOLE) if "pct" in values else None


def held(owners: Owners, weigh: Callable[[Party], Portion]) -> Portion:
    """The part of the whole that is held by those whom `weigh` counts, wholly or in part.

    Stakes add up, whoever holds them. A stake without a number lies somewhere in the rest; more than the whole, such
    as of votes and equity together, counts as the whole.
    """
    low = high = NOTHING
    missing: list[str] = []
    for stake in owners.stakes:
        weight = weigh(stake.owner)
        low += (stake.part or NOTHING) * weight.low
        high += (stake.part or NOTHING) * weight.high
        missing += weight.missing if stake.part != NOTHING else ()
        missing += (stake.missing,) if stake.part is None and owners.rest > NOTHING else ()
    if owners.rest > NOTHING and not any(stake.part is None for stake in owners.stakes):
        missing.append(owners.missing)
    low, high = min(low, WHOLE), min(high + owners.rest, WHOLE)
    return Portion(low, high, tuple(dict.fromkeys(missing)) if low != high else ())


def whole_or_nothing(holds: Truth, missing: Iterable[str]) -> Portion:
    """The weight of an owner that counts in full, not at all, or perhaps."""
    if holds is Truth.UNKNOWN:
        return Portion(NOTHING, WHOLE, tuple(missing))
    return ALL_OF_IT if holds is Truth.TRUE else NONE_OF_IT


@dataclass(slots=True)
class Look:
    """Looks through owners that do not count themselves: who holds half of an owner holds half of what it holds.

    A party that is met again on its own way adds nothing: nobody holds itself.
    """

    parties: Parties
    counts: Callable[[Party], Portion]
    followed: int = 0
    _way: list[str] = field(default_factory=list)

    def through(self, party: Party) -> Portion:
        """The part of `party` held, directly or indirectly, by those whom `counts` counts."""
        if party.path in self._way:
            return NONE_OF_IT
        if self.followed >= MAX_STAKES or len(self._way) >= MAX_DEPTH:
            return Portion(NOTHING, WHOLE, (f"{party.path}.owned_by",))
        self.followed += 1
        self._way.append(party.path)
        found = held(self.parties.owners(party), self._weigh)
        self._way.pop()
        return found

    def _weigh(self, owner: Party) -> Portion:
        direct = self.counts(owner)
        if direct.low == WHOLE:
            return direct
        beyond = self.through(owner)
        high = max(direct.high, beyond.high)
        return Portion(beyond.low, high, (*direct.missing, *beyond.missing) if beyond.low != high else ())
