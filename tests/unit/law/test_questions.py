from __future__ import annotations

from corridor.law.facts import parse_facts
from corridor.law.questions import MAX_LOOKS, Questions

TRUTHS = {
    "exporter.public_body": (True, False),
    "importer.public_body": (True, False),
    "exporter.public_power": (True, False),
    "importer.public_power": (True, False),
}


def search(open_in, facts=None):
    """A search over truth values; `open_in` says which facts keep it open, given what `known` says."""

    def look(described):
        return open_in(described.get)

    return Questions(parse_facts(facts or {}), look, lambda path, _: TRUTHS.get(path, ()))


def either(known):
    """`exporter.public_body or importer.public_body`."""
    first, second = known("exporter.public_body"), known("importer.public_body")
    if first or second:
        return ()
    pairs = (("exporter.public_body", first), ("importer.public_body", second))
    return tuple(path for path, value in pairs if value is None)


def guarded(known):
    """The importer matters only where the exporter is public, and then what it says has no effect."""
    if known("exporter.public_body") is None:
        return "importer.public_body", "exporter.public_body"
    return ()


def test_facts_that_can_change_the_answer_stay():
    assert set(search(either).ordered(("exporter.public_body", "importer.public_body"))) == {
        "exporter.public_body",
        "importer.public_body",
    }


def test_a_fact_that_matters_only_together_with_one_that_settles_it_is_left_out():
    assert search(guarded).ordered(("importer.public_body", "exporter.public_body")) == ("exporter.public_body",)


def test_a_witness_leaves_the_answer_open_for_want_of_one_fact():
    assert search(either).witness("importer.public_body") == (("exporter.public_body", False),)
    assert search(guarded).witness("importer.public_body") is None


def test_what_settles_most_is_asked_first():
    def open_in(known):
        if known("importer.public_body"):
            return ()
        rest = ("exporter.public_body", "exporter.public_power", "importer.public_body")
        return tuple(path for path in rest if known(path) is None)

    found = search(open_in).ordered(("exporter.public_body", "exporter.public_power", "importer.public_body"))
    assert found[0] == "importer.public_body"


def test_what_is_no_fact_comes_last():
    def open_in(known):
        return ("the rules of PE", *either(known))

    assert search(open_in).ordered(("the rules of PE", "exporter.public_body", "importer.public_body"))[-1] == (
        "the rules of PE"
    )
    assert search(open_in).ordered(("the rules of PE",)) == ("the rules of PE",)


def test_a_search_without_end_is_given_up_and_leaves_nothing_out():
    looked = []
    others = [f"exporter.f{number}" for number in range(1, 13)]

    def look(described):
        looked.append(described)
        left = tuple(path for path in others if described.get(path) is None)
        return ("exporter.f0", *left) if left else ()

    questions = Questions(parse_facts({}), look, lambda path, _: (True, False))
    assert questions.witness("exporter.f0") is not None
    assert len(looked) <= MAX_LOOKS + len(others)
