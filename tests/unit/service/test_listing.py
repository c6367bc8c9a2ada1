from __future__ import annotations

import pytest

from corridor.base.ids import DatasetId, OfferId, ParticipantId
from corridor.dsp.catalog import Catalog, DataService, Dataset, Distribution
from corridor.dsp.messages import Offer
from corridor.service.finding import ANYTHING, parse_filter
from corridor.service.listing import Window, every_catalog, every_dataset, fitting, name_of, together
from corridor.service.viewing import PROFILE

PULL = Distribution("HttpData-PULL", DataService("urn:s"), {"mediaType": "text/csv"})


def dataset(name, *actions, **properties):
    offers = [
        Offer(OfferId(f"{name}/{action}"), {"permission": [{"action": action}]}) for action in actions or ("use",)
    ]
    return Dataset(DatasetId(name), tuple(offers), (PULL,), properties)


def catalog(name, *datasets, within=(), **properties):
    return Catalog(name, ParticipantId("did:web:p"), datasets, tuple(within), properties=properties)


def ids(found):
    return [one.id for _, one in every_dataset(found)]


ARCHIVE = catalog(
    "urn:archive", dataset("c", keyword="old"), within=[catalog("urn:deep", dataset("d"))], title="Archive"
)
ROOT = catalog("urn:root", dataset("a", keyword=["new", 7]), dataset("b", "read", "sell", title="B"), within=[ARCHIVE])


def test_every_dataset_comes_with_the_name_of_its_catalogue():
    names = [(name, one.id) for name, one in every_dataset(ROOT)]
    assert names == [("", "a"), ("", "b"), ("Archive", "c"), ("urn:deep", "d")]
    assert [name_of(one) for one in every_catalog(ROOT)] == ["Archive", "urn:deep"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ([], ["a", "b", "c", "d"]),
        ([{"keyword": "new"}], ["a"]),
        ([{"keyword": "old"}], ["c"]),
        ([{"text": "b"}], ["b"]),
        ([{"action": "sell"}], ["b"]),
        ([{"format": "HttpData-PULL"}, {"mediaType": "text/csv"}], ["a", "b", "c", "d"]),
        ([{"format": "HttpData-PUSH"}], []),
        ([{"catalogue": "archive"}], ["c"]),
        ([{"category": "vehicle"}], []),
    ],
)
def test_what_does_not_fit_is_left_out_at_every_level(filters, found):
    assert ids(fitting(ROOT, parse_filter(filters))) == found


def test_only_the_offers_that_fit_are_left():
    [kept] = fitting(ROOT, parse_filter([{"action": "sell"}])).datasets
    assert [offer.id for offer in kept.offers] == ["b/sell"]


def test_catalogues_that_hold_nothing_that_fits_are_left_out_unless_all_is_wanted():
    elsewhere = catalog("urn:elsewhere")
    root = catalog("urn:root", within=[elsewhere, ARCHIVE])
    assert [one.id for one in fitting(root, parse_filter([{"keyword": "old"}])).catalogs] == ["urn:archive"]
    assert fitting(root, ANYTHING) == root


@pytest.mark.parametrize("profile", [None, [], {"data": {"items": [{"category": "vehicle"}]}}])
def test_facts_that_are_no_object_are_none(profile):
    root = catalog("urn:root", dataset("a", **{PROFILE: profile}))
    assert ids(fitting(root, parse_filter([{"category": "vehicle"}]))) == (["a"] if isinstance(profile, dict) else [])


@pytest.mark.parametrize(
    ("skip", "left", "found", "over"),
    [
        (0, None, ["a", "b", "c", "d"], False),
        (0, 4, ["a", "b", "c", "d"], False),
        (0, 3, ["a", "b", "c"], True),
        (1, 2, ["b", "c"], True),
        (3, None, ["d"], False),
        (9, 1, [], False),
    ],
)
def test_a_window_cuts_a_page_and_says_whether_there_was_more(skip, left, found, over):
    window = Window(skip, left)
    assert (ids(window.take(ROOT)), window.over) == (found, over)
    assert window.passed == min(4, skip + len(found))


def test_pages_are_joined_and_the_catalogues_within_them_too():
    first = catalog("urn:root", dataset("a"), within=[catalog("urn:archive", dataset("c"), title="Archive")])
    last = catalog(
        "urn:root", dataset("b"), within=[catalog("urn:archive", dataset("d")), catalog("urn:new", dataset("e"))]
    )
    whole = together([first, last])
    assert ids(whole) == ["a", "b", "c", "d", "e"]
    assert [one.id for one in whole.catalogs] == ["urn:archive", "urn:new"]
