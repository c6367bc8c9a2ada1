"""The facts of one transfer: who the parties are, what the dataset's profile says, and the papers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from corridor.base.ids import ParticipantId
from corridor.base.json import JsonObject
from corridor.dsp.messages import Role
from corridor.service.records import PaperRecord, Participant

_NO_COUNTRY: Final = "ZZ"
"""The code that ISO 3166-1 leaves to its users, and they use for an unknown country."""


def stranger(participant: ParticipantId) -> Participant:
    """A participant that is not on our list: nothing is known of it but its id."""
    return Participant(participant, name=participant, country=_NO_COUNTRY)


def country_of(participant: Participant) -> str | None:
    """The country whose law the participant is under, or None where that is not known."""
    return None if participant.country == _NO_COUNTRY else participant.country


def transfer_facts(
    exporter: Participant, importer: Participant, profile: JsonObject, papers: Iterable[PaperRecord]
) -> JsonObject:
    """A description in the vocabulary of `law.facts`: `transfer`, `exporter`, `importer`, `data`, `papers`.

    The profile may state any further fact but not who the parties are: that is what the participant list says.
    """
    return {
        **profile,
        "transfer": {"kind": "send", **(profile.get("transfer") or {})},
        "exporter": _party(exporter),
        "importer": _party(importer),
        "papers": [paper_facts(paper) for paper in papers],
    }


def _party(participant: Participant) -> JsonObject:
    return {**participant.facts, "id": participant.id, "located_in": country_of(participant)}


def paper_facts(paper: PaperRecord) -> JsonObject:
    """A paper as a fact."""
    return {**paper.details, "id": paper.id, "kind": paper.kind, "digest": paper.digest}


def in_order(me: Participant, partner: Participant, role: Role) -> tuple[Participant, Participant]:
    """Exporter and importer: data go from the provider to the consumer, and `role` is ours."""
    return (me, partner) if role is Role.PROVIDER else (partner, me)
