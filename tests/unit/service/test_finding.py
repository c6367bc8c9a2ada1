from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError
from corridor.base.ids import DatasetId, OfferId
from corridor.service.finding import ANYTHING, FILTERS, Described, describe, parse_filter, terms_of
from corridor.service.records import OfferRecord
from corridor.testing import store_samples as a

PROFILE = {"data": {"items": [{"category": "vehicle"}], "counts": [{"category": "contact_demographic", "n": 7}]}}


def purpose(*names):
    return {"leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": list(names)}


def record(*bodies, **changes):
    offers = [OfferRecord(OfferId(f"urn:o:{n}"), body) for n, body in enumerate(bodies)]
    return replace(a.dataset(), **({"offers": tuple(offers)} if offers else {}), **changes)


RESEARCH = {"permission": [{"action": "use", "constraint": [purpose("research", "statistics")]}]}
READING = {"permission": [{"action": "read"}]}


def found(dataset, *filters):
    """Whether the dataset itself fits, by its own words and by the index."""
    wanted = parse_filter(filters)
    by_words = wanted.fits(describe(dataset, ("HttpData-PULL",)))
    assert by_words <= (wanted.terms <= set(terms_of(dataset)))
    return by_words


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        ([], True),
        ([{}], True),
        ([{"keyword": "trade"}], True),
        ([{"keyword": " TRADE "}], True),
        ([{"keyword": "tra"}], False),
        ([{"keyword": "trade"}, {"keyword": "harvest"}], False),
        ([{"text": "ORDERS"}], True),
        ([{"text": "orders of a year"}], False),
        ([{"text": "order"}], False),
        ([{"text": "---"}], False),
        ([{"mediaType": "text/csv"}], True),
        ([{"mediaType": "text/plain"}], False),
        ([{"format": "httpdata-pull"}], True),
        ([{"format": "HttpData-PUSH"}], False),
        ([{"category": "vehicle"}], True),
        ([{"category": "contact_demographic"}], True),
        ([{"category": "health"}], False),
        ([{"catalogue": "archive"}], True),
        ([{"catalogue": "other"}], False),
        ([{"@type": "Filter", "keyword": "trade", "category": "vehicle", "text": "orders"}], True),
        ([{"keyword": "trade", "category": "health"}], False),
    ],
)
def test_a_dataset_is_found_by_what_it_says_of_itself(filters, fits):
    assert found(record(profile=PROFILE, catalogue="Archive"), *filters) is fits


@pytest.mark.parametrize(
    ("title", "text", "fits"),
    [
        ("海关风险提示 2026", "风险", True),
        ("海关风险提示 2026", "风险提示", True),
        ("海关风险提示 2026", "险", True),
        ("海关风险提示 2026", "关提", False),
        ("海关风险提示 2026", "风险 2026", True),
        ("Straße ÉTÉ", "STRASSE été", True),
        ("\uff21\uff22\uff23 data_2", "abc data", True),
        ("ひらがなカタカナ", "がな", True),
    ],
)
def test_titles_are_found_by_words_in_every_script(title, text, fits):
    assert found(record(title=title), {"text": text}) is fits


@pytest.mark.parametrize(
    ("body", "filters", "fits"),
    [
        (RESEARCH, {"purpose": "research"}, True),
        (RESEARCH, {"purpose": "Statistics"}, True),
        (RESEARCH, {"purpose": "marketing"}, False),
        (READING, {"purpose": "research"}, False),
        (RESEARCH, {"action": "use"}, True),
        (RESEARCH, {"action": "read"}, True),
        (RESEARCH, {"action": "odrl:read"}, True),
        (RESEARCH, {"action": "sell"}, False),
        (READING, {"action": "use"}, False),
        (READING, {"action": "read", "purpose": "research"}, False),
        (RESEARCH, {"action": "read", "purpose": "research"}, True),
        (READING, {"action": "urn:unheard-of"}, False),
        (READING, {"keyword": "trade"}, True),
    ],
)
def test_an_offer_is_found_by_the_purposes_that_it_names_and_the_actions_that_it_permits(body, filters, fits):
    wanted = parse_filter([filters])
    assert wanted.fits_offer(body) is fits
    assert not fits or set(wanted.index_terms) <= set(terms_of(record(body)))


