from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from corridor.base.errors import (
    ForbiddenError,
    MalformedError,
    NotFoundError,
    RemoteError,
    SettingsError,
    UnauthenticatedError,
    UnreachableError,
)
from corridor.service import catalogue, discover
from corridor.service.discover import Search
from corridor.service.listing import every_dataset
from corridor.service.ports import Reply
from corridor.service.viewing import PROFILE


def ids(listing):
    """The ids of all datasets of a listing, those of the root first."""
    return [dataset.id for _, dataset in every_dataset(listing.catalog)]


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
    found = await discover.catalogue_of(importer.context, exporter.me.id)
    assert (found.peer.id, found.catalog.participant, found.next) == (exporter.me.id, exporter.me.id, None)
    assert ids(found) == ["a", "b"]
    shown = await catalogue.dataset(exporter.context, importer.me, "b")
    assert found.catalog.datasets[1].properties == shown.properties


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
    answered(Reply(200, {**shown, PROFILE: profile}))
    assert (await discover.choose(importer.context, exporter.me.id, "orders", None)).profile == {}


async def test_a_catalogue_of_several_pages_is_read_to_its_end(exchange, exporter, importer):
    for name in "abcde":
        await exchange.publish(name)
    exporter.context = replace(exporter.context, page=2)
    found = await discover.catalogue_of(importer.context, exporter.me.id)
    assert (ids(found), found.next) == (list("abcde"), None)


@pytest.fixture
async def endless(exchange, exporter, importer):
    """A catalogue of one dataset for each page, each of which names another one: `endless(follow, takes=seconds)`."""
    await exchange.publish()
    url = exporter.root + "/dsp/2025-1/catalog/request"
    message = {"@context": ["https://w3id.org/dspace/2025/1/context.jsonld"], "@type": "CatalogRequestMessage"}
    document = (await importer.request(exporter.me.id, "POST", url, message)).document

    def use(follow=lambda number: f"?page={number}", takes=0):
        class Sender:
            asked = 0

            async def request(self, *_):
                Sender.asked += 1
                exchange.network.clock.advance(timedelta(seconds=takes))
                return Reply(200, document, url + follow(Sender.asked))

        importer.context = replace(importer.context, sender=Sender())
        return Sender

    return use


async def test_a_catalogue_that_never_ends_is_left(exporter, importer, endless, monkeypatch):
    monkeypatch.setattr(discover, "MOST_PAGES", 5)
    sender = endless()
    found = await discover.catalogue_of(importer.context, exporter.me.id)
    assert (sender.asked, len(ids(found))) == (5, 5)
    onward = await discover.catalogue_of(importer.context, exporter.me.id, Search(after=found.next, limit=2))
    assert (sender.asked, len(ids(onward))) == (7, 2)


@pytest.mark.parametrize("limit", [None, 1_000_000])
async def test_no_more_of_a_catalogue_is_held_than_fits(exporter, importer, endless, monkeypatch, limit):
    monkeypatch.setattr(discover, "MOST_DATASETS", 7)
    sender = endless()
    found = await discover.catalogue_of(importer.context, exporter.me.id, Search(limit=limit))
    assert (sender.asked, len(ids(found))) == (7, 7)
    assert found.next


async def test_a_partner_that_answers_slowly_but_in_time_is_left_after_a_while(exporter, importer, endless):
    sender = endless(takes=14)
    found = await discover.catalogue_of(importer.context, exporter.me.id)
    assert sender.asked == 3
    onward = await discover.catalogue_of(importer.context, exporter.me.id, Search(after=found.next))
    assert (sender.asked, len(ids(onward))) == (6, 3)


@pytest.mark.parametrize("pages", [1, 2, 3])
async def test_pages_that_lead_in_a_circle_are_no_catalogue(exporter, importer, endless, pages):
    sender = endless(follow=lambda number: f"?page={number % pages}")
    with pytest.raises(UnreachableError, match="lead in a circle"):
        await discover.catalogue_of(importer.context, exporter.me.id)
    assert sender.asked <= pages + 1


async def filled(exchange, exporter):
    """Five datasets, two of them on trade; two of them in a catalogue of their own; two on a page."""
    for name in "abcde":
        keywords = ["trade"] if name in "be" else []
        await exchange.publish(name, keywords=keywords, catalogue="archive" if name in "cd" else "")
    exporter.context = replace(exporter.context, page=2)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([], ["a", "b", "e", "c", "d"]),
        ([{"keyword": "trade"}], ["b", "e"]),
        ([{"catalogue": "archive"}], ["c", "d"]),
        ([{"keyword": "trade", "format": "HttpData-PULL"}], ["b", "e"]),
        ([{"keyword": "none"}], []),
    ],
)
async def test_a_partner_is_asked_for_what_is_looked_for(exchange, exporter, importer, filters, found):
    await filled(exchange, exporter)
    listing = await discover.catalogue_of(importer.context, exporter.me.id, Search(tuple(filters)))
    assert (ids(listing), listing.next) == (found, None)
    sent = [document.get("filter", []) for _, method, _, document in exchange.network.carried if method == "POST"]
    assert all(filter_ == filters for filter_ in sent)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("filters", [(), ({"action": "use"},)])
