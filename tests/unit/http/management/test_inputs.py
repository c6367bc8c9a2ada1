from __future__ import annotations

import msgspec
import pytest

from corridor.http.management import inputs

INPUTS = [kind for kind in vars(inputs).values() if isinstance(kind, type) and issubclass(kind, inputs.Input)]


@pytest.mark.parametrize("kind", INPUTS, ids=lambda kind: kind.__name__)
def test_a_name_that_is_not_listed_is_refused(kind):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"surprise": 1}, kind)


@pytest.mark.parametrize("kind", INPUTS, ids=lambda kind: kind.__name__)
def test_every_input_says_what_it_is(kind):
    assert kind.__doc__


def test_reasons_have_an_end():
    msgspec.convert({"reason": "x" * 1000}, inputs.ReasonBody)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"reason": "x" * 1001}, inputs.ReasonBody)


def test_a_publication_is_described_by_the_members_that_its_use_case_knows():
    assert set(inputs.PublicationBody.__struct_fields__) == {
        *("id", "title", "description", "keywords", "catalogue", "source", "profile", "offers")
    }
