"""Modules that wait to be imported."""

import sys

import pytest

from corridor.base.deferred import Deferred


@pytest.fixture
def module(tmp_path, monkeypatch):
    """The name of a module that nobody has imported."""
    (tmp_path / "corridor_deferred_example.py").write_text("answer = 42\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield "corridor_deferred_example"
    sys.modules.pop("corridor_deferred_example", None)


def test_a_module_is_imported_when_something_of_it_is_first_asked_for(module):
    deferred = Deferred(module)
    assert module not in sys.modules
    assert deferred.answer == 42
    assert module in sys.modules
    assert deferred.answer == 42


def test_what_a_module_does_not_have_is_told_as_the_module_tells_it(module):
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'question'"):
        _ = Deferred(module).question
