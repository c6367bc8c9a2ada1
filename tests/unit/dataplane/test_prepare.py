from __future__ import annotations

import asyncio
import csv
import hashlib
import os
import tempfile
import threading
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.base.errors import ConflictError, MalformedError, NotFoundError, StorageError
from corridor.dataplane.mask import MASKED
from corridor.dataplane.prepare import AT_ONCE, FilePreparer

ALERTS = 'number,barcode,notes\nA1,8715658002512,"Trader: Anna, Brno"\nA2,1,Trader: ACME Ltd\nA2,,again\nA3,,é\n'
TABLE = {
    "columns": {"number": {"unique": True, "required": True}, "barcode": {"format": "gtin"}, "notes": {}},
    "mask": [{"column": "notes", "label": ["Trader"], "when": "natural_person"}],
    "person_column": "notes",
}


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "open"
    root.mkdir()
    (root / "alerts.csv").write_text(ALERTS, encoding="utf-8")
    (tmp_path / "secret.csv").write_text("secret")
    return root


@pytest.fixture
def snapshots(tmp_path):
    return tmp_path / "snapshots"


@pytest.fixture
def prepare(root, snapshots):
    preparer = FilePreparer([root], snapshots)

    async def prepare(file="alerts.csv", media_type="text/csv", **more):
        return await preparer.prepare({"file": str(file), "media_type": media_type} | more, "$.source")

    return prepare


def bytes_of(prepared):
    return Path(prepared.path).read_bytes()


async def test_a_file_without_a_description_is_fixed_where_it_is(prepare, root, snapshots):
    prepared = await prepare()
    data = (root / "alerts.csv").read_bytes()
    assert prepared.path == str(root / "alerts.csv")
    assert prepared.sha256 == "sha-256:" + hashlib.sha256(data).hexdigest()
    assert prepared.blake3 == "blake3:" + blake3(data).hexdigest()
    assert (prepared.size, prepared.modified_ns) == (len(data), (root / "alerts.csv").stat().st_mtime_ns)
    assert (prepared.rows, prepared.persons, prepared.report) == (None, None, None)
    assert not snapshots.exists()


async def test_a_table_becomes_a_snapshot_of_what_may_leave(prepare, snapshots):
    prepared = await prepare(table=TABLE)
    data = bytes_of(prepared)
    assert list(csv.reader(data.decode().splitlines())) == [
        ["number", "barcode", "notes"],
        ["A1", "8715658002512", f"Trader: {MASKED}"],
        ["A2", "1", "Trader: ACME Ltd"],
        ["A3", "", "é"],
    ]
    assert [path.name for path in snapshots.iterdir()] == [hashlib.sha256(data).hexdigest() + ".csv"]
    assert prepared.sha256 == "sha-256:" + hashlib.sha256(data).hexdigest()
    assert (prepared.size, prepared.rows, prepared.persons) == (len(data), 3, 3)
    assert prepared.report == {
        "rows_read": 4,
        "rows_kept": 3,
        "rows_left_out": 0,
        "rows_held_back": 1,
        "cells_masked": 1,
        "faults_total": 2,
        "faults": [
            {"row": 2, "line": 3, "column": "barcode", "value": "1", "rule": "format gtin"},
            {"row": 3, "line": 4, "column": "number", "value": "A2", "rule": "unique"},
        ],
    }


async def test_preparing_again_gives_the_same_snapshot(prepare):
    assert await prepare(table=TABLE) == await prepare(table=TABLE, media_type="text/csv; charset=utf-8")


async def test_a_table_without_rows_is_its_header(prepare, root):
    (root / "empty.csv").write_text("number,barcode,notes\n")
    prepared = await prepare("empty.csv", table=TABLE)
    assert bytes_of(prepared) == b"number,barcode,notes\r\n"
    assert (prepared.rows, prepared.persons) == (0, 0)


async def test_a_table_of_many_batches_is_written_whole(prepare, root):
    rows = "".join(f"A{n},,{'x' * 40}\n" for n in range(5000))
    (root / "long.csv").write_text("number,barcode,notes\n" + rows)
    prepared = await prepare("long.csv", table=TABLE)
    assert bytes_of(prepared).count(b"\n") == 5001
    assert (prepared.rows, prepared.persons) == (5000, 1)


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)


@given(st.lists(st.tuples(CELL, CELL), max_size=8))
@settings(max_examples=50, deadline=None)
def test_the_cells_of_a_snapshot_are_the_cells_of_the_file(rows):
    source = {"file": "t.csv", "media_type": "text/csv", "table": {"columns": {"a": {}, "b": {}}}}
    with tempfile.TemporaryDirectory() as folder:
        with (Path(folder) / "t.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\r\n").writerows([("a", "b"), *rows])
        prepared = asyncio.run(FilePreparer([Path(folder)], Path(folder) / "s").prepare(source, "$"))
        with Path(prepared.path).open(encoding="utf-8", newline="") as file:
            assert [tuple(row) for row in csv.reader(file)] == [("a", "b"), *rows]


