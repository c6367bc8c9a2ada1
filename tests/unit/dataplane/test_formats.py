from __future__ import annotations

from corridor.dataplane.formats import FORMATS, PULL, PUSH


def test_every_format_is_served_and_taken_and_pulling_is_preferred():
    assert FORMATS.served == FORMATS.taken == (PULL, PUSH)
    assert (PULL.push, PUSH.push) == (False, True)


def test_both_have_the_data_address_of_http():
    assert PULL.endpoint_type == PUSH.endpoint_type == "https://w3id.org/idsa/v4.1/HTTP"
