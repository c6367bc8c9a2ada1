from __future__ import annotations

import pytest

from corridor.law.vocabulary import ALWAYS_PERSONAL, CATEGORY, FACTS, PAPER_KIND, PLACE, REGION, Record, Several


@pytest.mark.parametrize("code", ["DE", "CN-GD", "AE-DU", "AE-DU/DIFC", "US-CA"])
def test_countries_and_their_parts_are_places(code):
    assert PLACE.admits(code)


@pytest.mark.parametrize("code", ["EU", "de", "DEU", "", "D", "XX", "DE-", "AE/DIFC", "CN-GUANG", "DE\n"])
def test_unions_and_misspelled_codes_are_no_places(code):
    assert not PLACE.admits(code)


def test_papers_and_regions_follow_a_pattern():
    assert PAPER_KIND.admits("cn/standard-contract")
    assert not PAPER_KIND.admits("CN/x")
    assert REGION.admits("CN-FTZ:tianjin")
    assert not REGION.admits("GBA")


def test_general_data_are_not_personal_by_their_meaning():
    assert {"product_safety", "general_business", "vehicle"}.isdisjoint(ALWAYS_PERSONAL)
    assert CATEGORY.codes > ALWAYS_PERSONAL


def test_the_top_level_holds_what_a_description_may_say():
    assert {"transfer", "exporter", "importer", "data", "purpose", "papers", "request"} <= set(FACTS.fields)
    assert isinstance(FACTS.fields["data"], Record)
    assert isinstance(FACTS.fields["papers"], Several)
