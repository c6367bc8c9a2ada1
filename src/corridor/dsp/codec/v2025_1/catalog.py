"""Catalogues and datasets on the wire.

Written: no empty list, no target in an offer, every nested `@type`; a dataset without an offer or a distribution has no
valid form and is left out. Read: datasets before their parts, parts in the order offers, distributions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from corridor.base.errors import LocalError, MalformedError, TooLargeError
from corridor.base.ids import DatasetId, ParticipantId
from corridor.base.json import JsonObject
from corridor.dsp.catalog import Catalog, DataService, Dataset, Distribution
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.codec.v2025_1.gate import message_id_of
from corridor.dsp.codec.v2025_1.policy import read_catalog_offer, write_catalog_offer
from corridor.dsp.codec.v2025_1.reader import Node
from corridor.dsp.messages import CatalogRequest, Offer

_CATALOG: Final = frozenset(
    {"@context", "@id", "@type", "participantId", "dataset", "catalog", "service", "distribution"}
)
_DATASET: Final = frozenset({"@context", "@id", "@type", "hasPolicy", "distribution"})
_DISTRIBUTION: Final = frozenset({"@type", "format", "accessService"})
_SERVICE: Final = frozenset({"@id", "@type", "endpointURL"})

T = TypeVar("T")


def read_catalog_request(root: Node) -> CatalogRequest:
    """A `CatalogRequestMessage`."""
    filters = root.find_items("filter", root.limits.entries)
    return CatalogRequest(message_id_of(root), tuple(entry.value for entry in filters))


def write_catalog_request(request: CatalogRequest, _limits: CodecLimits) -> dict[str, Any]:
    """The members of a `CatalogRequestMessage`."""
    return {"filter": list(request.filter)} if request.filter else {}


def read_catalog(root: Node) -> Catalog:
    """A root `Catalog`, which has to say whose it is."""
    root.need("participantId")
    return _read_catalog(root, 1)


def _read_catalog(node: Node, level: int) -> Catalog:
    limits = node.limits
    if level > limits.catalog_depth:
        raise TooLargeError(f"catalogues nest at most {limits.catalog_depth} levels deep", place=node.place)
    node.expect_type("Catalog")
    participant = node.find_identifier("participantId")
    services = tuple(_read_service(entry, ()) for entry in node.find_items("service", limits.entries))
    return Catalog(
        id=node.need("@id").identifier(),
        participant=None if participant is None else ParticipantId(participant),
        datasets=tuple(_read_dataset(entry, services) for entry in node.find_items("dataset", limits.datasets)),
        catalogs=tuple(_read_catalog(entry, level + 1) for entry in node.find_items("catalog", limits.entries)),
        services=services,
        distributions=_read_distributions(node, services),
        properties=_others(node, _CATALOG),
    )


def read_dataset(root: Node) -> Dataset:
    """A `Dataset` that was asked for alone."""
    return _read_dataset(root, ())


def _read_dataset(node: Node, services: Iterable[DataService]) -> Dataset:
    node.expect_type("Dataset", required=False)
    dataset_id = DatasetId(node.need("@id").identifier())
    node.need("hasPolicy")
    node.need("distribution")
    return Dataset(
        id=dataset_id,
        offers=tuple(_read_offer(entry, dataset_id) for entry in node.find_items("hasPolicy", node.limits.entries)),
        distributions=_read_distributions(node, services),
        properties=_others(node, _DATASET),
    )


def _read_offer(node: Node, dataset_id: DatasetId) -> Offer:
    """The dataset around an offer is its target; an offer that names it nevertheless does no harm, another does."""
    offer = read_catalog_offer(node)
    if offer.target not in (None, dataset_id):
        raise MalformedError("an offer in a catalogue is about the dataset around it", place=f"{node.place}.target")
    return Offer(offer.id, offer.body, assigner=offer.assigner, assignee=offer.assignee)


def _read_distributions(node: Node, services: Iterable[DataService]) -> tuple[Distribution, ...]:
    return tuple(_read_distribution(entry, services) for entry in node.find_items("distribution", node.limits.entries))


def _read_distribution(node: Node, services: Iterable[DataService]) -> Distribution:
    node.expect_type("Distribution", required=False)
    return Distribution(
        format=node.need("format").text(),
        access_service=_read_service(node.need("accessService"), services),
        properties=_others(node, _DISTRIBUTION),
    )


def _read_service(node: Node, services: Iterable[DataService]) -> DataService:
    """A service in full, or the id of one that the catalogue describes elsewhere."""
    if isinstance(node.value, str):
        service_id = node.identifier()
        return next((service for service in services if service.id == service_id), DataService(service_id))
    node.expect_type("DataService")
    endpoint = node.find("endpointURL")
    return DataService(
        id=node.need("@id").identifier(),
        endpoint_url=None if endpoint is None else endpoint.url(),
        properties=_others(node, _SERVICE),
    )


def _others(node: Node, known: frozenset[str]) -> JsonObject:
    return {name: value for name, value in node.members.items() if name not in known}


def write_catalog(catalog: Catalog, limits: CodecLimits) -> dict[str, Any]:
    """The members of a root `Catalog`."""
    if catalog.participant is None:
        raise LocalError("a root catalogue says whose it is", remedy="give it a participant")
    return _write_catalog(catalog, limits)


def _write_catalog(catalog: Catalog, limits: CodecLimits) -> dict[str, Any]:
    participant = {"participantId": catalog.participant} if catalog.participant is not None else {}
    offered = (dataset for dataset in catalog.datasets if dataset.offers and dataset.distributions)
    return {
        **catalog.properties,
        "@id": catalog.id,
        "@type": "Catalog",
        **participant,
        **_listed("service", catalog.services, _write_service),
        **_listed("dataset", offered, lambda dataset: write_dataset(dataset, limits)),
        **_listed("catalog", catalog.catalogs, lambda inner: _write_catalog(inner, limits)),
        **_listed("distribution", catalog.distributions, _write_distribution),
    }


def write_dataset(dataset: Dataset, limits: CodecLimits) -> dict[str, Any]:
    """The members of a `Dataset`."""
    if not (dataset.offers and dataset.distributions):
        raise LocalError(f"the dataset `{dataset.id}` needs at least one offer and one distribution")
    place = f"dataset {dataset.id}"
    return {
        **dataset.properties,
        "@id": dataset.id,
        "@type": "Dataset",
        **_listed("hasPolicy", dataset.offers, lambda offer: write_catalog_offer(offer, limits, place=place)),
        **_listed("distribution", dataset.distributions, _write_distribution),
    }


def _write_distribution(distribution: Distribution) -> dict[str, Any]:
    service = distribution.access_service
    access = service.id if service.endpoint_url is None else _write_service(service)
    return {
        **distribution.properties,
        "@type": "Distribution",
        "format": distribution.format,
        "accessService": access,
    }


def _write_service(service: DataService) -> dict[str, Any]:
    endpoint = {} if service.endpoint_url is None else {"endpointURL": service.endpoint_url}
    return {**service.properties, "@id": service.id, "@type": "DataService", **endpoint}


def _listed(name: str, values: Iterable[T], write: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
    """The list under its name, or nothing: the schema wants no empty list."""
    written = [write(value) for value in values]
    return {name: written} if written else {}
