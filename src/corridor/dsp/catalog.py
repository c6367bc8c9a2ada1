"""What a provider offers, in the terms of DCAT 3 as DSP 2025-1 profiles them, the same for every wire version."""

from __future__ import annotations

from dataclasses import dataclass, field

from corridor.base.ids import DatasetId, ParticipantId
from corridor.base.json import JsonObject
from corridor.dsp.messages import Offer


@dataclass(frozen=True, slots=True)
class DataService:
    """Where a distribution can be asked for.

    Attributes:
        id: the service's `@id`.
        endpoint_url: the base URL of its versioned DSP endpoint; None where only the id is given.
        properties: further DCAT members, verbatim.
    """

    id: str
    endpoint_url: str | None = None
    properties: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Distribution:
    """A form in which a dataset can be had, such as format `HttpData-PULL`, and the service that gives it."""

    format: str
    access_service: DataService
    properties: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Data on offer.

    Attributes:
        id: the dataset's `@id`.
        offers: the terms, at least one; none of them has a target.
        distributions: the forms, at least one.
        properties: DCAT members such as `title`, `description`, `keyword`, verbatim.
    """

    id: DatasetId
    offers: tuple[Offer, ...]
    distributions: tuple[Distribution, ...]
    properties: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Catalog:
    """What one participant shows to another.

    Attributes:
        id: the catalogue's `@id`.
        participant: whose it is; None in a catalogue within another that does not say.
        datasets: what is on offer.
        catalogs: catalogues within this one.
        services: the participant's data services.
        distributions: how a catalogue within another can be had; a root has none.
        properties: further DCAT members, verbatim.
    """

    id: str
    participant: ParticipantId | None
    datasets: tuple[Dataset, ...] = ()
    catalogs: tuple[Catalog, ...] = ()
    services: tuple[DataService, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    properties: JsonObject = field(default_factory=dict)

    def dataset(self, dataset_id: DatasetId) -> Dataset | None:
        """The dataset of that id in this catalogue or one within it, or None."""
        own = next((dataset for dataset in self.datasets if dataset.id == dataset_id), None)
        within = (catalog.dataset(dataset_id) for catalog in self.catalogs)
        return own or next((dataset for dataset in within if dataset), None)
