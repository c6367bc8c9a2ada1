"""Listeners: sockets that are had or refused in one sentence, and servers that start and stop together."""

import asyncio
import os
import signal
import socket

import aiohttp
import pytest

from corridor.app.listeners import Listener, bind, serve
from corridor.base.errors import SettingsError


def test_a_free_port_is_bound():
    with bind("127.0.0.1:0", "listen.protocol") as listener:
        host, port = listener.getsockname()
        assert host == "127.0.0.1"
        with socket.create_connection((host, port)):
            pass


def test_a_port_in_use_is_named_with_its_setting():
    with bind("127.0.0.1:0", "listen.protocol") as listener:
        port = listener.getsockname()[1]
        with pytest.raises(SettingsError) as refused:
            bind(f"127.0.0.1:{port}", "listen.management")
    assert str(refused.value) == (
        f"listen.management: the address 127.0.0.1:{port} is in use; stop what uses it, or choose another port"
    )


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("192.0.2.1:80", "cannot assign requested address"),
        ("no-such-host.invalid:80", "name or service not known"),
        ("a" * 64 + ":80", ""),
        ("127.0.0.1:99999", "port must be 0-65535"),
        ("[::zz]:80", ""),
    ],
)
def test_an_address_that_is_not_ours_is_refused(address, why):
    with pytest.raises(SettingsError) as refused:
        bind(address, "listen.protocol")
    assert refused.value.place == "listen.protocol"
    assert refused.value.message.startswith(f"the address {address} cannot be used: ")
    assert why in refused.value.message
    assert "Errno" not in refused.value.message
    assert refused.value.remedy == "choose another address"


def test_a_port_that_is_not_allowed_to_this_user_is_refused(monkeypatch):
    class Guarded(socket.socket):
        """What the kernel answers a user without CAP_NET_BIND_SERVICE; tests may run as root."""

        def bind(self, address):
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("corridor.app.listeners.socket.socket", Guarded)
    with pytest.raises(SettingsError, match=r"127\.0\.0\.1:80 is not allowed to this user; choose another address"):
        bind("127.0.0.1:80", "listen.protocol")


def app_saying(text):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"3")]})
        await send({"type": "http.response.body", "body": text})

    return app


async def read(port):
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/") as answer:
        return await answer.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_both_listeners_answer_once_ready_and_end_at_a_signal(number):
    ready = asyncio.Event()
    with bind("127.0.0.1:0", "a") as one, bind("127.0.0.1:0", "b") as two:
        ports = [one.getsockname()[1], two.getsockname()[1]]
        listeners = (Listener(app_saying(b"one"), one), Listener(app_saying(b"two"), two))
        serving = asyncio.create_task(serve(listeners, ready.set))
        await asyncio.wait_for(ready.wait(), 10)
        assert [await read(port) for port in ports] == [b"one", b"two"]
        os.kill(os.getpid(), number)
        await asyncio.wait_for(serving, 10)
        # A handler that was left behind would swallow the next Ctrl-C.
        assert not asyncio.get_running_loop().remove_signal_handler(number)
