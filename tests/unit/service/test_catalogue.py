from __future__ import annotations

import base64
from dataclasses import replace

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError, NotFoundError, SettingsError
from corridor.dsp.catalog import Catalog
from corridor.dsp.codec import codec_for
from corridor.dsp.messages import CatalogRequest
from corridor.law.outcome import Outcome
from corridor.service import catalogue, publish
from corridor.service.listing import every_dataset
from corridor.service.records import OfferRecord
from corridor.service.viewing import BORDER, PROFILE

GERMANY = {"leftOperand": "spatial", "operator": "eq", "rightOperand": "DE"}
FRANCE = {"leftOperand": "spatial", "operator": "eq", "rightOperand": "FR"}
RESEARCH = {"leftOperand": "purpose", "operator": "eq", "rightOperand": "research"}
MARKETING = {"leftOperand": "purpose", "operator": "eq", "rightOperand": "marketing"}
UNKNOWN = {"leftOperand": "urn:unheard-of", "operator": "eq", "rightOperand": "x"}
REQUEST = CatalogRequest("m")


@pytest.fixture
def seen(exporter, importer):
    """The ids of the datasets on all pages, as the importer or another partner is shown them."""

    async def read(partner=None, size=100, filters=()):
        context, partner = replace(exporter.context, page=size), partner or importer.me
        request = replace(REQUEST, filter=tuple(filters))
        found, cursor = [], None
        while True:
            page = await catalogue.catalogue(context, partner, request, cursor)
            on_page = [dataset.id for _, dataset in every_dataset(page.catalog)]
            assert len(on_page) <= size
            found += on_page
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


async def test_a_dataset_alone_is_shown_to_whom_the_catalogue_shows_it(exchange, network, exporter, importer, seen):
    french = network.join("french", "FR")
    await exchange.publish("open")
    await exchange.publish("within", catalogue="Archive")
    await exchange.publish("for-france", None, FRANCE)
    await exchange.publish("withdrawn")
    await publish.withdraw(exporter.context, "withdrawn")
    broken = await exchange.publish("broken")
    record = replace(broken, offers=(OfferRecord("offer", {"permission": 7}),))
    await exporter.store.commit(publish.Changes(datasets=(record,)))
    for partner in (importer, french):
        listed = await seen(partner.me)
        for name in ("open", "within", "for-france", "withdrawn", "broken", "absent"):
            url = f"{exporter.root}/dsp/2025-1/catalog/datasets/{name}"
            reply = await partner.request(exporter.me.id, "GET", url)
            assert (reply.status, reply.document["@type"]) == (
                (200, "Dataset") if name in listed else (404, "CatalogError")
            )
    assert listed == ["for-france", "open", "within"]
    del network.members[importer.me.id]
    with pytest.raises(NotFoundError):
        await catalogue.dataset(exporter.context, importer.me, "open")


async def test_a_dataset_that_was_withdrawn_and_published_again_is_shown_again(exchange, exporter, importer):
    await exchange.publish("orders", keywords=["old"])
    await publish.withdraw(exporter.context, "orders")
    await exchange.publish("orders", keywords=["new"])
    shown = await catalogue.dataset(exporter.context, importer.me, "orders")
    assert shown.properties["keyword"] == ["new"]
    for word, found in (("old", ()), ("new", (shown,))):
        page = await catalogue.catalogue(exporter.context, importer.me, replace(REQUEST, filter=({"keyword": word},)))
        assert page.catalog.datasets == found


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


@pytest.mark.parametrize(
    ("query", "filters", "said"),
    [
        ("?page=elsewhere", [], "the page is none of this catalogue's"),
        ("", [{"colour": "red"}], "there is no filter `colour`"),
    ],
)
async def test_what_is_refused_is_told_in_a_catalogue_error(exporter, importer, query, filters, said):
    url = f"{exporter.root}/dsp/2025-1/catalog/request{query}"
    message = codec_for("2025-1").encode(replace(REQUEST, filter=tuple(filters)))
    reply = await importer.request(exporter.me.id, "POST", url, message)
    assert (reply.status, reply.document["@type"], reply.document["reason"]) == (400, "CatalogError", [said])


