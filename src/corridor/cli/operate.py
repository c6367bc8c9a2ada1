"""`corridor init | serve | doctor`: make a node, run it, check it."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from corridor.base.errors import SettingsError
from corridor.cli.show import HERE, REFUSED, ConfigOption, JsonFlag, give_json, out, reported, say

if TYPE_CHECKING:
    from corridor.app.doctor import Finding


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make; with --host, its name there.")],
    name: Annotated[str, typer.Option(help="The participant's name.")] = "My organisation",
    country: Annotated[str, typer.Option(help="The law it is under: ISO 3166-1 alpha-2, such as DE.")] = "DE",
    public_url: Annotated[
        str | None,
        typer.Option(
            help="How partners reach the node, or a new host; http only for a host of your own.",
            show_default="http://localhost:19194",
        ),
    ] = None,
    protocol: Annotated[
        str | None, typer.Option(help="Address of the protocol listener.", show_default="127.0.0.1:19194")
    ] = None,
    management: Annotated[
        str | None, typer.Option(help="Address of the management listener.", show_default="127.0.0.1:19193")
    ] = None,
    host: Annotated[
        Path | None, typer.Option(help="Folder of a host that is to serve the participant; made if there is none.")
    ] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Make a node: settings, keys, participant list.

    Example: `corridor init my-node --name "Harbour Customs" --country DE`
    """
    from corridor.app.initialise import NewNode, initialise
    from corridor.app.join_host import Addresses, join_host

    node = NewNode(name, country, public_url or _PUBLIC_URL)
    with reported(as_json=as_json):
        if host is not None:
            loaded = join_host(host, _name_on(host, folder), node, Addresses(public_url, protocol, management))
        else:
            own = replace(node, protocol=protocol or node.protocol, management=management or node.management)
            loaded = initialise(folder, own)
    if as_json:
        give_json({"folder": str(loaded.folder), "id": loaded.settings.node.id})
        return
    served, where = (folder, folder) if host is None else (host, host / loaded.context)
    say(f"made {loaded.settings.node.id} in {where}")
    say(f"next: add partners to {where / 'participants.yaml'}, then `corridor serve --config {served}`")


_PUBLIC_URL: Final = "http://localhost:19194"


def _name_on(host: Path, folder: Path) -> str:
    """The name of a participant that is given as such, or as the folder that it will have.

    Raises:
        SettingsError: the folder would not be directly below the host's.
    """
    if folder.parent == Path() or folder.parent.resolve() == host.resolve():
        return folder.name
    raise SettingsError(
        f"`{folder}` is not a folder of the host `{host}`", remedy=f"write its name alone, such as {folder.name}"
    )


def serve(
    *,
    config: ConfigOption = HERE,
    as_json: Annotated[bool, typer.Option("--json", help="Give an error as a JSON document.")] = False,
) -> None:
    """Run a node, or a host with all its participants, until it is told to stop (Ctrl-C, SIGTERM).

    Example: `corridor serve --config my-node`
    """
    with reported(as_json=as_json), _nothing_collected():
        _serve(config)


def _serve(config: Path) -> None:
    import uvloop

    from corridor.app.host import run_host
    from corridor.app.host_settings import is_host, load_host
    from corridor.app.logs import set_up_logs
    from corridor.app.run import run_node
    from corridor.app.settings import load_settings

    if is_host(config):
        host = load_host(config)
        log = host.settings.log
        set_up_logs(log.level, host.path(log.file) if log.file else None)
        uvloop.run(run_host(host, _collect))
        return
    loaded = load_settings(config)
    if loaded.context:
        raise SettingsError(
            f"`{loaded.context}` is served by its host",
            remedy=f"start that with `corridor serve --config {loaded.folder.parent}`",
        )
    log = loaded.settings.log
    set_up_logs(log.level, loaded.path(log.file) if log.file else None)
    uvloop.run(run_node(loaded, _collect))


@contextlib.contextmanager
def _nothing_collected() -> Iterator[None]:
    """A start makes what stays: a collector that looks for what does not takes 0.03 s of it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _collect() -> None:
    """From here on things come and go; what the start has made is left out of every later search."""
    gc.freeze()
    gc.enable()


def doctor(*, config: ConfigOption = HERE, as_json: JsonFlag = False) -> None:
    """Check a node: settings, keys, database, ports, disk, rules, partners, stuck work, subscriptions; or a whole host.

    Example: `corridor doctor --config my-node`
    """
    from corridor.app.doctor import examine
    from corridor.app.host_doctor import examine_host
    from corridor.app.host_settings import is_host, load_host
    from corridor.app.settings import load_settings

    with reported(as_json=as_json):
        if is_host(config):
            of_host = examine_host(load_host(config))
            findings = {"": of_host.host, **of_host.contexts}
        else:
            findings = {"": examine(load_settings(config))}
    if as_json:
        give_json([_finding_json(context, one) for context, found in findings.items() for one in found])
    else:
        for context, found in findings.items():
            _show(context, found)
    if not all(one.ok for found in findings.values() for one in found):
        raise typer.Exit(REFUSED)


def _finding_json(context: str, one: Finding) -> dict[str, Any]:
    named = {"context": context} if context else {}
    return {**named, "check": one.check, "ok": one.ok, "text": one.text}


def _show(context: str, findings: Iterable[Finding]) -> None:
    if context:
        say(f"{context}:")
    for one in findings:
        indent = "  " if context else ""
        out.print(f"{indent}[{'green' if one.ok else 'red'}]{'ok' if one.ok else '--'}[/] {one.check}: ", end="")
        say(one.text)
