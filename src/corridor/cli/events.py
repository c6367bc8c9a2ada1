"""`corridor events`: what happened, and what happens, for people or as CloudEvents."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corridor.base.ids import ParticipantId
from corridor.cli.show import HERE, ConfigOption, node, reported, say

if TYPE_CHECKING:
    from corridor.client import Client
    from corridor.client.shapes import EventFilter


def events(
    after: Annotated[int | None, typer.Option(help="Begin behind this event; -1 begins with the first.")] = None,
    types: Annotated[list[str], typer.Option("--type", help="Only this type, or family such as `transfer.*`.")] = [],
    partner: Annotated[str | None, typer.Option(help="Only with this partner.")] = None,
    agreement: Annotated[str | None, typer.Option(help="Only what belongs to this agreement.")] = None,
    negotiation: Annotated[str | None, typer.Option(help="Only about this negotiation.")] = None,
    transfer: Annotated[str | None, typer.Option(help="Only about this transfer process.")] = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as events are logged, from now on.")] = False,
    config: ConfigOption = HERE,
    as_json: Annotated[bool, typer.Option("--json", help="Give one CloudEvent on each line.")] = False,
) -> None:
    """Show the events of the evidence log, from the first; with `--follow`, as they are logged.

    Example: `corridor events --follow --type 'transfer.*' --json`
    """
    wanted: EventFilter = {
        "types": types,
        "partner": partner,
        "agreement": agreement,
        "negotiation": negotiation,
        "transfer": transfer,
    }
    with reported(as_json=as_json), node(config) as client:
        found = client.follow(after, **wanted) if follow else _logged(client, -1 if after is None else after, wanted)
        try:
            for event in found:
                _show(event, as_json=as_json)
        except KeyboardInterrupt:
            raise typer.Exit from None


def _logged(client: Client, position: int, wanted: EventFilter) -> Iterator[Mapping[str, Any]]:
    """What is logged by now, in the shape in which streams tell it."""
    from corridor.evidence.cloudevent import cloud_event

    source = ParticipantId(client.status()["id"])
    while True:
        page = client.events(position, limit=1000, **wanted)
        for event in page["items"]:
            yield cloud_event(source, event["index"], event["document"])
        if page["next"] is None:
            return
        position = page["next"]


def _show(event: Mapping[str, Any], *, as_json: bool) -> None:
    from corridor.evidence.event import from_json
    from corridor.evidence.story import sentence

    if as_json:
        sys.stdout.write(json.dumps(event, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    else:
        say(f"{event['id']:>6}  {sentence(from_json(event['data']))}")
