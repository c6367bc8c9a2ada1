"""What the tests of the data plane share: a node's side of the data service, and a server that really listens."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from blake3 import blake3
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from corridor.base.errors import CorridorError, ForbiddenError, MalformedError, NotFoundError, UnauthenticatedError
from corridor.base.ids import AgreementId, DatasetId, ParticipantId, ProcessId
from corridor.dataplane.server import DataPlane, DataService, Opening
from corridor.service.records import Content, Grant

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
STATUSES = {MalformedError: 400, UnauthenticatedError: 401, ForbiddenError: 403, NotFoundError: 404}


@dataclass
class Node:
    """The node behind a data plane: one transfer, one token, a meter."""

    token = "Bearer good-token"
    transfer = ProcessId("urn:uuid:6f1c")

    content: Content | None = None
    refusal: str | None = None
    until: datetime | None = None
    now: datetime = NOW
    metered: list[tuple[int, int, bool]] = field(default_factory=list)
    asked: list[tuple[str | None, str]] = field(default_factory=list)
    on_check: Callable[[int], None] = lambda count: None
    on_record: Callable[[], None] = lambda: None
    checks: int = 0
    records: asyncio.Queue[None] = field(default_factory=asyncio.Queue)

    def publish(self, path: Path, *, rows: int | None = None, hashed: bool = True) -> Content:
        """Publish the file at `path` as it is now; without digests where they do not matter."""
        data, stat = path.read_bytes() if hashed else b"", path.stat()
        self.content = Content(
            path=str(path),
            media_type="text/csv",
            size=stat.st_size,
            modified_ns=stat.st_mtime_ns,
            sha256="sha-256:" + hashlib.sha256(data).hexdigest(),
            blake3="blake3:" + blake3(data).hexdigest(),
            rows=rows,
        )
        return self.content

    async def open(self, authorization: str | None, transfer: ProcessId) -> Opening:
        self.asked.append((authorization, transfer))
        if authorization != self.token:
            raise UnauthenticatedError("the token is not known")
        if transfer != self.transfer or self.content is None:
            raise NotFoundError("no such transfer")
        return Opening(self.content, _GRANT, self.still_allowed, self.until)

    def still_allowed(self) -> str | None:
        self.checks += 1
        self.on_check(self.checks)
        return self.refusal

    async def record(self, opening: Opening, size: int, rows: int, whole: bool) -> None:  # noqa: FBT001
        await asyncio.sleep(0)
        self.on_record()
        self.metered.append((size, rows, whole))
        self.records.put_nowait(None)

    async def sum(self, opening: Opening) -> int:
        return sum(size for size, _, _ in self.metered)

    async def recorded(self) -> None:
        """Wait until one more answer was metered."""
        await asyncio.wait_for(self.records.get(), 5)

    def on_error(self, error: Exception) -> tuple[int, dict[str, str], bytes]:
        status = STATUSES.get(type(error), 500)
        reason = error.message if isinstance(error, CorridorError) and status != 500 else "internal"
        body = b'{"detail": "' + reason.encode() + b'"}'
        return status, {"Content-Type": "application/problem+json", "Content-Length": str(len(body))}, body

    def plane(self, **options: float) -> DataPlane:
        return DataPlane(DataService(self.open, self.record, self.on_error, lambda: self.now, self.sum), **options)


_GRANT = Grant(
    id="grant-1",
    token_digest="sha-256:" + "0" * 64,
    transfer=Node.transfer,
    agreement=AgreementId("urn:uuid:a"),
    dataset=DatasetId("urn:uuid:d"),
    peer=ParticipantId("did:web:peer.example"),
    issued=NOW - timedelta(days=1),
)

Listen = Callable[..., Awaitable[str]]


@contextlib.asynccontextmanager
async def listening(app: object) -> AsyncIterator[str]:
    """Serve `app` with uvicorn's protocol on a free port of this machine; gives its base URL."""
    config = uvicorn.Config(app, log_level="critical", lifespan="off")
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: HttpToolsProtocol(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        await asyncio.gather(*state.tasks)


@pytest.fixture
async def serve() -> AsyncIterator[Listen]:
    async with contextlib.AsyncExitStack() as stack:

        async def start(app: object) -> str:
            return await stack.enter_async_context(listening(app))

        yield start


@pytest.fixture
def node() -> Node:
    return Node()
