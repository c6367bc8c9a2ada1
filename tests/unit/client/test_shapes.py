from __future__ import annotations

import inspect

import pytest

from corridor.client import shapes
from corridor.http.management import models

OWN = {"CloudEvent", "Downloaded", "EventFilter", "Got", "Page"}
SHAPES = [name for name, kind in vars(shapes).items() if inspect.isclass(kind) and kind.__module__ == shapes.__name__]


@pytest.mark.parametrize("name", sorted(set(SHAPES) - OWN))
def test_a_shape_has_the_members_that_the_node_gives(name):
    assert set(getattr(shapes, name).__annotations__) == set(getattr(models, name).__struct_fields__)


def test_a_page_is_a_page():
    assert set(shapes.Page.__annotations__) == set(models.Page.__struct_fields__)


def test_what_one_call_came_to_includes_the_file():
    assert set(shapes.Downloaded.__annotations__) <= set(shapes.Got.__annotations__)
