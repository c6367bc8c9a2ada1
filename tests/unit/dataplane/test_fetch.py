from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import stat
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import (
    ConflictError,
    ForbiddenError,
    MalformedError,
    StorageError,
    TooLargeError,
    UnreachableError,
)
from corridor.base.ids import ProcessId
from corridor.dataplane.digest import repr_digest
from corridor.dataplane.fetch import FetchLimits, HttpFetcher, file_name

BYTES = bytes(range(256)) * 12 * 1024  # 3 MiB
SHA256 = "sha-256:" + hashlib.sha256(BYTES).hexdigest()
STATED = {"Content_Length": str(len(BYTES)), "ETag": '"v1"', "Repr_Digest": repr_digest(SHA256)}
LIMITS = FetchLimits(tries=3, first_wait_seconds=0.001, longest_wait_seconds=0.002, stall_seconds=0.5)
TRANSFER = ProcessId("urn:uuid:6f1c")


class Provider:
    """A provider that gives, one after the other, the answers it was told to; the last one again and again."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    async def __call__(self, scope, receive, send):
        self.requests.append({name.decode(): value.decode() for name, value in scope["headers"]})
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        await answer(self.requests[-1], send)


def answer(status=200, body=BYTES, *, cut_at=None, then_wait=0.02, **headers):
    """An answer, complete, or cut off `then_wait` seconds after `cut_at` bytes of its body."""
    raw = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]

    async def say(_request, send):
        await send({"type": "http.response.start", "status": status, "headers": raw})
        if cut_at is None:
            await send({"type": "http.response.body", "body": body})
            return
        await send({"type": "http.response.body", "body": body[:cut_at], "more_body": True})
        await asyncio.sleep(then_wait)

    return say


def whole(**changes):
    return answer(**(STATED | changes))


def rest(beside=0, body=None, **changes):
    """The rest that was asked for, or what begins `beside` bytes after it."""

    async def say(request, send):
        start = int(request["range"].removeprefix("bytes=").removesuffix("-")) + beside
        fields = STATED | {"Content_Length": str(len(BYTES) - start)} | changes
        fields["Content_Range"] = f"bytes {start}-{len(BYTES) - 1}/{len(BYTES)}"
        known = {name: value for name, value in fields.items() if value is not None}
        await answer(206, BYTES[start:] if body is None else body, **known)(request, send)

    return say


def mode_of(fetched):
    return stat.S_IMODE(Path(fetched.path).stat().st_mode)


def bytes_of(fetched):
    return Path(fetched.path).read_bytes()


def fetcher(folder, limits=LIMITS, check_url=lambda _: None):
    return HttpFetcher(folder, check_url=check_url, limits=limits)


@pytest.fixture
def fetch(serve, tmp_path):
    """Fetches from a provider that gives these answers."""

    async def fetch(*answers, limits=LIMITS, provider=None):
        base = await serve(provider or Provider(*answers))
        return await fetcher(tmp_path / "received", limits).fetch(TRANSFER, f"{base}/x?secret=1", "Bearer t0ken")

    return fetch


@pytest.fixture
def received(tmp_path):
    """The names in the folder of fetched files."""
    return lambda: sorted(path.name for path in (tmp_path / "received").iterdir())


async def test_a_content_arrives_whole_verified_and_ours_alone(fetch, received):
    provider = Provider(whole(Corridor_Rows="7"))
    fetched = await fetch(provider=provider)
    assert bytes_of(fetched) == BYTES
    assert received() == [file_name(TRANSFER)] == [Path(fetched.path).name]
    assert mode_of(fetched) == 0o600
    assert (fetched.size, fetched.sha256, fetched.rows) == (len(BYTES), SHA256, 7)
    assert fetched.blake3.startswith("blake3:")
    [request] = provider.requests
    assert request["authorization"] == "Bearer t0ken"
    assert request["accept-encoding"] == "identity"
    assert "range" not in request


async def test_what_our_own_data_plane_serves_can_be_fetched(serve, node, tmp_path):
    source = tmp_path / "alerts.csv"
    source.write_bytes(BYTES)
    content = node.publish(source, rows=1000)
    base = await serve(node.plane())
    fetched = await fetcher(tmp_path).fetch(node.transfer, f"{base}/{node.transfer}", node.token)
    assert (fetched.size, fetched.sha256, fetched.blake3, fetched.rows) == (
        content.size,
        content.sha256,
        content.blake3,
        1000,
    )
    assert node.metered == [(len(BYTES), 1000, True)]


async def test_an_empty_content_is_fetched(fetch):
    fetched = await fetch(answer(body=b"", Content_Length="0"))
    assert (fetched.size, fetched.rows) == (0, None)


async def test_a_peer_that_states_no_digest_and_no_length_is_taken_at_its_word(fetch):
    fetched = await fetch(answer())
    assert (fetched.size, fetched.sha256) == (len(BYTES), SHA256)


async def test_a_broken_connection_is_resumed_where_it_broke(fetch):
    provider = Provider(whole(cut_at=1_500_000), rest())
    fetched = await fetch(provider=provider)
    assert bytes_of(fetched) == BYTES
    assert provider.requests[1]["range"].startswith("bytes=")
    assert provider.requests[1]["if-range"] == '"v1"'
    assert provider.requests[1]["corridor-held"] == provider.requests[1]["range"].removeprefix("bytes=").removesuffix(
        "-"
    )


async def test_a_connection_that_breaks_behind_the_last_byte_has_brought_all(fetch):
    unended = rest(cut_at=len(BYTES), then_wait=0.1, Content_Length=None)
    assert (await fetch(whole(cut_at=100), unended)).sha256 == SHA256


async def test_a_content_that_has_changed_meanwhile_is_fetched_anew(fetch):
    new = b"new content"
    changed = answer(body=new, ETag='"v2"', Repr_Digest=repr_digest("sha-256:" + hashlib.sha256(new).hexdigest()))
    fetched = await fetch(whole(cut_at=100), changed)
    assert bytes_of(fetched) == new


async def test_without_a_tag_a_broken_connection_means_starting_over(fetch):
    provider = Provider(whole(cut_at=1000, ETag='W/"weak"'), whole())
    assert (await fetch(provider=provider)).sha256 == SHA256
    assert "range" not in provider.requests[1]


async def test_a_provider_that_is_busy_is_asked_again(fetch):
    assert (await fetch(answer(503), answer(429), whole())).sha256 == SHA256


async def test_tries_start_anew_with_every_megabyte(fetch):
    parts = [whole(cut_at=1_100_000), answer(503), answer(503)]
    more = [rest(cut_at=1_100_000), answer(503), answer(503), rest()]
    assert (await fetch(*parts, *more)).sha256 == SHA256


@pytest.mark.parametrize("broken", [answer(500), whole(cut_at=0), answer(503)])
async def test_it_is_given_up_after_some_tries(fetch, received, broken):
    provider = Provider(broken)
    with pytest.raises(UnreachableError) as caught:
        await fetch(provider=provider)
    assert len(provider.requests) == 3
    assert caught.value.status in (None, 500, 503)
    assert received() == []


async def test_a_connection_that_drips_is_given_up(fetch):
    provider = Provider(whole(cut_at=1), rest(cut_at=1))
    with pytest.raises(UnreachableError):
        await fetch(provider=provider)
    assert len(provider.requests) == 3


async def test_a_provider_that_falls_silent_counts_as_broken(fetch):
    limits = FetchLimits(tries=1, stall_seconds=0.05)
    with pytest.raises(UnreachableError, match="broke off"):
        await fetch(whole(cut_at=1000, then_wait=0.3), limits=limits)


@pytest.mark.parametrize(
    ("head", "more"),
    [
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n2;x=", b"x" * 100),
    ],
    ids=["answers that are none", "a chunk that never begins"],
)
async def test_a_provider_that_talks_and_says_nothing_counts_as_broken(tmp_path, head, more):
    async def talk(reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError), contextlib.closing(writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head)
            while True:
                writer.write(more)
                await writer.drain()
                await asyncio.sleep(0.001)

    limits = replace(LIMITS, tries=2, stall_seconds=0.1, connect_seconds=0.1)
    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server, asyncio.timeout(20):
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
        with pytest.raises(UnreachableError):
            await fetcher(tmp_path / "received", limits).fetch(TRANSFER, url, "Bearer t")


async def test_nobody_there_is_unreachable(tmp_path):
    with pytest.raises(UnreachableError, match="no connection") as caught:
        await fetcher(tmp_path).fetch(TRANSFER, "http://127.0.0.1:9/x?secret=1", "Bearer t0ken")
    assert caught.value.place == "http://127.0.0.1:9/x"
    assert isinstance(caught.value.__cause__, aiohttp.ClientError)


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        (
            answer(403, b'{"detail": "the agreement was terminated"}'),
            "the provider refuses: the agreement was terminated",
        ),
        (answer(401, b"<html>"), "the provider refuses: status 401"),
        (answer(410, b"x" * 200_000), "the provider refuses: status 410"),
        (answer(403, b'{"detail": "\\u001b[31m' + b"y" * 900 + b'"}'), r"the provider refuses: \x1b[31myyy"),
    ],
)
async def test_a_refusal_brings_the_providers_reason_and_is_not_repeated(fetch, received, refusal, reason):
    provider = Provider(refusal)
    with pytest.raises(ForbiddenError) as caught:
        await fetch(provider=provider)
    assert caught.value.message.startswith(reason)
    assert len(caught.value.message) < 300
    assert len(provider.requests) == 1
    assert received() == []


async def test_a_revocation_in_mid_stream_ends_as_a_refusal(serve, node, tmp_path):
    source = tmp_path / "alerts.csv"
    source.write_bytes(BYTES)
    node.publish(source)

    def revoke(count):
        node.refusal = "the agreement was terminated" if count > 2 else None

    node.on_check = revoke
    base = await serve(node.plane())
    with pytest.raises(ForbiddenError, match="the agreement was terminated"):
        await fetcher(tmp_path / "received").fetch(node.transfer, f"{base}/{node.transfer}", node.token)
    assert list((tmp_path / "received").iterdir()) == []


async def test_a_redirect_is_not_followed(fetch):
    with pytest.raises(UnreachableError) as caught:
        await fetch(answer(302, b"", Location="http://127.0.0.1:1/"))
    assert caught.value.status == 302


@pytest.mark.parametrize(
    "answers",
    [
        [whole(Repr_Digest=repr_digest("sha-256:" + "0" * 64))],
        [whole(Repr_Digest="nonsense")],
        [whole(Content_Encoding="gzip")],
        [answer(206, BYTES[5:], Content_Range=f"bytes 5-{len(BYTES) - 1}/{len(BYTES)}")],
        [whole(cut_at=100), rest(beside=-1)],
        [whole(cut_at=100), rest(ETag='"v2"')],
        [whole(cut_at=100), answer(206, BYTES[100:])],
        [whole(cut_at=100), rest(body=BYTES[100:200], Content_Length="100")],
    ],
)
async def test_what_is_not_what_was_stated_is_malformed_and_not_kept(fetch, received, answers):
    with pytest.raises(MalformedError):
        await fetch(*answers)
    assert received() == []


async def test_a_content_over_the_limit_is_refused_before_or_while_it_comes(fetch, received):
    limits = FetchLimits(max_size=1000)
    with pytest.raises(TooLargeError):
        await fetch(whole(), limits=limits)
    with pytest.raises(TooLargeError):
        await fetch(answer(), limits=limits)
    assert received() == []


async def test_an_address_that_must_not_be_called_is_not(tmp_path):
    def refuse(url):
        raise UnreachableError(f"`{url}` must not be called")

    with pytest.raises(UnreachableError, match="must not be called"):
        await fetcher(tmp_path, check_url=refuse).fetch(TRANSFER, "http://127.0.0.1:9/", "Bearer t0ken")


@pytest.mark.parametrize("token", ["", "Bearer x\r\nX-Evil: 1", "Bearer \u00e9", " x", "x" * 9000])
async def test_a_token_that_is_no_field_value_is_not_sent_and_not_shown(tmp_path, token):
    with pytest.raises(MalformedError) as caught:
        await fetcher(tmp_path).fetch(TRANSFER, "http://127.0.0.1:9/", token)
    assert "Evil" not in str(caught.value)


@pytest.mark.parametrize("endpoint", ["http://[", "nonsense", "http://127.0.0.1:99999/"])
async def test_an_address_that_is_none_is_unreachable(tmp_path, endpoint):
    with pytest.raises(UnreachableError):
        await fetcher(tmp_path).fetch(TRANSFER, endpoint, "Bearer t0ken")


async def test_neither_the_token_nor_the_query_is_in_an_error_or_in_the_log(fetch, caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(UnreachableError) as caught:
        await fetch(answer(500))
    assert "t0ken" not in str(caught.value) + caplog.text
    assert "secret" not in str(caught.value)


async def test_a_transfer_is_fetched_once_at_a_time_and_can_be_fetched_again(serve, tmp_path):
    base = await serve(Provider(whole(cut_at=10, then_wait=0.1), whole()))
    ours = fetcher(tmp_path / "received")
    first = asyncio.create_task(ours.fetch(TRANSFER, base, "t"))
    await asyncio.sleep(0.01)
    with pytest.raises(ConflictError):
        await ours.fetch(TRANSFER, base, "t")
    once, again = await first, await ours.fetch(TRANSFER, base, "t")
    assert once == again


async def test_a_fetch_that_is_cancelled_leaves_nothing(serve, tmp_path, received):
    base = await serve(Provider(whole(cut_at=10, then_wait=0.2)))
    task = asyncio.create_task(fetcher(tmp_path / "received").fetch(TRANSFER, base, "t"))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert received() == []


async def test_a_folder_that_cannot_be_written_is_a_storage_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError):
        await fetcher(tmp_path / "file").fetch(TRANSFER, "http://127.0.0.1:9/", "t")


@given(st.text(min_size=1, max_size=300))
def test_the_file_of_any_transfer_lies_in_its_folder(transfer):
    name = file_name(ProcessId(transfer))
    assert Path(name).name == name
    assert name.isascii()
    assert len(name) <= 80
    assert not name.startswith(".")


def test_transfers_that_look_alike_have_files_of_their_own():
    assert file_name(ProcessId("urn:a/b")) != file_name(ProcessId("urn:a:b"))
    assert file_name(ProcessId("../..")).startswith("transfer-")
