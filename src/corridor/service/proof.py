"""Proof for others: signed heads of our evidence log, and an agreement's evidence as a file that verifies offline."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar

from corridor.base.errors import NotFoundError
from corridor.base.ids import AgreementId
from corridor.base.json import JsonObject
from corridor.evidence.bundle import ProvenEvent, build_bundle
from corridor.evidence.checkpoint import Checkpoint, sign_checkpoint
from corridor.evidence.event import from_json
from corridor.evidence.merkle import HASH_SIZE, inclusion_proof, root_at
from corridor.evidence.receipt import read_receipt
from corridor.service.context import Context
from corridor.service.records import LoggedEvent

T = TypeVar("T")
_PAGE: Final = 1000


class _Nodes:
    """Looks subtrees up for the pure computations over the tree, which cannot wait."""

    def __init__(self, ctx: Context) -> None:
        self._store = ctx.store
        self._known: dict[tuple[int, int], bytes] = {}

    async def compute(self, function: Callable[[Callable[[int, int], bytes]], T]) -> T:
        """What `function` gives; it is run until it has found every subtree that it asks for.

        Which ones it asks for depends on positions alone, so the second run has them all.
        """
        while True:
            missing: list[tuple[int, int]] = []
            result = function(partial(self._known_or_missing, missing))
            if not missing:
                return result
            for level, index in missing:
                self._known[level, index] = await self._store.log_node(level, index)

    def _known_or_missing(self, missing: list[tuple[int, int]], level: int, index: int) -> bytes:
        found = self._known.get((level, index))
        if found is None:
            missing.append((level, index))
        return found or bytes(HASH_SIZE)


async def checkpoint(ctx: Context) -> str:
    """The signed head of our log as it is now (text form of `evidence.checkpoint`)."""
    return await _checkpoint(ctx, await ctx.store.log_size())


async def _checkpoint(ctx: Context, size: int) -> str:
    nodes = _Nodes(ctx)
    root = await nodes.compute(partial(root_at, size))
    return sign_checkpoint(Checkpoint(ctx.me.id, size, root, ctx.clock.now()), ctx.signer)


async def public_key(ctx: Context) -> JsonObject:
    """Our public key for evidence as a JWK with its `kid`: what a verifier needs of us."""
    keys = await ctx.directory.public_keys(ctx.me.id, "assertionMethod")
    return keys[ctx.signer.key_id]


async def bundle(ctx: Context, agreement: AgreementId) -> bytes:
    """The evidence of one agreement: its events with inclusion proofs, and the receipts that both sides signed.

    Raises:
        NotFoundError: we hold no such agreement.
    """
    if await ctx.store.agreement(agreement) is None:
        raise NotFoundError("there is no such agreement", remedy="list them with `corridor negotiate --list`")
    logged = await _events_of(ctx, agreement)
    receipts = [record for record in await ctx.store.receipts(agreement) if record.complete]
    size = await ctx.store.log_size()
    nodes = _Nodes(ctx)
    proven = [
        ProvenEvent(
            event.index,
            from_json(event.document),
            await nodes.compute(partial(inclusion_proof, event.index, size)),
        )
        for event in logged
    ]
    return build_bundle(
        agreement=agreement,
        checkpoint=await _checkpoint(ctx, size),
        made_at=ctx.clock.now(),
        events=proven,
        receipts=[read_receipt(record.document) for record in receipts],
        signer=ctx.signer,
    )


async def _events_of(ctx: Context, agreement: AgreementId) -> list[LoggedEvent]:
    found: list[LoggedEvent] = []
    while page := await ctx.store.events(agreement=agreement, after=found[-1].index if found else -1, limit=_PAGE):
        found.extend(page)
    return found
