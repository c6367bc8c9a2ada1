"""International instruments: who is bound since when, what they say on data flows, and what they do not do.

They authorise no transfer by a private party. They explain a domestic route, or shorten one where domestic law says so
(PIPL art 38(2), GDPR art 46(2)(a), 28 CFR 202.507): `Tie` names the provision that does.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from corridor.base.errors import NotFoundError
from corridor.base.ids import printable
from corridor.base.reasons import Citation
from corridor.law.dated import Dated, earliest, next_boundary, wider_places
from corridor.law.facts import suggestion
from corridor.law.model import Source
from corridor.law.source import Place


class Form(enum.StrEnum):
    """What an instrument is, the most binding first."""

    TREATY = "treaty"
    ARRANGEMENT = "arrangement"
    CERTIFICATION = "certification"
    MODEL_CLAUSES = "model_clauses"
    MEMORANDUM = "memorandum"
    DIALOGUE = "dialogue"
    INITIATIVE = "initiative"
    GUIDELINES = "guidelines"
    DRAFT = "draft"


class Standing(enum.StrEnum):
    """How a party stands to an instrument."""

    IN_FORCE = "in_force"
    PARTICIPANT = "participant"
    ASSOCIATE = "associate"
    SIGNED = "signed"
    CONCLUDED = "concluded"
    APPLIED = "applied"


class Disputes(enum.StrEnum):
    """Whether a provision can be brought before the instrument's dispute settlement."""

    FULL = "full"
    EXCLUDED = "excluded"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Membership:
    """One party, a place or a bloc such as `EU`, and how it stands to the instrument."""

    member: str
    standing: Standing
    note: str = ""


@dataclass(frozen=True, slots=True)
class Commitment:
    """A provision of an instrument.

    Attributes:
        topic: `data_flows`, `localisation`, `personal_data`, ...
        exceptions: when it does not bind, in words; empty where nothing is said.
    """

    citation: Citation
    topic: str
    says: str
    exceptions: str
    disputes: Disputes | None


@dataclass(frozen=True, slots=True)
class Tie:
    """A provision of domestic law that gives the instrument an effect on a transfer."""

    provision: str
    says: str
    place: Place


@dataclass(frozen=True, slots=True)
class International:
    """A treaty, arrangement, memorandum, dialogue, initiative or the like.

    Attributes:
        id: `int/depa`.
        does_not: what it must not be mistaken for; never empty.
        ties: what domestic law makes of it.
    """

    id: str
    titles: Mapping[str, str] = field(hash=False)
    form: Form
    does: str
    does_not: str
    note: str
    parties: tuple[Dated[Membership], ...]
    commitments: tuple[Commitment, ...]
    ties: tuple[Tie, ...]
    source: Source
    place: Place

    @property
    def title(self) -> str:
        """The English title."""
        return self.titles["en"]


@dataclass(frozen=True, slots=True)
class Between:
    """An instrument to which both sides stand on a day, and how each of them stands."""

    instrument: International
    first: Dated[Membership]
    second: Dated[Membership]

    @property
    def in_force(self) -> bool:
        """Whether it is in force, or followed, on both sides."""
        live = {Standing.IN_FORCE, Standing.PARTICIPANT}
        return self.first.value.standing in live and self.second.value.standing in live


@dataclass(frozen=True, slots=True)
class Registry:
    """All international instruments, and the members of the blocs that are parties to some."""

    instruments: Mapping[str, International]
    blocs: Mapping[str, tuple[Dated[str], ...]]

    def get(self, identifier: str) -> International:
        """The instrument.

        Raises:
            NotFoundError: there is none of this id.
        """
        found = self.instruments.get(identifier)
        if found is None:
            raise NotFoundError(
                f"there is no international instrument `{printable(identifier)}`",
                remedy=suggestion(identifier, self.instruments),
            )
        return found

    def between(self, first: str, second: str, day: date) -> tuple[Between, ...]:
        """The instruments to which both places stand on `day`, those in force first."""
        found = []
        for instrument in self.instruments.values():
            one, other = self._standing(instrument, first, day), self._standing(instrument, second, day)
            if one is not None and other is not None:
                found.append(Between(instrument, one, other))
        return tuple(sorted(found, key=lambda b: (not b.in_force, list(Form).index(b.instrument.form))))

    def _standing(self, instrument: International, place: str, day: date) -> Dated[Membership] | None:
        names = set(self._names(place, day))
        return next((p for p in instrument.parties if p.value.member in names and day in p.period), None)

    def _names(self, place: str, day: date) -> Iterator[str]:
        """The place, those around it, and the blocs that it belongs to on `day`."""
        parts = wider_places(place)
        yield from parts
        for bloc, members in self.blocs.items():
            if any(entry.value in parts and day in entry.period for entry in members):
                yield bloc

    def next_change(self, first: str, second: str, day: date) -> tuple[date, tuple[str, ...]] | None:
        """The next day on which either place's standing to an instrument of both changes, and the titles."""
        days: dict[date, list[str]] = {}
        for instrument in self.instruments.values():
            changes = [self._changes(instrument, place, day) for place in (first, second)]
            if all(mine is not None for mine in changes):
                for change in {found for mine in changes if mine for found in mine}:
                    days.setdefault(change, []).append(instrument.title)
        first_day = earliest(days)
        return None if first_day is None else (first_day, tuple(days[first_day]))

    def _changes(self, instrument: International, place: str, day: date) -> list[date] | None:
        """The days ahead on which the place's standing changes; None where it never stands to it."""
        names = set(self._names(place, day))
        mine = [party for party in instrument.parties if party.value.member in names]
        if not mine:
            return None
        return [change for party in mine if (change := next_boundary(party.period, day)) is not None]
