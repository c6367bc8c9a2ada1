"""Left operands: what each compares, with which operators, where its value comes from, and who can enforce it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from corridor.base.errors import SettingsError
from corridor.odrl.world import World

BORDER: Final = "urn:corridor:border:"
"""The namespace of our own terms."""

PAPERS: Final = BORDER + "papers"
JURISDICTION: Final = BORDER + "jurisdiction"


class Operator(enum.StrEnum):
    """Operators of the ODRL 2.2 vocabulary, §4.5."""

    EQ = "eq"
    NEQ = "neq"
    LT = "lt"
    LTEQ = "lteq"
    GT = "gt"
    GTEQ = "gteq"
    IS_A = "isA"
    HAS_PART = "hasPart"
    IS_PART_OF = "isPartOf"
    IS_ALL_OF = "isAllOf"
    IS_ANY_OF = "isAnyOf"
    IS_NONE_OF = "isNoneOf"


class Sort(enum.StrEnum):
    """What kind of value stands right of the operator, and so how it is compared."""

    INSTANT = "instant"
    DURATION = "duration"
    INTEGER = "integer"
    IRI_SET = "iri-set"
    PURPOSES = "purposes"
    PARTY = "party"
    COUNTRY = "country"
    PAPERS = "papers"


class EnforcedBy(enum.StrEnum):
    """Who can make a constraint hold: only the first is in this node's hands."""

    PROVIDER = "provider"
    CONSUMER_RUNTIME = "consumer-runtime"
    CONTRACT = "contract"


Read = Callable[[World, frozenset[str]], Any]
"""Finds an operand's value in the world, None if not known, for a rule whose action covers the second argument."""

_ORDER = frozenset({Operator.LT, Operator.LTEQ, Operator.GT, Operator.GTEQ})
_EQUALITY = frozenset({Operator.EQ, Operator.NEQ})
_SETS = frozenset({Operator.IS_ANY_OF, Operator.IS_NONE_OF})
OPERATORS_OF: Final[Mapping[Sort, frozenset[Operator]]] = MappingProxyType(
    {
        Sort.INSTANT: _ORDER | _EQUALITY,
        # ODRL vocabulary, elapsedTime: `eq` is the whole of the period, so it means `lteq`; `neq` then means nothing.
        Sort.DURATION: _ORDER | {Operator.EQ},
        Sort.INTEGER: _ORDER | _EQUALITY,
        Sort.IRI_SET: _EQUALITY | _SETS | {Operator.IS_ALL_OF},
        Sort.PURPOSES: _EQUALITY | _SETS | {Operator.IS_ALL_OF},
        Sort.PARTY: _EQUALITY | _SETS | {Operator.IS_PART_OF},
        Sort.COUNTRY: _EQUALITY | _SETS | {Operator.IS_PART_OF, Operator.HAS_PART},
        Sort.PAPERS: frozenset({Operator.IS_ALL_OF, Operator.IS_ANY_OF}),
    }
)
"""The operators that have a meaning for each sort."""


@dataclass(frozen=True, slots=True)
class Operand:
    """A left operand that this node can evaluate; operands are the same if their names are.

    Attributes:
        name: bare in the ODRL namespace, else an absolute IRI.
        sort: what it is compared with.
        source: one sentence on where its value comes from.
        enforced_by: who can make it hold.
        read: finds its value.
        operators: those that it takes; all of its sort unless said.
    """

    name: str
    sort: Sort = field(compare=False)
    source: str = field(compare=False)
    enforced_by: EnforcedBy = field(compare=False)
    read: Read = field(compare=False, repr=False)
    operators: frozenset[Operator] = field(compare=False, default=frozenset())

    def __post_init__(self) -> None:
        of_sort = OPERATORS_OF[self.sort]
        if not self.operators:
            object.__setattr__(self, "operators", of_sort)
        elif not self.operators <= of_sort:
            raise SettingsError(f"the operand `{self.name}` takes an operator that has no meaning for {self.sort}")


