from __future__ import annotations

import inspect

from corridor.base.errors import CorridorError
from corridor.http import errors
from corridor.http.errors import MethodError


def own_classes():
    return [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]


def test_every_fault_of_http_is_one_of_the_product_with_a_word_of_its_own():
    kinds = own_classes()
    assert all(issubclass(kind, CorridorError) for kind in kinds)
    assert len({kind.code for kind in kinds}) == len(kinds) == 7


def test_a_wrong_method_says_which_are_right():
    assert str(MethodError("no", ("GET", "POST"))) == "no; use GET or POST"
