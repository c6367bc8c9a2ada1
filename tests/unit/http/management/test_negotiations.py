from __future__ import annotations

import asyncio

from corridor.base.errors import UnauthenticatedError
from corridor.testing.counterpart import Fault

DATASET = "urn:data:alerts/2026"
PROVIDER = "did:web:provider.example"


async def test_a_negotiation_begins_at_once_and_ends_in_an_agreement(world):
    negotiation = await world.agree()
    assert negotiation["state"] == "FINALIZED"
    assert negotiation["settled"] is True
    assert negotiation["role"] == "consumer"
    assert negotiation["decision"]["verdict"] == "true"
    agreement = await world.consumer.get(f"/agreements/{negotiation['agreement']}")
    assert agreement["policy"]["@id"] == agreement["id"] == negotiation["agreement"]
    assert agreement["dataset"] == DATASET
    assert [receipt["kind"] for receipt in agreement["receipts"]] == ["agreement"]
    assert agreement["receipts"][0]["complete"] is True


async def test_both_sides_list_the_negotiation_and_the_agreement(world):
    await world.agree()
    for desk, role in ((world.provider, "provider"), (world.consumer, "consumer")):
        for path in ("/negotiations", "/agreements"):
            found = await desk.get(path)
            assert [item["role"] for item in found["items"]] == [role]
            assert found["next"] is None


async def test_the_first_answer_says_that_the_message_is_on_its_way(world):
    await world.publish()
    heard = await world.consumer.ask("POST", "/negotiations", {"provider": PROVIDER, "dataset": DATASET})
    assert heard.status == 202
    assert heard.json["pending"] == "ContractRequestMessage"
    assert (heard.json["settled"], heard.json["agreement"], heard.json["partner_pid"]) == (False, None, None)
    assert heard.json["protocol"] == "2025-1"


async def test_a_wait_ends_as_soon_as_the_negotiation_is_settled(world):
    await world.publish()
    begun = await world.consumer.post("/negotiations", {"provider": PROVIDER, "dataset": DATASET})
    waiting = asyncio.create_task(world.consumer.get(f"/negotiations/{begun['pid']}", wait=60))
    await asyncio.sleep(0)
    assert not waiting.done()
    await world.settle()
    assert (await asyncio.wait_for(waiting, 5))["settled"] is True


async def test_an_unknown_negotiation_or_agreement_is_not_found(world):
    for path in ("/negotiations/urn:none", "/agreements/urn:none", "/negotiations/urn:none?wait=60"):
        bare, _, query = path.partition("?")
        heard = await world.consumer.ask("GET", bare, **dict([query.split("=")] if query else []))
        assert (heard.status, heard.json["code"]) == (404, "not_found")


async def test_a_terminated_negotiation_shows_why(world):
    await world.publish()
    begun = await world.consumer.post("/negotiations", {"provider": PROVIDER, "dataset": DATASET})
    path = f"/negotiations/{begun['pid']}"
    early = await world.consumer.ask("POST", f"{path}/termination", {"reason": "a mistake"})
    assert early.status == 409
    await world.provider.node.step()
    await world.consumer.node.step()
    ended = await world.consumer.post(f"{path}/termination", {"reason": "a mistake"})
    assert (ended["state"], ended["reasons"], ended["settled"]) == ("TERMINATED", ["a mistake"], False)
    await world.settle()
    final = await world.consumer.get(path)
    assert (final["state"], final["settled"], final["agreement"]) == ("TERMINATED", True, None)
    theirs = (await world.provider.get("/negotiations"))["items"][0]
    assert theirs["reasons"] == ["a mistake"]


async def test_there_is_no_offer_to_accept_in_a_finalized_negotiation(world):
    negotiation = await world.agree()
    heard = await world.consumer.ask("POST", f"/negotiations/{negotiation['pid']}/accept")
    assert heard.status == 409


async def test_a_dataset_or_offer_that_is_not_there_is_not_found(world):
    await world.publish()
    for body in ({"dataset": "urn:none"}, {"dataset": DATASET, "offer": "urn:none"}):
        heard = await world.consumer.ask("POST", "/negotiations", {"provider": PROVIDER, **body})
        assert heard.status == 404


async def test_a_partner_who_does_not_know_us_is_not_mistaken_for_a_wrong_token(world):
    await world.publish()
    world.network.weather = strangers
    for path, body in (
        ("/negotiations", {"provider": PROVIDER, "dataset": DATASET}),
        ("/catalogue", {"provider": PROVIDER}),
    ):
        heard = await world.consumer.ask("POST", path, body)
        assert (heard.status, heard.json["code"]) == (403, "unknown_to_partner")


def strangers(*_):
    raise UnauthenticatedError("the partner refuses: you are not on the list")


