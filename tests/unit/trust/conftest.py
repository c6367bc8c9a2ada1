"""A small data space for the tests of trust: two participants with keys, a clock that is moved by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from corridor.base.errors import UnreachableError
from corridor.base.ids import ParticipantId
from corridor.service.records import Participant
from corridor.trust.did_document import own_document
from corridor.trust.keys import FileSigner, create_key_file

ME = ParticipantId("did:web:me.example")
PARTNER = ParticipantId("did:web:partner.example")


class HandClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 11, 22, 10, tzinfo=UTC)
        self.seconds = 0.0

    def now(self) -> datetime:
        return self.instant

    def monotonic(self) -> float:
        return self.seconds

    def move(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)
        self.seconds += seconds


class Shelf:
    """A web of documents; counts how often each was fetched."""

    def __init__(self) -> None:
        self.documents = {}
        self.fetched = []

    async def read(self, url):
        self.fetched.append(url)
        if url not in self.documents:
            raise UnreachableError(f"`{url}` answers 404", status=404)
        return self.documents[url]


class UsedTokens:
    """Remembers ids as a store does."""

    def __init__(self) -> None:
        self.seen = {}

    async def use_token(self, token, now):
        key = token.issuer, token.token_id
        fresh = self.seen.get(key, now) <= now
        self.seen.setdefault(key, token.expires)
        return fresh


class Listed:
    """A participant list in memory."""

    def __init__(self, *ids) -> None:
        self.known = {name: Participant(name, name, "DE") for name in ids}

    def find(self, participant):
        return self.known.get(participant)

    def all(self):
        return tuple(self.known.values())


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def used():
    return UsedTokens()


@pytest.fixture
def listed():
    return Listed(ME, PARTNER)


@pytest.fixture
def new_signer(tmp_path):
    """Makes a signer with a new key for a DID."""

    def make(did, name="key-1"):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.pem"
        create_key_file(path)
        return FileSigner(path, f"{did}#{name}")

    return make


@pytest.fixture
def document_of():
    """The published document of a node whose key a signer holds."""

    def make(did, signer):
        host = did.removeprefix("did:web:").replace("%3A", ":")
        return own_document(did, signer.public_jwk, f"https://{host}", "/dsp/2025-1")

    return make
