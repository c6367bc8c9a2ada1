"""Provisions, papers and duties of a rule file to the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from corridor.base.clock import DateRange
from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.reasons import Citation
from corridor.law.binding import Condition, Declared, bind
from corridor.law.codes import words
from corridor.law.facts import suggestion
from corridor.law.model import (
    Content,
    Covers,
    Duty,
    Filing,
    FilingStart,
    Instrument,
    Opening,
    PaperCheck,
    PaperKind,
    Provision,
)
from corridor.law.outcome import Outcome
from corridor.law.reading import Fields, text_of
from corridor.law.source import Listing, Node, Scalar, Table

PROVISION_FIELDS: Final = words(
    "ladder pin id from to when answer says claimed uncounted duties exception_to opened_by conflict verified note"
)
PAPER_FIELDS: Final = words(
    "title contents authority clock validity valid_months renew_months renew_working_days file_within covers "
    "checks from to pin verified note"
)
DUTY_FIELDS: Final = words("id what who deadline recurs when attached with from to pin verified note")

_ATTRACTS_DUTIES: Final = frozenset(
    outcome for outcome in Outcome if not outcome.is_outside and outcome is not Outcome.PROHIBITED
)


@dataclass(frozen=True, slots=True)
class Context:
    """What conditions and references may name."""

    declared: Declared
    papers: frozenset[str]
    duties: frozenset[str]
    routes: Mapping[str, Node]


def provision_of(fields: Fields, instrument: Instrument, context: Context) -> Provision:
    """The provision.

    Raises:
        MalformedError: something is missing, unknown, or does not fit the answer.
    """
    period, citation = fields.period(instrument.period), _citation(fields, instrument)
    openings = tuple(_opening(node, instrument, period, citation, context) for node in _openings(fields, context))
    outcome = fields.word("answer", Outcome)
    if outcome.needs_papers is not bool(openings) or outcome is Outcome.UNDETERMINED:
        raise MalformedError(
            f"`{outcome}` cannot be answered {'with' if openings else 'without'} `opened_by`",
            place=fields.place_of("answer"),
            remedy="name the papers that open REQUIRES_APPROVAL, RESTRICTED and ALLOWED_WITH_MECHANISM, and no others",
        )
    _known(fields.items("duties"), context.duties, "duty")
    return Provision(
        ref=f"{instrument.id} {fields.text('id', citation.pin)}",
        ladder=fields.text("ladder"),
        citation=citation,
        says=fields.text("says"),
        period=period,
        condition=_condition(fields, "when", context),
        outcome=outcome,
        opened_by=openings,
        claimed=fields.flag("claimed"),
        uncounted=fields.flag("uncounted") or outcome.is_outside,
        duties=fields.texts("duties"),
        exception_to=fields.texts("exception_to"),
        conflict=fields.text("conflict", ""),
        place=fields.place,
    )


def _openings(fields: Fields, context: Context) -> Iterable[Node]:
    """The alternatives: written out, or by the name of a list under `routes`."""
    node = fields.node("opened_by")
    if not isinstance(node, Scalar):
        return fields.items("opened_by")
    _known((node,), frozenset(context.routes), "list of routes")
    routes = context.routes[text_of(node)]
    return routes.items if isinstance(routes, Listing) else (routes,)


def _citation(fields: Fields, instrument: Instrument) -> Citation:
    verified = fields.verified(instrument.source.verified)
    return Citation(instrument.id, fields.text("pin"), instrument.title, verified)


def _condition(fields: Fields, name: str, context: Context, default: str | None = None) -> Condition:
    return bind(fields.text(name, default), fields.place_of(name), context.declared)


def _known(nodes: Iterable[Node], names: frozenset[str], what: str) -> None:
    for node in nodes:
        name = text_of(node)
        if name not in names:
            raise MalformedError(
                f"`{printable(name)}` is no {what} of this jurisdiction",
                place=str(node.place),
                remedy=suggestion(name, names),
            )


def _opening(node: Node, instrument: Instrument, period: DateRange, citation: Citation, context: Context) -> Opening:
    fields = Fields(node, "an opening", ("mechanism", "papers", "from", "to", "pin", "verified"))
    _known(fields.items("papers"), context.papers, "paper")
    if fields.node("pin") is not None:
        citation = _citation(fields, instrument)
    papers = fields.texts("papers")
    if not papers:
        raise MalformedError("an opening has no `papers`", place=str(fields.place), remedy="name at least one paper")
    return Opening(fields.text("mechanism"), papers, fields.period(period), citation)


def paper_of(kind: str, fields: Fields, instrument: Instrument, context: Context) -> PaperKind:
    """The kind of paper.

    Raises:
        MalformedError: something is missing or unknown.
    """
    checks = (Fields(node, "a check", ("when", "fails")) for node in fields.items("checks"))
    return PaperKind(
        id=kind,
        title=fields.text("title"),
        contents=tuple(_content(node, context) for node in fields.items("contents")),
        authority=fields.text("authority", ""),
        clock=fields.text("clock", ""),
        validity=fields.text("validity", ""),
        valid_months=fields.number("valid_months", 0),
        renew_months=fields.number("renew_months", 0),
        renew_working_days=fields.number("renew_working_days", 0),
        filing=_filing(fields),
        covers=frozenset(_covers(node) for node in fields.items("covers")),
        checks=tuple(PaperCheck(_condition(check, "when", context), check.text("fails")) for check in checks),
        period=fields.period(instrument.period),
        citation=_citation(fields, instrument),
    )


def _covers(node: Node) -> Covers:
    text = text_of(node)
    if text not in list(Covers):
        raise MalformedError(
            f"`{printable(text)}` is nothing a paper can cover", place=str(node.place), remedy=suggestion(text, Covers)
        )
    return Covers(text)


def _filing(fields: Fields) -> Filing | None:
    node = fields.node("file_within")
    if node is None:
        return None
    within = Fields(node, "file_within", ("days", "working", "after"))
    after = within.word("after", FilingStart, FilingStart.EFFECT)
    return Filing(within.number("days"), within.flag("working"), after)


def _content(node: Node, context: Context) -> Content:
    if not isinstance(node, Table):
        return Content(text_of(node), None)
    fields = Fields(node, "a content", ("text", "when"))
    return Content(fields.text("text"), _condition(fields, "when", context))


def duty_of(fields: Fields, instrument: Instrument, context: Context) -> Duty:
    """The duty.

    Raises:
        MalformedError: something is missing or unknown.
    """
    outcomes = frozenset(_outcome(node) for node in fields.items("with"))
    return Duty(
        id=fields.text("id"),
        what=fields.text("what"),
        who=fields.text("who"),
        deadline=fields.text("deadline", ""),
        recurs=fields.text("recurs", ""),
        condition=_condition(fields, "when", context, "true"),
        attached=fields.flag("attached"),
        outcomes=outcomes or _ATTRACTS_DUTIES,
        period=fields.period(instrument.period),
        citation=_citation(fields, instrument),
    )


def _outcome(node: Node) -> Outcome:
    text = text_of(node)
    if text not in list(Outcome):
        raise MalformedError(
            f"`{printable(text)}` is no outcome", place=str(node.place), remedy=suggestion(text, Outcome)
        )
    return Outcome(text)