async def test_a_cursor_that_was_sealed_under_another_key_is_refused(exporter, importer):
    context = replace(exporter.context, secrets=LostKey())
    with pytest.raises(MalformedError, match="none of this catalogue's"):
        await catalogue.catalogue(context, importer.me, REQUEST, "sealed")


class LostKey:
    """Secrets under another key: nothing that was sealed can be opened."""

    def unseal(self, sealed):
        raise SettingsError("a kept token was not sealed under this secret")


@given(st.text(max_size=30))
async def test_no_cursor_breaks_the_catalogue(new_exchange, cursor):
    exchange = new_exchange()
    try:
        page = await catalogue.catalogue(exchange.exporter.context, exchange.importer.me, REQUEST, cursor)
    except MalformedError:
        return
    assert page.catalog.datasets == ()


async def test_a_filter_that_is_not_supported_is_refused_with_those_that_are(exporter, importer):
    with pytest.raises(MalformedError, match="there is no filter `title`; supported are keyword, format") as refused:
        await catalogue.catalogue(exporter.context, importer.me, replace(REQUEST, filter=({"title": "x"},)))
    assert refused.value.place == "$.filter[0]"


async def test_filters_find_what_has_all_of_them(exchange, seen):
    await exchange.publish("a", keywords=["trade"], title="Orders of Berlin")
    await exchange.publish("b", 5000, keywords=["trade"], title="Orders of Lyon")
    await exchange.publish("c", None, RESEARCH, title="Routes of Berlin")
    assert await seen(filters=[{"keyword": "trade"}]) == ["a", "b"]
    assert await seen(filters=[{"keyword": "trade"}, {"text": "berlin"}]) == ["a"]
    assert await seen(filters=[{"category": "contact_demographic", "keyword": "trade"}]) == ["b"]
    assert await seen(filters=[{"purpose": "research"}]) == ["c"]
    assert await seen(filters=[{"action": "read"}, {"format": "HttpData-PULL"}]) == ["a", "b", "c"]
    assert await seen(filters=[{"format": "HttpData-NONE"}]) == []
    assert await seen(filters=[{"keyword": "unheard-of"}]) == []


async def test_offers_that_do_not_fit_are_left_out_and_one_that_is_hidden_helps_nobody(exchange, exporter, importer):
    offers = [
        {"id": "research", "permission": [{"action": "use", "constraint": [RESEARCH]}]},
        {"id": "french", "permission": [{"action": "use", "constraint": [FRANCE, MARKETING]}]},
        {"id": "any", "permission": [{"action": "use"}]},
    ]
    await exchange.publish("a", offers=offers)
    for purpose, shown in (("research", ["research"]), ("marketing", [])):
        request = replace(REQUEST, filter=({"purpose": purpose},))
        page = await catalogue.catalogue(exporter.context, importer.me, request)
        assert [offer.id for dataset in page.catalog.datasets for offer in dataset.offers] == shown


async def test_more_terms_than_one_look_up_takes_all_count(exchange, seen):
    words = [f"word{n}" for n in range(12)]
    await exchange.publish("a", title=" ".join(words))
    await exchange.publish("b", title=" ".join(words[:11]))
    assert await seen(filters=[{"text": " ".join(words)}]) == ["a"]


