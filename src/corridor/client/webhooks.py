"""For receivers of webhooks: is this request from the node, of now, and what does it tell.

::

    for event in webhooks.verify(request.headers, request.body, SECRET):
        if (event["source"], event["id"]) not in known: ...
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from corridor.base.errors import MalformedError, UnauthenticatedError
from corridor.base.json import JsonLimits, parse_json
from corridor.client.shapes import CloudEvent
from corridor.evidence.webhook import TOLERANCE, check

__all__ = ["MalformedError", "UnauthenticatedError", "verify"]

_BODY: Final = JsonLimits(max_bytes=16_777_216, max_values=2_000_000)
_NAMES: Final = ("specversion", "id", "source", "type", "time")


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secret: str,
    now: datetime | None = None,
    *,
    tolerance: timedelta = TOLERANCE,
) -> tuple[CloudEvent, ...]:
    """The events in a request that was signed with `secret`: one, or several where it is a batch.

    Answer with a status of 2xx once they are kept; whatever else is answered, they come again. `source` and `id` tell
    whether an event came before.

    Args:
        headers: the fields of the request; names in any case.
        body: as it came, not decoded and encoded again.
        secret: `whsec_…`, as it was shown when the subscription was made.
        now: the time; the present, if left out.
        tolerance: how far from `now` the request may be.

    Raises:
        UnauthenticatedError: it is not signed with `secret`, or not of now: answer 401 and believe nothing of it.
        MalformedError: it is signed, but holds no CloudEvents; or the secret is none.
    """
    check(headers, body, secret, now or datetime.now(UTC), tolerance)
    document = parse_json(body, _BODY)
    events = document if isinstance(document, list) else [document]
    for event in events:
        if not _is_event(event):
            raise MalformedError("the request holds what is no CloudEvent", place="$")
    return tuple(cast("CloudEvent", event) for event in events)


def _is_event(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), str) for name in _NAMES) and "data" in value
