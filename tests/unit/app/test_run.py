"""A node that runs in this process: it answers on both listeners, and ends at a signal."""

import asyncio
import os
import signal
import socket

import aiohttp
import pytest

from corridor.app.run import management_token, run_node
from corridor.app.wire import open_node
from corridor.base.errors import SettingsError, StorageError


async def get(address, path, token=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession() as session, session.get(f"http://{address}{path}", headers=headers) as answer:
        return answer.status, await answer.json(content_type=None)


async def test_a_node_answers_on_both_listeners_until_it_is_told_to_stop(node):
    ready = asyncio.Event()
    running = asyncio.create_task(run_node(node, ready.set))
    await asyncio.wait_for(ready.wait(), 10)
    listen = node.settings.listen
    assert await get(listen.protocol, "/health") == (200, {"status": "ok"})
    assert await get(listen.management, "/health") == (200, {"status": "ok"})
    assert (await get(listen.management, "/status"))[0] == 401
    status, said = await get(listen.management, "/status", management_token(node))
    assert (status, said["id"]) == (200, node.settings.node.id)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, 10)
    async with open_node(node):
        pass  # the database was given back


async def test_a_port_in_use_is_named_and_nothing_is_left_behind(node):
    host, _, port = node.settings.listen.management.rpartition(":")
    in_use = pytest.raises(SettingsError, match=r"listen\.management: the address .* is in use")
    with socket.create_server((host, int(port))), in_use:
        await run_node(node)
    assert not node.path("corridor.db").exists()
    protocol = node.settings.listen.protocol.rpartition(":")
    socket.create_server((protocol[0], int(protocol[2]))).close()


async def test_a_second_node_on_the_same_database_is_refused(node):
    async with open_node(node):
        with pytest.raises(StorageError, match="another node is running on this database"):
            await run_node(node)


@pytest.mark.parametrize("content", [b"", b" \n"])
async def test_an_empty_management_token_is_refused_before_anything_answers(node, content):
    node.path("keys/management.token").write_bytes(content)
    with pytest.raises(SettingsError, match="the management token is empty; `corridor init` makes one"):
        await run_node(node)


def test_a_token_that_others_may_read_is_refused(node):
    node.path("keys/management.token").chmod(0o640)
    with pytest.raises(SettingsError, match=r"the management token is open to others \(mode 0640\)"):
        management_token(node)


def test_white_space_around_the_token_is_no_part_of_it(node):
    token = management_token(node)
    node.path("keys/management.token").write_text(f"  {token}\n", "utf-8")
    assert management_token(node) == token
