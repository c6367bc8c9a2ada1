"""Made-up customers: as many as asked for, each once, and published as facts."""

import pytest

from corridor.cli.demo.customers import publication, write_made_up


def test_a_record_is_written_for_each_person_from_the_first_number_on(tmp_path):
    write_made_up(tmp_path / "customers.csv", 7, 2)
    assert (tmp_path / "customers.csv").read_text("utf-8").splitlines() == [
        "customer_id,name,email,city",
        "C00000007,Customer 7,c00000007@shop.example,Hangzhou",
        "C00000008,Customer 8,c00000008@shop.example,Hangzhou",
    ]


@pytest.mark.parametrize("persons", [0, 1, 50_000, 50_001])
def test_nobody_is_written_twice_or_left_out_where_batches_meet(tmp_path, persons):
    write_made_up(tmp_path / "customers.csv", 1, persons)
    ids = [line.split(",")[0] for line in (tmp_path / "customers.csv").read_text("utf-8").splitlines()[1:]]
    assert ids == [f"C{number:08d}" for number in range(1, persons + 1)]


def test_persons_are_stated_as_a_fact_with_the_population_that_they_are():
    whole = publication("shop", "shop.csv", 99_999)
    (count,) = whole["profile"]["data"]["counts"]
    assert count == {"category": "contact_demographic", "unit": "persons", "n": 99_999, "population": "shop"}
    assert whole["title"] == "Customer records, 99,999 persons"
    assert [offer["id"] for offer in whole["offers"]] == ["shop/service"]


@pytest.mark.parametrize(("persons", "counted"), [(200_000, True), (200_001, False)])
def test_persons_are_counted_in_the_file_up_to_a_size(persons, counted):
    source = publication("shop", "shop.csv", persons)["source"]
    assert ("table" in source) is counted
    assert source.get("table", {}).get("person_column") == ("customer_id" if counted else None)
