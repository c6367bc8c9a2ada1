"""An HTTP client that sends what it is given, as it is given."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

_PATIENCE = 60.0


class RawClient:
    """A connection that sends bytes as they are, whatever they are, and is opened anew whenever it was closed."""

    def __init__(self, url):
        parts = urlsplit(url)
        self._port = parts.port
        self._streams = None

    async def ask(self, method, target, fields, body):
        """Status, header fields and body of the answer; status 0 where the connection was closed without one.

        Raises:
            TimeoutError: nothing happened for a minute.
        """
        head = {"Host": f"localhost:{self._port}", **fields, "Content-Length": str(len(body))}
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
        data = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + body
        for again in (True, False):
            fresh = self._streams is None
            try:
                async with asyncio.timeout(_PATIENCE):
                    return await self._exchange(data, head_only=method == "HEAD")
            except (ConnectionError, asyncio.IncompleteReadError):
                self.close()
                if fresh or not again:  # a kept connection may have been closed in between; a new one was closed on us
                    break
        return 0, {}, b""

    async def _exchange(self, data, *, head_only):
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(data)
        await writer.drain()
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            status = int(head[0].split()[1])
            if status != 100:
                break
        fields = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
        body = b"" if head_only else await reader.readexactly(int(fields.get("content-length", 0)))
        if fields.get("connection") == "close":
            self.close()
        return status, fields, body

    def close(self):
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
