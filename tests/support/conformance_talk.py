"""What a scripted participant and the served node go through, one step after another."""

from __future__ import annotations

from corridor.app.world import new_id


class Talk:
    """What a partner and the served node go through, one step after another."""

    def __init__(self, stage):
        self.stage = stage
        self.me = stage.partner

    def offer(self, offer_id="alerts/use", **changes):
        """The offer that the node publishes, as a message carries it."""
        offer = {"@id": offer_id, "@type": "Offer", "target": self.stage.dataset, "permission": [{"action": "use"}]}
        return {**offer, **changes}

    async def ask(self, offer=None, **members):
        """As consumer, ask for a contract; the answer and our pid."""
        pid = new_id()
        say = {"consumerPid": pid, "callbackAddress": self.me.callback, "offer": offer or self.offer(), **members}
        return await self.me.say("ContractRequestMessage", "/negotiations/request", **say), pid

    async def agree(self):
        """A negotiation to its end: both pids, and the agreement."""
        pids, agreement = await self.me.agreement(self.offer())
        await self.settled("negotiations", pids["providerPid"], "FINALIZED")
        return pids, agreement

    async def transfer(self, agreement):
        """A transfer that has started: both pids, and the data address."""
        pid = new_id()
        say = {"consumerPid": pid, "agreementId": agreement["@id"], "format": "HttpData-PULL"}
        answer = await self.me.say(
            "TransferRequestMessage", "/transfers/request", callbackAddress=self.me.callback, **say
        )
        assert answer.status == 201, answer.body
        started = await self.me.hear("TransferStartMessage", consumerPid=pid)
        pids = {"providerPid": answer.json["providerPid"], "consumerPid": pid}
        await self.settled("transfers", pids["providerPid"], "STARTED")
        return pids, started["dataAddress"]

    async def settled(self, kind, pid, state):
        """Wait until our acknowledgement has been booked, so that nothing moves any more."""
        store = self.stage.node.context.store

        def process(record):
            return record.negotiation if kind == "negotiations" else record.transfer

        while True:
            record = await (store.negotiation(pid) if kind == "negotiations" else store.transfer(pid))
            if process(record).pending is None and str(process(record).state) == state:
                return
            await self.stage.node.signal.changed(1.0)

    async def state(self, kind, pid):
        """The state as the node reports it."""
        answer = await self.me.send("GET", f"/{kind}/{pid}")
        return answer.json["state"]
