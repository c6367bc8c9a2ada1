from __future__ import annotations

import msgspec
import orjson
import pytest
from structlog.testing import capture_logs

from corridor.base.errors import MalformedError
from corridor.http.management import models
from corridor.http.problem import render_problem

MODELS = [kind for kind in vars(models).values() if isinstance(kind, type) and issubclass(kind, models.Model)]


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)
def test_every_member_of_an_answer_is_always_there(kind):
    optional = [field for field in msgspec.structs.fields(kind) if not field.required]
    assert not optional or kind is models.Problem


def test_what_does_not_exist_is_null():
    assert msgspec.json.encode(models.Page(items=(), next=None)) == b'{"items":[],"next":null}'


def test_a_problem_is_what_the_error_boundary_renders():
    for error in (MalformedError("x", place="$", remedy="y"), ValueError("x")):
        with capture_logs():
            answer = render_problem(error)
        found = msgspec.json.decode(answer.body, type=models.Problem)
        assert found.status == answer.status
        assert set(orjson.loads(answer.body)) <= set(models.Problem.__struct_fields__)
