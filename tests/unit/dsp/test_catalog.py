from __future__ import annotations

from corridor.dsp.catalog import Catalog, DataService, Dataset, Distribution
from corridor.dsp.messages import Offer

SERVICE = DataService("urn:service:1", "https://provider.example/dsp")
PULL = Distribution("HttpData-PULL", SERVICE)


def dataset(name):
    return Dataset(name, (Offer("urn:offer:1", {"permission": [{"action": "use"}]}),), (PULL,), {"title": name})


def test_a_dataset_is_found_in_the_catalogue_and_in_those_within_it():
    inner = Catalog("urn:catalog:2", None, datasets=(dataset("b"),))
    outer = Catalog("urn:catalog:1", "did:web:provider.example", datasets=(dataset("a"),), catalogs=(inner,))
    assert outer.dataset("a") == dataset("a")
    assert outer.dataset("b") == dataset("b")
    assert outer.dataset("c") is None


def test_of_two_datasets_with_one_id_the_nearer_is_found():
    inner = Catalog("urn:catalog:2", None, datasets=(Dataset("a", (), ()),))
    outer = Catalog("urn:catalog:1", None, datasets=(dataset("a"),), catalogs=(inner,))
    assert outer.dataset("a") == dataset("a")


def test_what_is_not_given_is_empty():
    empty = Catalog("urn:catalog:1", "did:web:provider.example")
    assert (empty.datasets, empty.catalogs, empty.services, empty.properties) == ((), (), (), {})