@dataclass(frozen=True, slots=True)
class Operands:
    """A registry: the left operands and the profiles that a policy may use."""

    by_name: Mapping[str, Operand]
    profiles: frozenset[str] = frozenset()

    @classmethod
    def of(cls, operands: Iterable[Operand], profiles: Iterable[str] = ()) -> Operands:
        """The registry of `operands`, each under its own name."""
        return cls(MappingProxyType({operand.name: operand for operand in operands}), frozenset(profiles))

    def get(self, name: str) -> Operand | None:
        """The operand of that canonical name, or None."""
        return self.by_name.get(name)

    def extended(self, operands: Iterable[Operand], profiles: Iterable[str] = ()) -> Operands:
        """This registry with a profile's own operands added, or put in the place of the same name."""
        return Operands.of((*self.by_name.values(), *operands), self.profiles | frozenset(profiles))


def fact_operand(name: str, source: str, enforced_by: EnforcedBy = EnforcedBy.PROVIDER) -> Operand:
    """An operand of a profile whose values the caller supplies in `World.facts` under its `name`."""

    def read(world: World, _: frozenset[str]) -> frozenset[str] | None:
        return world.facts.get(name)

    return Operand(name, Sort.IRI_SET, source, enforced_by, read)


def _now(world: World, _: frozenset[str]) -> datetime:
    return world.now


def _agreed_and_now(world: World, _: frozenset[str]) -> tuple[datetime, datetime] | None:
    return None if world.agreed_at is None else (world.agreed_at, world.now)


def _count(world: World, covered: frozenset[str]) -> int | None:
    """Uses that the rule covers, with the one that is asked for: `count lteq 5` allows the fifth and not the sixth."""
    if world.counts is None:
        return None
    return 1 + sum(number for action, number in world.counts.items() if action in covered)


def _assignee(world: World, _: frozenset[str]) -> frozenset[str] | None:
    """The party with the collections that it is in: any of them may be named."""
    if world.assignee is None:
        return None
    return world.member_of.get(world.assignee, frozenset()) | {world.assignee}


def _purposes(world: World, _: frozenset[str]) -> frozenset[str] | None:
    return world.purposes


def _country(world: World, _: frozenset[str]) -> str | None:
    return world.country


def _jurisdiction(world: World, _: frozenset[str]) -> str | None:
    return world.jurisdiction


def _papers(world: World, _: frozenset[str]) -> World | None:
    return None if world.papers is None else world


_PROVIDER, _CONTRACT = EnforcedBy.PROVIDER, EnforcedBy.CONTRACT
CORE: Final = Operands.of(
    (
        Operand("dateTime", Sort.INSTANT, "the node's clock at the decision", _PROVIDER, _now),
        Operand("elapsedTime", Sort.DURATION, "time since the agreement was concluded", _PROVIDER, _agreed_and_now),
        Operand("count", Sort.INTEGER, "the node's meter of uses under the agreement", _PROVIDER, _count),
        Operand("assignee", Sort.PARTY, "the authenticated participant that asks", _PROVIDER, _assignee),
        Operand("party", Sort.PARTY, "the authenticated participant that asks", _PROVIDER, _assignee),
        # No provider sees what data are really used for: the declaration is checked, the truth of it is agreed.
        Operand("purpose", Sort.PURPOSES, "the purposes that the consumer declares", _CONTRACT, _purposes),
        Operand("spatial", Sort.COUNTRY, "the country of use that the consumer declares", _CONTRACT, _country),
        Operand(JURISDICTION, Sort.COUNTRY, "the recipient's country in its credentials", _PROVIDER, _jurisdiction),
        Operand(PAPERS, Sort.PAPERS, "the node's register of papers", _PROVIDER, _papers),
    ),
    profiles=("http://www.w3.org/ns/odrl/2/core", "https://w3id.org/dspace/2025/1/odrl-profile.jsonld", BORDER),
)
"""The operands of this product: the ODRL terms that it evaluates, and its own."""
