from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import ConflictError, MalformedError, NotFoundError, RemoteError, StaleError
from corridor.service import publish


def counted(n, **more):
    return {"category": "contact_demographic", "unit": "persons", "n": n, **more}


def profile(*counts):
    return {"data": {"items": [{"category": "contact_demographic"}], "counts": list(counts)}}


async def test_a_publication_fixes_description_facts_offers_and_bytes(exchange, exporter, events_of):
    record = await exchange.publish("orders", 5000, description="All of them", keywords=["trade", "year"])
    assert await exporter.store.dataset("orders") == record
    assert (record.title, record.description, record.keywords) == ("Orders", "All of them", ("trade", "year"))
    assert (record.content.size, record.content.rows, record.content.media_type) == (60, 10, "application/octet-stream")
    assert [(offer.id, offer.body) for offer in record.offers] == [("offer", {"permission": [{"action": "use"}]})]
    assert (record.published, record.withdrawn, record.version) == (exchange.network.clock.now(), None, 1)
    [event] = await events_of(exporter, "dataset.published")
    assert event["description"] == publish.description_digest(record)


async def test_the_source_may_state_its_media_type(exchange):
    record = await exchange.publish("orders", source={"text": "a,b\n", "media_type": "text/csv"})
    assert record.content.media_type == "text/csv"


async def test_a_dataset_may_belong_to_a_named_catalogue(exchange, exporter):
    record = await exchange.publish("orders", catalogue=" Old orders ")
    assert record.catalogue == (await exporter.store.dataset("orders")).catalogue == "Old orders"
    elsewhere = await exchange.publish("orders")
    assert elsewhere.catalogue == ""
    assert publish.description_digest(record) != publish.description_digest(elsewhere)


@pytest.mark.parametrize("name", [7, "a\nb", "x" * 201, None])
async def test_a_catalogues_name_is_one_printable_line(exchange, name):
    with pytest.raises(MalformedError) as refused:
        await exchange.publish("orders", catalogue=name)
    assert refused.value.place == "$.catalogue"


async def test_a_count_without_a_population_is_of_the_datasets_own(exchange):
    record = await exchange.publish("orders", profile=profile(counted(7), counted(8, population="staff")))
    assert [count["population"] for count in record.profile["data"]["counts"]] == ["orders", "staff"]


async def test_publishing_anew_replaces_everything_and_is_another_event(exchange, exporter, events_of):
    first = await exchange.publish("orders")
    second = await exchange.publish("orders", title="Orders, corrected", source={"text": "x"})
    assert (second.version, second.content.size) == (2, 1)
    assert await exporter.store.dataset("orders") == second
    digests = [event["description"] for event in await events_of(exporter, "dataset.published")]
    assert digests == [publish.description_digest(first), publish.description_digest(second)]
    assert digests[0] != digests[1]


async def test_of_two_that_publish_the_same_at_once_one_is_told(exchange):
    outcomes = await asyncio.gather(exchange.publish(), exchange.publish(), return_exceptions=True)
    assert {type(outcome).__name__ for outcome in outcomes} <= {"DatasetRecord", StaleError.__name__}


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"id": ""}, "$.id"),
        ({"id": "../x"}, "$.id"),
        ({"title": ""}, "$.title"),
        ({"title": 5}, "$.title"),
        ({"title": "x" * 10_001}, "$.title"),
        ({"description": None}, "$.description"),
        ({"keywords": "trade"}, "$.keywords"),
        ({"keywords": ["trade", ""]}, "$.keywords[1]"),
        ({"source": None}, "$.source"),
        ({"source": "file.csv"}, "$.source"),
        ({"profile": []}, "$.profile"),
        ({"profile": {"data": {"colour": "blue"}}}, "$.profile.data"),
        ({"profile": profile({"category": "no such"})}, "$.profile.data.counts[0].category"),
        ({"offers": []}, "$.offers"),
        ({"offers": {}}, "$.offers"),
        ({"offers": [{"id": f"o{n}", "permission": [{"action": "use"}]} for n in range(101)]}, "$.offers"),
        ({"offers": [{"id": "o", "permission": [{"action": "use"}]}] * 2}, "$.offers"),
        ({"offers": ["free"]}, "$.offers[0]"),
        ({"offers": [{"id": "o"}]}, "$.offers[0]"),
        ({"offers": [{"permission": [{"action": "use"}]}]}, "$.offers[0].id"),
        ({"offers": [{"id": "o", "permission": [{"action": "fly to the moon"}]}]}, "$.offers[0].permission[0]"),
        ({"offers": [{"id": "o", "permission": [{"action": "use"}], "urn:x:price": 1.5}]}, "$.offers[0]"),
    ],
)
async def test_a_faulty_publication_is_refused_with_its_place(exchange, exporter, changes, place):
    with pytest.raises(MalformedError) as refused:
        await exchange.publish("orders", **changes)
    assert (refused.value.place or "").startswith(place)
    assert await exporter.store.dataset("orders") is None
    assert await exporter.store.log_size() == 0


