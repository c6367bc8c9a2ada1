"""Why a partner does or does not get an offer, without negotiating."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from corridor.base.errors import NotFoundError
from corridor.base.ids import DatasetId, OfferId, ParticipantId, printable
from corridor.service.admit import Admission, Phase
from corridor.service.context import Context
from corridor.service.records import DatasetRecord, OfferRecord
from corridor.service.viewing import ask


async def explain_offer(
    ctx: Context, dataset: DatasetId, offer: OfferId | None, partner: ParticipantId, as_of: datetime | None = None
) -> Admission:
    """The decision that `partner` would get on an offer of ours, now or at another instant.

    Raises:
        NotFoundError: there is no such dataset, offer or participant.
    """
    record = await ctx.store.dataset(dataset)
    if record is None:
        raise NotFoundError(
            f"there is no dataset `{printable(dataset)}`", remedy="`corridor publish --list` shows them"
        )
    known = ctx.participants.find(partner)
    if known is None:
        raise NotFoundError(f"`{printable(partner)}` is not on the participant list", remedy="add it to the list")
    asked_at = ctx if as_of is None else replace(ctx, clock=_Fixed(as_of))
    return await ask(asked_at, known, record, _offer(record, offer), Phase.EXPLANATION)


def _offer(record: DatasetRecord, offer: OfferId | None) -> OfferRecord:
    if offer is None:
        return record.offers[0]
    found = next((candidate for candidate in record.offers if candidate.id == offer), None)
    if found is None:
        known = ", ".join(f"`{printable(candidate.id)}`" for candidate in record.offers)
        raise NotFoundError(f"the dataset has no offer `{printable(offer)}`", remedy=f"it has {known}")
    return found


class _Fixed:
    """A clock that stands still: the question is about another day."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant

    def now(self) -> datetime:
        """The instant that is asked about."""
        return self._instant
