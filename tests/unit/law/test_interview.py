from __future__ import annotations

from datetime import date

import pytest

from corridor.base.errors import MalformedError
from corridor.law.evaluate import assess
from corridor.law.facts import parse_facts
from corridor.law.interview import answered, next_question
from corridor.law.suppose import POPULATIONS

DAY = date(2026, 11, 22)
TWO = {"data": {"items": [{"category": "health"}, {"category": "vehicle"}]}}


@pytest.fixture
def interview(rulebook):
    """Answer the questions from a table until there are none; the paths that were asked for."""

    def run(answers, document=None):
        asked, document = [], document or {}
        skipped = set()
        while question := next_question(assess(rulebook, parse_facts(document), DAY), skipped):
            asked.append(question.path)
            text = answers.get(question.path, "unknown")
            if text == "unknown":
                skipped.add(question.path)
            else:
                document = answered(document, question.path, text)
        return asked, document

    return run


def test_only_what_can_still_change_the_answer_is_asked_for(interview):
    places = {"exporter.located_in": "AR", "importer.located_in": "AR"}
    assert interview(places)[0] == ["exporter.located_in", "importer.located_in"]
    asked, document = interview({**places, "importer.located_in": "PE", "data.items": "health", "data.counts": "5"})
    assert asked == ["exporter.located_in", "importer.located_in", "data.items", "data.counts"]
    assert document["data"]["counts"] == [{"category": "health", "unit": "persons", "n": 5}]


def test_what_nobody_knows_is_asked_for_once(interview):
    asked, document = interview({"exporter.located_in": "AR", "importer.located_in": "PE"})
    assert asked.count("data.items") == 1
    assert "data" not in document


def test_a_question_says_which_provision_makes_it_matter(rulebook, described):
    facts = described(importer__located_in=None)
    question = next_question(assess(rulebook, facts, DAY))
    assert question.path == "importer.located_in"
    assert [citation.pin for citation in question.because] == ["s 1"]


def test_what_is_no_fact_is_not_asked_for(rulebook, described):
    assert next_question(assess(rulebook, described(importer__located_in="PE"), DAY)) is None


@pytest.mark.parametrize(
    ("path", "text", "document"),
    [
        ("importer.public_body", "No", {"importer": {"public_body": False}}),
        ("exporter.designations has CN:CIIO", "yes", {"exporter": {"designations": {"CN:CIIO": True}}}),
        ("transfer.necessity.for", "treaty", {"transfer": {"necessity": {"for": "treaty"}}}),
        ("transfer.access_from", "DE, FR", {"transfer": {"access_from": ["DE", "FR"]}}),
        ("transfer.access_from", "none", {"transfer": {"access_from": []}}),
        ("exporter.persons_handled", "1,000,000", {"exporter": {"persons_handled": 1_000_000}}),
        ("data.items", "health, vehicle", {"data": {"items": [{"category": "health"}, {"category": "vehicle"}]}}),
        ("importer.owned_by", "[{party: a, pct: 60}]", {"importer": {"owned_by": [{"party": "a", "pct": 60}]}}),
        ("importer.owned_by", "none", {"importer": {"owned_by": []}}),
        ("transfer.starts", "2026-01-01", {"transfer": {"starts": "2026-01-01"}}),
        ("data.counts", "health 5", {"data": {"counts": [{"category": "health", "unit": "persons", "n": 5}]}}),
    ],
)
def test_an_answer_becomes_a_fact(path, text, document):
    assert answered({}, path, text) == document


def test_an_answer_about_an_element_goes_to_that_element():
    document = answered(TWO, "data.items[1].personal", "no")
    assert document["data"]["items"] == [{"category": "health"}, {"category": "vehicle", "personal": False}]
    assert TWO["data"]["items"][1] == {"category": "vehicle"}


def test_one_number_counts_for_every_category():
    counts = answered(TWO, "data.counts", "1 000")["data"]["counts"]
    assert [(one["category"], one["n"]) for one in counts] == [("health", 1000), ("vehicle", 1000)]
    again = answered({"data": {**TWO["data"], "counts": counts}}, POPULATIONS, "different")["data"]["counts"]
    assert [one["population"] for one in again] == ["group 1", "group 2"]


def test_a_flag_is_added_to_those_that_are_known():
    before = {"exporter": {"designations": {"SME": True}}}
    assert answered(before, "exporter.designations has CN:CIIO", "no") == {
        "exporter": {"designations": {"SME": True, "CN:CIIO": False}}
    }


@pytest.mark.parametrize(
    ("text", "window"), [("2026", 2026), ("2026-01-01 2026-06-30", {"from": "2026-01-01", "to": "2026-06-30"})]
)
def test_a_window_is_a_year_or_two_days(text, window):
    document = {"data": {"counts": [{"category": "health"}]}}
    assert answered(document, "data.counts[0].window", text)["data"]["counts"][0]["window"] == window


@pytest.mark.parametrize(
    ("path", "text", "refusal"),
    [
        ("importer.public_body", "perhaps", "importer.public_body: `perhaps` is no answer; yes or no"),
        ("data.counts", "many", "data.counts: `many` is no answer; a number, or one for each category"),
        ("exporter.persons_handled", "a lot", "`a lot` is no answer; a whole number of persons"),
        ("data.counts[0].window", "1 2 3", "is no answer; a year such as 2026"),
        ("importer.role", "boss", "your answer.importer.role: `boss` is no code for role"),
        ("importer.located_in", "Peru", "`Peru` is no country; write its ISO 3166 code in capitals"),
        (POPULATIONS, "both", "`both` is no answer; same or different"),
    ],
)
def test_what_is_no_answer_is_refused_with_what_is(path, text, refusal):
    with pytest.raises(MalformedError) as refused:
        answered({"data": {"counts": [{"category": "health"}]}}, path, text)
    assert refusal in str(refused.value)
