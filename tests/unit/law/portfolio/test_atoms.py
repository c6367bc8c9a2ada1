from __future__ import annotations

from corridor.base.truth import Truth
from corridor.law.portfolio.atoms import Lookup, partial_facts


def test_a_partial_description_knows_what_it_was_given():
    facts = partial_facts(("exporter.located_in", "importer.name", "data.items"), ("CN", None, ()))
    assert facts.values == {"exporter": {"located_in": "CN"}, "data": {"items": ()}}


def test_a_combination_of_values_is_asked_about_once(numbered):
    rows, dictionaries = numbered(
        {"exporter.located_in": "CN", "importer.located_in": "DE"},
        {"exporter.located_in": "CN", "importer.located_in": "CN"},
        {"exporter.located_in": "CN"},
        {"exporter.located_in": "CN", "importer.located_in": "DE"},
    )
    asked = []

    def same(facts):
        asked.append(facts)
        here, there = facts.get("exporter.located_in"), facts.get("importer.located_in")
        return Truth.of(None if there is None else here == there)

    lookup = Lookup(("exporter.located_in", "importer.located_in"), dictionaries, same)
    assert lookup.column(rows).to_list() == [False, True, None, False]
    assert lookup.column(rows).to_list() == [False, True, None, False]
    assert len(asked) == 3


def test_a_column_that_the_rows_do_not_have_is_unknown(numbered):
    rows, dictionaries = numbered({"exporter.located_in": "CN"}, {"exporter.located_in": "DE"})
    lookup = Lookup(("importer.located_in",), dictionaries, lambda facts: Truth.of(facts.get("importer.located_in")))
    assert lookup.column(rows).to_list() == [None, None]
    one = Lookup(("exporter.located_in",), dictionaries, lambda f: Truth.of(f.get("exporter.located_in") == "CN"))
    assert one.column(rows).to_list() == [True, False]
