from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from corridor.http.names import OwnResolver


async def test_a_name_has_its_addresses():
    resolver = OwnResolver(2)
    found = await resolver.resolve("localhost", 80)
    assert {"127.0.0.1"} == {entry["host"] for entry in found}
    assert {(entry["hostname"], entry["port"], entry["family"]) for entry in found} == {
        ("localhost", 80, socket.AF_INET)
    }
    await resolver.close()


async def test_a_name_that_there_is_not_is_an_error():
    def nothing(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    resolver = OwnResolver(2, nothing)
    with pytest.raises(OSError, match="no such name"):
        await resolver.resolve("nowhere.invalid")
    await resolver.close()


async def test_a_name_that_takes_long_holds_up_no_other():
    answered = threading.Event()

    def look_up(host, port, **_):
        if host == "slow.example":
            answered.wait(10)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", port))]

    resolver = OwnResolver(2, look_up)
    slow = asyncio.ensure_future(resolver.resolve("slow.example"))
    quick = await asyncio.wait_for(resolver.resolve("quick.example", 443), 5)
    assert (quick[0]["host"], quick[0]["port"], slow.done()) == ("192.0.2.1", 443, False)
    answered.set()
    assert (await slow)[0]["hostname"] == "slow.example"
    await resolver.close()


async def test_closing_does_not_wait_for_a_name_that_takes_long():
    begun, answered = threading.Event(), threading.Event()

    def look_up(*_, **__):
        begun.set()
        answered.wait(10)
        return []

    resolver = OwnResolver(1, look_up)
    looking = asyncio.ensure_future(resolver.resolve("slow.example"))
    await asyncio.to_thread(begun.wait, 5)
    await resolver.close()
    assert not looking.done()
    answered.set()
    assert await looking == []
