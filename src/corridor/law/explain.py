"""An assessment for machines, for people, and for the chain of reasons of a larger decision."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from corridor.base.clock import DateRange
from corridor.base.json import JsonObject
from corridor.base.reasons import Citation, Reason, Verified
from corridor.base.truth import Truth
from corridor.law.dated import Override, earliest
from corridor.law.facts import FlagSet
from corridor.law.outcome import (
    AppliedRule,
    Assessment,
    Basis,
    Conflict,
    Counted,
    Obligation,
    Outcome,
    PaperFinding,
    PaperNeed,
    Route,
    Ruling,
)
from corridor.law.trace import Step

DISCLAIMER: Final = "This is not legal advice."

_CLASS_WORDS: Final = {
    Verified.OFFICIAL: "official texts",
    Verified.SECONDARY: "secondary sources",
    Verified.RECALLED: "recollection that nobody has checked against a text",
}
_TRUTH_WORDS: Final = {Truth.TRUE: "yes", Truth.FALSE: "no", Truth.UNKNOWN: "not known"}


def as_json(assessment: Assessment) -> JsonObject:
    """The assessment as a JSON object; the names of its fields are stable."""
    return {
        "as_of": _day(assessment.as_of),
        "outcome": assessment.outcome.value,
        "proceed": _truth(assessment.proceed),
        "rulings": [_ruling(ruling) for ruling in assessment.rulings],
        "obligations": [_obligation(obligation) for obligation in assessment.obligations],
        "conflicts": [_conflict(conflict) for conflict in assessment.conflicts],
        "missing": list(assessment.missing),
        "verified": assessment.verified.value,
        "next_change": _day(assessment.next_change),
        "disclaimer": DISCLAIMER,
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _truth(value: Truth) -> str:
    return value.name.lower()


def _period(period: DateRange) -> JsonObject:
    return {"from": _day(period.start), "to": _day(period.end)}


def _citation(citation: Citation) -> JsonObject:
    verified = citation.verified.value if citation.verified else None
    return {"instrument": citation.instrument, "pin": citation.pin, "title": citation.title, "verified": verified}


def _basis(basis: Basis) -> JsonObject:
    return {**_citation(basis.citation), "says": basis.says, "in_force": _period(basis.period)}


def _ruling(ruling: Ruling) -> JsonObject:
    return {
        "jurisdiction": ruling.jurisdiction,
        "name": ruling.name,
        "as_of": _day(ruling.as_of),
        "outcome": ruling.outcome.value,
        "mechanisms": list(ruling.mechanisms),
        "proceed": _truth(ruling.proceed),
        "valid_until": _day(ruling.valid_until),
        "provisions": [_basis(basis) for basis in ruling.provisions],
        "routes": [_route(route) for route in ruling.routes],
        "filings": [_filing(need) for need in ruling.papers_needed if need.authority],
        "documents": [_document(need) for need in ruling.papers_needed],
        "validity": _validity(ruling),
        "obligations": [_obligation(obligation) for obligation in ruling.obligations],
        "missing": list(ruling.missing),
        "assumptions": [{"text": a.text, "facts": list(a.facts)} for a in ruling.assumptions],
        "counted": [_counted(counted) for counted in ruling.counted],
        "conflicts": [_conflict(conflict) for conflict in ruling.conflicts],
        "verified": ruling.verified.value,
        "next_change": _day(ruling.next_change),
        "steps": [_applied(rule) for rule in ruling.steps],
        "note": ruling.note,
        "overrides": [_override(override) for override in ruling.overrides],
        "added_rules": list(ruling.added),
    }


def _override(override: Override) -> JsonObject:
    return {
        "text": override.text,
        "who": override.who,
        "why": override.why,
        "decided": _day(override.decided),
        "in_force": _period(override.period),
    }


def _filing(need: PaperNeed) -> JsonObject:
    return {
        "authority": need.authority,
        "form": need.title,
        "kind": need.kind,
        "clock": need.clock,
        "citation": _citation(need.citation),
    }


def _document(need: PaperNeed) -> JsonObject:
    return {
        "kind": need.kind,
        "title": need.title,
        "must_contain": list(need.contents),
        "citation": _citation(need.citation),
    }


def _validity(ruling: Ruling) -> JsonObject:
    """From the day that was asked for, where the way is open, to the last day of its papers."""
    opened = ruling.proceed is Truth.TRUE
    serving = (need.satisfied_by for route in ruling.routes if route.holds is Truth.TRUE for need in route.papers)
    renewals = (finding.renew_from for finding in serving if finding)
    return {
        "from": _day(ruling.as_of) if opened else None,
        "to": _day(ruling.valid_until) if opened else None,
        "renew_from": _day(earliest(renewals)),
    }


def _route(route: Route) -> JsonObject:
    return {
        "mechanism": route.mechanism,
        "citation": _citation(route.citation),
        "open": _truth(route.holds),
        "papers": [_need(need) for need in route.papers],
    }


def _need(need: PaperNeed) -> JsonObject:
    return {
        "kind": need.kind,
        "title": need.title,
        "contents": list(need.contents),
        "authority": need.authority,
        "clock": need.clock,
        "validity": need.validity,
        "citation": _citation(need.citation),
        "satisfied_by": need.satisfied_by.paper if need.satisfied_by else None,
        "findings": [_finding(finding) for finding in need.findings],
    }


def _finding(finding: PaperFinding) -> JsonObject:
    return {
        "paper": finding.paper,
        "holds": _truth(finding.holds),
        "problems": list(finding.problems),
        "until": _day(finding.until),
        "renew_from": _day(finding.renew_from),
        "to_file": _day(finding.to_file),
    }


def _obligation(obligation: Obligation) -> JsonObject:
    return {
        "what": obligation.what,
        "who": obligation.who,
        "deadline": obligation.deadline,
        "recurs": obligation.recurs,
        "citation": _citation(obligation.citation),
        "certain": _truth(obligation.certain),
    }


def _counted(counted: Counted) -> JsonObject:
    return {
        "jurisdiction": counted.key.jurisdiction,
        "name": counted.key.name,
        "unit": counted.unit,
        "window": _period(counted.window),
        "previous": counted.previous,
        "adds": counted.adds,
        "total": counted.total,
        "populations": [{"name": p.name, "n": p.n} for p in counted.populations],
    }


def _conflict(conflict: Conflict) -> JsonObject:
    return {
        "jurisdictions": list(conflict.jurisdictions),
        "text": conflict.text,
        "citation": _citation(conflict.citation),
    }


def _applied(rule: AppliedRule) -> JsonObject:
    return {
        **_basis(rule.basis),
        "outcome": rule.outcome.value,
        "holds": _truth(rule.holds),
        "relied_on_only": rule.relied_on,
        "step": _step(rule.step),
    }


def _step(step: Step) -> JsonObject:
    found: dict[str, Any] = {"text": step.text, "holds": _truth(step.holds)}
    if step.values:
        found["values"] = {name: _shown(value) for name, value in step.values}
    if step.missing:
        found["missing"] = list(step.missing)
    if step.because:
        found["because"] = [_step(part) for part in step.because]
    return found


def _shown(value: Any) -> str | int | bool | None:
    if value is None or isinstance(value, str | int):
        return value
    return "a set" if isinstance(value, FlagSet) else str(value)


def as_text(assessment: Assessment) -> str:
    """The assessment in plain lines, each with its article; the last line says what it is worth."""
    return "\n".join(_lines(assessment)) + "\n"


def _lines(assessment: Assessment) -> Iterator[str]:
    may = {Truth.TRUE: "may go ahead", Truth.FALSE: "may not go ahead now", Truth.UNKNOWN: "cannot be decided yet"}
    yield f"{assessment.outcome} on {assessment.as_of}: the transfer {may[assessment.proceed]}."
    for ruling in assessment.rulings:
        yield ""
        yield from _ruling_lines(ruling)
    if assessment.missing:
        yield ""
        yield "To decide, say: " + ", ".join(assessment.missing)
    if assessment.next_change:
        yield ""
        yield f"Ask again on {assessment.next_change}: something this answer uses changes then."
    yield ""
    worth = _CLASS_WORDS[assessment.verified]
    yield f"{DISCLAIMER} The weakest thing this answer rests on is {assessment.verified.value}: {worth}."


def _ruling_lines(ruling: Ruling) -> Iterator[str]:
    yield (
        f"{ruling.jurisdiction} ({ruling.name}): {ruling.outcome}"
        if ruling.name != ruling.jurisdiction
        else (f"{ruling.jurisdiction}: {ruling.outcome}")
    )
    if ruling.note:
        yield f"  {ruling.note}"
    for override in ruling.overrides:
        yield f"  overridden: {override}"
    if ruling.added:
        yield f"  rules of your own: {', '.join(ruling.added)}"
    for basis in ruling.provisions:
        yield f"  {basis.says} [{basis.citation}]"
    for counted in ruling.counted:
        yield f"  {counted.key.name}: {counted.total} {counted.unit} {_since(counted.window)}"
    for route in ruling.routes:
        yield from _route_lines(route)
    for obligation in ruling.obligations:
        yield _obligation_line(obligation)
    for conflict in ruling.conflicts:
        yield f"  conflict ({', '.join(conflict.jurisdictions)}): {conflict.text} [{conflict.citation}]"
    yield from _assumption_lines(ruling)


def _assumption_lines(ruling: Ruling) -> Iterator[str]:
    for text in dict.fromkeys(one.text for one in ruling.assumptions if one.citation is None):  # of any party once
        yield f"  assumed: {text}"
    passed = [str(assumption.citation) for assumption in ruling.assumptions if assumption.citation]
    if passed:
        yield f"  not relied on: {'; '.join(passed)}"


def _since(window: DateRange) -> str:
    return f"since {window.start}" if window.start else "in all"


def _route_lines(route: Route) -> Iterator[str]:
    yield f"  route {_words(route.mechanism)}: open {_TRUTH_WORDS[route.holds]} [{route.citation}]"
    for need in route.papers:
        rest = "; ".join(text for text in (need.clock, need.validity) if text)
        yield f"    {need.title} ({need.kind}){': ' + rest if rest else ''} [{need.citation}]"
        for finding in need.findings:
            wrong = "; ".join(finding.problems) or "serves"
            until = f" until {finding.until}" if finding.until and not finding.problems else ""
            yield f"      {finding.paper}: {wrong}{until}"


def _obligation_line(obligation: Obligation) -> str:
    when = f" ({obligation.deadline})" if obligation.deadline else ""
    unsure = "perhaps " if obligation.certain is Truth.UNKNOWN else ""
    return f"  duty of the {obligation.who}: {unsure}{obligation.what}{when} [{obligation.citation}]"


def _words(name: str) -> str:
    return name.replace("_", " ")


def reasons(assessment: Assessment) -> tuple[Reason, ...]:
    """One reason for each jurisdiction, `border.CN`, with its provisions, papers and missing facts below it."""
    found = tuple(_reason(ruling) for ruling in assessment.rulings)
    if found:
        return found
    text = "the border cannot be judged: where exporter and importer are is not known"
    return (Reason("border", text, Truth.UNKNOWN),)


def _reason(ruling: Ruling) -> Reason:
    citation = ruling.provisions[0].citation if ruling.provisions else None
    return Reason(
        f"border.{ruling.jurisdiction}",
        f"{ruling.jurisdiction}: {_summary(ruling)}",
        ruling.proceed,
        citation,
        tuple(_because(ruling)),
    )


def _summary(ruling: Ruling) -> str:
    where = f" ({ruling.provisions[0].citation})" if ruling.provisions else ""
    if ruling.outcome is Outcome.UNDETERMINED:
        return ruling.note or f"cannot be decided without {', '.join(ruling.missing)}"
    if ruling.outcome.needs_papers:
        return f"{_papers_wanted(ruling)}{where}{_counts(ruling)}"
    return {
        Outcome.PROHIBITED: f"prohibited{where}",
        Outcome.ALLOWED: f"allowed{where}",
        Outcome.EXEMPT: f"exempt{where}{_counts(ruling)}",
        Outcome.NOT_A_TRANSFER: f"not a transfer{where}",
        Outcome.NOT_REGULATED: f"not regulated{where}",
    }[ruling.outcome]


def _papers_wanted(ruling: Ruling) -> str:
    opened = next((route for route in ruling.routes if route.holds is Truth.TRUE), None)
    if opened is not None:
        papers = ", ".join(need.satisfied_by.paper for need in opened.papers if need.satisfied_by)
        return f"open by {_route_text(opened)}: {papers}"
    return "needs " + ", or ".join(dict.fromkeys(_route_text(route) for route in ruling.routes))


def _route_text(route: Route) -> str:
    words = _words(route.mechanism)
    article = "" if words.endswith(("clauses", "rules")) else "an " if words[:1] in "aeio" else "a "
    filed = next((f" filed with the {need.authority}" for need in route.papers if need.filed), "")
    return f"{article}{words}{filed}"


def _counts(ruling: Ruling) -> str:
    """The counters that are not at nought; of all, the first where every one is."""
    told = [counted for counted in ruling.counted if counted.total != "0"] or ruling.counted[:1]
    texts = [f"{counted.total} {_counted_what(counted)} {_since(counted.window)}" for counted in told]
    return ": " + ", ".join(texts) if texts else ""


def _counted_what(counted: Counted) -> str:
    return f"{counted.unit} with sensitive information" if "sensitive" in counted.key.name else counted.unit


def _because(ruling: Ruling) -> Iterator[Reason]:
    prefix = f"border.{ruling.jurisdiction}"
    for basis in ruling.provisions:
        yield Reason(f"{prefix}.provision", basis.says, Truth.TRUE, basis.citation)
    for route in ruling.routes:
        for need in route.papers:
            yield Reason(f"{prefix}.paper", _paper_text(need), need.holds, need.citation)
    for override in ruling.overrides:
        yield Reason(f"{prefix}.override", f"overridden: {override}", Truth.TRUE)
    if ruling.added:
        yield Reason(f"{prefix}.added", f"rules of your own: {', '.join(ruling.added)}", Truth.TRUE)
    for fact in ruling.missing:
        yield Reason(f"{prefix}.missing", f"{fact} is not known", Truth.UNKNOWN)


def _paper_text(need: PaperNeed) -> str:
    if need.satisfied_by:
        return f"{need.title}: {need.satisfied_by.paper} serves"
    if not need.findings:
        return f"{need.title}: none is shown"
    return f"{need.title}: " + "; ".join(f"{f.paper}: {', '.join(f.problems)}" for f in need.findings)
