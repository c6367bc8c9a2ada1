from __future__ import annotations

import base64
import hashlib
import os

import pytest

from corridor.base.errors import StorageError, UnreachableError
from corridor.client import Client

DATA = os.urandom(2_500_000)


def stated(data):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


@pytest.fixture
def client(scripted):
    with Client(scripted.url, "t", timeout=2.0) as found:
        yield found


def test_a_file_is_written_whole_with_progress(client, scripted, tmp_path):
    scripted.answer(DATA, Repr_Digest=stated(DATA))
    steps = []
    found = client.download("urn:t", tmp_path / "a", lambda *step: steps.append(step))
    assert (tmp_path / "a").read_bytes() == DATA
    assert found == {
        "file": str(tmp_path / "a"),
        "size": len(DATA),
        "sha256": "sha-256:" + hashlib.sha256(DATA).hexdigest(),
    }
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1] == (len(DATA), len(DATA))


def test_a_file_without_bytes_is_a_file(client, scripted, tmp_path):
    scripted.answer(b"", Repr_Digest=stated(b""))
    client.download("urn:t", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b""


def test_what_was_there_is_replaced_only_by_a_whole_file(client, scripted, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"before")
    for answer in (
        {"body": DATA, "Repr_Digest": stated(b"other")},
        {"body": DATA[:1000], "Repr_Digest": stated(DATA), "Content_Length": str(len(DATA))},
        {"body": DATA},
        {"body": DATA, "Repr_Digest": "sha-256=:AAAA:"},
        {"body": DATA, "Repr_Digest": "sha-256=:!:"},
        {"body": DATA, "Repr_Digest": "md5=:" + "A" * 22 + "==:"},
    ):
        scripted.answer(**answer)
        with pytest.raises(UnreachableError):
            client.download("urn:t", path)
        assert path.read_bytes() == b"before"
        assert list(tmp_path.iterdir()) == [path]
    scripted.answer(DATA, Repr_Digest=stated(DATA))
    client.download("urn:t", path)
    assert path.read_bytes() == DATA


def test_a_caller_who_gives_up_leaves_nothing_behind(client, scripted, tmp_path):
    scripted.answer(DATA, Repr_Digest=stated(DATA))

    def give_up(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.download("urn:t", tmp_path / "a", give_up)
    assert list(tmp_path.iterdir()) == []
    scripted.answer(b"{}")
    assert client.health() == {}


def test_a_place_that_cannot_be_written_is_told(client, scripted, tmp_path):
    scripted.answer(DATA, Repr_Digest=stated(DATA))
    with pytest.raises(StorageError, match="is a folder"):
        client.download("urn:t", tmp_path)
    with pytest.raises(StorageError, match="cannot be written"):
        client.download("urn:t", tmp_path / "none" / "a")


def test_a_long_name_is_no_obstacle(client, scripted, tmp_path):
    scripted.answer(b"x", Repr_Digest=stated(b"x"))
    client.download("urn:t", tmp_path / ("n" * 250))
    assert [path.name for path in tmp_path.iterdir()] == ["n" * 250]
