from __future__ import annotations

from dataclasses import replace

import pytest

from corridor.dsp.states import NegotiationState
from corridor.service import negotiate
from corridor.service.partner_profile import known
from corridor.testing.counterpart import Fault


@pytest.fixture
async def offered(exchange, exporter, importer):
    """The importer's side of an offer that it did not ask for."""
    await exchange.publish()
    consumer = await exchange.network.peer(importer.me.id)
    await negotiate.offer(exporter.context, consumer, "orders")
    await exporter.step()
    (record,) = await importer.store.negotiations()
    assert (record.negotiation.state, record.profile) == (NegotiationState.OFFERED, {})
    return record


async def test_the_providers_catalogue_states_the_facts(exporter, importer, offered):
    published = await exporter.store.dataset("orders")
    assert await known(importer.context, offered) == published.profile != {}


async def test_what_is_known_is_not_asked_again(exchange, importer, offered):
    exchange.nothing_arrives()
    assert await known(importer.context, replace(offered, profile={"data": {}})) == {"data": {}}


async def test_a_provider_that_does_not_answer_leaves_everything_unknown(exchange, importer, offered):
    exchange.network.weather = lambda *_: Fault(lose_request=True)
    assert await known(importer.context, offered) == {}


async def test_a_dataset_that_is_not_for_us_leaves_everything_unknown(exchange, importer, offered):
    strange = replace(offered.negotiation, dataset="urn:hidden")
    assert await known(importer.context, replace(offered, negotiation=strange)) == {}
