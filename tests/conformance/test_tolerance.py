"""Every tolerance of docs/spec-divergences.md over real HTTP: read by default, refused if the node is strict."""

from __future__ import annotations

import random

import pytest
import pytest_asyncio
import served
from conformance_talk import Talk
from respell import expanded, mixed, prefixed

from corridor.app.world import new_id

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTEXT = "https://w3id.org/dspace/2025/1/context.jsonld"
ODRL = "http://www.w3.org/ns/odrl/2/"
KIND = {"Content-Type": "application/json"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def strict(tmp_path_factory):
    async with served.stage(tmp_path_factory.mktemp("strict"), "\n[protocol]\nstrict = true\n") as stage:
        yield Talk(stage)


def request(talk):
    return {
        "@context": [CONTEXT],
        "@type": "ContractRequestMessage",
        "@id": new_id(),
        "consumerPid": new_id(),
        "callbackAddress": talk.me.callback,
        "offer": talk.offer(),
    }


def changed(**members):
    return lambda document: {**document, **members}


def of_offer(**members):
    return lambda document: {**document, "offer": {**document["offer"], **members}}


TOLERATED = {
    "a bare context": (changed(**{"@context": CONTEXT}), KIND),
    "expanded": (expanded, KIND),
    "prefixes of its own": (prefixed, KIND),
    "prefixes of the context": (lambda one: mixed(one, lambda options: options[min(1, len(options) - 1)]), KIND),
    "a mixture": (lambda one: mixed(one, random.Random(5).choice), KIND),
    "a context that binds": (changed(**{"@context": [CONTEXT, {"o": ODRL}]}), KIND),
    "a list around an object": (lambda one: {**one, "offer": [one["offer"]]}, KIND),
    "a type in a list": (changed(**{"@type": ["ContractRequestMessage"]}), KIND),
    "an object around an id": (lambda one: {**one, "consumerPid": {"@id": one["consumerPid"]}}, KIND),
    "one value for a list": (of_offer(permission={"action": "use"}), KIND),
    "an empty list": (of_offer(obligation=[]), KIND),
    "null": (changed(providerPid=None), KIND),
    "no content type": (changed(), {"Content-Type": None}),
    "JSON-LD by name": (changed(), {"Content-Type": "application/ld+json"}),
}


@pytest.mark.parametrize("name", TOLERATED)
async def test_what_is_tolerated_begins_a_negotiation_like_any_other(talk, name):
    spell, headers = TOLERATED[name]
    document = request(talk)
    answer = await talk.me.send("POST", "/negotiations/request", spell(document), headers=headers)
    assert answer.status == 201, answer.body
    said = await talk.me.hear("ContractAgreementMessage", consumerPid=document["consumerPid"])
    assert said["agreement"]["permission"] == document["offer"]["permission"]


@pytest.mark.parametrize("name", TOLERATED)
async def test_a_strict_node_refuses_it_and_keeps_its_state(strict, name):
    spell, headers = TOLERATED[name]
    before = await strict.stage.everything()
    answer = await strict.me.send("POST", "/negotiations/request", spell(request(strict)), headers=headers)
    assert answer.status == (415 if headers is not KIND else 400)
    assert answer.json["@type"] == "ContractNegotiationError"
    assert await strict.stage.everything() == before


async def test_a_strict_node_goes_the_whole_way_with_what_is_exact(strict):
    pids, agreement = await strict.agree()
    moved, address = await strict.transfer(agreement)
    assert address["@type"] == "DataAddress"
    assert moved["consumerPid"] != pids["consumerPid"]


async def test_the_whole_way_is_open_to_expanded_messages(talk):
    document = request(talk)
    answer = await talk.me.send("POST", "/negotiations/request", expanded(document))
    pids = {"providerPid": answer.json["providerPid"], "consumerPid": document["consumerPid"]}
    await talk.me.hear("ContractAgreementMessage", **pids)
    verification = {"@type": "ContractAgreementVerificationMessage", "@id": new_id(), **pids}
    path = f"/negotiations/{pids['providerPid']}/agreement/verification"
    assert (await talk.me.send("POST", path, expanded({"@context": [CONTEXT], **verification}))).status == 200
    await talk.me.hear("ContractNegotiationEventMessage", **pids)
    await talk.settled("negotiations", pids["providerPid"], "FINALIZED")
