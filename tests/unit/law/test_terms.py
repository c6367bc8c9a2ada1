from __future__ import annotations

from datetime import date

from corridor.law.facts import parse_facts
from corridor.law.forms import Constant, Element, Fact
from corridor.law.terms import OUTSIDE, constant, element_field, fact, paper_field
from corridor.law.trace import Presumption, Span, Trace
from corridor.law.vocabulary import Text, Truthful


def trace(document=None, **presumed):
    return Trace(parse_facts(document or {}), date(2026, 1, 1), presumed, lambda _trace, _name: Span(0, 0))


def test_a_literal_knows_that_it_is_one():
    term = constant("5", Text(), 5)
    assert term.literal
    assert term.origin == Constant(5)
    assert term.get(trace(), OUTSIDE) == (5, (), 0)


def test_a_fact_that_is_not_given_is_missing_by_its_path():
    term = fact("exporter.public_body", Truthful())
    assert term.origin == Fact("exporter.public_body")
    assert term.get(trace(), OUTSIDE) == (None, ("exporter.public_body",), 0)
    assert term.get(trace({"exporter": {"public_body": False}}), OUTSIDE) == (False, (), 0)


def test_papers_that_are_not_shown_are_none():
    assert fact("papers", Text()).get(trace(), OUTSIDE) == ((), (), 0)


def test_the_field_of_an_element_is_presumed_for_every_element():
    term = element_field("subject", Text())
    assert term.origin == Element(("subject",))
    presumed = {"data.items[].subject": Presumption("adult", "taken as adults")}
    assert term.get(trace(**presumed), ({}, "data.items[0]"))[0] == "adult"
    assert term.get(trace(), ({"subject": "visitor"}, "data.items[0]")) == ("visitor", (), 0)
    assert term.get(trace(), ({}, "data.items[1]")) == (None, ("data.items[1].subject",), 0)


def test_only_an_unknown_field_of_a_paper_is_missing():
    term = paper_field("paper.module", "module", Text())
    asked = trace()
    assert term.get(asked, OUTSIDE) == (None, ("paper.module",), 0)
    asked.paper = {"module": 2}
    assert term.get(asked, OUTSIDE) == (2, (), 0)
