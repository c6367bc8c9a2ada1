from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import ConflictError
from corridor.dsp.binding import (
    ROUTES,
    VERSION_PATH,
    Area,
    area_of,
    catalog_target,
    dataset_target,
    join,
    state_target,
    target_of,
)
from corridor.dsp.messages import CatalogRequest, Kind, Role
from corridor.dsp.states import NEGOTIATION_TABLE, TRANSFER_TABLE

# side | method | path | status, from the specification's tables and the GETs of the consumer that conformance needs
TABLE = """
P  | POST | /catalog/request                            | 200
P  | GET  | /catalog/datasets/X                         | 200
CP | GET  | /negotiations/X                             | 200
P  | POST | /negotiations/request                       | 201
P  | POST | /negotiations/X/request                     | 200
CP | POST | /negotiations/X/events                      | 200
P  | POST | /negotiations/X/agreement/verification      | 200
CP | POST | /negotiations/X/termination                 | 200
C  | POST | /negotiations/offers                        | 201
C  | POST | /negotiations/X/offers                      | 200
C  | POST | /negotiations/X/agreement                   | 200
CP | GET  | /transfers/X                                | 200
P  | POST | /transfers/request                          | 201
CP | POST | /transfers/X/start                          | 200
CP | POST | /transfers/X/completion                     | 200
CP | POST | /transfers/X/suspension                     | 200
CP | POST | /transfers/X/termination                    | 200
"""
ROWS = [tuple(cell.strip() for cell in line.split("|")) for line in TABLE.strip().splitlines()]


def first_match(method, path):
    """The route that a router finds that tries them in order."""
    for route in ROUTES:
        pattern = re.sub(r"\{\w+\}", "[^/]+", route.path)
        if route.method == method and re.fullmatch(pattern, path):
            return route
    return None


@pytest.mark.parametrize(("sides", "method", "path", "status"), ROWS)
def test_the_first_match_is_the_route_of_the_specification(sides, method, path, status):
    route = first_match(method, path)
    assert route.status == int(status)
    assert route.begins == (status == "201")
    assert route.receivers == {Role.CONSUMER if side == "C" else Role.PROVIDER for side in sides}
    assert (route.message is None) == (method == "GET")
    assert path.startswith(("/" + route.area, "/" + route.area + "s"))


def test_there_are_no_other_routes():
    assert len(ROUTES) == len(ROWS)


@pytest.mark.parametrize("table", [NEGOTIATION_TABLE, TRANSFER_TABLE])
def test_every_message_of_the_tables_arrives_where_its_receiver_expects_it(talk, table):
    for state, kind, sender in table:
        begins = {
            Kind.CONTRACT_REQUEST: talk.first_request,
            Kind.CONTRACT_OFFER: talk.first_offer,
            Kind.TRANSFER_REQUEST: talk.transfer_request,
        }
        message = talk.say(kind) if state else begins[kind]()
        target = target_of(message, sender, "https://peer.example/dsp")
        route = first_match(target.method, target.url.removeprefix("https://peer.example/dsp"))
        assert isinstance(message, route.message)
        assert sender.other in route.receivers
        assert route.begins == (state is None)


@pytest.mark.parametrize(
    "base", ["https://peer.example/dsp", "https://peer.example/dsp/", "https://peer.example/dsp//"]
)
def test_a_slash_at_the_end_of_the_callback_address_makes_no_difference(talk, base):
    target = target_of(talk.say(Kind.TRANSFER_START), Role.PROVIDER, base)
    assert target.url == "https://peer.example/dsp/transfers/urn:uuid:consumer-pid/start"


def test_the_pid_in_the_path_is_that_of_the_receiver(talk):
    termination = talk.say(Kind.NEGOTIATION_TERMINATION)
    assert target_of(termination, Role.PROVIDER, "u").url == f"u/negotiations/{talk.consumer_pid}/termination"
    assert target_of(termination, Role.CONSUMER, "u").url == f"u/negotiations/{talk.provider_pid}/termination"


@given(pid=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_process_id_stays_one_segment_whatever_it_holds(pid):
    url = join("https://peer.example", "/transfers/{pid}/start", pid)
    assert re.fullmatch(r"https://peer\.example/transfers/[^/?# ]+/start", url)


def test_a_message_for_a_process_without_a_pid_has_nowhere_to_go(talk):
    class Stray:
        kind = Kind.ACCEPTED
        provider_pid = None
        consumer_pid = talk.consumer_pid

    with pytest.raises(ConflictError):
        target_of(Stray(), Role.CONSUMER, "https://peer.example")


def test_where_to_ask():
    assert state_target(Area.NEGOTIATION, "p", "https://x/").url == "https://x/negotiations/p"
    assert state_target(Area.TRANSFER, "p", "https://x").method == "GET"
    assert catalog_target("https://x/").url == "https://x/catalog/request"
    assert dataset_target("urn:dataset:a/b", "https://x").url == "https://x/catalog/datasets/urn:dataset:a%2Fb"
    assert VERSION_PATH == "/.well-known/dspace-version"


def test_the_catalogue_request_is_the_only_message_that_belongs_to_no_process():
    assert [route.path for route in ROUTES if route.message is CatalogRequest] == ["/catalog/request"]


def test_the_first_segment_of_a_path_tells_the_protocol_whatever_follows():
    for route in ROUTES:
        assert area_of(route.path) is route.area
    assert area_of("/transfers") is area_of("transfers/a/b/c") is Area.TRANSFER
    assert area_of("/") is area_of("") is area_of("/transfer") is area_of("/%74ransfers") is None
