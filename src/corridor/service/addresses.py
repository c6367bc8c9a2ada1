"""Data addresses: where bytes are pulled from or pushed to, and the tokens that go with them.

A token of our own is derived when the message goes out and kept nowhere; one of somebody else is sealed as it comes in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from corridor.base.digest import sha256_of
from corridor.base.errors import ConflictError, MalformedError, UnreachableError
from corridor.base.ids import ProcessId
from corridor.dsp.messages import DataAddress, ProcessMessage, Role, TransferRequest, TransferStart
from corridor.service.context import Context
from corridor.service.formats import Format
from corridor.service.records import Grant, TransferRecord

M = TypeVar("M", bound=ProcessMessage)
AUTHORIZATION: Final = "authorization"
INGEST: Final = "/in"
"""Below the data plane's base URL, where partners push to."""
_LONGEST_FIELD: Final = 8192


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the provider has to push to; `authorization` is a secret, the value of the field of that name."""

    endpoint: str
    authorization: str | None = field(default=None, repr=False)


def grant_for(ctx: Context, record: TransferRecord) -> Grant:
    """The right to the bytes of a transfer: to get them from us, to have us send them, or to bring them to us."""
    grant, process = ctx.new_id(), record.transfer
    return Grant(
        id=grant,
        token_digest=sha256_of(ctx.secrets.token(grant).encode()),
        transfer=process.own_pid,
        agreement=process.agreement_id,
        dataset=record.dataset,
        peer=process.peer,
        issued=ctx.clock.now(),
    )


def pull_from(ctx: Context, format_: Format, transfer: ProcessId) -> DataAddress:
    """Where the consumer pulls from; the token is put in when the message goes out (`with_token`), and kept nowhere."""
    return _bearer(format_, f"{ctx.data_url}/{transfer}", "")


def push_to(ctx: Context, format_: Format, transfer: ProcessId, destination: Destination | None) -> DataAddress:
    """Where the provider pushes to: our own data plane, or the destination that was named.

    Raises:
        MalformedError: the destination is no place to push to.
    """
    if destination is None:
        return _bearer(format_, f"{ctx.data_url}{INGEST}/{transfer}", "")
    _check(ctx, destination.endpoint, "$.destination.endpoint")
    secret = destination.authorization
    if secret is None:
        return DataAddress(format_.endpoint_type, destination.endpoint)
    if not (secret and secret.isascii() and secret.isprintable() and len(secret) <= _LONGEST_FIELD):
        raise MalformedError("the secret cannot be sent in an HTTP field", place="$.destination.authorization")
    return _bearer(format_, destination.endpoint, ctx.secrets.seal(secret))


def _bearer(format_: Format, endpoint: str, secret: str) -> DataAddress:
    return DataAddress(format_.endpoint_type, endpoint, (("authType", "bearer"), (AUTHORIZATION, secret)))


def check_given(ctx: Context, message: TransferRequest) -> None:
    """See whether a partner's request for a push says where to.

    Raises:
        MalformedError: it does not, or the destination must not be called.
    """
    address = message.data_address
    if address is None or not address.endpoint:
        raise MalformedError(
            f"the format `{message.format}` needs a data address",
            place="$.dataAddress",
            remedy="say in `dataAddress.endpoint` where the data are to be sent",
        )
    _check(ctx, address.endpoint, "$.dataAddress.endpoint")


def _check(ctx: Context, endpoint: str, place: str) -> None:
    try:
        ctx.pusher.check(endpoint)
    except UnreachableError as error:
        raise MalformedError(error.message, place=place, remedy=error.remedy) from None


def sealed(ctx: Context, message: M) -> M:
    """The message with the token that it brings sealed: what is kept holds no secret in clear."""
    return _with_secret(message, ctx.secrets.seal)


def with_token(ctx: Context, message: M, record: TransferRecord) -> M:
    """A message of ours as it goes over the wire: with our token for the grant, or with the secret we were given."""

    def secret(kept: str) -> str:
        return ctx.secrets.unseal(kept) if kept else f"Bearer {ctx.secrets.token(record.grant or '')}"

    return _with_secret(message, secret)


def _with_secret(message: M, change: Callable[[str], str]) -> M:
    if not isinstance(message, TransferStart | TransferRequest) or message.data_address is None:
        return message
    address = message.data_address
    properties = tuple((name, change(value) if name == AUTHORIZATION else value) for name, value in address.properties)
    return replace(message, data_address=replace(address, properties=properties))


def authorization_of(ctx: Context, record: TransferRecord) -> tuple[str, str]:
    """As consumer, the endpoint to pull from and the value of its `Authorization` header.

    Raises:
        ConflictError: the provider has given none, or the transfer does not run.
    """
    address = record.transfer.data_address
    kept = address.property(AUTHORIZATION) if address else None
    if record.push or record.transfer.role is not Role.CONSUMER or address is None or not address.endpoint or not kept:
        raise ConflictError("the transfer has no data address", remedy="wait until it is STARTED")
    return address.endpoint, ctx.secrets.unseal(kept)


def destination_of(ctx: Context, record: TransferRecord) -> Destination:
    """As provider, where the consumer wants the bytes.

    Raises:
        ConflictError: it has not said.
    """
    address = record.transfer.data_address
    if address is None or not address.endpoint:
        raise ConflictError("the transfer has no destination")
    kept = address.property(AUTHORIZATION)
    return Destination(address.endpoint, ctx.secrets.unseal(kept) if kept else None)
