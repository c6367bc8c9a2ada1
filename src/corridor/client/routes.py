"""A method for each operation of the management API, under the operation's own name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Unpack, cast
from urllib.parse import quote

from corridor.base.clock import format_instant
from corridor.base.ids import check_id
from corridor.base.json import JsonObject
from corridor.client import shapes
from corridor.client.transport import Transport


class Routes:
    """The operations of one node.

    Every method raises a `RemoteError` where the node refuses (it says why, where, and what to do), and an
    `UnreachableError` where it does not answer. Identifiers that cannot be one raise a `MalformedError`.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _get(self, path: str, **query: Any) -> Any:
        return self._transport.json("GET", path, query)

    def _post(self, path: str, body: Any = None) -> Any:
        return self._transport.json("POST", path, body=body)

    def health(self) -> shapes.Json:
        """Whether the node answers."""
        return cast("shapes.Json", self._get("/health"))

    def status(self) -> shapes.Status:
        """Who the node is and how it fares."""
        return cast("shapes.Status", self._get("/status"))

    def openapi(self) -> shapes.Json:
        """The API as an OpenAPI 3.1 document."""
        return cast("shapes.Json", self._get("/openapi.json"))

    def participants(self, after: str = "", limit: int = 100) -> shapes.Page[shapes.Participant]:
        """The participants that the node knows."""
        return cast("shapes.Page[shapes.Participant]", self._get("/participants", after=after, limit=limit))

    def tasks(self, after: str = "", limit: int = 100, *, parked: bool = False) -> shapes.Page[shapes.Task]:
        """Open tasks of the outbox; with `parked`, only those that wait for a person."""
        return cast("shapes.Page[shapes.Task]", self._get("/tasks", after=after, limit=limit, parked=parked))

    def retry_task(self, task: str) -> shapes.Task:
        """Have a task tried now, parked or not, and as often as a new one."""
        return cast("shapes.Task", self._post(f"/tasks/{segment(task)}/retry"))

    def drop_task(self, task: str) -> shapes.Task:
        """Give a task up; a message that is dropped counts as undeliverable, and its process is terminated."""
        return cast("shapes.Task", self._transport.json("DELETE", f"/tasks/{segment(task)}"))

    def publish(self, document: JsonObject) -> shapes.Dataset:
        """Publish a dataset, or publish it anew under the same id."""
        return cast("shapes.Dataset", self._post("/datasets", document))

    def datasets(
        self, after: str = "", limit: int = 100, *, withdrawn: bool = False
    ) -> shapes.Page[shapes.DatasetSummary]:
        """Our datasets; with `withdrawn`, those too."""
        found = self._get("/datasets", after=after, limit=limit, withdrawn=withdrawn)
        return cast("shapes.Page[shapes.DatasetSummary]", found)

    def dataset(self, dataset: str) -> shapes.Dataset:
        """One of our datasets, withdrawn or not."""
        return cast("shapes.Dataset", self._get(f"/datasets/{segment(dataset)}"))

    def withdraw(self, dataset: str) -> shapes.Dataset:
        """Take a dataset out of the catalogue; agreements on it go on."""
        return cast("shapes.Dataset", self._transport.json("DELETE", f"/datasets/{segment(dataset)}"))

    def explain(
        self, dataset: str, partner: str, offer: str | None = None, as_of: date | datetime | None = None
    ) -> shapes.Explanation:
        """What `partner` would be answered on an offer of ours, now or at another time, and why."""
        query = {"dataset": dataset, "for": partner, "offer": offer, "as_of": _time(as_of)}
        return cast("shapes.Explanation", self._transport.json("GET", "/explain", query))

    def catalogue(
        self, provider: str, filters: Sequence[JsonObject] = (), *, limit: int | None = None, after: str = ""
    ) -> shapes.PartnerCatalogue:
        """What a partner, named by its DID or base URL, offers us: what fits all filters, from `after` on."""
        body = {"provider": provider, "filter": list(filters), "limit": limit, "after": after}
        return cast("shapes.PartnerCatalogue", self._post("/catalogue", body))

    def negotiate(
        self, provider: str, dataset: str, offer: str | None = None, *, hold: bool = False
    ) -> shapes.Negotiation:
        """Ask a partner for a contract on one of its offers; `negotiation` says what comes of it.

        With `hold`, a person is asked before the node binds itself: see `approve`.
        """
        body = {"provider": provider, "dataset": dataset, "offer": offer, "hold": hold}
        return cast("shapes.Negotiation", self._post("/negotiations", body))

    def propose(
        self,
        consumer: str,
        dataset: str,
        offer: str | None = None,
        terms: JsonObject | None = None,
        *,
        hold: bool = False,
    ) -> shapes.Negotiation:
        """As provider, make a partner an offer unasked; `terms` are other ODRL rules than the offer's."""
        body = {"consumer": consumer, "dataset": dataset, "offer": offer, "terms": terms, "hold": hold}
        return cast("shapes.Negotiation", self._post("/negotiations/proposals", body))

    def negotiations(
        self, after: str = "", limit: int = 100, *, held: bool = False
    ) -> shapes.Page[shapes.NegotiationSummary]:
        """All negotiations, of both roles; with `held`, those that wait for a person."""
        found = self._get("/negotiations", after=after, limit=limit, held=held)
        return cast("shapes.Page[shapes.NegotiationSummary]", found)

    def negotiation(self, pid: str, wait: int = 0) -> shapes.Negotiation:
        """A negotiation, as soon as it is settled or `wait` seconds (at most 60) are over."""
        path = f"/negotiations/{segment(pid)}"
        return cast("shapes.Negotiation", self._transport.json("GET", path, {"wait": wait}, wait=wait))

    def accept(self, pid: str) -> shapes.Negotiation:
        """As consumer, accept the provider's offer."""
        return cast("shapes.Negotiation", self._post(f"/negotiations/{segment(pid)}/accept"))

    def counter(self, pid: str, terms: JsonObject) -> shapes.Negotiation:
        """Offer other terms, ODRL rules, than those on the table."""
        return cast("shapes.Negotiation", self._post(f"/negotiations/{segment(pid)}/counter-offer", {"terms": terms}))

    def approve(self, pid: str) -> shapes.Negotiation:
        """Say yes to the step of a negotiation that waits for a person; terms and law still decide."""
        return cast("shapes.Negotiation", self._post(f"/negotiations/{segment(pid)}/approval"))

    def refuse(self, pid: str, reason: str = "") -> shapes.Negotiation:
        """Say no to the step of a negotiation that waits for a person; the reason reaches the partner."""
        return cast("shapes.Negotiation", self._post(f"/negotiations/{segment(pid)}/refusal", {"reason": reason}))

    def terminate_negotiation(self, pid: str, reason: str = "") -> shapes.Negotiation:
        """End a negotiation; the reason reaches the partner."""
        path = f"/negotiations/{segment(pid)}/termination"
        return cast("shapes.Negotiation", self._post(path, {"reason": reason}))

    def agreements(self, after: str = "", limit: int = 100) -> shapes.Page[shapes.AgreementSummary]:
        """All agreements, of both roles."""
        return cast("shapes.Page[shapes.AgreementSummary]", self._get("/agreements", after=after, limit=limit))

    def agreement(self, agreement: str) -> shapes.Agreement:
        """An agreement with its terms, usage and receipts."""
        return cast("shapes.Agreement", self._get(f"/agreements/{segment(agreement)}"))

    def transfer(
        self,
        agreement: str,
        *,
        fetch: bool = False,
        format_name: str | None = None,
        destination: JsonObject | None = None,
    ) -> shapes.Transfer:
        """Ask for the data of an agreement; with `fetch`, the node fetches them as soon as it may."""
        body = {"agreement": agreement, "fetch": fetch, "format": format_name, "destination": destination}
        return cast("shapes.Transfer", self._post("/transfers", body))

    def transfers(
        self, agreement: str | None = None, after: str = "", limit: int = 100, *, held: bool = False
    ) -> shapes.Page[shapes.TransferSummary]:
        """The transfer processes of one agreement or of all; with `held`, those that wait for a person."""
        found = self._get("/transfers", agreement=agreement, after=after, limit=limit, held=held)
        return cast("shapes.Page[shapes.TransferSummary]", found)

    def transfer_state(self, pid: str, wait: int = 0) -> shapes.Transfer:
        """A transfer process, as soon as it is settled or `wait` seconds (at most 60) are over."""
        path = f"/transfers/{segment(pid)}"
        return cast("shapes.Transfer", self._transport.json("GET", path, {"wait": wait}, wait=wait))

    def suspend(self, pid: str, reason: str = "") -> shapes.Transfer:
        """Pause a transfer; the reason reaches the partner."""
        return cast("shapes.Transfer", self._post(f"/transfers/{segment(pid)}/suspension", {"reason": reason}))

    def resume(self, pid: str) -> shapes.Transfer:
        """Let a suspended transfer go on."""
        return cast("shapes.Transfer", self._post(f"/transfers/{segment(pid)}/resumption"))

    def complete(self, pid: str) -> shapes.Transfer:
        """Say that all data have been transferred."""
        return cast("shapes.Transfer", self._post(f"/transfers/{segment(pid)}/completion"))

    def approve_transfer(self, pid: str) -> shapes.Transfer:
        """Say yes to the step of a transfer that waits for a person; terms and law still decide."""
        return cast("shapes.Transfer", self._post(f"/transfers/{segment(pid)}/approval"))

    def refuse_transfer(self, pid: str, reason: str = "") -> shapes.Transfer:
        """Say no to the step of a transfer that waits for a person; the reason reaches the partner."""
        return cast("shapes.Transfer", self._post(f"/transfers/{segment(pid)}/refusal", {"reason": reason}))

    def terminate_transfer(self, pid: str, reason: str = "") -> shapes.Transfer:
        """End a transfer for good; the reason reaches the partner."""
        return cast("shapes.Transfer", self._post(f"/transfers/{segment(pid)}/termination", {"reason": reason}))

    def data_address(self, pid: str) -> shapes.DataAddress:
        """Where the data of a running transfer can be pulled from; holds a secret."""
        return cast("shapes.DataAddress", self._get(f"/transfers/{segment(pid)}/data-address"))

    def papers(self, after: str = "", limit: int = 100) -> shapes.Page[shapes.Paper]:
        """The papers on file."""
        return cast("shapes.Page[shapes.Paper]", self._get("/papers", after=after, limit=limit))

    def add_paper(self, document: JsonObject) -> shapes.Paper:
        """Put a paper on file, by its facts."""
        return cast("shapes.Paper", self._post("/papers", document))

    def paper(self, paper: str) -> shapes.Paper:
        """A paper, revoked or not."""
        return cast("shapes.Paper", self._get(f"/papers/{segment(paper)}"))

    def revoke_paper(self, paper: str, reason: str = "") -> shapes.Paper:
        """Take a paper out of force."""
        return cast("shapes.Paper", self._post(f"/papers/{segment(paper)}/revocation", {"reason": reason}))

    def assess(self, facts: JsonObject, as_of: date | None = None) -> shapes.Assessment:
        """What the law of every jurisdiction says to a described transfer."""
        return cast("shapes.Assessment", self._post("/assess", {"facts": facts, "as_of": _time(as_of)}))

    def meter(self, after: str = "", limit: int = 100) -> shapes.Meter:
        """What was served, agreement by agreement, and where the counters of the law stand."""
        return cast("shapes.Meter", self._get("/meter", after=after, limit=limit))

    def bundle(self, agreement: str) -> bytes:
        """The evidence of one agreement, as a file that verifies offline."""
        return self._transport.content(f"/evidence/bundles/{segment(agreement)}")

    def checkpoint(self) -> str:
        """The signed head of the evidence log."""
        return self._transport.content("/evidence/checkpoint").decode()

    def key(self) -> shapes.Json:
        """The node's public key for evidence, a JWK with its `kid`."""
        return cast("shapes.Json", self._get("/evidence/key"))

    def receipts(self, agreement: str, after: str = "", limit: int = 100) -> shapes.Page[shapes.Receipt]:
        """The receipts of an agreement."""
        found = self._get("/evidence/receipts", agreement=agreement, after=after, limit=limit)
        return cast("shapes.Page[shapes.Receipt]", found)

    def events(
        self,
        after: int = -1,
        limit: int = 100,
        **wanted: Unpack[shapes.EventFilter],
    ) -> shapes.EventPage:
        """The evidence log, from the event after the index `after` on; only what is wanted."""
        return cast("shapes.EventPage", self._get("/events", after=after, limit=limit, **event_query(wanted)))

    def subscribe(
        self,
        url: str,
        types: Sequence[str] = (),
        partners: Sequence[str] = (),
        after: int | None = None,
        *,
        batch: bool = False,
        validate: bool = False,
    ) -> shapes.NewSubscription:
        """Have events sent to an address, from the next one on or from behind `after`; shows the secret this once."""
        wish = {"url": url, "types": [*types], "partners": [*partners], "after": after}
        found = self._post("/subscriptions", {**wish, "batch": batch, "validate": validate})
        return cast("shapes.NewSubscription", found)

    def subscriptions(self, after: str = "", limit: int = 100) -> shapes.Page[shapes.Subscription]:
        """All subscriptions, and how they fare."""
        return cast("shapes.Page[shapes.Subscription]", self._get("/subscriptions", after=after, limit=limit))

    def subscription(self, subscription: str) -> shapes.Subscription:
        """A subscription, and how it fares."""
        return cast("shapes.Subscription", self._get(f"/subscriptions/{segment(subscription)}"))

    def pause_subscription(self, subscription: str) -> shapes.Subscription:
        """Send nothing more until it is resumed; nothing is lost meanwhile."""
        return cast("shapes.Subscription", self._post(f"/subscriptions/{segment(subscription)}/pause"))

    def resume_subscription(self, subscription: str) -> shapes.Subscription:
        """Go on from where it was paused."""
        return cast("shapes.Subscription", self._post(f"/subscriptions/{segment(subscription)}/resumption"))

    def unsubscribe(self, subscription: str) -> shapes.Subscription:
        """Forget a subscription, its secret and its dead letters."""
        found = self._transport.json("DELETE", f"/subscriptions/{segment(subscription)}")
        return cast("shapes.Subscription", found)

    def dead_letters(self, subscription: str, after: int = -1, limit: int = 100) -> shapes.DeadLetterPage:
        """Events that a subscriber could not be told of."""
        path = f"/subscriptions/{segment(subscription)}/dead-letters"
        return cast("shapes.DeadLetterPage", self._get(path, after=after, limit=limit))

    def redeliver(self, subscription: str, index: int | None = None) -> shapes.Redelivery:
        """Deliver the dead letter of the event `index`, or all, once more."""
        path = f"/subscriptions/{segment(subscription)}/redelivery"
        return cast("shapes.Redelivery", self._post(path, {"index": index}))


def segment(identifier: str) -> str:
    """The identifier as one segment of a path.

    Raises:
        MalformedError: it cannot be one; a URL with `.` or `..` would mean another path.
    """
    return quote(check_id(identifier, "id"), safe="")


def event_query(wanted: shapes.EventFilter) -> dict[str, Any]:
    """The filter as parameters of a query."""
    query: dict[str, Any] = dict(wanted)
    query["type"] = ",".join(query.pop("types", ())) or None
    return query


def _time(when: date | datetime | None) -> str | None:
    if isinstance(when, datetime):
        return format_instant(when)
    return None if when is None else when.isoformat()
