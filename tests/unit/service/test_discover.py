from __future__ import annotations

from dataclasses import replace

import pytest

from corridor.base.errors import (
    ForbiddenError,
    MalformedError,
    NotFoundError,
    RemoteError,
    UnauthenticatedError,
    UnreachableError,
)
from corridor.service import catalogue, discover
from corridor.service.ports import Reply


@pytest.fixture
def answered(importer):
    """Has every request of the importer answered with the same reply; counts them."""

    def use(reply):
        class Sender:
            asked = 0

            async def request(self, *_):
                Sender.asked += 1
                return reply

        importer.context = replace(importer.context, sender=Sender())
        return Sender

    return use


async def test_the_catalogue_of_a_partner_is_what_it_shows_us(exchange, exporter, importer):
    await exchange.publish("a")
    await exchange.publish("b", 5000)
    peer, found = await discover.catalogue_of(importer.context, exporter.me.id)
    assert (peer.id, found.participant) == (exporter.me.id, exporter.me.id)
    assert [dataset.id for dataset in found.datasets] == ["a", "b"]
    shown = await catalogue.dataset(exporter.context, importer.me, "b")
    assert found.datasets[1].properties == shown.properties


async def test_an_offer_is_found_with_the_facts_about_the_data(exchange, exporter, importer):
    record = await exchange.publish("orders", 5000)
    found = await discover.choose(importer.context, exporter.me.id, "orders", None)
    assert (found.dataset.id, found.offer.id, found.profile) == ("orders", "offer", record.profile)


async def test_of_several_offers_one_has_to_be_named(exchange, exporter, importer):
    rules = [{"id": name, "permission": [{"action": "use"}]} for name in ("cheap", "dear")]
    await exchange.publish("orders", offers=rules)
    with pytest.raises(NotFoundError, match="several offers") as refused:
        await discover.choose(importer.context, exporter.me.id, "orders", None)
    assert refused.value.remedy == "name one: `cheap`, `dear`"
    assert (await discover.choose(importer.context, exporter.me.id, "orders", "dear")).offer.id == "dear"
    with pytest.raises(NotFoundError, match="there is no offer `free`") as refused:
        await discover.choose(importer.context, exporter.me.id, "orders", "free")
    assert "`cheap`" in refused.value.remedy


async def test_a_dataset_that_is_not_shown_is_not_there(exchange, exporter, importer):
    with pytest.raises(NotFoundError, match="the partner refuses: there is no such dataset"):
        await discover.choose(importer.context, exporter.me.id, "orders", None)


async def test_a_partner_that_nobody_knows_cannot_be_reached(importer):
    for attempt in (
        discover.catalogue_of(importer.context, "did:web:nobody.example"),
        discover.choose(importer.context, "did:web:nobody.example", "orders", None),
    ):
        with pytest.raises(UnreachableError, match="has not joined"):
            await attempt


async def test_a_request_that_is_lost_is_not_repeated(exchange, exporter, importer):
    exchange.nothing_arrives()
    with pytest.raises(UnreachableError):
        await discover.catalogue_of(importer.context, exporter.me.id)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, UnauthenticatedError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (400, UnreachableError),
        (302, UnreachableError),
        (200, UnreachableError),
    ],
)
@pytest.mark.parametrize("document", [None])
async def test_a_refusal_is_told_as_what_it_is(exporter, importer, answered, status, error, document):
    answered(Reply(status, document))
    with pytest.raises(error, match=str(status)):
        await discover.catalogue_of(importer.context, exporter.me.id)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"reason": ["not\x1b[31m you", "or"]}, "the partner refuses: not\\x1b[31m you"),
        ({"reason": "plain"}, "the partner refuses: it answered 403"),
        ({"reason": []}, "the partner refuses: it answered 403"),
        ({"reason": [{"a": 1}]}, "the partner refuses: {'a': 1}"),
        ({"reason": ["x" * 10_000]}, "the partner refuses: " + "x" * 199 + "…"),
    ],
)
async def test_the_partners_reason_is_shown_safely(exporter, importer, answered, document, said):
    answered(Reply(403, document))
    with pytest.raises(ForbiddenError) as refused:
        await discover.catalogue_of(importer.context, exporter.me.id)
    assert refused.value.message == said


@pytest.mark.parametrize("document", [{}, {"@type": "Catalog"}, {"@type": "Dataset", "@id": 5}, {"@context": ["x"]}])
async def test_an_answer_that_is_no_catalogue_or_dataset_is_refused(exporter, importer, answered, document):
    answered(Reply(200, document))
    with pytest.raises(MalformedError):
        await discover.catalogue_of(importer.context, exporter.me.id)
    with pytest.raises(RemoteError):
        await discover.choose(importer.context, exporter.me.id, "orders", None)


@pytest.mark.parametrize("profile", ["none", ["x"], 7, None])
async def test_facts_that_are_no_object_are_none(exchange, exporter, importer, answered, profile):
    await exchange.publish()
    shown = (
        await importer.request(exporter.me.id, "GET", exporter.root + "/dsp/2025-1/catalog/datasets/orders")
    ).document
    answered(Reply(200, {**shown, catalogue.PROFILE: profile}))
    assert (await discover.choose(importer.context, exporter.me.id, "orders", None)).profile == {}


async def test_a_catalogue_of_several_pages_is_read_to_its_end(exchange, exporter, importer):
    for name in "abcde":
        await exchange.publish(name)
    exporter.context = replace(exporter.context, page=2)
    _, found = await discover.catalogue_of(importer.context, exporter.me.id)
    assert [dataset.id for dataset in found.datasets] == list("abcde")


async def test_a_catalogue_that_never_ends_is_left(exchange, exporter, importer, answered, monkeypatch):
    monkeypatch.setattr(discover, "MOST_PAGES", 5)
    await exchange.publish()
    url = exporter.root + "/dsp/2025-1/catalog/request"
    shown = await importer.request(
        exporter.me.id,
        "POST",
        url,
        {"@context": ["https://w3id.org/dspace/2025/1/context.jsonld"], "@type": "CatalogRequestMessage"},
    )
    sender = answered(Reply(200, shown.document, url))
    _, found = await discover.catalogue_of(importer.context, exporter.me.id)
    assert (sender.asked, len(found.datasets)) == (5, 5)
