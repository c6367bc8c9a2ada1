"""What every use case needs, put together once by `app.wire`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Self

from corridor.base.clock import Clock
from corridor.base.ids import IdSource
from corridor.dsp.codec import Codecs, all_codecs
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.process import FIRST_PROTOCOL
from corridor.law.model import Rulebook
from corridor.service.desk import Desk, automatic
from corridor.service.formats import Formats
from corridor.service.memo import Memo
from corridor.service.ports import (
    Directory,
    Fetcher,
    Participants,
    Preparer,
    Pusher,
    Secrets,
    Sender,
    Signer,
    Store,
    Webhooks,
)
from corridor.service.records import Participant
from corridor.service.revocations import Revocations


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the outbox tries.

    Attributes:
        first: wait after the first failure; doubled at each further one, up to `longest`.
        give_up: attempts after which a message counts as undeliverable.
        reaction: wait before acting on a partner's message or answer; peers that answer before they are ready need it.
    """

    first: timedelta = timedelta(milliseconds=200)
    longest: timedelta = timedelta(minutes=5)
    give_up: int = 12
    reaction: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Telling:
    """How others are told of events.

    Attributes:
        patience: how long a request to a subscriber is tried.
        subscriptions: how many there may be.
        batch: events in one request to a subscriber that takes several.
        pause_after: requests given up in a row after which a subscription pauses.
    """

    patience: Patience = field(
        default_factory=lambda: Patience(first=timedelta(seconds=1), longest=timedelta(hours=1), give_up=14)
    )
    subscriptions: int = 100
    batch: int = 100
    pause_after: int = 3


@dataclass(frozen=True, slots=True)
class Context:
    """The ports and settings of one participant, as it speaks one version of the wire.

    Attributes:
        me: ourselves, as the participant list has us.
        dsp_url: base URL of our DSP endpoint of the version `protocol`; partners call back there.
        data_url: base URL of our data plane, as partners see it; what they push goes below `/in` of it.
        formats: in which our data plane serves and takes data.
        rulebook_digest: names the rules in force, `sha-256:…`.
        page: datasets in one catalogue answer.
        look: datasets that are judged at most for one catalogue answer, seen by the partner or not.
        jitter: gives a factor between 0.5 and 1.5 for each back-off.
        memo: answers of the border that come again.
        borders: what the catalogue says of the law, and has said of broken offers: little each, and much of it.
        desk: decides, or leaves to the node or a person, what is said next.
        revocations: tells running streams that their right has ended; fed by every commit.
        protocol: the version that is spoken; `speaking` gives another.
        codecs: of all versions that we speak, each as strict as the settings say.
        dsp_urls: version to base URL, where we have endpoints of more than one.
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
    pusher: Pusher
    preparer: Preparer
    formats: Formats
    webhooks: Webhooks
    clock: Clock
    new_id: IdSource
    jitter: Callable[[], float]
    rulebook: Rulebook
    rulebook_digest: str
    desk: Desk = automatic
    revocations: Revocations = field(default_factory=Revocations)
    memo: Memo = field(default_factory=Memo)
    borders: Memo = field(default_factory=lambda: Memo(4096))
    patience: Patience = field(default_factory=Patience)
    telling: Telling = field(default_factory=Telling)
    page: int = 100
    look: int = 1000
    codec_limits: CodecLimits = field(default_factory=CodecLimits)
    protocol: str = FIRST_PROTOCOL
    codecs: Codecs = field(default_factory=all_codecs)
    dsp_urls: Mapping[str, str] = field(default_factory=dict)

    def speaking(self, protocol: str) -> Self:
        """The same participant, speaking another version of the wire."""
        return replace(self, protocol=protocol, dsp_url=self.dsp_urls.get(protocol, self.dsp_url))
