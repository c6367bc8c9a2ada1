"""The rulebook against cases that others decided: right, wrong and undetermined, for each class of verification."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.reasons import Verified
from corridor.base.truth import Truth
from corridor.law.counting import key_of
from corridor.law.derivation import derived_of
from corridor.law.evaluate import assess
from corridor.law.facts import Facts, parse_facts, suggestion
from corridor.law.model import Case, Jurisdiction, Rulebook
from corridor.law.outcome import CountKey, Outcome, Ruling


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one case came out.

    Attributes:
        differences: one sentence for each expectation that was not met; empty where all were.
        undetermined: the rulebook did not decide although the case expects a decision.
    """

    case: Case
    differences: tuple[str, ...]
    undetermined: bool

    @property
    def right(self) -> bool:
        """Whether every expectation was met."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of cases of one class; classes are never blended."""

    right: int
    wrong: int
    undetermined: int


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All results, and the score of each class."""

    results: tuple[CaseResult, ...]

    @property
    def scores(self) -> Mapping[Verified, Score]:
        """The score of each class that has cases."""
        classes = dict.fromkeys(result.case.verified for result in self.results)
        return {verified: self._score(verified) for verified in sorted(classes, key=lambda v: v.rank)}

    @property
    def by_jurisdiction(self) -> Mapping[tuple[str, Verified], Score]:
        """The score of each class in each jurisdiction that has cases, in the order of ids and ranks."""
        cells = {(result.case.jurisdiction, result.case.verified) for result in self.results}
        return {
            (name, verified): self._score(verified, name)
            for name, verified in sorted(cells, key=lambda cell: (cell[0], cell[1].rank))
        }

    def _score(self, verified: Verified, jurisdiction: str | None = None) -> Score:
        mine = [
            result
            for result in self.results
            if result.case.verified is verified and jurisdiction in {None, result.case.jurisdiction}
        ]
        undetermined = sum(result.undetermined for result in mine)
        right = sum(result.right for result in mine)
        return Score(right, len(mine) - right - undetermined, undetermined)

    @property
    def wrong(self) -> tuple[CaseResult, ...]:
        """The results that did not meet every expectation."""
        return tuple(result for result in self.results if not result.right)


def check(rulebook: Rulebook) -> CheckReport:
    """Every case of the rulebook, decided anew.

    Raises:
        MalformedError: the facts of a case are no facts, or it gives a figure for no counter; the place names the case.
    """
    tuple(rulebook.jurisdictions.values())  # also the rules that no case is about
    return CheckReport(tuple(_result(rulebook, case) for case in rulebook.cases))


def _result(rulebook: Rulebook, case: Case) -> CaseResult:
    facts = parse_facts(case.facts, f"{case.place} facts")
    _check_counters(rulebook, case)
    previous = dict(_previous(rulebook.jurisdictions[case.jurisdiction], case, facts))
    ruling = assess(rulebook, facts, case.as_of, previous).ruling(case.jurisdiction)
    if ruling is None:
        return CaseResult(case, (f"{case.jurisdiction} is not involved",), undetermined=False)
    found = {name: _FIELDS[name](ruling) for name in case.expect if name in _FIELDS}
    if "derived" in case.expect:
        found["derived"] = _derived(rulebook.jurisdictions[case.jurisdiction], case, facts, previous)
    differences = tuple(
        f"{name}: expected {_text(wanted)}, found {_text(found[name])}"
        for name, wanted in case.expect.items()
        if not _meets(name, wanted, found[name])
    )
    expects_decision = case.expect.get("outcome") != Outcome.UNDETERMINED
    open_ = bool(differences) and expects_decision and ruling.outcome is Outcome.UNDETERMINED
    return CaseResult(case, differences, undetermined=open_)


def _check_counters(rulebook: Rulebook, case: Case) -> None:
    counters = rulebook.jurisdictions[case.jurisdiction].counters
    for name in case.previous:
        if name not in counters:
            raise MalformedError(
                f"`{printable(name)}` is no counter of {case.jurisdiction}",
                place=str(case.place),
                remedy=suggestion(name, counters),
            )


def _previous(jurisdiction: Jurisdiction, case: Case, facts: Facts) -> Iterator[tuple[CountKey, int]]:
    for name, n in case.previous.items():
        yield key_of(jurisdiction.id, jurisdiction.counters[name], facts), n


def _derived(
    jurisdiction: Jurisdiction, case: Case, facts: Facts, previous: Mapping[CountKey, int]
) -> dict[str, bool | str]:
    """What was derived, by the names that the case expects: true, false or `unknown`."""
    values = {Truth.TRUE: True, Truth.FALSE: False}
    return {
        name: values.get(derived_of(jurisdiction, facts, case.as_of, previous, name), "unknown")
        for name in case.expect["derived"]
    }


def _meets(name: str, wanted: Any, found: Any) -> bool:
    """Equality; of obligations and problems, those named have to be among those found."""
    if name in {"obligations", "problems", "counted"} and isinstance(wanted, list):
        return set(wanted) <= set(found)
    return bool(wanted == found)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {found}" for name, found in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _pin(ruling: Ruling) -> str | None:
    return ruling.provisions[0].citation.pin if ruling.provisions else None


def _instrument(ruling: Ruling) -> str | None:
    return ruling.provisions[0].citation.instrument if ruling.provisions else None


def _problems(ruling: Ruling) -> list[str]:
    findings = (finding for need in ruling.papers_needed for finding in need.findings)
    return [problem for finding in findings for problem in finding.problems]


_FIELDS: Final[Mapping[str, Callable[[Ruling], Any]]] = {
    "outcome": lambda ruling: ruling.outcome.value,
    "instrument": _instrument,
    "pin": _pin,
    "mechanisms": lambda ruling: list(ruling.mechanisms),
    "proceed": lambda ruling: ruling.proceed.name.lower(),
    "missing": lambda ruling: list(ruling.missing),
    "obligations": lambda ruling: [obligation.citation.pin for obligation in ruling.obligations],
    "counted": lambda ruling: [f"{counted.key.name} {counted.total}" for counted in ruling.counted],
    "verified": lambda ruling: ruling.verified.value,
    "next_change": lambda ruling: ruling.next_change.isoformat() if ruling.next_change else None,
    "problems": _problems,
}
