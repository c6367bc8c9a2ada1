from __future__ import annotations

import pytest

from corridor.app.rulebook import load_scenarios
from corridor.base.errors import MalformedError
from corridor.law.comparison.scenario import scenarios_of

ONE = """
scenarios:
  - id: trip
    title: A trip
    facts: {transfer: {access_from: [TO]}, exporter: {located_in: FROM}, importer: {located_in: TO}}
"""


def test_the_places_are_put_in_wherever_they_stand():
    (scenario,) = scenarios_of(ONE, "s.yaml")
    facts = scenario.between("CN", "AE-DU/DIFC")
    assert (facts.get("exporter.located_in"), facts.get("transfer.access_from")) == ("CN", ("AE-DU/DIFC",))
    assert scenario.between("DE", "CN").get("importer.located_in") == "CN"


def test_facts_that_are_none_are_refused_when_the_file_is_read():
    with pytest.raises(MalformedError, match=r"s.yaml:3:5 facts.importer: `locatd_in` is no field of party"):
        scenarios_of(ONE.replace("importer: {located_in", "importer: {locatd_in"), "s.yaml")


def test_a_scenario_that_stands_twice_is_refused():
    with pytest.raises(MalformedError, match="the scenario `trip` stands twice"):
        scenarios_of(ONE + ONE.partition("scenarios:\n")[2], "s.yaml")


def test_those_that_ship_say_only_facts_that_a_description_can_hold():
    assert len(load_scenarios()) >= 13