async def test_listings_of_any_length_together_are_the_catalogue(exchange, exporter, importer, limit, filters):
    await filled(exchange, exporter)
    found, after = [], ""
    while after is not None:
        listing = await discover.catalogue_of(importer.context, exporter.me.id, Search(filters, limit, after))
        assert len(ids(listing)) <= limit
        found, after = found + ids(listing), listing.next
    assert found == [*"abcde"] if limit == 1 else sorted(found) == [*"abcde"]


async def test_a_partner_that_refuses_the_filter_is_asked_without_and_what_comes_is_filtered(
    exchange, exporter, importer
):
    await filled(exchange, exporter)
    refusing = Refusing(importer.context.sender)
    importer.context = replace(importer.context, sender=refusing)
    listing = await discover.catalogue_of(importer.context, exporter.me.id, Search(({"keyword": "trade"},)))
    assert ids(listing) == ["b", "e"]
    assert (refusing.refused, refusing.answered) == (1, 3)


async def test_a_partner_that_refuses_a_request_without_a_filter_too_is_not_asked_for_ever(
    exporter, importer, answered
):
    sender = answered(Reply(400, None))
    with pytest.raises(UnreachableError, match="400"):
        await discover.catalogue_of(importer.context, exporter.me.id, Search(({"keyword": "trade"},)))
    assert sender.asked == 2


async def test_a_partner_that_ignores_the_filter_does_not_widen_it(exchange, exporter, importer):
    await filled(exchange, exporter)
    importer.context = replace(importer.context, sender=Ignoring(importer.context.sender))
    listing = await discover.catalogue_of(importer.context, exporter.me.id, Search(({"text": "none of these"},)))
    assert ids(listing) == []
    listing = await discover.catalogue_of(importer.context, exporter.me.id, Search(({"catalogue": "archive"},)))
    assert ids(listing) == ["c", "d"]


class Refusing:
    """Carries no request that has a filter."""

    def __init__(self, sender):
        self.sender, self.refused, self.answered = sender, 0, 0

    async def request(self, audience, method, url, document=None):
        if "filter" in (document or {}):
            self.refused += 1
            return Reply(400, {"@type": "CatalogError"})
        self.answered += 1
        return await self.sender.request(audience, method, url, document)


class Ignoring(Refusing):
    """Leaves the filter out."""

    async def request(self, audience, method, url, document=None):
        bare = {name: value for name, value in (document or {}).items() if name != "filter"}
        return await self.sender.request(audience, method, url, bare)


async def test_a_filter_that_is_not_supported_is_refused_before_anybody_is_asked(exchange, exporter, importer):
    with pytest.raises(MalformedError, match="there is no filter `colour`"):
        await discover.catalogue_of(importer.context, exporter.me.id, Search(({"colour": "red"},)))
    assert exchange.network.carried == []


@pytest.mark.parametrize("after", ["x", "listing 1 did:web:exporter.example 0", "catalogue 1 > a"])
async def test_a_place_that_is_none_of_this_partners_catalogue_is_refused(exchange, exporter, importer, network, after):
    other = network.join("other", "FR")
    forged = importer.context.secrets.seal(after)
    elsewhere = importer.context.secrets.seal(f"listing 1 {other.me.id} 0 {other.root}/dsp/2025-1/catalog/request")
    for place in (after, forged, elsewhere):
        with pytest.raises(MalformedError, match="no place in this partner's catalogue"):
            await discover.catalogue_of(importer.context, exporter.me.id, Search(after=place))


async def test_a_place_that_was_sealed_under_another_key_is_refused(exchange, exporter, importer):
    class LostKey:
        def unseal(self, _):
            raise SettingsError("a kept token was not sealed under this secret")

    importer.context = replace(importer.context, secrets=LostKey())
    with pytest.raises(MalformedError, match="no place in this partner's catalogue"):
        await discover.catalogue_of(importer.context, exporter.me.id, Search(after="sealed"))


async def test_a_catalogue_that_can_only_be_asked_for_elsewhere_is_shown_and_not_followed(exporter, importer, answered):
    service = {"@id": "urn:s", "@type": "DataService", "endpointURL": "https://elsewhere.example/catalogue"}
    inner = {
        "@id": "urn:inner",
        "@type": "Catalog",
        "title": "Subsidiary",
        "service": [service],
        "distribution": [{"@type": "Distribution", "format": "Catalog", "accessService": "urn:s"}],
    }
    context = ["https://w3id.org/dspace/2025/1/context.jsonld"]
    root = {"@context": context, "@id": "urn:c", "@type": "Catalog", "participantId": exporter.me.id}
    sender = answered(Reply(200, {**root, "catalog": [inner]}))
    listing = await discover.catalogue_of(importer.context, exporter.me.id)
    [found] = listing.catalog.catalogs
    assert found.distributions[0].access_service.endpoint_url == "https://elsewhere.example/catalogue"
    assert (sender.asked, ids(listing)) == (1, [])
