"""The client's one long stream, made of as many as it takes."""

from __future__ import annotations

import asyncio
import itertools
import json
from types import SimpleNamespace

import pytest

from corridor.base.errors import MalformedError, UnauthenticatedError, UnreachableError
from corridor.client import Client
from corridor.client import follow as module

PROVIDER = "did:web:provider.example"


def told(*ids):
    return b"".join(json.dumps({"id": str(number), "type": "org.corridor.x"}).encode() + b"\n" for number in ids)


@pytest.fixture
def quick(monkeypatch):
    """Waits that take no time, and how long they would have been."""
    waits = []
    monkeypatch.setattr(module, "time", SimpleNamespace(sleep=waits.append))
    return waits


def test_events_come_as_they_are_logged(provider, publication):
    following = provider.follow(types=["dataset.*"])
    for number in range(3):
        provider.publish(publication(f"urn:d{number}"))
        event = next(following)
        assert event["type"] == "org.corridor.dataset.published"
        assert (event["id"], event["subject"], event["source"]) == (str(number), f"urn:d{number}", PROVIDER)
    following.close()
    assert provider.health() == {"status": "ok"}


def test_by_default_only_what_happens_from_now_on(provider, publication):
    provider.publish(publication("urn:before"))
    following = provider.follow()
    provider.publish(publication("urn:after"))
    assert next(following)["subject"] == "urn:after"
    assert next(provider.follow(-1))["subject"] == "urn:before"


def test_a_stream_that_ends_is_followed_by_another_from_the_same_place(scripted, quick):
    scripted.answer(told(4, 5))
    with Client(scripted.url, "t") as client:
        following = client.follow(3)
        assert [next(following)["id"] for _ in range(2)] == ["4", "5"]
        scripted.answer(b"\n" + told(6))
        assert next(following)["id"] == "6"
    assert ["after=3" in scripted.asked[0][1], "after=5" in scripted.asked[1][1]] == [True, True]
    assert scripted.asked[0][2]["Accept"] == "application/x-ndjson"


def test_a_stream_that_breaks_off_in_an_event_is_taken_up_before_it(scripted, quick):
    scripted.answer(told(4) + b'{"id": "5", "ty', Content_Length="1000")
    with Client(scripted.url, "t") as client:
        following = client.follow(3)
        assert next(following)["id"] == "4"
        scripted.answer(told(5))
        assert next(following)["id"] == "5"


def test_a_node_that_stays_away_is_waited_for_with_patience(scripted, quick):
    scripted.answer(told(0))
    with Client(scripted.url, "t") as client:
        following = client.follow(-1, patience=100)
        next(following)
        scripted.answer(b"", 503)
        with pytest.raises(UnreachableError):
            next(following)
    assert quick == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, *itertools.repeat(15.0, 5)]


def test_a_node_that_was_never_there_is_not_waited_for(quick):
    with Client("http://127.0.0.1:1", "t") as client, pytest.raises(UnreachableError):
        next(client.follow(-1))
    assert quick == []


def test_a_refusal_ends_it(running, provider, scripted):
    with Client(running.urls[PROVIDER], "wrong") as client, pytest.raises(UnauthenticatedError):
        next(client.follow(-1))
    with pytest.raises(MalformedError, match="no type of event"):
        next(provider.follow(-1, types=["nonsense"]))


@pytest.mark.parametrize("body", [b"nonsense\n", b"[]\n", b'{"id": 5.5}\n', b'{"id": "-1"}\n', b"{}\n"])
def test_what_is_no_event_is_not_taken_for_one(scripted, quick, body):
    scripted.answer(body)
    with Client(scripted.url, "t") as client, pytest.raises(UnreachableError, match="the node streams what is no"):
        next(client.follow(-1, patience=0))


def test_an_endless_line_is_not_kept(scripted, quick, monkeypatch):
    monkeypatch.setattr(module, "_LINE", module.JsonLimits(max_bytes=10))
    scripted.answer(b"x" * 100)
    with Client(scripted.url, "t") as client, pytest.raises(UnreachableError, match="more than 10 bytes"):
        next(client.follow(-1, patience=0))


def test_across_streams_that_end_nothing_is_missing_and_nothing_comes_twice(running, provider, publication, quick):
    following = provider.follow(-1)
    node = running.network.members[PROVIDER]
    for number in range(30):
        provider.publish(publication(f"urn:d{number}"))
        if number % 7 == 0:  # the stream ends, and may be opened again at once
            running.loop.call_soon_threadsafe(node.signal.stop)
            asyncio.run_coroutine_threadsafe(_resume(node), running.loop).result()
    assert [int(next(following)["id"]) for _ in range(30)] == list(range(30))


async def _resume(node):
    await asyncio.sleep(0.001)
    node.signal.stopped = False
