"""What a node that runs as a process of its own puts on the wire, judged where it arrives."""

from __future__ import annotations

import asyncio
import json

import aiohttp
import pytest
from served import ALERTS, PUBLICATION, Participant, serving

from corridor.app.world import new_id

pytestmark = pytest.mark.slow

OFFER = {"@id": "alerts/use", "@type": "Offer", "target": "alerts", "permission": [{"action": "use"}]}


@pytest.fixture
def node(kit, tmp_path):
    """A node that runs and offers `alerts`, and the settings of a partner who has no node."""
    pair = kit.Pair(tmp_path)
    pair.provider.start()
    try:
        pair.provider.await_ready()
        (pair.provider.folder / "data" / "alerts.csv").write_text(ALERTS, "utf-8", newline="")
        pair.provider.client.publish(PUBLICATION)
        yield pair.provider, pair.consumer.loaded
    finally:
        pair.provider.stop()
        for one in (pair.provider, pair.consumer, pair.third):
            one.client.close()


async def whole_journey(node, loaded):
    """Everything that a consumer asks for, and a refusal in each of the three protocols."""
    async with aiohttp.ClientSession() as session:
        voice = Participant(loaded, session, node.url, node.id)
        async with serving(voice, loaded.settings.listen.protocol):
            versions = await voice.send("GET", "//.well-known/dspace-version", headers={"Authorization": None})
            catalogue = await voice.say("CatalogRequestMessage", "/catalog/request")
            dataset = await voice.send("GET", "/catalog/datasets/alerts")
            refused = [await voice.send("GET", f"/{kind}/none") for kind in ("negotiations", "transfers")]
            pids, agreement = await voice.agreement(OFFER)
            path = f"/negotiations/{pids['providerPid']}/termination"
            refused.append(await voice.say("ContractNegotiationTerminationMessage", path, **pids))
            ask = {"agreementId": agreement["@id"], "format": "HttpData-PULL", "callbackAddress": voice.callback}
            asked = await voice.say("TransferRequestMessage", "/transfers/request", consumerPid=new_id(), **ask)
            moved = {name: asked.json[name] for name in ("providerPid", "consumerPid")}
            await voice.hear("TransferStartMessage", **moved)
            # Our acknowledgement is booked, and only then the next message may be said.
            await asyncio.to_thread(node.client.transfer_state, moved["providerPid"], wait=30)
            await asyncio.to_thread(node.client.suspend, moved["providerPid"], "a pause")
            await voice.hear("TransferSuspensionMessage", **moved)
            ended = await voice.say(
                "TransferTerminationMessage", f"/transfers/{moved['providerPid']}/termination", **moved
            )
            return [versions, catalogue, dataset, asked, ended], refused


def test_every_message_and_answer_of_a_whole_journey_obeys_the_schemas(node, wire_judge):
    answers, refused = asyncio.run(whole_journey(*node))
    assert [answer.status for answer in answers] == [200, 200, 200, 201, 200]
    assert [answer.status for answer in refused] == [404, 404, 400]
    assert json.loads(answers[4].body)["state"] == "TERMINATED"
    assert wire_judge.verdicts == []
