"""The facts about a partner's data in a negotiation that the partner began: its catalogue states them."""

from __future__ import annotations

from corridor.base.errors import CorridorError
from corridor.base.json import JsonObject
from corridor.dsp.binding import dataset_target
from corridor.dsp.catalog import Dataset
from corridor.dsp.messages import Role
from corridor.dsp.states import NegotiationState
from corridor.law.facts import parse_facts
from corridor.service.catalogue import PROFILE
from corridor.service.context import Context
from corridor.service.records import NegotiationRecord

_WANTED = (NegotiationState.OFFERED, NegotiationState.AGREED)


async def known(ctx: Context, record: NegotiationRecord) -> JsonObject:
    """The profile of the negotiation; where an unasked offer brought none, what the provider's catalogue says.

    Empty, so that everything is unknown, where that cannot be had either.
    """
    negotiation = record.negotiation
    if record.profile or negotiation.role is Role.PROVIDER or negotiation.state not in _WANTED:
        return record.profile
    target = dataset_target(negotiation.dataset, negotiation.peer_url)
    try:
        reply = await ctx.sender.request(negotiation.peer, target.method, target.url)
        found = ctx.codecs.get(negotiation.protocol).decode(Dataset, reply.document)
        profile = found.properties.get(PROFILE, {})
        parse_facts(profile, "$.profile")
    except CorridorError:
        return {}
    return profile if isinstance(profile, dict) else {}
