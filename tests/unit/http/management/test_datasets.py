from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from corridor.base.errors import MalformedError
from corridor.http.management.datasets import read_as_of

DATASET = "urn:data:alerts/2026"
OFFER = "urn:offer:any-use"
PROVIDER = "did:web:provider.example"
CONSUMER = "did:web:consumer.example"


async def test_a_published_dataset_is_shown_with_its_bytes_and_offers(world):
    heard = await world.provider.ask("POST", "/datasets", await document(world))
    assert heard.status == 201
    found = heard.json
    assert found["content"]["size"] == 22
    assert "path" not in found["content"]
    assert [offer["id"] for offer in found["offers"]] == [OFFER]
    assert found["profile"]["data"]["counts"][0]["population"] == "urn:another"
    assert found["withdrawn"] is None
    assert await world.provider.get("/datasets/urn:another") == found


async def document(world):
    shown = await world.publish()
    return {
        "id": "urn:another",
        "title": "T",
        "source": {"text": "alert,weight\n1,12\n2,8\n"},
        "offers": shown["offers"],
        "profile": {
            "data": {
                "items": [{"category": "contact_demographic"}],
                "counts": [{"category": "contact_demographic", "n": 2}],
            }
        },
    }


async def test_an_identifier_with_a_slash_is_percent_encoded_in_the_path(world):
    await world.publish()
    found = await world.provider.get(f"/datasets/{quote(DATASET, safe='')}")
    assert found["id"] == DATASET
    assert (await world.provider.ask("GET", f"/datasets/{DATASET}")).status == 404


async def test_datasets_are_listed_page_by_page(world):
    for number in range(5):
        await world.publish(dataset=f"urn:d:{number}")
    first = await world.provider.get("/datasets", limit=2)
    second = await world.provider.get("/datasets", limit=2, after=first["next"])
    last = await world.provider.get("/datasets", limit=2, after=second["next"])
    assert [item["id"] for page in (first, second, last) for item in page["items"]] == [
        f"urn:d:{number}" for number in range(5)
    ]
    assert last["next"] is None


async def test_a_full_last_page_says_that_it_is_the_last(world):
    await world.publish()
    assert (await world.provider.get("/datasets", limit=1))["next"] is None


async def test_a_withdrawn_dataset_leaves_the_list_but_can_be_asked_for(world):
    await world.publish()
    path = f"/datasets/{quote(DATASET, safe='')}"
    heard = await world.provider.ask("DELETE", path)
    assert heard.json["withdrawn"] is not None
    assert (await world.provider.get("/datasets"))["items"] == []
    assert len((await world.provider.get("/datasets", withdrawn="true"))["items"]) == 1
    assert (await world.provider.get(path))["withdrawn"] is not None
    assert (await world.provider.ask("DELETE", path)).status == 409
    assert (await world.provider.ask("DELETE", "/datasets/urn:none")).status == 404


async def test_a_faulty_publication_is_refused_with_its_place_and_remedy(world):
    heard = await world.provider.ask("POST", "/datasets", {"id": "urn:x", "titel": "typo"})
    assert (heard.status, heard.json["place"], heard.json["remedy"]) == (400, "$", "did you mean `title`?")
    assert heard.headers["content-type"] == "application/problem+json"


async def test_a_partners_catalogue_shows_facts_offers_and_what_the_border_asks(world):
    await world.publish()
    found = await world.consumer.post("/catalogue", {"provider": PROVIDER})
    assert found["provider"] == PROVIDER
    dataset = found["datasets"][0]
    assert (dataset["id"], dataset["title"], dataset["keywords"]) == (DATASET, "Alerts", ["customs"])
    assert dataset["offers"][0]["id"] == OFFER
    assert dataset["profile"]["data"]["items"]
    assert dataset["border"][0]["offer"] == OFFER