async def test_a_partner_who_cannot_be_reached_is_a_bad_gateway(world):
    world.network.weather = lambda *_: Fault(lose_request=True)
    heard = await world.consumer.ask("POST", "/negotiations", {"provider": PROVIDER, "dataset": DATASET})
    assert (heard.status, heard.json["code"]) == (424, "unreachable")


async def test_identifiers_that_cannot_be_one_are_refused_with_their_place(world):
    for name, body in (
        ("provider", {"provider": "a b", "dataset": DATASET}),
        ("dataset", {"provider": PROVIDER, "dataset": "../x"}),
        ("offer", {"provider": PROVIDER, "dataset": DATASET, "offer": "a\\b"}),
    ):
        heard = await world.consumer.ask("POST", "/negotiations", body)
        assert (heard.status, heard.json["place"]) == (400, f"$.{name}")


async def test_an_agreement_shows_what_was_served_under_it(world):
    transfer = await world.fetched()
    agreement = await world.provider.get(f"/agreements/{transfer['agreement']}")
    assert agreement["usage"] == {"requests": 1, "size": 22, "rows": 3}
    assert sorted(receipt["kind"] for receipt in agreement["receipts"]) == ["agreement", "delivery"]


STRICTER = {
    "permission": [
        {
            "action": "use",
            "constraint": [
                {"leftOperand": "dateTime", "operator": "lt", "rightOperand": "2027-01-01T00:00:00Z"},
            ],
        }
    ]
}
CONSUMER = "did:web:consumer.example"


async def test_a_person_is_asked_before_the_node_binds_itself(world):
    await world.publish()
    begun = await world.consumer.post("/negotiations", {"provider": PROVIDER, "dataset": DATASET, "hold": True})
    await world.settle()
    (waits,) = (await world.consumer.get("/negotiations", held="true"))["items"]
    assert (waits["pid"], waits["state"], waits["settled"]) == (begun["pid"], "AGREED", True)
    assert waits["held"]["move"] == "verify"
    assert (await world.provider.get("/negotiations", held="true"))["items"] == []
    await world.consumer.post(f"/negotiations/{begun['pid']}/approval")
    await world.settle()
    assert (await world.consumer.get(f"/negotiations/{begun['pid']}"))["state"] == "FINALIZED"
    late = await world.consumer.ask("POST", f"/negotiations/{begun['pid']}/approval")
    assert (late.status, "nothing waits for a person" in late.json["detail"]) == (409, True)


async def test_an_offer_goes_back_and_forth_and_every_version_is_shown(world):
    await world.publish()
    made = await world.provider.post("/negotiations/proposals", {"consumer": CONSUMER, "dataset": DATASET})
    await world.settle()
    (theirs,) = (await world.consumer.get("/negotiations", held="true"))["items"]
    await world.consumer.post(f"/negotiations/{theirs['pid']}/counter-offer", {"terms": STRICTER})
    await world.settle()
    shown = await world.provider.get(f"/negotiations/{made['pid']}")
    assert [(one["by"], one["policy"]) for one in shown["offers"]] == [
        (PROVIDER, {"permission": [{"action": "use"}]}),
        (CONSUMER, STRICTER),
    ]
    assert shown["state"] == "FINALIZED"


async def test_a_no_reaches_the_partner(world):
    await world.publish()
    made = await world.provider.post(
        "/negotiations/proposals", {"consumer": CONSUMER, "dataset": DATASET, "terms": STRICTER}
    )
    await world.settle()
    (theirs,) = (await world.consumer.get("/negotiations", held="true"))["items"]
    await world.consumer.post(f"/negotiations/{theirs['pid']}/refusal", {"reason": "too short"})
    await world.settle()
    ended = await world.provider.get(f"/negotiations/{made['pid']}")
    assert (ended["state"], ended["reasons"]) == ("TERMINATED", ["too short"])


async def test_terms_that_are_none_are_refused_with_their_place(world):
    await world.publish()
    heard = await world.provider.ask(
        "POST", "/negotiations/proposals", {"consumer": CONSUMER, "dataset": DATASET, "terms": {"permission": [{}]}}
    )
    assert (heard.status, heard.json["place"].startswith("$.terms.permission[0]")) == (400, True)
    made = await world.provider.post("/negotiations/proposals", {"consumer": CONSUMER, "dataset": DATASET})
    await world.settle()
    (theirs,) = (await world.consumer.get("/negotiations", held="true"))["items"]
    heard = await world.consumer.ask(
        "POST", f"/negotiations/{theirs['pid']}/counter-offer", {"terms": {"permission": "all"}}
    )
    assert (heard.status, heard.json["place"]) == (400, "$.terms.permission"), made
