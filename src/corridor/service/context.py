"""What every use case needs, put together once by `app.wire`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Self

from corridor.base.clock import Clock
from corridor.base.ids import IdSource
from corridor.dsp.codec import Codecs, all_codecs
from corridor.dsp.process import FIRST_PROTOCOL
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
    """The ports and settings of one participant, as it speaks one version of the wire.

    Attributes:
        me: ourselves, as the participant list has us.
        dsp_url: base URL of our DSP endpoint of the version `protocol`; partners call back there.
        data_url: base URL of our data plane, as partners see it.
        rulebook_digest: names the rules in force, `sha-256:…`.
        page: datasets in one catalogue answer.
        jitter: gives a factor between 0.5 and 1.5 for each back-off.
        memo: answers of the border that come again.
        revocations: tells running streams that their right has ended; fed by every commit.
        protocol: the version that is spoken; `speaking` gives another.
        codecs: of all versions that we speak.
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
    protocol: str = FIRST_PROTOCOL
    codecs: Codecs = field(default_factory=all_codecs)
    dsp_urls: Mapping[str, str] = field(default_factory=dict)

    def speaking(self, protocol: str) -> Self:
        """The same participant, speaking another version of the wire."""
        return replace(self, protocol=protocol, dsp_url=self.dsp_urls.get(protocol, self.dsp_url))
