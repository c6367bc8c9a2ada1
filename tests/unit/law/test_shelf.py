"""Rules that are read when they are first asked for."""

from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError, SettingsError
from corridor.law.shelf import LateCases, Shelf


class Counting:
    """Reads what it was given, and counts how often."""

    def __init__(self, found):
        self.found = found
        self.read = 0

    def __call__(self):
        self.read += 1
        return self.found


def faulty():
    raise MalformedError("`x` is no fact", place="xa/act.yaml:3:1")


def test_a_jurisdiction_is_read_once_when_it_is_first_asked_for(aland):
    reader, other = Counting(aland), Counting(aland)
    shelf = Shelf({"XA": reader, "XB": other})
    assert (list(shelf), len(shelf), "XA" in shelf, reader.read) == (["XA", "XB"], 2, True, 0)
    assert shelf["XA"] is shelf["XA"] is aland
    assert (reader.read, other.read) == (1, 0)


def test_a_jurisdiction_that_is_not_there_is_no_fault_of_the_files():
    with pytest.raises(KeyError):
        Shelf({})["XA"]


def test_cases_are_read_together_when_the_first_is_asked_for(rulebook):
    few, many = rulebook.cases
    first, second = Counting([few]), Counting([many])
    cases = LateCases([first, second])
    assert first.read == 0
    assert (len(cases), cases[0], cases[-1]) == (2, few, many)
    assert (first.read, second.read) == (1, 1)


def test_whoever_asks_is_not_at_fault_for_a_file_of_ours():
    for ask in (lambda: Shelf({"XA": faulty})["XA"], lambda: LateCases([faulty])[0]):
        with pytest.raises(
            SettingsError, match="a rule file is faulty: `x` is no fact; install Corridor anew"
        ) as found:
            ask()
        assert found.value.place == "xa/act.yaml:3:1"
