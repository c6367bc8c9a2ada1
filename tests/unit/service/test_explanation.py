from __future__ import annotations

from datetime import UTC, datetime

import pytest

from corridor.base.errors import NotFoundError
from corridor.base.truth import Truth
from corridor.service import explanation
from corridor.service.admit import Phase


@pytest.fixture
def explain(exporter, importer):
    async def ask(dataset="orders", offer=None, partner=None, as_of=None):
        return await explanation.explain_offer(exporter.context, dataset, offer, partner or importer.me.id, as_of)

    return ask


async def test_an_explanation_is_the_decision_that_a_negotiation_would_get(exchange, explain):
    await exchange.publish("orders", 120_000)
    explained = await explain()
    assert explained.question.phase is Phase.EXPLANATION
    assert explained.decision.verdict is Truth.FALSE or not explained.decision.allowed
    assert explained.obstacles == (await exchange.negotiate()).reasons


async def test_with_the_paper_on_file_it_is_allowed(exchange, explain):
    await exchange.publish("orders", 120_000)
    await exchange.file()
    assert (await explain()).decision.allowed


async def test_another_day_may_have_another_answer(exchange, exporter, explain):
    until = {"leftOperand": "dateTime", "operator": "lt", "rightOperand": "2026-12-01T00:00:00Z"}
    await exchange.publish("orders", None, until)
    assert (await explain()).decision.allowed
    assert (await explain(as_of=datetime(2026, 11, 30, tzinfo=UTC))).decision.allowed
    later = await explain(as_of=datetime(2026, 12, 1, tzinfo=UTC))
    assert later.obstacles[0].startswith("the terms of the offer do not allow the use: `dateTime`")
    assert later.question.now == datetime(2026, 12, 1, tzinfo=UTC)
    assert exporter.context.clock.now() == exchange.network.clock.now()


async def test_the_first_offer_is_explained_unless_one_is_named(exchange, explain):
    japan = {"leftOperand": "spatial", "operator": "eq", "rightOperand": "JP"}
    offers = [
        {"id": "world", "permission": [{"action": "use"}]},
        {"id": "japan", "permission": [{"action": "use", "constraint": [japan]}]},
    ]
    await exchange.publish("orders", offers=offers)
    assert (await explain()).decision.allowed
    assert not (await explain(offer="japan")).decision.allowed
    with pytest.raises(NotFoundError, match="has no offer `mars`") as refused:
        await explain(offer="mars")
    assert refused.value.remedy == "it has `world`, `japan`"


async def test_what_nobody_knows_cannot_be_explained(exchange, explain):
    with pytest.raises(NotFoundError, match="there is no dataset `orders`"):
        await explain()
    await exchange.publish()
    with pytest.raises(NotFoundError, match=r"`did:web:nobody\.example` is not on the participant list"):
        await explain(partner="did:web:nobody.example")


async def test_explaining_leaves_no_trace(exchange, exporter, explain):
    await exchange.publish()
    size = await exporter.store.log_size()
    await explain()
    assert (await exporter.store.log_size(), await exporter.store.tasks()) == (size, ())
