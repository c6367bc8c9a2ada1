"""The register of papers: documents that open a lawful route, by their facts; the documents themselves stay outside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from corridor.base.clock import parse_date
from corridor.base.digest import check_sha256
from corridor.base.errors import ConflictError, MalformedError, NotFoundError
from corridor.base.ids import PaperId, check_id
from corridor.evidence.event import PaperAdded, PaperRevoked
from corridor.law.facts import parse_facts
from corridor.service.context import Context
from corridor.service.ports import Changes
from corridor.service.records import PaperRecord

_OWN: Final = ("id", "kind", "digest")


async def add_paper(ctx: Context, document: Any) -> PaperRecord:
    """Put a paper on file: `{kind, digest, number?, effective?, filed?, valid_to?, parties?, scope?, ...}`.

    Raises:
        MalformedError: with the JSON path of the first fault.
        ConflictError: a paper of that id is on file already.
    """
    if not isinstance(document, dict):
        raise MalformedError("a paper is an object", place="$")
    parse_facts({"papers": [document]}, "$")
    digest = check_sha256(document.get("digest"), "$.digest")
    identifier = PaperId(check_id(document.get("id") or ctx.new_id(), "$.id"))
    kind = document.get("kind")
    known = {name for jurisdiction in ctx.rulebook.jurisdictions.values() for name in jurisdiction.papers}
    if not isinstance(kind, str) or kind not in known:
        raise MalformedError(
            "the rulebook knows no such kind of paper",
            place="$.kind",
            remedy=f"one of {', '.join(sorted(known))}",
        )
    if await ctx.store.paper(identifier):
        raise ConflictError(f"a paper `{identifier}` is on file already", remedy="choose another id")
    # A fact that is null is unknown (`law.facts`): as if it were left out.
    details = {name: value for name, value in document.items() if name not in _OWN and value is not None}
    now = ctx.clock.now()
    record = PaperRecord(identifier, kind, digest, details, added=now)
    event = PaperAdded(
        at=now,
        paper=identifier,
        kind=kind,
        digest=digest,
        number=details.get("number"),
        valid_from=parse_date(details["valid_from"], "$.valid_from") if "valid_from" in details else None,
        valid_until=parse_date(details["valid_to"], "$.valid_to") if "valid_to" in details else None,
    )
    await ctx.store.commit(Changes(papers=(record,), events=(event,)))
    return replace(record, version=1)


async def revoke_paper(ctx: Context, paper: PaperId, reason: str) -> PaperRecord:
    """Take a paper out of force; what rests on it is decided without it from the next request on.

    Raises:
        NotFoundError: there is no such paper.
        ConflictError: it is revoked already.
    """
    record = await ctx.store.paper(paper)
    if record is None:
        raise NotFoundError("there is no such paper")
    if record.revoked is not None:
        raise ConflictError("the paper is revoked already")
    now = ctx.clock.now()
    gone = replace(record, revoked=now)
    number = record.details.get("number")
    event = PaperRevoked(now, paper, record.kind, record.digest, number, reason or None)
    await ctx.store.commit(Changes(papers=(gone,), events=(event,)))
    return replace(gone, version=record.version + 1)
