from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError
from corridor.service.formats import Format, Formats

CARRIED = Format("Courier-PULL", push=False, endpoint_type="urn:courier")
SENT = Format("Courier-PUSH", push=True, endpoint_type="urn:courier")
FORMATS = Formats(served=(CARRIED, SENT), taken=(CARRIED, SENT))


def test_what_a_partner_asks_for_by_its_name_is_offered():
    assert FORMATS.offered("Courier-PUSH") is SENT


@pytest.mark.parametrize("name", ["courier-push", "", "Pigeon" * 1000])
def test_what_is_not_offered_is_refused_with_what_is(name):
    with pytest.raises(MalformedError, match="is not offered") as refused:
        FORMATS.offered(name)
    assert (refused.value.place, refused.value.remedy) == ("$.format", "ask for Courier-PULL or Courier-PUSH")
    assert len(refused.value.message) < 200


def test_without_a_name_the_preferred_one_is_chosen():
    assert FORMATS.chosen(None, push=False) is CARRIED
    assert FORMATS.chosen(None, push=True) is SENT
    assert FORMATS.chosen("Courier-PUSH", push=False) is SENT


def test_to_a_destination_only_a_push_brings_something():
    with pytest.raises(MalformedError, match="`Courier-PULL` brings nothing there") as refused:
        FORMATS.chosen("Courier-PULL", push=True)
    assert refused.value.remedy == "ask for Courier-PUSH"
    with pytest.raises(MalformedError, match="`Pigeon` is not known here"):
        FORMATS.chosen("Pigeon", push=False)


def test_a_data_plane_without_formats_says_so():
    with pytest.raises(MalformedError, match="is not known here") as refused:
        Formats().chosen(None, push=False)
    assert refused.value.remedy == "ask for nothing: there is none"
