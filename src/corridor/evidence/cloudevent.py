"""Logged events as CloudEvents 1.0 in structured mode (JSON event format): what other systems are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from corridor.base.ids import ParticipantId
from corridor.base.json import JsonObject

MEDIA_TYPE: Final = "application/cloudevents+json"
BATCH_MEDIA_TYPE: Final = "application/cloudevents-batch+json"
TYPE_PREFIX: Final = "org.corridor."
"""Before the name of the event; CloudEvents 1.0, `type`: should begin with a reversed DNS name."""

_SUBJECTS: Final = ("transfer", "negotiation", "agreement", "paper", "dataset")


def cloud_event(source: ParticipantId, index: int, document: Mapping[str, Any]) -> JsonObject:
    """The CloudEvent of the event at `index` of the log of `source`.

    `source` and `id` together name the event for ever (CloudEvents 1.0, `id`): the id is the place in the log, which is
    append-only, so an event that is told again has the id that it had. `subject` is the process, or what else the event
    is about.
    """
    subject = next((document[name] for name in _SUBJECTS if name in document), None)
    told = {
        "specversion": "1.0",
        "id": str(index),
        "source": source,
        "type": TYPE_PREFIX + document["type"],
        "time": document["at"],
        "datacontenttype": "application/json",
        "data": dict(document),
    }
    return told if subject is None else {**told, "subject": subject}
