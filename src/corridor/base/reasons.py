"""What was decided, why, and which text says so."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Self

from corridor.base.truth import Truth, all_of


class Verified(enum.StrEnum):
    """How far a statement of law was checked; an answer is worth its weakest.

    Attributes:
        rank: 0 for the strongest class; greater is weaker.
    """

    rank: int

    OFFICIAL = "official", 0
    SECONDARY = "secondary", 1
    RECALLED = "recalled", 2

    def __new__(cls, word: str, rank: int) -> Self:
        """The member that is written `word`."""
        member = str.__new__(cls, word)
        member._value_ = word
        member.rank = rank
        return member


@dataclass(frozen=True, slots=True)
class Citation:
    """The place in a text that says so: `Citation("cn/decree-16", "art 8", ...)`."""

    instrument: str
    pin: str
    title: str = ""
    verified: Verified | None = None

    def __str__(self) -> str:
        return f"{self.title or self.instrument}, {self.pin}"


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of a decision.

    Attributes:
        code: a stable word for machines, such as `odrl.constraint` or `border.CN`.
        text: one sentence for people.
        holds: what this step came to.
        citation: the provision or clause that says so, where there is one.
        because: the steps that this one follows from.
    """

    code: str
    text: str
    holds: Truth
    citation: Citation | None = None
    because: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer with every reason for it; `allowed` only if TRUE, so unknown refuses."""

    verdict: Truth
    reasons: tuple[Reason, ...] = field(default=())

    @property
    def allowed(self) -> bool:
        """Whether the answer is a certain yes."""
        return self.verdict is Truth.TRUE

    @property
    def obstacles(self) -> tuple[Reason, ...]:
        """The top-level reasons that stand in the way."""
        return tuple(reason for reason in self.reasons if reason.holds is not Truth.TRUE)


def conclude(reasons: tuple[Reason, ...]) -> Decision:
    """The decision that needs every one of `reasons` to hold."""
    return Decision(all_of(reason.holds for reason in reasons), reasons)
