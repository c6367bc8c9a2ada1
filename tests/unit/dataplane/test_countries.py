from __future__ import annotations

import pytest

from corridor.dataplane.countries import NAMES, is_country_name


@pytest.mark.parametrize(
    "name", ["Germany", "People's Republic of China", "Türkiye", "Côte d'Ivoire", "The Netherlands"]
)
def test_a_country_is_known_by_its_name(name):
    assert is_country_name(name)


@pytest.mark.parametrize(
    "name", ["", "Peoples Republic of China", "Unknown", "germany", "Germany ", "DE", "Saint\nLucia"]
)
def test_another_spelling_is_not(name):
    assert not is_country_name(name)


def test_no_name_is_torn_by_the_way_the_list_is_written():
    assert all(name == name.strip() and name and "  " not in name and "\n" not in name for name in NAMES)
    assert 249 <= len(NAMES) < 290