def test_the_index_speaks_of_a_dataset_and_its_offers():
    assert terms_of(record(RESEARCH, READING, profile=PROFILE, title="Orders", catalogue="Archive")) == (
        "action:use",
        "catalogue:archive",
        "category:contact_demographic",
        "category:vehicle",
        "keyword:trade",
        "mediaType:text/csv",
        "purpose:research",
        "purpose:statistics",
        "text:orders",
    )


@pytest.mark.parametrize("body", [{}, {"permission": "x"}, {"permission": [{"action": 1.5}]}, {"n": float("nan")}])
def test_an_offer_that_cannot_be_read_is_found_by_nothing_and_breaks_nothing(body):
    assert "mediaType:text/csv" in terms_of(record(body))
    assert parse_filter([{"action": "use"}]).fits_offer(body) is False
    assert ANYTHING.fits_offer(body)


@pytest.mark.parametrize(
    "profile", [{"data": None}, {"data": [1]}, {"data": {"items": {"a": 1}, "counts": [1, {"category": 2}]}}]
)
def test_a_profile_of_another_shape_has_no_categories(profile):
    assert parse_filter([{"category": "vehicle"}]).fits(Described("", profile=profile)) is False


@pytest.mark.parametrize(
    ("filters", "place", "said"),
    [
        (["trade"], "$.filter[0]", "a filter is an object"),
        ([{}, {"keywords": "trade"}], "$.filter[1]", "there is no filter `keywords`"),
        ([{"keyword": ["trade"]}], "$.filter[0].keyword", "a filter looks for a text"),
        ([{"keyword": " "}], "$.filter[0].keyword", "a filter looks for a text"),
        ([{"keyword": f"a{n}"} for n in range(33)], "$.filter", "at most 32 words and other conditions"),
        ([{"text": " ".join(f"a{n}" for n in range(33))}], "$.filter", "at most 32 words and other conditions"),
        ([{"text": "".join(chr(0x4E00 + n) for n in range(40))}], "$.filter", "at most 32 words"),
    ],
)
def test_what_is_not_supported_is_refused_with_its_place(filters, place, said):
    with pytest.raises(MalformedError, match=said) as refused:
        parse_filter(filters)
    assert refused.value.place == place


def test_a_refusal_names_the_filters_that_there_are():
    with pytest.raises(MalformedError) as refused:
        parse_filter([{"keywords": "trade"}])
    assert refused.value.remedy.startswith("did you mean `keyword`? supported are ")
    assert all(name in refused.value.remedy for name in FILTERS)


def test_words_and_terms_are_bounded():
    long = record(title=" ".join(f"w{n}" for n in range(5000)), keywords=("k" * 10_000,))
    assert len(terms_of(long)) < 300
    assert max(len(term) for term in terms_of(long)) < 220
    assert found(long, {"keyword": "k" * 9_999}, {"text": "w7"})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.sampled_from(FILTERS), inner),
    max_leaves=8,
)


@given(st.lists(json_values, max_size=4))
def test_any_filter_is_parsed_or_refused(filters):
    with suppress(MalformedError):
        assert all(isinstance(term, str) for term in parse_filter(filters).index_terms)


@given(st.text(max_size=40), st.integers(0, 40), st.integers(1, 40))
def test_what_stands_in_a_title_is_found_word_by_word(title, start, length):
    words = title.split()
    for word in words[start : start + length]:
        if any(part.isalnum() for part in word):
            assert found(record(title=title, id=DatasetId("urn:d")), {"text": word}) or not word.isprintable()