async def test_a_file_may_be_named_by_its_whole_path_or_through_a_link_within(prepare, root):
    (root / "link.csv").symlink_to(root / "alerts.csv")
    by_path, by_link = await prepare(root / "alerts.csv"), await prepare("link.csv")
    assert by_path == by_link


@pytest.mark.parametrize(
    "file",
    ["../secret.csv", "missing.csv", "out.csv", "loop", "", ".", "/etc/passwd", "folder", "pipe", "a\0b", "x" * 5000],
)
async def test_what_is_not_under_an_open_folder_is_not_told_from_what_is_not_there(prepare, root, file):
    (root / "out.csv").symlink_to(root.parent / "secret.csv")
    (root / "loop").symlink_to(root / "loop")
    (root / "folder").mkdir()
    os.mkfifo(root / "pipe")
    with pytest.raises((NotFoundError, MalformedError)) as caught:
        await prepare(file)
    assert caught.value.place == "$.source.file"
    if file:
        assert caught.value.message.endswith("under the folders that are open for publishing")


async def test_without_open_folders_nothing_can_be_published(root, snapshots):
    with pytest.raises(NotFoundError):
        await FilePreparer([], snapshots).prepare({"file": "alerts.csv", "media_type": "text/csv"}, "$")


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ({}, "$.source"),
        ({"file": "alerts.csv"}, "$.source"),
        ({"fil": "alerts.csv", "media_type": "text/csv"}, "$.source"),
        ({"file": 1, "media_type": "text/csv"}, "$.source.file"),
        ({"file": "alerts.csv", "media_type": "csv"}, "$.source.media_type"),
        ({"file": "alerts.csv", "media_type": "text/csv\r\nX-Evil: 1"}, "$.source.media_type"),
        ({"file": "alerts.csv", "media_type": 1}, "$.source.media_type"),
        ({"file": "alerts.csv", "media_type": "text/plain", "table": TABLE}, "$.source.media_type"),
        ({"file": "alerts.csv", "media_type": "text/csv", "table": {"columns": {"x": 1}}}, "$.source.table.columns.x"),
    ],
)
async def test_a_faulty_source_is_malformed_with_its_place(root, snapshots, source, place):
    with pytest.raises(MalformedError) as caught:
        await FilePreparer([root], snapshots).prepare(source, "$.source")
    assert caught.value.place == place


async def test_a_file_that_is_no_table_is_malformed_and_leaves_nothing(prepare, root, snapshots):
    (root / "torn.csv").write_text('number,barcode,notes\nA1,,x\nA2,"y')
    with pytest.raises(MalformedError) as caught:
        await prepare("torn.csv", table=TABLE)
    assert caught.value.place == "torn.csv line 3"
    assert list(snapshots.iterdir()) == []


async def test_a_folder_for_snapshots_that_cannot_be_written_is_a_storage_error(root):
    preparer = FilePreparer([root], root / "alerts.csv")
    with pytest.raises(StorageError):
        await preparer.prepare({"file": "alerts.csv", "media_type": "text/csv", "table": TABLE}, "$")


async def test_a_file_that_is_written_to_meanwhile_is_a_conflict(root, snapshots):
    def key():
        with (root / "alerts.csv").open("a") as file:
            file.write("A9,,late\n")
        return bytes(32)

    with pytest.raises(ConflictError, match="written to while it was read"):
        await FilePreparer([root], snapshots, key=key).prepare(
            {"file": "alerts.csv", "media_type": "text/csv", "table": TABLE}, "$"
        )


async def test_the_loop_stays_free_while_a_file_is_prepared(root, snapshots):
    goes_on = threading.Event()

    def key():
        assert goes_on.wait(5)
        return bytes(32)

    source = {"file": "alerts.csv", "media_type": "text/csv", "table": TABLE}
    prepared = asyncio.create_task(FilePreparer([root], snapshots, key=key).prepare(source, "$"))
    await asyncio.sleep(0.01)
    goes_on.set()
    assert (await prepared).rows == 3


async def test_a_few_sources_are_prepared_at_a_time_so_that_threads_are_left_for_serving(prepare, monkeypatch):
    running, most, gate = 0, [], threading.Lock()
    work = FilePreparer._prepare

    def counted(self, *arguments):
        nonlocal running
        with gate:
            running += 1
            most.append(running)
        try:
            return work(self, *arguments)
        finally:
            with gate:
                running -= 1

    monkeypatch.setattr(FilePreparer, "_prepare", counted)
    await asyncio.gather(*(prepare() for _ in range(8)))
    assert len(most) == 8
    assert max(most) <= AT_ONCE
