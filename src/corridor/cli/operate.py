"""`corridor init | serve | doctor`: make a node, run it, check it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corridor.cli.show import HERE, REFUSED, ConfigOption, JsonFlag, give_json, out, reported, say


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")],
    name: Annotated[str, typer.Option(help="The participant's name.")] = "My organisation",
    country: Annotated[str, typer.Option(help="The law it is under: ISO 3166-1 alpha-2, such as DE.")] = "DE",
    public_url: Annotated[
        str, typer.Option(help="How partners reach the node; http only for a host of your own.")
    ] = "http://localhost:19194",
    protocol: Annotated[str, typer.Option(help="Address of the protocol listener.")] = "127.0.0.1:19194",
    management: Annotated[str, typer.Option(help="Address of the management listener.")] = "127.0.0.1:19193",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Make a node: settings, keys, participant list.

    Example: `corridor init my-node --name "Harbour Customs" --country DE`
    """
    from corridor.app.initialise import NewNode, initialise

    with reported(as_json=as_json):
        loaded = initialise(folder, NewNode(name, country, public_url, protocol, management))
    if as_json:
        give_json({"folder": str(loaded.folder), "id": loaded.settings.node.id})
        return
    say(f"made {loaded.settings.node.id} in {folder}")
    say(f"next: add partners to {folder / 'participants.yaml'}, then `corridor serve --config {folder}`")


def serve(
    *,
    config: ConfigOption = HERE,
    as_json: Annotated[bool, typer.Option("--json", help="Give an error as a JSON document.")] = False,
) -> None:
    """Run a node until it is told to stop (Ctrl-C, SIGTERM).

    Example: `corridor serve --config my-node`
    """
    import uvloop

    from corridor.app.logs import set_up_logs
    from corridor.app.run import run_node
    from corridor.app.settings import load_settings

    with reported(as_json=as_json):
        loaded = load_settings(config)
        log = loaded.settings.log
        set_up_logs(log.level, loaded.path(log.file) if log.file else None)
        uvloop.run(run_node(loaded))


def doctor(*, config: ConfigOption = HERE, as_json: JsonFlag = False) -> None:
    """Check a node: settings, keys, database, ports, disk, rules, partners, stuck work, subscriptions.

    Example: `corridor doctor --config my-node`
    """
    from corridor.app.doctor import examine
    from corridor.app.settings import load_settings

    with reported(as_json=as_json):
        findings = examine(load_settings(config))
    if as_json:
        give_json([{"check": one.check, "ok": one.ok, "text": one.text} for one in findings])
    else:
        for one in findings:
            out.print(f"[{'green' if one.ok else 'red'}]{'ok' if one.ok else '--'}[/] {one.check}: ", end="")
            say(one.text)
    if not all(one.ok for one in findings):
        raise typer.Exit(REFUSED)