@pytest.mark.parametrize("filters", [(), ({"keyword": "k"},)])
@pytest.mark.parametrize("size", [1, 2, 3, 7])
async def test_the_previous_pages_are_those_that_the_next_ones_followed(exchange, exporter, importer, size, filters):
    for number in range(7):
        await exchange.publish(f"d-{number}", keywords=["k"])
        await exchange.publish(f"d-{number}-hidden", None, FRANCE, keywords=["k"])
    context, request = replace(exporter.context, page=size), replace(REQUEST, filter=filters)
    pages = [await catalogue.catalogue(context, importer.me, request)]
    while pages[-1].next is not None:
        pages.append(await catalogue.catalogue(context, importer.me, request, pages[-1].next))
    assert pages[0].previous is None
    there = [[dataset.id for dataset in page.catalog.datasets] for page in pages]
    back, page = [there[-1]], pages[-1]
    while page.previous is not None:
        page = await catalogue.catalogue(context, importer.me, request, page.previous)
        back.insert(0, [dataset.id for dataset in page.catalog.datasets])
    assert [one for ids in back for one in ids] == [one for ids in there for one in ids] == [f"d-{n}" for n in range(7)]
    assert max(len(ids) for ids in back) <= size
    assert (page.next is None) == (size == 7)
    if page.next is not None:
        onward = await catalogue.catalogue(context, importer.me, request, page.next)
        assert onward.catalog.datasets[0].id == f"d-{len(back[0])}"


async def test_a_walk_meets_what_was_there_all_the_time_once_whatever_comes_and_goes(exchange, exporter, importer):
    staying = [f"s-{n:02}" for n in range(20)]
    for name in staying:
        await exchange.publish(name)
    context, met, cursor, round_ = replace(exporter.context, page=3), [], None, 0
    while True:
        page = await catalogue.catalogue(context, importer.me, REQUEST, cursor)
        met += [dataset.id for dataset in page.catalog.datasets]
        round_ += 1
        await exchange.publish(f"s-{round_:02}-passing")
        if round_ % 2 == 0:
            await publish.withdraw(exporter.context, f"s-{round_:02}-passing")
        if page.next is None:
            break
        cursor = page.next
    assert [name for name in met if name in staying] == staying
    assert met == sorted(set(met))


async def test_a_page_looks_at_so_many_datasets_and_then_says_where_it_goes_on(exchange, exporter, importer):
    hidden = await exchange.publish("m-000", None, FRANCE)
    more = tuple(replace(hidden, id=f"m-{n:03}", version=0) for n in range(1, 60))
    await exporter.store.commit(publish.Changes(datasets=more))
    await exchange.publish("z")
    context = replace(exporter.context, page=5, look=25)
    first = await catalogue.catalogue(context, importer.me, REQUEST)
    assert (first.catalog.datasets, first.previous) == ((), None)
    second = await catalogue.catalogue(context, importer.me, REQUEST, first.next)
    third = await catalogue.catalogue(context, importer.me, REQUEST, second.next)
    assert [dataset.id for dataset in third.catalog.datasets] == ["z"]
    assert third.next is None
    back = await catalogue.catalogue(context, importer.me, REQUEST, second.previous)
    assert back.catalog.datasets == ()


async def test_pages_before_hidden_datasets_lead_back_to_the_beginning_and_on_to_all_that_is_seen(
    exchange, exporter, importer
):
    for n in range(5):
        await exchange.publish(f"a-{n}", None, FRANCE)
    await exchange.publish("b")
    context = replace(exporter.context, page=1, look=2)
    cursor = exporter.context.secrets.seal("catalogue 1 < b")
    while cursor is not None:
        page = await catalogue.catalogue(context, importer.me, REQUEST, cursor)
        assert page.catalog.datasets == ()
        cursor = page.previous
    found, cursor = [], page.next
    while cursor is not None:
        page = await catalogue.catalogue(context, importer.me, REQUEST, cursor)
        found, cursor = found + [dataset.id for dataset in page.catalog.datasets], page.next
    assert found == ["b"]


async def test_a_cursor_tells_nothing_of_what_is_hidden(exchange, exporter, importer):
    """The place where a page stops can be a dataset that the partner may not know of."""
    for n in range(5):
        await exchange.publish(f"secret-project-{n}", None, FRANCE)
    page = await catalogue.catalogue(replace(exporter.context, page=1, look=2), importer.me, REQUEST)
    assert exporter.context.secrets.unseal(page.next) == "catalogue 1 > secret-project-1"
    assert "secret-project" not in page.next


