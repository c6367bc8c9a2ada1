"""How a node proves who it is and learns who others are: the parts that another identity protocol replaces."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from corridor.app.settings import LoadedSettings, Settings
from corridor.app.world import new_id
from corridor.base.clock import Clock
from corridor.base.ids import ParticipantId
from corridor.base.json import JsonObject
from corridor.dsp.codec.versions import Auth
from corridor.http.client import HttpClient, HttpReader, HttpSender
from corridor.service.ports import Directory, Participants, Sender, Signer, Store
from corridor.service.records import Participant
from corridor.trust.did_document import own_document
from corridor.trust.did_web import WebDirectory
from corridor.trust.keys import FileSigner
from corridor.trust.participants import FileParticipants
from corridor.trust.tokens import Authenticator, TokenIssuer

DID_PATH: Final = "/.well-known/did.json"

Authenticate = Callable[[str | None], Awaitable[Participant]]
"""From the `Authorization` header to the participant; raises UnauthenticatedError."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity parts of a node.

    Attributes:
        me: our entry in the participant list.
        signer: signs evidence, and what proves our identity.
        participants: who is known.
        directory: where partners are reached, and their keys.
        sender: speaks to partners in our name.
        authenticate: says who calls.
        documents: path to document, of what the protocol listener answers without identity.
        auth: how we authenticate, as the version document says it.
        identifier_type: what kind of identifier participants have, as the version document says it.
    """

    me: Participant
    signer: Signer
    participants: Participants
    directory: Directory
    sender: Sender
    authenticate: Authenticate
    documents: Mapping[str, JsonObject]
    auth: Auth | None
    identifier_type: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an identity is built on: the node's store, HTTP client and clock, and the versions of the wire it speaks."""

    store: Store
    client: HttpClient
    clock: Clock
    versions: tuple[str, ...]


IdentityProvider = Callable[[LoadedSettings, Surroundings], Identity]
"""Builds the identity parts of a node from its settings."""


def self_issued(loaded: LoadedSettings, around: Surroundings) -> Identity:
    """did:web, self-issued tokens, and the participant list in a file.

    Raises:
        SettingsError: a key or the participant list is missing or wrong.
    """
    settings = loaded.settings
    me = own_entry(settings)
    signer = FileSigner(loaded.path(settings.files.signing_key), f"{me.id}#key-1")
    document = own_document(
        me.id, signer.public_jwk, settings.listen.public_url.rstrip("/"), dsp_path(around.versions[0])
    )
    directory = WebDirectory(
        HttpReader(around.client),
        http_hosts(settings),
        own=document,
        versions=around.versions,
        keep=float(settings.trust.did_cache_seconds),
    )
    participants = FileParticipants(loaded.path(settings.files.participants))
    issuer = TokenIssuer(me.id, signer, around.clock, new_id)
    return Identity(
        me=me,
        signer=signer,
        participants=participants,
        directory=directory,
        sender=HttpSender(around.client, issuer.issue),
        authenticate=Authenticator(me.id, participants, directory, around.store, around.clock).authenticate,
        # did:web looks under the well-known path, or, for a DID with a path, right beside it.
        documents={DID_PATH: document, "/did.json": document},
        auth=Auth("self-issued-jwt", "1"),
        identifier_type="did:web",
    )


def dsp_path(version: str) -> str:
    """Where the endpoint of a version of the wire is."""
    return f"/dsp/{version}"


def own_entry(settings: Settings) -> Participant:
    """Who the settings say that we are."""
    node = settings.node
    return Participant(ParticipantId(node.id), node.name, node.country, node.facts)


def http_hosts(settings: Settings) -> frozenset[str]:
    """The hosts that may be called without TLS."""
    return frozenset(host.lower() for host in settings.trust.http_hosts)
