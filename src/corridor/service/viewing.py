"""What one partner sees of our datasets at one instant.

Offers of the same terms on data of the same profile are judged once: the question that is asked names a stand-in for
the dataset. An offer that cannot be read or sent is left out and noted in the log, and breaks nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache
from typing import Any, Final

import structlog

from corridor.base.clock import DateRange
from corridor.base.errors import CorridorError, LocalError, MalformedError, StaleError, StorageError, TooLargeError
from corridor.base.ids import DatasetId, check_id, printable
from corridor.base.json import JsonObject
from corridor.dsp.catalog import DataService, Dataset, Distribution
from corridor.dsp.codec import VERSIONS, codec_for
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.messages import Offer, Role
from corridor.law.facts import parse_facts
from corridor.odrl.model import Policy, PolicyKind
from corridor.odrl.parse import parse_policy
from corridor.service.admit import Admission, Phase, Question, admit, permitted
from corridor.service.context import Context
from corridor.service.finding import ANYTHING, Wanted, describe
from corridor.service.ports import CountGuard
from corridor.service.records import DatasetRecord, OfferRecord, PaperRecord, Participant
from corridor.service.terms import parsed

PROFILE: Final = "urn:corridor:profile"
"""The dataset member that states the data profile: facts about the data, on which both sides decide."""
BORDER: Final = "urn:corridor:border:answer"
"""The dataset member that says, per offer, what the law of each side answers."""
_STAND_IN: Final = DatasetId("urn:corridor:this-dataset")
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Border:
    """What the law answers on data of a profile, and the counters that the answer rests on."""

    answer: JsonObject
    guards: tuple[CountGuard, ...]


class Viewer:
    """A partner that looks at our catalogue; use one for each request, since its answers are those of one instant."""

    def __init__(self, ctx: Context, partner: Participant, papers: Iterable[PaperRecord]) -> None:
        self._ctx = ctx
        self._partner = partner
        self._papers = tuple(paper for paper in papers if paper.revoked is None)
        self._now = ctx.clock.now()
        self._permitted: dict[tuple[DatasetId, str], bool] = {}
        self._counted: dict[tuple[str, str, DateRange], Mapping[str, int]] = {}
        # Everything that the law's answer rests on besides the profile and the counters.
        parties = [[party.id, party.country, party.facts] for party in (ctx.me, partner)]
        held = [[paper.id, paper.version] for paper in self._papers]
        day = self._now.astimezone(UTC).date().isoformat()
        self._about = _text({"parties": parties, "papers": held, "day": day, "rules": ctx.rulebook_digest})

    @classmethod
    async def of(cls, ctx: Context, partner: Participant) -> Viewer:
        """The partner as it looks now."""
        return cls(ctx, partner, await ctx.store.papers())

    async def see(self, record: DatasetRecord, wanted: Wanted = ANYTHING) -> Dataset | None:
        """The dataset with the offers that fit and that the partner may see, or None where there is no such offer.

        DSP has no dataset without an offer.
        """
        if record.withdrawn is not None or not wanted.fits(describe(record, format_names(self._ctx))):
            return None
        seen = [await self._offer(record, offer) for offer in record.offers if wanted.fits_offer(offer.body)]
        visible = [pair for pair in seen if pair is not None]
        if not visible:
            return None
        border = [{"offer": offer.id, "answer": answer} for offer, answer in visible]
        return Dataset(
            id=record.id,
            offers=tuple(Offer(offer.id, offer.body) for offer, _ in visible),
            distributions=distributions(self._ctx, record),
            properties={**_described(record), BORDER: border},
        )

    async def _offer(self, record: DatasetRecord, offer: OfferRecord) -> tuple[OfferRecord, JsonObject] | None:
        """The offer with what the law answers, or None if the partner does not see it.

        A partner sees an offer whose terms it meets; the law may still want papers first, and says which.
        """
        try:
            terms, profile = check_offer(record, offer, self._ctx.codec_limits)
            # Terms that speak of their dataset are judged for it; all others say the same of any.
            subject = record.id if _names(terms, record.id) else _STAND_IN
            if not self._meets(subject, record, offer, terms):
                return None
            return offer, (await self._border(subject, record, offer, profile)).answer
        except (MalformedError, TooLargeError, LocalError) as error:
            if isinstance(error, StorageError | StaleError):
                raise
            self._note(record, offer, error)
            return None

    def _note(self, record: DatasetRecord, offer: OfferRecord, error: CorridorError) -> None:
        """Say it, but not at every request as long as the dataset stays as it is."""

        def say() -> bool:
            problem = printable(str(error).replace(_STAND_IN, record.id), 300)
            _log.warning("an offer is left out of the catalogue", dataset=record.id, offer=offer.id, problem=problem)
            return True

        self._ctx.borders.get(("left out", record.id, record.version, offer.id), say)

    def _meets(self, subject: DatasetId, record: DatasetRecord, offer: OfferRecord, terms: str) -> bool:
        key = (subject, terms)
        if key not in self._permitted:
            self._permitted[key] = permitted(self._ctx, self._question(subject, offer, record.profile))
        return self._permitted[key]

    async def _border(self, subject: DatasetId, record: DatasetRecord, offer: OfferRecord, profile: str) -> _Border:
        border: _Border | None = self._ctx.borders.find((self._about, profile))
        if border is None or not await self._still_hold(border.guards):
            border = await self._ask(subject, offer, _anonymous(record))
            self._ctx.borders.put((self._about, profile), border)
        # What was counted of this very dataset before changes the sums, and so the answer.
        if await self._was_counted(record.id, border.guards):
            return await self._ask(record.id, offer, record.profile)
        return border

    async def _ask(self, dataset: DatasetId, offer: OfferRecord, profile: JsonObject) -> _Border:
        admission = await admit(self._ctx, self._question(dataset, offer, profile))
        reasons = admission.decision.reasons
        asks = [reason.text for reason in reasons if reason.code.startswith("border")]
        return _Border({"outcome": admission.assessment.outcome.value, "asks": asks}, admission.guards)

    def _question(self, dataset: DatasetId, offer: OfferRecord, profile: JsonObject) -> Question:
        policy = offered(self._ctx, self._partner, dataset, offer)
        return Question(Phase.CATALOGUE, self._partner, Role.PROVIDER, policy, profile, self._now, self._papers)

    async def _was_counted(self, dataset: DatasetId, guards: Iterable[CountGuard]) -> bool:
        return any([dataset in await self._count(guard) for guard in guards])

    async def _still_hold(self, guards: Iterable[CountGuard]) -> bool:
        return all([sum((await self._count(guard)).values()) == guard.expected for guard in guards])

    async def _count(self, guard: CountGuard) -> Mapping[str, int]:
        """Persons by population, read once for all datasets."""
        counter = (guard.jurisdiction, guard.name, guard.window)
        if counter not in self._counted:
            self._counted[counter] = await self._ctx.store.counted(*counter)
        return self._counted[counter]


async def ask(ctx: Context, partner: Participant, record: DatasetRecord, offer: OfferRecord, phase: Phase) -> Admission:
    """What would be answered if `partner` asked for `offer` now."""
    policy = offered(ctx, partner, record.id, offer)
    papers = tuple(paper for paper in await ctx.store.papers() if paper.revoked is None)
    return await admit(ctx, Question(phase, partner, Role.PROVIDER, policy, record.profile, ctx.clock.now(), papers))


def offered(ctx: Context, partner: Participant, dataset: DatasetId, offer: OfferRecord) -> Policy:
    """The policy of an offer of ours to `partner`."""
    return parsed(offer.body, PolicyKind.OFFER, target=dataset, assigner=ctx.me.id, assignee=partner.id)


def distributions(ctx: Context, record: DatasetRecord) -> tuple[Distribution, ...]:
    """The forms in which a dataset can be had: one for each format in which our data plane hands out data."""
    service = service_of(ctx)
    properties = {"mediaType": record.content.media_type}
    return tuple(Distribution(name, service, properties) for name in format_names(ctx))


def format_names(ctx: Context) -> tuple[str, ...]:
    """In which every dataset of ours can be had."""
    return tuple(format_.name for format_ in ctx.formats.served)


def service_of(ctx: Context) -> DataService:
    """Where our datasets are negotiated."""
    return DataService(f"{ctx.me.id}#dsp", ctx.dsp_url)


def check_offer(record: DatasetRecord, offer: OfferRecord, limits: CodecLimits) -> tuple[str, str]:
    """Texts that name the terms of an offer on file, and the profile of its dataset, where both can be judged and sent.

    Raises:
        MalformedError: they cannot: the offer's id, its terms, or the facts of its dataset are faulty.
        TooLargeError: it is over a limit.
        LocalError: its terms have no canonical form.
    """
    check_id(offer.id, "offer")
    terms, profile = _text(offer.body), _text(_anonymous(record))
    _check_terms(terms, limits)
    _check_profile(profile)
    return terms, profile


def _text(value: JsonObject) -> str:
    """A text that is the same for the same JSON: the canonical form, at a fraction of its cost, for use as a key."""
    try:
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise LocalError(f"what is on file is no JSON: {error}") from None


@lru_cache(maxsize=512)
def _check_terms(terms: str, limits: CodecLimits) -> None:
    parse_policy(codec_for(VERSIONS[0], limits).check_policy(json.loads(terms), "$"), kind=PolicyKind.OFFER)


@lru_cache(maxsize=512)
def _check_profile(profile: str) -> None:
    parse_facts(json.loads(profile), "$.profile")


def _anonymous(record: DatasetRecord) -> JsonObject:
    """The profile with the stand-in where a count names the dataset as its population."""
    data = record.profile.get("data")
    counts = data.get("counts") if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping) or not isinstance(counts, list | tuple):
        return record.profile
    unnamed = [_unnamed(count, record.id) for count in counts]
    return {**record.profile, "data": {**data, "counts": unnamed}}


def _unnamed(count: Any, dataset: DatasetId) -> Any:
    if isinstance(count, Mapping) and count.get("population") == dataset:
        return {**count, "population": _STAND_IN}
    return count


def _names(terms: str, dataset: DatasetId) -> bool:
    """Whether the terms speak of the dataset by its id (or by chance hold its text)."""
    return dataset in terms or '"' in dataset


def _described(record: DatasetRecord) -> JsonObject:
    """The DCAT members of a dataset, and the facts about its data."""
    properties: dict[str, Any] = {"title": record.title, PROFILE: record.profile}
    if record.description:
        properties["description"] = record.description
    if record.keywords:
        properties["keyword"] = list(record.keywords)
    return properties
