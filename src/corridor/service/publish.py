"""Publish a dataset: describe it by facts, fix its bytes, put offers on it; and withdraw it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from corridor.base.digest import digest_of
from corridor.base.errors import ConflictError, MalformedError, NotFoundError
from corridor.base.ids import DatasetId, OfferId, check_id, printable
from corridor.base.json import JsonObject
from corridor.dsp.codec import VERSIONS, codec_for
from corridor.evidence.event import DatasetPublished, DatasetWithdrawn
from corridor.law.facts import parse_facts
from corridor.odrl.model import PolicyKind
from corridor.odrl.parse import parse_policy
from corridor.service.context import Context
from corridor.service.ports import Changes, Preparation
from corridor.service.records import Content, DatasetRecord, OfferRecord

_MEMBERS: Final = ("id", "title", "description", "keywords", "catalogue", "source", "profile", "offers")
_MAX_OFFERS: Final = 100
_MAX_TEXT: Final = 10_000
_MAX_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Publication:
    """A checked publication: what a provider says of a dataset, before its bytes have been looked at."""

    id: DatasetId
    title: str
    description: str
    keywords: tuple[str, ...]
    source: JsonObject
    profile: JsonObject
    offers: tuple[OfferRecord, ...]
    catalogue: str = ""


def parse_publication(document: Any, place: str = "$") -> Publication:
    """Check a publication document.

    `{id, title, description?, keywords?, catalogue?, source, profile, offers}`: `source` as the data plane reads it,
    `profile` in the vocabulary of `law.facts` (facts only, never conclusions), `offers` a list of ODRL rules with an
    `id` each, `catalogue` the name of the catalogue within ours that it belongs to.

    Raises:
        MalformedError: with the JSON path of the first fault.
    """
    members = _object(document, place, _MEMBERS)
    profile = _object(members.get("profile", {}), f"{place}.profile", None)
    parse_facts(profile, f"{place}.profile")
    return Publication(
        id=DatasetId(check_id(members.get("id"), f"{place}.id")),
        title=_text(members.get("title"), f"{place}.title"),
        description=_text(members.get("description", ""), f"{place}.description", empty=True),
        keywords=tuple(
            _text(word, f"{place}.keywords[{n}]") for n, word in enumerate(_list(members, "keywords", place))
        ),
        source=_object(members.get("source"), f"{place}.source", None),
        profile=profile,
        offers=_offers(members, place),
        catalogue=_name(members.get("catalogue", ""), f"{place}.catalogue"),
    )


def _offers(members: JsonObject, place: str) -> tuple[OfferRecord, ...]:
    offers = _list(members, "offers", place)
    if not 1 <= len(offers) <= _MAX_OFFERS:
        raise MalformedError(
            f"a dataset has 1 to {_MAX_OFFERS} offers, this one {len(offers)}", place=f"{place}.offers"
        )
    found = tuple(_offer(offer, f"{place}.offers[{n}]") for n, offer in enumerate(offers))
    ids = [offer.id for offer in found]
    if len(set(ids)) != len(ids):
        raise MalformedError("two offers have the same id", place=f"{place}.offers")
    return found


def _offer(document: Any, place: str) -> OfferRecord:
    members = _object(document, place, None)
    body = {name: value for name, value in members.items() if name != "id"}
    try:
        parse_policy(codec_for(VERSIONS[0]).check_policy(body, "$"), kind=PolicyKind.OFFER)
    except MalformedError as error:
        inside = (error.place or "$").removeprefix("$")
        raise MalformedError(error.message, place=place + inside, remedy=error.remedy) from None
    return OfferRecord(OfferId(check_id(members.get("id"), f"{place}.id")), body)


async def publish(ctx: Context, document: Any) -> DatasetRecord:
    """Publish a dataset, or publish it anew under the same id.

    Raises:
        MalformedError: the document or the data behind it is faulty, or the profile contradicts the data.
        NotFoundError: there is no such file under the folders that the settings open.
        StaleError: somebody else published the same dataset at the same time.
    """
    publication = parse_publication(document)
    prepared = await ctx.preparer.prepare(publication.source, "$.source")
    now = ctx.clock.now()
    before = await ctx.store.dataset(publication.id)
    record = DatasetRecord(
        id=publication.id,
        title=publication.title,
        description=publication.description,
        keywords=publication.keywords,
        profile=_settled(publication, prepared),
        content=_content(publication.source, prepared),
        offers=publication.offers,
        published=now,
        version=before.version if before else 0,
        catalogue=publication.catalogue,
    )
    event = DatasetPublished(at=now, dataset=record.id, description=description_digest(record))
    await ctx.store.commit(Changes(datasets=(record,), events=(event,)))
    return replace(record, version=record.version + 1)


def description_digest(record: DatasetRecord) -> str:
    """What the evidence log keeps of a publication: the digest of its description, facts, offers and content digest."""
    return digest_of(
        {
            "id": record.id,
            "title": record.title,
            "description": record.description,
            "keywords": list(record.keywords),
            "profile": record.profile,
            "offers": [{"id": offer.id, **offer.body} for offer in record.offers],
            "content": {"size": record.content.size, "sha256": record.content.sha256},
            **({"catalogue": record.catalogue} if record.catalogue else {}),
        }
    )


def _content(source: JsonObject, prepared: Preparation) -> Content:
    return Content(
        path=prepared.path,
        media_type=str(source.get("media_type", "application/octet-stream")),
        size=prepared.size,
        modified_ns=prepared.modified_ns,
        sha256=prepared.sha256,
        blake3=prepared.blake3,
        rows=prepared.rows,
        report=prepared.report,
    )


def _settled(publication: Publication, prepared: Preparation) -> JsonObject:
    """The profile with every count naming its population, held against the persons that were counted in the data."""
    # A fact that is null is unknown (`law.facts`): as if it were left out.
    data = publication.profile.get("data") or {}
    counts = [{**count, "population": count.get("population") or publication.id} for count in data.get("counts") or []]
    if prepared.persons is not None:
        persons = [count.get("n") for count in counts if (count.get("unit") or "persons") == "persons"]
        stated = [n for n in persons if n is not None]
        if stated and max(stated) < prepared.persons:
            raise MalformedError(
                f"the data hold {prepared.persons} distinct persons, the profile says {max(stated)}",
                place="$.profile.data.counts",
                remedy="state the number that the data hold",
            )
    return {**publication.profile, "data": {**data, **({"counts": counts} if counts else {})}}


async def withdraw(ctx: Context, dataset: DatasetId) -> DatasetRecord:
    """Take a dataset out of the catalogue; agreements on it go on.

    Raises:
        NotFoundError: there is no such dataset.
        ConflictError: it is withdrawn already.
    """
    record = await ctx.store.dataset(dataset)
    if record is None:
        raise NotFoundError(
            f"there is no dataset `{printable(dataset)}`", remedy="`corridor publish --list` shows them"
        )
    if record.withdrawn is not None:
        raise ConflictError(f"the dataset `{printable(dataset)}` is withdrawn already")
    now = ctx.clock.now()
    gone = replace(record, withdrawn=now)
    await ctx.store.commit(Changes(datasets=(gone,), events=(DatasetWithdrawn(at=now, dataset=dataset),)))
    return gone


def _object(value: Any, place: str, known: tuple[str, ...] | None) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MalformedError("an object is expected here", place=place)
    for name in value:
        if known is not None and name not in known:
            close = difflib.get_close_matches(str(name), known, 1)
            raise MalformedError(
                f"there is no member `{printable(str(name))}` here",
                place=place,
                remedy=f"did you mean `{close[0]}`?" if close else f"known here: {', '.join(known)}",
            )
    return value


def _list(members: JsonObject, name: str, place: str) -> list[Any]:
    value = members.get(name, [])
    if not isinstance(value, list):
        raise MalformedError("a list is expected here", place=f"{place}.{name}")
    return value


def _text(value: Any, place: str, *, empty: bool = False) -> str:
    if not isinstance(value, str) or not (value or empty):
        raise MalformedError("a text is expected here", place=place)
    if len(value) > _MAX_TEXT:
        raise MalformedError(f"a text has at most {_MAX_TEXT} characters, this one {len(value)}", place=place)
    return value


def _name(value: Any, place: str) -> str:
    name = _text(value, place, empty=True).strip()
    if len(name) > _MAX_NAME or not name.isprintable():
        raise MalformedError(f"a name is printable and has at most {_MAX_NAME} characters", place=place)
    return name
