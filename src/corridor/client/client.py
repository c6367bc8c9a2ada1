"""The client: every operation of a node, and the whole way from an offer to bytes on disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Self, TypeVar, Unpack

from corridor.base.errors import ConflictError, CorridorError, UnreachableError
from corridor.base.json import JsonObject
from corridor.client.download import Progress, check_place, save
from corridor.client.errors import RefusedError
from corridor.client.follow import follow
from corridor.client.routes import Routes, event_query, segment
from corridor.client.shapes import CloudEvent, Downloaded, EventFilter, Got, Negotiation, PartnerCatalogue, Transfer
from corridor.client.transport import Transport

ProcessT = TypeVar("ProcessT", Negotiation, Transfer)
_LARGEST_PART: Final = 1000
"""Datasets of a partner's catalogue that one request asks for."""
_LONGEST_WAIT: Final = 30
"""Seconds that one request waits; a longer patience asks again."""


class Client(Routes):
    """A node's management API.

    Safe to share between threads; close it, or use it as a context manager.

    Args:
        url: base URL of the management listener, such as `http://127.0.0.1:19193`.
        token: the management token.
        timeout: seconds that an answer may take, besides what a request waits on purpose.

    Raises:
        SettingsError: the URL or the token cannot be one.
    """

    def __init__(self, url: str, token: str, *, timeout: float = 30.0) -> None:
        super().__init__(Transport(url, token, timeout))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def browse(
        self, provider: str, filters: Sequence[JsonObject] = (), limit: int | None = None
    ) -> Iterator[PartnerCatalogue]:
        """A partner's catalogue part by part, to its end or to `limit` datasets.

        Raises:
            RemoteError: the partner refuses, or a filter is not supported.
            UnreachableError: the node or the partner does not answer.
        """
        after: str | None = ""
        left = limit
        while after is not None and left != 0:
            size = _LARGEST_PART if left is None else min(left, _LARGEST_PART)
            part = self.catalogue(provider, filters, limit=size, after=after)
            yield part
            after = part["next"]
            left = None if left is None else left - len(part["datasets"])

    def download(self, pid: str, path: Path, progress: Progress | None = None) -> Downloaded:
        """Write the bytes that the node fetched in a transfer to `path`: whole and verified, or not at all.

        Args:
            pid: the transfer process.
            path: the file; what is there is replaced in one step.
            progress: called with the bytes that are there and the bytes that there will be.

        Raises:
            ConflictError: nothing has been fetched in this transfer.
            UnreachableError: the node does not answer, breaks off, or sends other bytes than it states.
            StorageError: the file cannot be written.
        """
        with self._transport.open("GET", f"/transfers/{segment(pid)}/data") as response:
            return save(response, path, progress)

    def follow(
        self, after: int | None = None, *, patience: float = 300.0, **wanted: Unpack[EventFilter]
    ) -> Iterator[CloudEvent]:
        """Events as they are logged, in order, none missing and none twice, for as long as the caller takes them.

        Args:
            after: index of the last event that is known; -1 begins with the first of all, None with the next one.
            patience: seconds for which a node that was reached once may stay away.
            wanted: which events.

        Raises:
            RemoteError: the node refuses.
            UnreachableError: it is not reached at first, or stays away for longer than `patience`.
        """
        position = self.status()["log_size"] - 1 if after is None else after
        return follow(self._transport, event_query(wanted), position, patience)

    def get(
        self,
        provider: str,
        dataset: str,
        path: Path,
        offer: str | None = None,
        progress: Progress | None = None,
        *,
        format_name: str | None = None,
        patience: float = 300.0,
    ) -> Got:
        """Negotiate, transfer and write: from an offer to bytes on disk in one call.

        Args:
            provider: the partner, by its DID or base URL.
            dataset: one of its datasets.
            path: the file; what is there is replaced in one step.
            offer: one of the dataset's offers; may be left out where there is only one.
            progress: called with the bytes that are there and the bytes that there will be.
            format_name: in which the data are to come, such as `HttpData-PUSH`; the node's choice if left out.
            patience: seconds for the negotiation, and again for the transfer.

        Raises:
            RefusedError: the partner or our own side refuses; holds every obstacle.
            ConflictError: the partner answers with another offer, which is for a person to accept.
            UnreachableError: the node or the partner does not answer, or patience ran out.
            StorageError: the file cannot be written.
        """
        check_place(path)
        agreement, negotiation = self._agree(provider, dataset, offer, patience)
        transfer = self.transfer(agreement, fetch=True, format_name=format_name)
        transfer = _settled(transfer, self.transfer_state, patience)
        received = transfer["received"]
        if received is None:
            raise _no_data(transfer)
        written = self.download(transfer["pid"], path, progress)
        return {
            "negotiation": negotiation["pid"],
            "agreement": agreement,
            "transfer": transfer["pid"],
            "file": written["file"],
            "size": written["size"],
            "rows": received["rows"],
            "sha256": written["sha256"],
            "blake3": received["blake3"],
        }

    def _agree(self, provider: str, dataset: str, offer: str | None, patience: float) -> tuple[str, Negotiation]:
        negotiation = self.negotiate(provider, dataset, offer)
        negotiation = _settled(negotiation, self.negotiation, patience)
        agreement = negotiation["agreement"]
        if agreement is None:
            raise _no_agreement(negotiation)
        return agreement, negotiation


def _settled(process: ProcessT, ask: Callable[[str, int], ProcessT], patience: float) -> ProcessT:
    deadline = time.monotonic() + patience
    while not process["settled"]:
        left = deadline - time.monotonic()
        if left <= 0:
            raise UnreachableError(
                f"the process `{process['pid']}` is {process['state']} after {patience:g} s",
                remedy="it goes on: ask for its state later, or terminate it",
            )
        process = ask(process["pid"], max(1, min(_LONGEST_WAIT, int(left))))
    return process


def _no_agreement(negotiation: Negotiation) -> CorridorError:
    if negotiation["state"] == "OFFERED":
        return ConflictError(
            f"the partner answers with another offer, `{negotiation['offer']}`",
            remedy=f"accept it in the negotiation `{negotiation['pid']}`, or terminate that",
        )
    if negotiation["held"] is not None:
        return _waits(f"the negotiation `{negotiation['pid']}`", "negotiate", negotiation["held"]["reason"])
    return _ended("there is no agreement", negotiation["code"], negotiation["reasons"])


def _waits(what: str, verb: str, reason: str) -> ConflictError:
    return ConflictError(
        f"{what} waits for a person of this node: {reason}",
        remedy=f"see `corridor {verb} --held`; `--approve` or `--refuse` lets it go on",
    )


def _no_data(transfer: Transfer) -> CorridorError:
    if transfer["held"] is not None:
        return _waits(f"the transfer `{transfer['pid']}`", "transfer", transfer["held"]["reason"])
    if transfer["problem"] is not None:
        return UnreachableError(
            f"the data could not be fetched: {transfer['problem']}", remedy="transfer the agreement's data again"
        )
    return _ended("there are no data", transfer["code"], transfer["reasons"])


def _ended(what: str, code: str | None, reasons: list[str]) -> CorridorError:
    if code == UnreachableError.code:
        return UnreachableError(f"{what}: {'; '.join(reasons)}", remedy="see whether the partner's node runs")
    return RefusedError(what, tuple(reasons), code=code)
