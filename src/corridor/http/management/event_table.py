"""The operations by which others hear of events: the log and its stream, and subscriptions; a part of `table`."""

from __future__ import annotations

from typing import Final

from corridor.http.management import evidence, inputs, models, subscriptions
from corridor.http.management.calls import Operation
from corridor.http.management.following import STREAM_TYPES

_TAG: Final = "subscriptions"
_ONE: Final = "/subscriptions/{id}"

EVENTS: Final = (
    Operation(
        "events",
        "GET",
        "/events",
        "evidence",
        "The evidence log, event by event: in pages, or as a stream of CloudEvents that goes on as events are logged",
        evidence.list_events,
        models.EventPage,
        query=inputs.EventsQuery,
        streams=STREAM_TYPES,
    ),
    Operation(
        "subscribe",
        "POST",
        "/subscriptions",
        _TAG,
        "Have events sent to an address, signed; the answer alone shows the secret",
        subscriptions.subscribe,
        models.NewSubscription,
        status=201,
        body=inputs.SubscriptionBody,
        errors=(409, 424),
    ),
    Operation(
        "subscriptions",
        "GET",
        "/subscriptions",
        _TAG,
        "All subscriptions, and how they fare",
        subscriptions.list_subscriptions,
        models.Page[models.Subscription],
        query=inputs.PageQuery,
    ),
    Operation(
        "subscription",
        "GET",
        _ONE,
        _TAG,
        "A subscription, and how it fares",
        subscriptions.show_subscription,
        models.Subscription,
        errors=(404,),
    ),
    Operation(
        "pause_subscription",
        "POST",
        _ONE + "/pause",
        _TAG,
        "Send nothing more until it is resumed; nothing is lost meanwhile",
        subscriptions.pause_subscription,
        models.Subscription,
        errors=(404, 409),
    ),
    Operation(
        "resume_subscription",
        "POST",
        _ONE + "/resumption",
        _TAG,
        "Go on from where it was paused",
        subscriptions.resume_subscription,
        models.Subscription,
        errors=(404, 409),
    ),
    Operation(
        "unsubscribe",
        "DELETE",
        _ONE,
        _TAG,
        "Forget a subscription, its secret and its dead letters",
        subscriptions.unsubscribe,
        models.Subscription,
        errors=(404,),
    ),
    Operation(
        "dead_letters",
        "GET",
        _ONE + "/dead-letters",
        _TAG,
        "Events that a subscriber could not be told of",
        subscriptions.list_letters,
        models.DeadLetterPage,
        query=inputs.LettersQuery,
        errors=(404,),
    ),
    Operation(
        "redeliver",
        "POST",
        _ONE + "/redelivery",
        _TAG,
        "Deliver dead letters once more, behind what is being delivered",
        subscriptions.redeliver,
        models.Redelivery,
        status=202,
        body=inputs.RedeliveryBody,
        errors=(404, 409),
    ),
)
