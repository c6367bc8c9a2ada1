"""Made-up alerts: shaped like the real export, with its faults, and published so that no natural person shows."""

import csv
import re

import pytest

from corridor.base.errors import MalformedError
from corridor.cli.demo.alerts import CHINA, COLUMNS, ROWS, check_export, origins, publication, write_made_up


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    path = tmp_path_factory.mktemp("alerts") / "alerts.csv"
    write_made_up(path)
    with path.open(encoding="utf-8", newline="") as file:
        return path, list(csv.DictReader(file))


def digits_sum(barcode):
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(barcode))


def test_made_up_alerts_have_the_columns_of_the_real_export(made_up, shared):
    path, rows = made_up
    header = path.read_text("utf-8").splitlines()[0]
    real = (shared / "data" / "safety_gate_2024.csv").read_text("utf-8-sig").splitlines()[0]
    assert header == real == ",".join(COLUMNS)
    assert len(rows) == ROWS


def test_they_are_the_same_at_each_run_and_as_many_as_asked_for(made_up, tmp_path):
    write_made_up(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == made_up[0].read_bytes()
    write_made_up(tmp_path / "few.csv", 3)
    assert list(origins((tmp_path / "few.csv").read_bytes())) == list(origins(made_up[0].read_bytes()))[:3]


def test_both_spellings_of_china_and_other_origins_occur(made_up):
    found = set(origins(made_up[0].read_bytes()))
    assert set(CHINA) < found
    assert "Unknown" in found


def test_some_barcodes_are_wrong_and_most_are_right(made_up):
    barcodes = [row["barcode"] for row in made_up[1] if row["barcode"]]
    assert {len(barcode) for barcode in barcodes} == {13}
    wrong = [barcode for barcode in barcodes if digits_sum(barcode) % 10]
    assert 0 < len(wrong) < len(barcodes) / 4


def test_each_alert_has_its_number_and_some_a_trader_who_is_a_person(made_up):
    numbers = [row["alert_number"] for row in made_up[1]]
    described = publication("a", "a.csv", "did:web:b", "2099-01-01T00:00:00Z")["source"]["table"]
    pattern = described["columns"]["alert_number"]["pattern"]
    assert all(re.fullmatch(pattern, number) for number in numbers)
    assert len(set(numbers)) == len(numbers)
    assert any("\nTrader: Anna Nowak" in row["measures_authorities"] for row in made_up[1])


def test_they_are_published_for_one_purpose_until_an_instant_and_not_for_the_excluded():
    whole = publication("a", "a.csv", "did:web:b", "2099-01-01T00:00:00Z")
    table = whole["source"]["table"]
    assert (list(table["columns"]), table["keep"]) == (list(COLUMNS), {"country_of_origin": list(CHINA)})
    assert table["mask"][0]["when"] == "natural_person"
    (offer,) = whole["offers"]
    assert [tuple(one.values()) for one in offer["permission"][0]["constraint"]] == [
        ("purpose", "eq", "urn:corridor:purpose:product-safety"),
        ("assignee", "neq", "did:web:b"),
        ("dateTime", "lteq", "2099-01-01T00:00:00Z"),
    ]
    assert offer["prohibition"] == [{"action": "sell"}]


def test_an_export_may_begin_with_a_byte_order_mark(made_up, tmp_path):
    check_export(made_up[0])
    (tmp_path / "marked.csv").write_text(",".join(COLUMNS), "utf-8-sig")
    check_export(tmp_path / "marked.csv")


OTHERS = {
    "empty": ("", "missing are `alert_number`, `barcode`, "),
    "of other columns": (",".join(COLUMNS[1:]), "missing are `alert_number`"),
    "with one more": (",".join((*COLUMNS, "more")), "there are 16 of them, not 15"),
    "in another order": (",".join(reversed(COLUMNS)), "only their order differs"),
}


@pytest.mark.parametrize(("header", "sentence"), OTHERS.values(), ids=OTHERS.keys())
def test_an_export_in_other_columns_is_refused_with_the_difference(document, header, sentence):
    path = document(header, "export.csv")
    with pytest.raises(MalformedError) as refused:
        check_export(path)
    assert refused.value.place == f"{path}:1"
    assert refused.value.message.startswith(f"the alerts do not have the columns of a Safety Gate export: {sentence}")
    assert refused.value.remedy == f"the header is {','.join(COLUMNS)}"


UNREADABLE = {
    "a folder": (None, "is a directory"),
    "not UTF-8": (b"\xff\xfe", "it is not UTF-8"),
    "without an end of the cell": (b'"' + b"a" * 200_000, "field larger than field limit (131072)"),
}


@pytest.mark.parametrize(("content", "why"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_an_export_that_cannot_be_read_is_refused(tmp_path, content, why):
    path = tmp_path / "export.csv"
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises(MalformedError) as refused:
        check_export(path)
    assert str(refused.value) == f"{path}: the alerts cannot be read: {why}"
