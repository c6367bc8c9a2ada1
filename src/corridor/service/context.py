"""What every use case needs, put together once by `app.wire`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from corridor.base.clock import Clock
from corridor.base.ids import IdSource
from corridor.dsp.codec import Codec, codec_for
from corridor.dsp.codec.limits import CodecLimits
from corridor.law.model import Rulebook
from corridor.service.memo import Memo
from corridor.service.ports import Directory, Fetcher, Participants, Preparer, Secrets, Sender, Signer, Store
from corridor.service.records import Participant
from corridor.service.revocations import Revocations


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the outbox tries.

    Attributes:
        first: wait after the first failure; doubled at each further one, up to `longest`.
        give_up: attempts after which a message counts as undeliverable.
        reaction: wait before acting on a partner's message; peers that answer before they are ready need it.
    """

    first: timedelta = timedelta(milliseconds=200)
    longest: timedelta = timedelta(minutes=5)
    give_up: int = 12
    reaction: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Context:
    """The ports and settings of one participant.

    Attributes:
        me: ourselves, as the participant list has us.
        dsp_url: base URL of our versioned DSP endpoint; partners call back there.
        data_url: base URL of our data plane, as partners see it.
        rulebook_digest: names the rules in force, `sha-256:…`.
        page: datasets in one catalogue answer.
        jitter: gives a factor between 0.5 and 1.5 for each back-off.
        strict: whether what partners say is read strictly.
        memo: answers of the border that come again.
        revocations: tells running streams that their right has ended; fed by every commit.
    """

    me: Participant
    dsp_url: str
    data_url: str
    store: Store
    participants: Participants
    sender: Sender
    directory: Directory
    signer: Signer
    secrets: Secrets
    fetcher: Fetcher
    preparer: Preparer
    clock: Clock
    new_id: IdSource
    jitter: Callable[[], float]
    rulebook: Rulebook
    rulebook_digest: str
    revocations: Revocations = field(default_factory=Revocations)
    memo: Memo = field(default_factory=Memo)
    patience: Patience = field(default_factory=Patience)
    page: int = 100
    codec_limits: CodecLimits = field(default_factory=CodecLimits)
    strict: bool = False

    def codec(self, version: str) -> Codec:
        """The codec of a version of the protocol, with the limits and the strictness of this node."""
        return codec_for(version, self.codec_limits, strict=self.strict)