async def test_named_catalogues_stand_within_the_root(exchange, exporter, importer):
    await exchange.publish("a")
    await exchange.publish("b", catalogue="Old orders")
    await exchange.publish("c", catalogue="Archive 2025")
    await exchange.publish("d", catalogue="Old orders")
    await exchange.publish("e", None, FRANCE, catalogue="For France only")
    root = (await catalogue.catalogue(exporter.context, importer.me, REQUEST)).catalog
    assert [dataset.id for dataset in root.datasets] == ["a"]
    assert [(one.properties["title"], [d.id for d in one.datasets]) for one in root.catalogs] == [
        ("Archive 2025", ["c"]),
        ("Old orders", ["b", "d"]),
    ]
    wire = codec_for("2025-1").encode(root)
    inner = wire["catalog"][1]
    assert (inner["@type"], inner["@id"]) == ("Catalog", "did:web:exporter.example#catalog-Old%20orders")
    assert inner["service"] == wire["service"]
    assert {"@context", "participantId", "hasPolicy"} & set(inner) == set()
    assert codec_for("2025-1").decode(Catalog, wire) == root


async def test_a_catalogue_within_can_be_asked_for_alone_and_paged_through(exchange, exporter, importer, seen):
    for n in range(5):
        await exchange.publish(f"d-{n}", catalogue="archive" if n % 2 else "")
    context = replace(exporter.context, page=2)
    page = await catalogue.catalogue(context, importer.me, REQUEST)
    assert [(name, one.id) for name, one in every_dataset(page.catalog)] == [("", "d-0"), ("archive", "d-1")]
    assert await seen(filters=[{"catalogue": "Archive"}], size=1) == ["d-1", "d-3"]


async def test_an_offer_that_cannot_be_read_or_sent_breaks_nothing_else(exchange, exporter, importer, seen):
    good = await exchange.publish("a")
    body = good.offers[0].body
    broken = {
        "no-rules": replace(good, offers=(OfferRecord("offer", {}),)),
        "no-action": replace(good, offers=(OfferRecord("offer", {"permission": [{"constraint": "x"}]}),)),
        "no-canonical-form": replace(good, offers=(OfferRecord("offer", {**body, "rdfs:label": 1.5}),)),
        "unknown-operand": replace(
            good, offers=(OfferRecord("offer", {"permission": [{"action": "use", "constraint": [UNKNOWN]}]}),)
        ),
        "no-id": replace(good, offers=(OfferRecord("a b", body),)),
        "no-facts": replace(good, profile={"data": {"items": [{"category": "no such category"}]}}),
        "other-target": replace(good, offers=(OfferRecord("offer", {**body, "target": "urn:other"}),)),
        "one-of-two": replace(good, offers=(OfferRecord("bad", {"permission": 7}), OfferRecord("good", body))),
    }
    records = tuple(replace(record, id=name, version=0) for name, record in broken.items())
    await exporter.store.commit(publish.Changes(datasets=records))
    await exchange.publish("z")
    with structlog.testing.capture_logs() as logged:
        assert await seen() == ["a", "one-of-two", "z"]
        assert await seen() == ["a", "one-of-two", "z"]
    assert {line["event"] for line in logged} == {"an offer is left out of the catalogue"}
    assert sorted(line["dataset"] for line in logged) == sorted(broken)
    assert all(line["problem"] and line["log_level"] == "warning" for line in logged)
    page = await catalogue.catalogue(exporter.context, importer.me, REQUEST)
    assert codec_for("2025-1").encode(page.catalog)
    with pytest.raises(NotFoundError):
        await catalogue.dataset(exporter.context, importer.me, "no-rules")


async def test_looking_leaves_no_trace(exchange, exporter, seen):
    await exchange.publish()
    size = await exporter.store.log_size()
    await seen()
    assert (await exporter.store.log_size(), await exporter.store.tasks()) == (size, ())
