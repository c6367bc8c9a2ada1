from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.truth import Truth
from corridor.odrl.spatial import COUNTRIES, GROUPS, countries_of, is_part_of, parts_of, place_code

countries = st.sampled_from(sorted(COUNTRIES))
places = st.sampled_from(sorted(COUNTRIES | set(GROUPS)))


def test_iso_3166_has_249_countries():
    assert len(COUNTRIES) == 249


def test_the_union_has_27_member_states_and_the_area_three_more():
    territories = {"GF", "GP", "MF", "MQ", "RE", "YT", "AX"}
    assert len(GROUPS["EU"] - territories) == 27
    assert GROUPS["EEA"] - GROUPS["EU"] == {"IS", "LI", "NO"}


@pytest.mark.parametrize("text", ["DE", "https://www.iso.org/obp/ui/#iso:code:3166:DE", "https://w3id.org/dpv/loc#DE"])
def test_a_country_is_known_by_its_code_and_by_two_iri_forms(text):
    assert place_code(text) == "DE"


@pytest.mark.parametrize("text", ["", "de", "DEU", "UK", "EUR", "Germany", "http://example.com/DE", "D E"])
def test_other_spellings_are_not_guessed(text):
    assert place_code(text) is None


def test_a_group_stands_for_its_members_and_a_country_for_itself():
    assert {"DE", "RE"} <= countries_of("EU")
    assert countries_of("CH") == {"CH"}


@pytest.mark.parametrize(
    ("part", "whole", "answer"),
    [
        ("DE", "EU", Truth.TRUE),
        ("NO", "EEA", Truth.TRUE),
        ("NO", "EU", Truth.FALSE),
        ("GB", "EU", Truth.FALSE),
        ("RE", "FR", Truth.TRUE),
        ("RE", "EU", Truth.TRUE),
        ("NC", "EU", Truth.FALSE),
        ("NC", "FR", Truth.UNKNOWN),
        ("HK", "CN", Truth.UNKNOWN),
        ("PR", "US", Truth.UNKNOWN),
        ("XX", "EU", Truth.UNKNOWN),
        ("EU", "EU", Truth.TRUE),
    ],
)
def test_parts_are_certain_only_where_the_law_is(part, whole, answer):
    assert is_part_of(part, whole) is answer


@given(places)
def test_every_place_lies_in_itself(place):
    assert is_part_of(place, place) is Truth.TRUE


@given(countries)
def test_what_lies_in_the_union_lies_in_the_area(country):
    assert is_part_of(country, "EU") <= is_part_of(country, "EEA")


@given(st.sets(places, min_size=1, max_size=4), countries)
def test_a_country_lies_in_a_set_of_places_if_it_lies_in_one_of_them(wholes, country):
    surely, perhaps = parts_of(wholes)
    found = Truth.TRUE if country in surely else Truth.UNKNOWN if country in perhaps else Truth.FALSE
    assert found is max(is_part_of(country, whole) for whole in wholes)
