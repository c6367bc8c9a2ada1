from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.dataplane.mask import MASKED, Mask

MASK = Mask(("Trader", "Seller"))


@pytest.mark.parametrize(
    ("cell", "masked"),
    [
        ("Trader: Jan Novak", f"Trader: {MASKED}"),
        ("Trader: Jan Novak (natural person), Brno", f"Trader: {MASKED}"),
        ("Trader: ACME GmbH (natural person)", f"Trader: {MASKED}"),
        ("Sold online.\nSeller: anna_1990\nBlue box", f"Sold online.\nSeller: {MASKED}\nBlue box"),
        ("seller : Anna\r\nx", f"seller : {MASKED}\r\nx"),
        ("eBay, Seller: Anna", f"eBay, Seller: {MASKED}"),
        ("Trader:\n  Anna Berg\nBox", f"Trader:\n  {MASKED}\nBox"),
        ("Trader\uff1a王小明", f"Trader\uff1a{MASKED}"),
        ("Trader: ACME Ltd Seller: Anna", f"Trader: ACME Ltd Seller: {MASKED}"),
        ("Trader: Anna; ACME Ltd; Jan", f"Trader: {MASKED}; ACME Ltd; {MASKED}"),
    ],
)
def test_a_natural_person_is_masked(cell, masked):
    assert MASK.apply(cell) == masked


@pytest.mark.parametrize(
    "cell",
    [
        "", "A red toy", "Trader: ACME Ltd", "Trader: ACME GmbH, Berlin\nSeller: Shenzhen X Co., Ltd", "Trader:",
        "Trader: \n ", "Warning: Jan", "Subtrader: Jan", "Trader Jan", f"Seller: {MASKED}", "Seller: ; ;",
    ],
)  # fmt: skip
def test_what_names_no_natural_person_stays_as_it_is(cell):
    assert MASK.apply(cell) == cell


def test_the_longest_label_counts_and_its_characters_mean_themselves():
    mask = Mask(("Seller", "Seller (online)", "a.b"))
    assert mask.apply("Seller (online): Anna") == f"Seller (online): {MASKED}"
    assert mask.apply("axb: Anna") == "axb: Anna"


NAMES = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters=":\uff1a;"), min_size=1, max_size=20)


@given(NAMES)
def test_one_word_behind_a_label_never_stays_unless_it_is_east_asian_for_company(word):
    if not any(
        company in word
        for company in ("公司", "有限", "株式会社", "合同会社", "集团", "集團", "주식회사", "海关", "总局", "委员会")
    ):
        assert MASK.apply(f"Trader: {word}\nrest") == f"Trader: {MASKED}\nrest"


@given(st.text(st.sampled_from("Trader: SelJn;\n Ltd,公司")))
def test_masking_twice_changes_nothing_more(cell):
    once = MASK.apply(cell)
    assert MASK.apply(once) == once


@given(st.text().filter(lambda text: "rader" not in text.casefold() and "eller" not in text.casefold()))
def test_a_cell_without_a_label_stays_as_it_is(cell):
    assert MASK.apply(cell) == cell


def test_hostile_cells_are_masked_soon():
    for cell in ("Trader:" * 18_000, "Trader" + " " * 130_000, "Trader:" + "\n" * 130_000, "Trader: " + "a;" * 60_000):
        MASK.apply(cell)
