from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError, NotFoundError
from corridor.dsp.messages import CatalogRequest
from corridor.law.outcome import Outcome
from corridor.service import catalogue, publish
from corridor.service.catalogue import BORDER, PROFILE

GERMANY = {"leftOperand": "spatial", "operator": "eq", "rightOperand": "DE"}
FRANCE = {"leftOperand": "spatial", "operator": "eq", "rightOperand": "FR"}
REQUEST = CatalogRequest("m")


@pytest.fixture
def seen(exporter, importer):
    """The ids of the datasets on all pages, as the importer or another partner is shown them."""

    async def read(partner=None, size=100):
        context, partner = replace(exporter.context, page=size), partner or importer.me
        found, cursor = [], None
        while True:
            page = await catalogue.catalogue(context, partner, REQUEST, cursor)
            assert len(page.catalog.datasets) <= size
            found += [dataset.id for dataset in page.catalog.datasets]
            if page.next is None:
                return found
            cursor = page.next

    return read


async def test_a_dataset_is_shown_with_its_offers_facts_and_what_the_border_asks(exchange, exporter, importer):
    await exchange.publish("orders", 120_000, description="Orders of a year", keywords=["trade"])
    page = await catalogue.catalogue(exporter.context, importer.me, REQUEST)
    [dataset] = page.catalog.datasets
    assert [(offer.id, offer.body) for offer in dataset.offers] == [("offer", {"permission": [{"action": "use"}]})]
    assert dataset.properties["title"] == "Orders"
    assert (dataset.properties["description"], dataset.properties["keyword"]) == ("Orders of a year", ["trade"])
    assert dataset.properties[PROFILE]["data"]["counts"][0]["population"] == "orders"
    [border] = dataset.properties[BORDER]
    assert border["answer"]["outcome"] == Outcome.ALLOWED_WITH_MECHANISM.value
    assert any("art 8" in text for text in border["answer"]["asks"])
    assert [one.format for one in dataset.distributions] == ["HttpData-PULL", "HttpData-PUSH"]
    assert page.catalog.participant == exporter.me.id


async def test_an_empty_catalogue_has_no_datasets(exporter, importer):
    page = await catalogue.catalogue(exporter.context, importer.me, REQUEST)
    assert (page.catalog.datasets, page.next) == ((), None)


async def test_a_partner_whom_the_terms_exclude_sees_neither_offer_nor_dataset(exchange, network, importer, seen):
    french = network.join("french", "FR")
    await exchange.publish("for-france", None, FRANCE)
    await exchange.publish("for-germany", None, GERMANY)
    rules = [
        {"id": country, "permission": [{"action": "use", "constraint": [rule]}]}
        for country, rule in (("de", GERMANY), ("fr", FRANCE))
    ]
    await exchange.publish("for-both", offers=rules)
    assert await seen() == ["for-both", "for-germany"]
    assert await seen(french.me) == ["for-both", "for-france"]
    shown = await catalogue.dataset(exchange.exporter.context, french.me, "for-both")
    assert [offer.id for offer in shown.offers] == ["fr"]


async def test_a_partner_that_is_not_on_the_list_sees_nothing(exchange, network, importer, seen):
    await exchange.publish()
    del network.members[importer.me.id]
    assert await seen() == []


async def test_a_hidden_a_withdrawn_and_an_absent_dataset_are_told_alike(exchange, exporter, importer):
    await exchange.publish("hidden", None, FRANCE)
    await exchange.publish("withdrawn")
    await publish.withdraw(exporter.context, "withdrawn")
    errors = []
    for name in ("hidden", "withdrawn", "absent"):
        with pytest.raises(NotFoundError) as refused:
            await catalogue.dataset(exporter.context, importer.me, name)
        errors.append((str(refused.value), refused.value.code, refused.value.place))
    assert len(set(errors)) == 1


async def test_a_withdrawn_dataset_is_not_listed_until_it_is_published_again(exchange, exporter, seen):
    await exchange.publish("a")
    await exchange.publish("b")
    await publish.withdraw(exporter.context, "a")
    assert await seen() == ["b"]
    await exchange.publish("a")
    assert await seen() == ["a", "b"]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
async def test_pages_have_every_dataset_that_may_be_seen_once_and_in_order(exchange, seen, size):
    for number in (3, 1, 5, 2, 4):
        await exchange.publish(f"open-{number}")
        await exchange.publish(f"open-{number}-not-for-you", None, FRANCE)
    assert await seen(size=size) == [f"open-{number}" for number in range(1, 6)]


async def test_what_is_published_between_two_pages_neither_repeats_nor_loses_the_others(exchange, exporter, importer):
    for name in "bdf":
        await exchange.publish(name)
    context = replace(exporter.context, page=2)
    first = await catalogue.catalogue(context, importer.me, REQUEST)
    for name in "ae":
        await exchange.publish(name)
    await publish.withdraw(exporter.context, "d")
    second = await catalogue.catalogue(context, importer.me, REQUEST, first.next)
    assert [dataset.id for page in (first, second) for dataset in page.catalog.datasets] == ["b", "d", "e", "f"]
    assert second.next is None


async def test_a_last_page_that_is_just_full_has_no_next_one(exchange, exporter, importer):
    for name in "ab":
        await exchange.publish(name)
    await exchange.publish("c", None, FRANCE)
    page = await catalogue.catalogue(replace(exporter.context, page=2), importer.me, REQUEST)
    assert (len(page.catalog.datasets), page.next) == (2, None)


async def test_the_pages_of_a_catalogue_with_hundreds_of_hidden_datasets_are_found(exchange, exporter, seen):
    record = await exchange.publish("x-000")
    hidden = (await exchange.publish("m-000", None, FRANCE)).offers
    more = [replace(record, id=f"m-{n:03}", offers=hidden, version=0) for n in range(1, 130)]
    await exporter.store.commit(publish.Changes(datasets=tuple(more)))
    assert await seen(size=1) == ["x-000"]


@pytest.mark.parametrize(
    "cursor", ["*", "a", "\u4e2d", "_" * 3, "x" * 100_001, "/w==", base64.b64encode(b"\xff").decode()]
)
async def test_a_cursor_that_is_none_of_ours_is_refused(exporter, importer, cursor):
    with pytest.raises(MalformedError, match="none of this catalogue's"):
        await catalogue.catalogue(exporter.context, importer.me, REQUEST, cursor)


@given(st.text(max_size=30))
async def test_no_cursor_breaks_the_catalogue(new_exchange, cursor):
    exchange = new_exchange()
    try:
        page = await catalogue.catalogue(exchange.exporter.context, exchange.importer.me, REQUEST, cursor)
    except MalformedError:
        return
    assert page.catalog.datasets == ()


async def test_a_filter_is_refused(exporter, importer):
    with pytest.raises(MalformedError, match="filters are not supported") as refused:
        await catalogue.catalogue(exporter.context, importer.me, replace(REQUEST, filter=({"title": "x"},)))
    assert refused.value.place == "$.filter"


async def test_looking_leaves_no_trace(exchange, exporter, seen):
    await exchange.publish()
    size = await exporter.store.log_size()
    await seen()
    assert (await exporter.store.log_size(), await exporter.store.tasks()) == (size, ())
