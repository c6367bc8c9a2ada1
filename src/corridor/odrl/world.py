"""The state of the world in which a policy is decided: what is known, and nothing that is guessed."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


class DutyState(enum.StrEnum):
    """How far a duty has come (ODRL formal semantics, deontic states)."""

    NOT_SET = "not-set"
    FULFILLED = "fulfilled"
    VIOLATED = "violated"


@dataclass(frozen=True, slots=True)
class HeldPaper:
    """A paper in the node's own register.

    Attributes:
        valid_from: valid from this instant on; None: from any time.
        valid_until: valid before this instant; None: without end.
        withdrawn: revoked, replaced, or found void.
    """

    valid_from: datetime | None = None
    valid_until: datetime | None = None
    withdrawn: bool = False

    def valid_at(self, now: datetime) -> bool:
        """Whether the paper is good at `now`."""
        begun = self.valid_from is None or self.valid_from <= now
        return begun and not self.withdrawn and (self.valid_until is None or now < self.valid_until)


@dataclass(frozen=True, slots=True)
class World:
    """What is known at one decision; None is unknown, and unknown is never guessed (a constraint on it is UNKNOWN).

    Attributes:
        now: the instant of the decision, aware; the only clock.
        target: the asset that is to be used.
        assignee: who is to use it, authenticated.
        purposes: what it is to be used for, as declared for this use.
        country: where it will be used, ISO 3166-1 alpha-2.
        jurisdiction: the country whose law binds the recipient, ISO 3166-1 alpha-2.
        counts: uses so far under this agreement, by action, the present one not among them; a mapping is complete, so
            an action that it lacks was never done.
        agreed_at: when the agreement was concluded.
        papers: the register of papers, by digest; a mapping is complete.
        duties: the states of this agreement's duties, by `Duty.key`; a mapping is complete.
        member_of: the collections that a party or an asset belongs to, by its IRI, from the node's own index, which
            alone can make a member (never the counterparty's message); what it lacks belongs to none.
        facts: values of operands that a profile adds, by operand IRI; absent is unknown.
    """

    now: datetime
    target: str | None = None
    assignee: str | None = None
    purposes: frozenset[str] | None = None
    country: str | None = None
    jurisdiction: str | None = None
    counts: Mapping[str, int] | None = None
    agreed_at: datetime | None = None
    papers: Mapping[str, HeldPaper] | None = None
    duties: Mapping[str, DutyState] | None = None
    member_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    facts: Mapping[str, frozenset[str]] = field(default_factory=dict)
