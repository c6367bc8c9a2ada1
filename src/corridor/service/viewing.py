"""What one partner sees of our datasets at one instant.

Offers of the same terms on data of the same profile are judged once: the question that is asked names a stand-in for
the dataset. An offer that cannot be read or sent is left out and noted in the log, and breaks nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import structlog

from corridor.base.errors import CorridorError, LocalError, MalformedError, StaleError, StorageError, TooLargeError
from corridor.base.ids import DatasetId, check_id, printable
from corridor.base.json import JsonObject, canonical_json, parse_json
from corridor.base.truth import Truth
from corridor.dsp.catalog import DataService, Dataset, Distribution
from corridor.dsp.codec import VERSIONS, codec_for
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.messages import Offer, Role
from corridor.law.facts import parse_facts
from corridor.odrl.model import PolicyKind
from corridor.odrl.parse import parse_policy
from corridor.service.admit import Admission, Phase, Question, admit
from corridor.service.context import Context
from corridor.service.finding import ANYTHING, Wanted, describe
from corridor.service.ports import CountGuard
from corridor.service.records import DatasetRecord, OfferRecord, PaperRecord, Participant
from corridor.service.terms import parsed
from corridor.service.transfer import HTTP_PULL

PROFILE: Final = "urn:corridor:profile"
"""The dataset member that states the data profile: facts about the data, on which both sides decide."""
BORDER: Final = "urn:corridor:border:answer"
"""The dataset member that says, per offer, what the law of each side answers."""
FORMATS: Final = (HTTP_PULL,)
"""The formats in which every dataset of ours can be had."""

_STAND_IN: Final = DatasetId("urn:corridor:this-dataset")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Judged:
    """What a partner would be answered on an offer, and the counters that the answer rests on."""

    visible: bool
    border: JsonObject
    guards: tuple[CountGuard, ...]


class Viewer:
    """A partner that looks at our catalogue; use one for each request, since its answers are those of one instant."""

    def __init__(self, ctx: Context, partner: Participant, papers: Iterable[PaperRecord]) -> None:
        self._ctx = ctx
        self._partner = partner
        self._papers = tuple(paper for paper in papers if paper.revoked is None)
        self._now = ctx.clock.now()
        self._judged: dict[tuple[bytes, bytes], _Judged] = {}
        self._counted: dict[CountGuard, Mapping[str, int]] = {}

    @classmethod
    async def of(cls, ctx: Context, partner: Participant) -> Viewer:
        """The partner as it looks now."""
        return cls(ctx, partner, await ctx.store.papers())

    async def see(self, record: DatasetRecord, wanted: Wanted = ANYTHING) -> Dataset | None:
        """The dataset with the offers that fit and that the partner may see, or None where there is no such offer.

        DSP has no dataset without an offer.
        """
        if record.withdrawn is not None or not wanted.fits(describe(record, FORMATS)):
            return None
        offers = [offer for offer in record.offers if wanted.fits_offer(offer.body)]
        judged = [(offer, await self._offer(record, offer)) for offer in offers]
        visible = [(offer, found) for offer, found in judged if found is not None and found.visible]
        if not visible:
            return None
        border = [{"offer": offer.id, "answer": found.border} for offer, found in visible]
        return Dataset(
            id=record.id,
            offers=tuple(Offer(offer.id, offer.body) for offer, _ in visible),
            distributions=distributions(self._ctx, record),
            properties={**_described(record), BORDER: border},
        )

    async def _offer(self, record: DatasetRecord, offer: OfferRecord) -> _Judged | None:
        try:
            check_offer(record, offer, self._ctx.codec_limits)
            return await self._judge(record, offer)
        except (MalformedError, TooLargeError, LocalError) as error:
            if isinstance(error, StorageError | StaleError):
                raise
            self._note(record, offer, error)
            return None

    def _note(self, record: DatasetRecord, offer: OfferRecord, error: CorridorError) -> None:
        """Say it once for each version of the dataset, not at every request."""

        def say() -> bool:
            problem = printable(str(error), 300)
            _log.warning("an offer is left out of the catalogue", dataset=record.id, offer=offer.id, problem=problem)
            return True

        self._ctx.memo.get(("left out", record.id, record.version, offer.id), say)

    async def _judge(self, record: DatasetRecord, offer: OfferRecord) -> _Judged:
        body, anonymous = canonical_json(offer.body), _anonymous(record)
        if _names(body, record.id):
            return await self._ask(record, offer)
        key = body, canonical_json(anonymous.profile)
        judged = self._judged.get(key)
        if judged is None:
            judged = self._judged[key] = await self._ask(anonymous, offer)
        # What was counted of this very dataset before changes the sums, and so the answer.
        if await self._was_counted(record.id, judged.guards):
            return await self._ask(record, offer)
        return judged

    async def _ask(self, record: DatasetRecord, offer: OfferRecord) -> _Judged:
        admission = await _ask(self._ctx, self._partner, record, offer, Phase.CATALOGUE, self._papers, self._now)
        return _Judged(_visible(admission), _border(admission), admission.guards)

    async def _was_counted(self, dataset: DatasetId, guards: Iterable[CountGuard]) -> bool:
        for guard in guards:
            if guard not in self._counted:
                found = await self._ctx.store.counted(guard.jurisdiction, guard.name, guard.window)
                self._counted[guard] = found
            if dataset in self._counted[guard]:
                return True
        return False


async def ask(ctx: Context, partner: Participant, record: DatasetRecord, offer: OfferRecord, phase: Phase) -> Admission:
    """What would be answered if `partner` asked for `offer` now."""
    papers = tuple(paper for paper in await ctx.store.papers() if paper.revoked is None)
    return await _ask(ctx, partner, record, offer, phase, papers, ctx.clock.now())


async def _ask(  # noqa: PLR0917 - the parts of one question
    ctx: Context,
    partner: Participant,
    record: DatasetRecord,
    offer: OfferRecord,
    phase: Phase,
    papers: tuple[PaperRecord, ...],
    now: datetime,
) -> Admission:
    policy = parsed(offer.body, PolicyKind.OFFER, target=record.id, assigner=ctx.me.id, assignee=partner.id)
    return await admit(ctx, Question(phase, partner, Role.PROVIDER, policy, record.profile, now, papers))


def distributions(ctx: Context, record: DatasetRecord) -> tuple[Distribution, ...]:
    """The forms in which a dataset can be had."""
    service = service_of(ctx)
    return tuple(Distribution(format_, service, {"mediaType": record.content.media_type}) for format_ in FORMATS)


def service_of(ctx: Context) -> DataService:
    """Where our datasets are negotiated."""
    return DataService(f"{ctx.me.id}#dsp", ctx.dsp_url)


def check_offer(record: DatasetRecord, offer: OfferRecord, limits: CodecLimits) -> None:
    """Whether an offer that is on file can be judged and sent.

    Raises:
        MalformedError: it cannot: its id, its terms, or the facts of its dataset are faulty.
        TooLargeError: it is over a limit.
        LocalError: its terms have no canonical form.
    """
    check_id(offer.id, "offer")
    _check_terms(canonical_json(offer.body), limits)
    _check_profile(canonical_json(_anonymous(record).profile))


@lru_cache(maxsize=512)
def _check_terms(body: bytes, limits: CodecLimits) -> None:
    parse_policy(codec_for(VERSIONS[0], limits).check_policy(parse_json(body), "$"), kind=PolicyKind.OFFER)


@lru_cache(maxsize=512)
def _check_profile(profile: bytes) -> None:
    parse_facts(parse_json(profile), "$.profile")


def _anonymous(record: DatasetRecord) -> DatasetRecord:
    """The record with the stand-in for its id, also where a count names the dataset as its population."""
    data = record.profile.get("data")
    counts = data.get("counts") if isinstance(data, Mapping) else None
    if not isinstance(counts, list | tuple):
        return replace(record, id=_STAND_IN)
    unnamed = [_unnamed(count, record.id) for count in counts]
    return replace(record, id=_STAND_IN, profile={**record.profile, "data": {**(data or {}), "counts": unnamed}})


def _unnamed(count: Any, dataset: DatasetId) -> Any:
    if isinstance(count, Mapping) and count.get("population") == dataset:
        return {**count, "population": _STAND_IN}
    return count


def _names(body: bytes, dataset: DatasetId) -> bool:
    """Whether the terms speak of the dataset by its id (or by chance hold its text)."""
    return canonical_json(dataset)[1:-1] in body


def _visible(admission: Admission) -> bool:
    """A partner sees an offer whose terms it meets; the law may still want papers first, and says which."""
    own = [reason for reason in admission.decision.reasons if reason.code in ("participant", "terms")]
    return all(reason.holds is Truth.TRUE for reason in own)


def _border(admission: Admission) -> JsonObject:
    reasons = admission.decision.reasons
    return {
        "outcome": admission.assessment.outcome.value,
        "asks": [reason.text for reason in reasons if reason.code.startswith("border")],
    }


def _described(record: DatasetRecord) -> JsonObject:
    """The DCAT members of a dataset, and the facts about its data."""
    properties: dict[str, Any] = {"title": record.title, PROFILE: record.profile}
    if record.description:
        properties["description"] = record.description
    if record.keywords:
        properties["keyword"] = list(record.keywords)
    return properties
