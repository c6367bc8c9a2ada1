from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

import pytest

from corridor.base.errors import LocalError, MalformedError
from corridor.base.ids import DatasetId
from corridor.evidence.forms import Count, Sha256, Word
from corridor.evidence.record import read_record, write_record


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Item:
    kind: Word
    digest: Sha256


@dataclass(frozen=True, slots=True)
class Thing:
    at: datetime
    data_set: DatasetId
    side: Side
    items: tuple[Item, ...]
    size_in_bytes: Count | None = None
    on: date | None = None


ITEM = Item("scc", "sha-256:" + "0" * 64)
THING = Thing(datetime(2026, 11, 22, tzinfo=UTC), DatasetId("urn:d"), Side.RIGHT, (ITEM,), 7)
WRITTEN = {
    "at": "2026-11-22T00:00:00Z",
    "dataSet": "urn:d",
    "side": "right",
    "items": [{"kind": "scc", "digest": ITEM.digest}],
    "sizeInBytes": 7,
}


def test_a_record_is_an_object_with_the_names_in_camel_case_and_without_what_is_none():
    assert write_record(THING) == WRITTEN
    assert read_record(Thing, WRITTEN, "thing") == THING


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"at": "yesterday"}, "thing.at"),
        ({"dataSet": "a b"}, "thing.dataSet"),
        ({"side": "up"}, "thing.side"),
        ({"items": {}}, "thing.items"),
        ({"items": [{"kind": "scc"}]}, "thing.items[0]"),
        ({"items": [{"kind": "scc", "digest": "md5:0"}]}, "thing.items[0].digest"),
        ({"sizeInBytes": None}, "thing.sizeInBytes"),
        ({"size_in_bytes": 7}, "thing"),
        ({"on": "2026-02-30"}, "thing.on"),
    ],
)
def test_what_was_not_written_so_is_refused_at_its_place(change, place):
    with pytest.raises(MalformedError) as refused:
        read_record(Thing, {**WRITTEN, **change}, "thing")
    assert refused.value.place == place


def test_a_member_that_must_be_there_is_missed():
    with pytest.raises(MalformedError, match="no member `at`"):
        read_record(Thing, {"side": "left"}, "thing")


@pytest.mark.parametrize("value", [None, [], "thing", 5])
def test_only_an_object_is_a_record(value):
    with pytest.raises(MalformedError, match="not a JSON object"):
        read_record(Thing, value, "thing")


def test_what_could_not_be_read_back_is_never_written():
    with pytest.raises(LocalError, match="whole number") as refused:
        write_record(Thing(THING.at, THING.data_set, Side.LEFT, (), -1))
    assert refused.value.place == "Thing.sizeInBytes"


def test_an_instant_without_a_time_zone_is_never_written():
    with pytest.raises(LocalError, match="would not be read back as it is; give instants a time zone"):
        write_record(Thing(datetime(2026, 11, 22), THING.data_set, Side.LEFT, ()))