async def test_an_unknown_member_is_refused_with_a_suggestion(exchange):
    with pytest.raises(MalformedError, match="no member `ofers`") as refused:
        await exchange.publish("orders", ofers=[])
    assert refused.value.remedy == "did you mean `offers`?"
    with pytest.raises(MalformedError) as refused:
        await exchange.publish("orders", zzz=[])
    assert refused.value.remedy.startswith("known here: id, title")


@pytest.mark.parametrize("document", [None, [], "x", 5])
def test_what_is_no_object_is_no_publication(document):
    with pytest.raises(MalformedError, match="an object is expected here"):
        publish.parse_publication(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(0, 1) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
MEMBER = st.sampled_from(["id", "title", "description", "keywords", "profile", "offers"])
FACT = st.sampled_from(["transfer", "data", "purpose", "consent", "legal_basis"])
DATA = st.sampled_from(["items", "counts", "important_status", "stored_in", "location_precision_m", "whole_register"])


@given(MEMBER, JSON | st.dictionaries(FACT, JSON | st.dictionaries(DATA, JSON, max_size=2), max_size=2))
async def test_no_document_breaks_the_publication(new_exchange, member, value):
    exchange = new_exchange()
    try:
        await exchange.publish("orders", **{member: value})
    except RemoteError:
        assert await exchange.exporter.store.log_size() == 0


@pytest.mark.parametrize(
    "facts",
    [
        {"data": None, "transfer": None},
        {"data": {"counts": None, "items": None}},
        {"data": {"counts": [{"category": "contact_demographic", "unit": "persons"}]}},
        {"data": {"counts": [counted(None)]}},
        {"data": {"counts": [counted(5, population=None)]}},
    ],
    ids=["nothing", "no counts", "no number", "unknown number", "unknown population"],
)
@pytest.mark.parametrize("persons", [None, 3])
async def test_facts_that_are_unknown_may_be_null_or_left_out(exchange, exporter, facts, persons):
    await exchange.publish("orders", profile=facts, source={"text": "x", "persons": persons})
    negotiation = await exchange.negotiate("orders")
    assert negotiation.state.final
    assert await exporter.store.tasks() == ()


async def test_a_profile_that_states_fewer_persons_than_the_data_hold_is_refused(exchange, exporter):
    with pytest.raises(MalformedError, match="the data hold 9 distinct persons, the profile says 8") as refused:
        await exchange.publish("orders", profile=profile(counted(8)), source={"text": "x", "persons": 9})
    assert refused.value.place == "$.profile.data.counts"
    assert await exporter.store.dataset("orders") is None


async def test_a_profile_may_state_as_many_persons_or_more_or_none(exchange):
    source = {"text": "x", "persons": 9}
    devices = {"category": "device_id", "unit": "devices", "n": 1}
    for counts in ((counted(9),), (counted(90),), (), (devices,), (counted(2), counted(10))):
        assert await exchange.publish("orders", profile=profile(*counts), source=source)


async def test_a_withdrawn_dataset_is_kept(exchange, exporter, events_of):
    await exchange.publish()
    gone = await publish.withdraw(exporter.context, "orders")
    kept = await exporter.store.dataset("orders")
    assert (kept.withdrawn, kept.offers) == (exchange.network.clock.now(), gone.offers)
    assert len(await events_of(exporter, "dataset.withdrawn")) == 1
    with pytest.raises(ConflictError, match="withdrawn already"):
        await publish.withdraw(exporter.context, "orders")


async def test_what_is_not_there_cannot_be_withdrawn(exporter):
    with pytest.raises(NotFoundError, match=r"there is no dataset `or\\x00ders`"):
        await publish.withdraw(exporter.context, "or\x00ders")