async def test_a_partners_catalogue_is_searched_and_read_part_by_part(world):
    for number in range(5):
        await world.publish(dataset=f"urn:d:{number}")
    ask = {"provider": PROVIDER, "filter": [{"keyword": "customs"}, {"action": "read"}], "limit": 2}
    found = [await world.consumer.post("/catalogue", ask)]
    while found[-1]["next"] is not None:
        found.append(await world.consumer.post("/catalogue", {**ask, "after": found[-1]["next"]}))
    assert [[one["id"] for one in part["datasets"]] for part in found] == [
        ["urn:d:0", "urn:d:1"],
        ["urn:d:2", "urn:d:3"],
        ["urn:d:4"],
    ]
    assert found[0]["datasets"][0]["formats"] == ["HttpData-PULL", "HttpData-PUSH"]
    none = await world.consumer.post("/catalogue", {"provider": PROVIDER, "filter": [{"keyword": "none"}]})
    assert (none["datasets"], none["catalogues"], none["next"]) == ([], [], None)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"filter": [{"colour": "red"}]}, "$.filter[0]"),
        ({"filter": {"keyword": "customs"}}, "$.filter"),
        ({"after": "x"}, "$.after"),
        ({"limit": 0}, "$.limit"),
    ],
)
async def test_a_search_with_a_fault_is_refused_with_its_place(world, body, place):
    heard = await world.consumer.ask("POST", "/catalogue", {"provider": PROVIDER, **body})
    assert (heard.status, heard.json["place"]) == (400, place)


async def test_a_partner_that_is_not_there_is_a_bad_gateway(world):
    assert (await world.consumer.ask("POST", "/catalogue", {"provider": "did:web:nobody"})).status == 424


async def test_an_allowed_partner_has_no_obstacles(world):
    await world.publish()
    found = await world.provider.get("/explain", dataset=DATASET, **{"for": CONSUMER})
    assert (found["allowed"], found["obstacles"], found["offer"]) == (True, [], OFFER)
    assert found["decision"]["border"]["outcome"] == "NOT_A_TRANSFER"


async def test_a_partner_abroad_is_told_what_is_missing(world):
    await world.publish()
    found = await world.provider.get("/explain", dataset=DATASET, offer=OFFER, **{"for": "did:web:shanghai.example"})
    assert found["allowed"] is False
    assert any("standard contractual clauses" in obstacle for obstacle in found["obstacles"])


async def test_another_day_can_be_asked_about(world):
    await world.publish()
    for as_of, shown in (("2027-01-31", "2027-01-31T00:00:00Z"), ("2027-01-31T12:00:00+01:00", "2027-01-31T11:00:00Z")):
        found = await world.provider.get("/explain", dataset=DATASET, as_of=as_of, **{"for": CONSUMER})
        assert found["as_of"] == shown


async def test_explaining_what_is_not_there_is_not_found(world):
    await world.publish()
    for query in (
        {"dataset": "urn:none", "for": CONSUMER},
        {"dataset": DATASET, "for": "did:web:nobody"},
        {"dataset": DATASET, "for": CONSUMER, "offer": "urn:none"},
    ):
        assert (await world.provider.ask("GET", "/explain", **query)).status == 404


async def test_a_query_with_a_fault_is_refused_with_the_name_of_the_parameter(world):
    good = {"dataset": DATASET, "for": CONSUMER}
    for name, query in (
        ("?", {"dataset": DATASET}),
        ("?for", {**good, "for": "a b"}),
        ("?offer", {**good, "offer": "a\\b"}),
        ("?as_of", {**good, "as_of": "tomorrow"}),
    ):
        heard = await world.provider.ask("GET", "/explain", **query)
        assert (heard.status, heard.json["place"]) == (400, name)


def test_a_day_begins_at_midnight_in_utc():
    assert read_as_of("2026-11-30") == datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "0001-01-01", "9999-12-31T23:59:59-23:00", "2026-02-30", "2026-11-30T10:00:00"])
def test_what_is_no_day_of_the_calendar_is_refused(text):
    with pytest.raises(MalformedError):
        read_as_of(text)
