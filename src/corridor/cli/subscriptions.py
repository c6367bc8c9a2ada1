"""`corridor subscribe`, `corridor subscriptions`: who is told of events, and what could not be delivered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from corridor.cli.show import HERE, ConfigOption, JsonFlag, give_json, node, reported, say, table

app = typer.Typer(no_args_is_help=True, help="Who is told of events: list, show, pause, resume, remove, redeliver.")

Subscription = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="The id of the subscription.")]


def subscribe(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where events are sent: https, on a public address.")],
    types: Annotated[list[str], typer.Option("--type", help="Only this type, or family such as `transfer.*`.")] = [],
    partners: Annotated[list[str], typer.Option("--partner", help="Only with this partner.")] = [],
    after: Annotated[int | None, typer.Option(help="Begin behind this event; -1 begins with the first.")] = None,
    *,
    batch: Annotated[bool, typer.Option(help="Let one request bring several events.")] = False,
    validate: Annotated[bool, typer.Option(help="Ask the receiver first whether it wants events.")] = False,
    config: ConfigOption = HERE,
    as_json: JsonFlag = False,
) -> None:
    """Have events sent to an address, from the next one on; shows the secret of their signatures this once.

    Example: `corridor subscribe https://erp.example/corridor --type 'transfer.*' --type agreement.concluded`
    """
    with reported(as_json=as_json), node(config) as client:
        made = client.subscribe(url, types, partners, after, batch=batch, validate=validate)
    if as_json:
        give_json(made)
        return
    say(f"subscribed: {made['id']}")
    say(f"secret: {made['secret']}")
    say("keep the secret where the receiver finds it; it is not shown again")


@app.command("list")
def list_(*, config: ConfigOption = HERE, as_json: JsonFlag = False) -> None:
    """Show all subscriptions, and how they fare.

    Example: `corridor subscriptions list`
    """
    with reported(as_json=as_json), node(config) as client:
        found, after = [], ""
        while True:
            page = client.subscriptions(after, 1000)
            found += page["items"]
            if page["next"] is None:
                break
            after = page["next"]
    if as_json:
        give_json(found)
        return
    columns = ("id", "url", "state", "behind", "dead letters", "problem")
    rows = [[one["id"], one["url"], one["state"], one["behind"], one["dead_letters"], one["problem"]] for one in found]
    table("subscriptions", columns, rows)


@app.command()
def show(subscription: Subscription, *, config: ConfigOption = HERE, as_json: JsonFlag = False) -> None:
    """Show a subscription with its dead letters, as many as a page holds.

    Example: `corridor subscriptions show urn:uuid:6e1f`
    """
    with reported(as_json=as_json), node(config) as client:
        found = client.subscription(subscription)
        letters = client.dead_letters(subscription, limit=1000)["items"]
    if as_json:
        give_json({**found, "letters": letters})
        return
    for name, value in found.items():
        shown = (", ".join(value) or "all") if isinstance(value, list) else value
        say(f"{name}: {'' if shown is None else shown}")
    rows = [[one["index"], one["at"], one["attempts"], one["problem"]] for one in letters]
    table("dead letters", ("event", "given up", "attempts", "problem"), rows)


@app.command()
def pause(subscription: Subscription, *, config: ConfigOption = HERE, as_json: JsonFlag = False) -> None:
    """Send nothing more until it is resumed; nothing is lost meanwhile.

    Example: `corridor subscriptions pause urn:uuid:6e1f`
    """
    with reported(as_json=as_json), node(config) as client:
        found = client.pause_subscription(subscription)
    _done("paused", found, as_json=as_json)


@app.command()
def resume(subscription: Subscription, *, config: ConfigOption = HERE, as_json: JsonFlag = False) -> None:
    """Go on from where it was paused, with everything that was logged since.

    Example: `corridor subscriptions resume urn:uuid:6e1f`
    """
    with reported(as_json=as_json), node(config) as client:
        found = client.resume_subscription(subscription)
    _done("resumed", found, as_json=as_json)


@app.command()
def remove(subscription: Subscription, *, config: ConfigOption = HERE, as_json: JsonFlag = False) -> None:
    """Forget a subscription, its secret and its dead letters.

    Example: `corridor subscriptions remove urn:uuid:6e1f`
    """
    with reported(as_json=as_json), node(config) as client:
        found = client.unsubscribe(subscription)
    _done("removed", found, as_json=as_json)


@app.command()
def redeliver(
    subscription: Subscription,
    event: Annotated[int | None, typer.Option(help="Only the dead letter of this event.")] = None,
    *,
    config: ConfigOption = HERE,
    as_json: JsonFlag = False,
) -> None:
    """Deliver dead letters once more, behind what is being delivered.

    Example: `corridor subscriptions redeliver urn:uuid:6e1f --event 42`
    """
    with reported(as_json=as_json), node(config) as client:
        indexes = client.redeliver(subscription, event)["indexes"]
    if as_json:
        give_json({"indexes": indexes})
    else:
        say(f"to be delivered once more: {len(indexes)}")


def _done(what: str, found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        give_json(found)
    else:
        say(f"{what}: {found['id']} ({found['url']})")
