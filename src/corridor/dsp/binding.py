"""The HTTPS binding as data: which message goes where, and which request carries which message.

DSP 2025-1, *Contract Negotiation HTTPS Binding*, *Transfer Process HTTPS Binding*, *Catalog HTTPS Binding*. Both roles
share one base URL, so a path tells the kind of a message and a process id tells the role.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from corridor.base.errors import ConflictError
from corridor.base.ids import DatasetId, ProcessId
from corridor.dsp.messages import (
    AgreementVerification,
    CatalogRequest,
    ContractAgreement,
    ContractOffer,
    ContractRequest,
    Kind,
    NegotiationEvent,
    NegotiationTermination,
    ProcessMessage,
    Role,
    TransferCompletion,
    TransferRequest,
    TransferStart,
    TransferSuspension,
    TransferTermination,
    pid_of,
)

VERSION_PATH: Final = "/.well-known/dspace-version"
"""Where the protocol versions are found: under the root, not under a versioned base, and without authentication."""


class Area(enum.StrEnum):
    """Which of the three protocols a route belongs to; it decides the type of the error body."""

    CATALOG = "catalog"
    NEGOTIATION = "negotiation"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True)
class Route:
    """An inbound request.

    Attributes:
        method: `GET` or `POST`.
        path: below the base URL, with `{pid}` or `{id}` for what varies.
        area: the protocol it belongs to.
        message: the type of the message in the body, or None where there is no body.
        status: the status of success.
        receivers: who is asked: a route for both finds the role by the process id.
    """

    method: str
    path: str
    area: Area
    message: type[ProcessMessage | CatalogRequest] | None
    status: int
    receivers: frozenset[Role]

    @property
    def begins(self) -> bool:
        """Whether a message here begins a process; `201 Created` is the answer to no other."""
        return self.status == CREATED


OK: Final = 200
CREATED: Final = 201
_PROVIDER: Final = frozenset({Role.PROVIDER})
_CONSUMER: Final = frozenset({Role.CONSUMER})
_BOTH: Final = _PROVIDER | _CONSUMER
_CATALOG, _NEGOTIATION, _TRANSFER = Area.CATALOG, Area.NEGOTIATION, Area.TRANSFER

ROUTES: Final[tuple[Route, ...]] = (
    Route("POST", "/catalog/request", _CATALOG, CatalogRequest, OK, _PROVIDER),
    Route("GET", "/catalog/datasets/{id}", _CATALOG, None, OK, _PROVIDER),
    Route("POST", "/negotiations/request", _NEGOTIATION, ContractRequest, CREATED, _PROVIDER),
    Route("POST", "/negotiations/offers", _NEGOTIATION, ContractOffer, CREATED, _CONSUMER),
    Route("GET", "/negotiations/{pid}", _NEGOTIATION, None, OK, _BOTH),
    Route("POST", "/negotiations/{pid}/request", _NEGOTIATION, ContractRequest, OK, _PROVIDER),
    Route("POST", "/negotiations/{pid}/offers", _NEGOTIATION, ContractOffer, OK, _CONSUMER),
    Route("POST", "/negotiations/{pid}/events", _NEGOTIATION, NegotiationEvent, OK, _BOTH),
    Route("POST", "/negotiations/{pid}/agreement", _NEGOTIATION, ContractAgreement, OK, _CONSUMER),
    Route("POST", "/negotiations/{pid}/agreement/verification", _NEGOTIATION, AgreementVerification, OK, _PROVIDER),
    Route("POST", "/negotiations/{pid}/termination", _NEGOTIATION, NegotiationTermination, OK, _BOTH),
    Route("POST", "/transfers/request", _TRANSFER, TransferRequest, CREATED, _PROVIDER),
    # The specification's table has this for the provider only; a consumer's state is asked for as well.
    Route("GET", "/transfers/{pid}", _TRANSFER, None, OK, _BOTH),
    Route("POST", "/transfers/{pid}/start", _TRANSFER, TransferStart, OK, _BOTH),
    Route("POST", "/transfers/{pid}/completion", _TRANSFER, TransferCompletion, OK, _BOTH),
    Route("POST", "/transfers/{pid}/suspension", _TRANSFER, TransferSuspension, OK, _BOTH),
    Route("POST", "/transfers/{pid}/termination", _TRANSFER, TransferTermination, OK, _BOTH),
)
"""Every inbound request below the base URL, literal segments before parameters: the first match is the right one."""

_AREAS: Final = {"catalog": Area.CATALOG, "negotiations": Area.NEGOTIATION, "transfers": Area.TRANSFER}


def area_of(path: str) -> Area | None:
    """The protocol that a path below the base URL belongs to, whether or not anything answers there."""
    return _AREAS.get(path.lstrip("/").partition("/")[0])


_PATHS: Final[Mapping[Kind, str]] = {
    Kind.CONTRACT_REQUEST: "/negotiations/{pid}/request",
    Kind.CONTRACT_OFFER: "/negotiations/{pid}/offers",
    Kind.CONTRACT_AGREEMENT: "/negotiations/{pid}/agreement",
    Kind.AGREEMENT_VERIFICATION: "/negotiations/{pid}/agreement/verification",
    Kind.ACCEPTED: "/negotiations/{pid}/events",
    Kind.FINALIZED: "/negotiations/{pid}/events",
    Kind.NEGOTIATION_TERMINATION: "/negotiations/{pid}/termination",
    Kind.TRANSFER_START: "/transfers/{pid}/start",
    Kind.TRANSFER_COMPLETION: "/transfers/{pid}/completion",
    Kind.TRANSFER_SUSPENSION: "/transfers/{pid}/suspension",
    Kind.TRANSFER_TERMINATION: "/transfers/{pid}/termination",
}
_FIRST_PATHS: Final[Mapping[Kind, str]] = {
    Kind.CONTRACT_REQUEST: "/negotiations/request",
    Kind.CONTRACT_OFFER: "/negotiations/offers",
    Kind.TRANSFER_REQUEST: "/transfers/request",
}


@dataclass(frozen=True, slots=True)
class Target:
    """Where an outbound request goes."""

    method: str
    url: str


def target_of(message: ProcessMessage, sender: Role, peer_url: str) -> Target:
    """Where `message` goes from a `sender` in that role, below the base URL of the peer.

    Raises:
        ConflictError: the message needs the peer's process id, which is not known yet.
    """
    pid = pid_of(message, sender.other)
    if pid is not None:
        return Target("POST", join(peer_url, _PATHS[message.kind], pid))
    if message.kind not in _FIRST_PATHS:
        raise ConflictError(f"a {message.kind} needs the process id of its receiver")
    return Target("POST", join(peer_url, _FIRST_PATHS[message.kind]))


def state_target(area: Area, peer_pid: ProcessId, peer_url: str) -> Target:
    """Where to ask the peer for the state of a negotiation or a transfer process."""
    return Target("GET", join(peer_url, f"/{area}s/{{pid}}", peer_pid))


def catalog_target(peer_url: str) -> Target:
    """Where to ask a provider for its catalogue."""
    return Target("POST", join(peer_url, "/catalog/request"))


def dataset_target(dataset_id: DatasetId, peer_url: str) -> Target:
    """Where to ask a provider for one dataset."""
    return Target("GET", join(peer_url, "/catalog/datasets/{pid}", dataset_id))


def join(base_url: str, path: str, pid: str = "") -> str:
    """`path` below `base_url` with exactly one slash between, `{pid}` filled in as one segment whatever it holds."""
    return base_url.rstrip("/") + path.replace("{pid}", quote(pid, safe=":@"))
