"""A partner's catalogue as it came, page by page: what fits, how much of it, and all of it together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from corridor.base.json import JsonObject
from corridor.dsp.catalog import Catalog, Dataset
from corridor.service.finding import ANYTHING, Described, Wanted
from corridor.service.viewing import PROFILE


def name_of(catalog: Catalog) -> str:
    """What a catalogue within another is called: its title, else its id."""
    title = catalog.properties.get("title")
    return title if isinstance(title, str) and title else catalog.id


def every_dataset(catalog: Catalog, name: str = "") -> Iterator[tuple[str, Dataset]]:
    """The datasets of a catalogue and of those within it, each with the name of the one it stands in (empty: root)."""
    yield from ((name, dataset) for dataset in catalog.datasets)
    for inner in catalog.catalogs:
        yield from every_dataset(inner, name_of(inner))


def every_catalog(catalog: Catalog) -> Iterator[Catalog]:
    """The catalogues within a catalogue, at every level."""
    for inner in catalog.catalogs:
        yield inner
        yield from every_catalog(inner)


def fitting(catalog: Catalog, wanted: Wanted, name: str = "") -> Catalog:
    """What fits of a catalogue; of those within it, the ones that still hold something."""
    if wanted == ANYTHING:
        return catalog
    datasets = (_fitting(dataset, wanted, name) for dataset in catalog.datasets)
    inner = (fitting(one, wanted, name_of(one)) for one in catalog.catalogs)
    return replace(
        catalog,
        datasets=tuple(dataset for dataset in datasets if dataset is not None),
        catalogs=tuple(one for one in inner if one.datasets or one.catalogs),
    )


def _fitting(dataset: Dataset, wanted: Wanted, name: str) -> Dataset | None:
    """The dataset with the offers that fit, or None."""
    offers = tuple(offer for offer in dataset.offers if wanted.fits_offer(offer.body))
    if not offers or not wanted.fits(_described(dataset, name)):
        return None
    return replace(dataset, offers=offers)


def _described(dataset: Dataset, name: str) -> Described:
    said = dataset.properties
    media_types = (distribution.properties.get("mediaType") for distribution in dataset.distributions)
    profile = said.get(PROFILE)
    return Described(
        title=_text(said.get("title")),
        keywords=tuple(_texts(said.get("keyword"))),
        media_types=tuple(_texts(list(media_types))),
        formats=tuple(distribution.format for distribution in dataset.distributions),
        profile=profile if isinstance(profile, dict) else _NOTHING,
        catalogue=name,
    )


_NOTHING: JsonObject = {}


def _text(value: Any) -> str:
    """A partner may state texts in any form; what is none is left out."""
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> Iterator[str]:
    values: Iterable[Any] = value if isinstance(value, list) else [value]
    return (one for one in values if isinstance(one, str))


@dataclass(slots=True)
class Window:
    """Cuts pages to the datasets that are asked for.

    Attributes:
        skip: datasets to leave out first.
        left: datasets that may still be taken; None for all.
        passed: datasets of the page that were left out or taken.
        over: whether the page has more than could be taken.
    """

    skip: int
    left: int | None
    passed: int = 0
    over: bool = False

    @property
    def full(self) -> bool:
        """Whether no more can be taken."""
        return self.left == 0

    def take(self, page: Catalog) -> Catalog:
        """The page without what is skipped and what is too much."""
        datasets = tuple(dataset for dataset in page.datasets if self._takes())
        return replace(page, datasets=datasets, catalogs=tuple(self.take(inner) for inner in page.catalogs))

    def _takes(self) -> bool:
        if self.full:
            self.over = True
            return False
        self.passed += 1
        if self.skip:
            self.skip -= 1
            return False
        if self.left is not None:
            self.left -= 1
        return True


def together(pages: Sequence[Catalog]) -> Catalog:
    """Pages of one catalogue as one; catalogues within them are joined by their ids."""
    inner: dict[str, list[Catalog]] = {}
    for page in pages:
        for catalog in page.catalogs:
            inner.setdefault(catalog.id, []).append(catalog)
    return replace(
        pages[0],
        datasets=tuple(dataset for page in pages for dataset in page.datasets),
        catalogs=tuple(together(parts) for parts in inner.values()),
    )
