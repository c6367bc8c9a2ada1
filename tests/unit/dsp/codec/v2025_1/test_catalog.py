from __future__ import annotations

from dataclasses import replace

import pytest

from corridor.base.errors import LocalError, MalformedError, TooLargeError
from corridor.dsp.catalog import Catalog, DataService, Dataset, Distribution
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.codec.v2025_1 import catalog
from corridor.dsp.codec.v2025_1.reader import Node
from corridor.dsp.messages import CatalogRequest, Offer

LIMITS = CodecLimits(datasets=3, catalog_depth=2)
SERVICE = DataService("s", "https://p.example/dsp")
DATASET = Dataset(
    "d",
    (Offer("o", {"permission": [{"action": "use"}]}),),
    (Distribution("HttpData-PULL", SERVICE),),
    {"title": "Rail"},
)
CATALOG = Catalog("k", "did:web:p.example", (DATASET,), services=(SERVICE,))
WIRE_DATASET = {
    "@id": "d",
    "@type": "Dataset",
    "title": "Rail",
    "hasPolicy": [{"@id": "o", "@type": "Offer", "permission": [{"action": "use"}]}],
    "distribution": [
        {
            "@type": "Distribution",
            "format": "HttpData-PULL",
            "accessService": {"@id": "s", "@type": "DataService", "endpointURL": "https://p.example/dsp"},
        }
    ],
}
WIRE = {
    "@id": "k",
    "@type": "Catalog",
    "participantId": "did:web:p.example",
    "service": [{"@id": "s", "@type": "DataService", "endpointURL": "https://p.example/dsp"}],
    "dataset": [WIRE_DATASET],
}


def node(document):
    return Node(document, "$", LIMITS)


def fault(call):
    with pytest.raises((MalformedError, TooLargeError)) as caught:
        call()
    return caught.value.place


def read_dataset(**changes):
    return catalog.read_dataset(node({**WIRE_DATASET, **changes}))


def read_distribution(**changes):
    return read_dataset(distribution=[{**WIRE_DATASET["distribution"][0], **changes}]).distributions[0]


def test_a_catalogue_looks_as_the_specification_has_it():
    assert catalog.write_catalog(CATALOG, LIMITS) == WIRE
    assert catalog.read_catalog(node(WIRE)) == CATALOG


def test_an_empty_catalogue_has_no_empty_lists():
    assert catalog.write_catalog(Catalog("k", "p"), LIMITS) == {"@id": "k", "@type": "Catalog", "participantId": "p"}


def test_a_root_catalogue_says_whose_it_is():
    with pytest.raises(LocalError):
        catalog.write_catalog(Catalog("k", None), LIMITS)
    assert fault(lambda: catalog.read_catalog(node({**WIRE, "participantId": None}))) == "$.participantId"


def test_catalogues_within_a_catalogue_go_there_and_back():
    outer = Catalog("outer", "p", catalogs=(replace(CATALOG, participant=None),), distributions=DATASET.distributions)
    assert catalog.read_catalog(node(catalog.write_catalog(outer, LIMITS))) == outer


def test_catalogues_nest_only_so_deep():
    deep = {"@id": "a", "@type": "Catalog", "catalog": {"@id": "b", "@type": "Catalog"}}
    assert fault(lambda: catalog.read_catalog(node({**WIRE, "catalog": [deep]}))) == "$.catalog[0].catalog"


def test_datasets_are_limited():
    assert fault(lambda: catalog.read_catalog(node({**WIRE, "dataset": [WIRE_DATASET] * 4}))) == "$.dataset"


def test_a_dataset_that_cannot_be_had_is_left_out_of_a_catalogue_and_refused_alone():
    unoffered, undistributed = replace(DATASET, offers=()), replace(DATASET, distributions=())
    document = catalog.write_catalog(replace(CATALOG, datasets=(unoffered, DATASET, undistributed)), LIMITS)
    assert document["dataset"] == [WIRE_DATASET]
    for dataset in (unoffered, undistributed):
        with pytest.raises(LocalError):
            catalog.write_dataset(dataset, LIMITS)


def test_an_offer_is_written_without_its_target():
    offer = replace(DATASET.offers[0], target="d")
    assert catalog.write_dataset(replace(DATASET, offers=(offer,)), LIMITS) == WIRE_DATASET


def test_an_offer_that_repeats_its_dataset_is_read_and_one_about_another_is_not():
    offer = WIRE_DATASET["hasPolicy"][0]
    assert read_dataset(hasPolicy=[{**offer, "target": "d"}]) == DATASET
    assert fault(lambda: read_dataset(hasPolicy=[{**offer, "target": "e"}])) == "$.hasPolicy[0].target"


@pytest.mark.parametrize("missing", ["@id", "hasPolicy", "distribution"])
def test_a_dataset_says_everything(missing):
    assert fault(lambda: read_dataset(**{missing: None})) == f"$.{missing}"


@pytest.mark.parametrize("missing", ["format", "accessService"])
def test_a_distribution_says_everything(missing):
    assert fault(lambda: read_distribution(**{missing: None})) == f"$.distribution[0].{missing}"


def test_types_that_the_schema_does_not_require_may_be_absent_but_not_wrong():
    offer, distribution = WIRE_DATASET["hasPolicy"][0], WIRE_DATASET["distribution"][0]
    untyped = {"hasPolicy": [{**offer, "@type": None}], "distribution": [{**distribution, "@type": None}]}
    assert read_dataset(**{"@type": None, **untyped}) == DATASET
    assert fault(lambda: read_dataset(**{"@type": "Catalog"})) == "$.@type"
    assert fault(lambda: read_dataset(hasPolicy=[{**offer, "@type": "Agreement"}])) == "$.hasPolicy[0].@type"
    assert fault(lambda: read_distribution(**{"@type": "Dataset"})) == "$.distribution[0].@type"


def test_what_else_a_distribution_says_is_kept():
    extra = {"@id": "x", "title": "CSV"}
    distribution = read_distribution(**extra)
    assert distribution.properties == extra
    document = catalog.write_dataset(replace(DATASET, distributions=(distribution,)), LIMITS)
    assert document["distribution"][0] == {**WIRE_DATASET["distribution"][0], **extra}


def test_a_service_named_by_its_id_is_the_one_of_the_catalogue():
    by_id = {**WIRE_DATASET, "distribution": [{**WIRE_DATASET["distribution"][0], "accessService": "s"}]}
    assert catalog.read_catalog(node({**WIRE, "dataset": by_id})) == CATALOG
    assert catalog.read_dataset(node(by_id)).distributions[0].access_service == DataService("s")


def test_a_service_known_by_its_id_only_is_written_so():
    dataset = replace(DATASET, distributions=(Distribution("f", DataService("s")),))
    assert catalog.write_dataset(dataset, LIMITS)["distribution"][0]["accessService"] == "s"


def test_a_property_cannot_take_the_place_of_a_member_of_ours():
    dataset = replace(DATASET, properties={"@type": "Offer", "hasPolicy": []})
    assert catalog.write_dataset(dataset, LIMITS) == {k: v for k, v in WIRE_DATASET.items() if k != "title"}


def test_a_filter_goes_there_and_back_as_a_list():
    request = catalog.read_catalog_request(node({"@id": "m", "filter": {"keyword": "rail"}}))
    assert request == CatalogRequest("m", ({"keyword": "rail"},))
    assert catalog.write_catalog_request(request, LIMITS) == {"filter": [{"keyword": "rail"}]}
    assert catalog.write_catalog_request(CatalogRequest("m"), LIMITS) == {}
