"""`corridor demo`: two nodes on this machine run the whole journey."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corridor.base.errors import CorridorError, SettingsError
from corridor.cli.show import REFUSED, JsonFlag, err, give_json, out, refuse, say, why

if TYPE_CHECKING:
    from corridor.cli.demo.journey import Step

PARTICIPANTS = (
    ("Market Surveillance Authority", "DE"),
    ("Customs and Commerce Gateway", "CN"),
    ("Excluded Trading House", "SG"),
)


def demo(
    alerts: Annotated[Path | None, typer.Option(help="A Safety Gate export; made-up alerts if not given.")] = None,
    keep: Annotated[Path | None, typer.Option(help="Keep the nodes' folders here, to serve them again.")] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Run the whole journey on two real nodes: described, offered, agreed, allowed, moved, metered, proven.

    Example: `corridor demo --alerts safety_gate.csv --keep demo-nodes`
    """
    try:
        steps, seconds = _run(alerts, keep, quiet=as_json)
    except CorridorError as error:
        refuse(error, as_json=as_json)
    held = bool(steps) and all(step.held for step in steps)
    if as_json:
        give_json(_report(steps, keep, seconds, held=held))
    else:
        _conclude(steps, keep, seconds, held=held)
    if not held:
        raise typer.Exit(REFUSED)


def _run(alerts: Path | None, keep: Path | None, *, quiet: bool) -> tuple[list[Step], float]:
    from rich.status import Status

    from corridor.cli.demo.alerts import check_export
    from corridor.cli.demo.journey import Journey
    from corridor.cli.demo.nodes import await_ready, make, start, stop

    begun = time.perf_counter()
    if alerts is not None:
        check_export(alerts)
    with ExitStack() as stack:
        folder = _folder(keep, stack)
        nodes = [start(loaded) for loaded in make(folder, PARTICIPANTS)]
        stack.callback(stop, nodes)
        for node in nodes:
            await_ready(node)
        eu, cn, other = nodes
        journey = Journey(eu, cn, other, alerts_file=alerts, folder=folder)
        status = stack.enter_context(Status("", console=err)) if err.is_terminal and not quiet else None
        steps: list[Step] = []
        for step in journey.run(lambda step: status.update(step.title) if status else None):
            steps.append(step)
            if not quiet:
                _show(step)
        return steps, time.perf_counter() - begun


def _folder(keep: Path | None, stack: ExitStack) -> Path:
    if keep is None:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="corridor-demo-")))
    try:
        if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
            raise SettingsError(f"`{keep}` is not an empty folder", place="--keep", remedy="name a new one")
        keep.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"the folder `{keep}` cannot be made: {why(error)}", place="--keep", remedy="name another"
        ) from None
    return keep.resolve()


def _show(step: Step) -> None:
    mark = "[green]held[/green]" if step.held else "[red]failed[/red]"
    out.print(f"\n[bold]{step.id}[/bold]  {step.title}  {mark}  [dim]{step.seconds:.2f} s[/dim]")
    for line in step.lines:
        say(f"    {line}")
    for sentence, holds in step.claims.items():
        out.print(f"    {'[green]✓[/green]' if holds else '[red]✗[/red]'} ", end="")
        say(sentence)
    if step.problem:
        out.print("    [red]problem:[/red] ", end="")
        say(step.problem)


def _conclude(steps: list[Step], keep: Path | None, seconds: float, *, held: bool) -> None:
    claims = [holds for step in steps for holds in step.claims.values()]
    out.print()
    colour = "green" if held else "red"
    out.print(f"[bold {colour}]{sum(claims)} of {len(claims)} claims held[/] in {len(steps)} steps, {seconds:.1f} s")
    if keep is not None:
        say(f"the nodes are kept: `corridor serve --config {keep}/de` starts one again")
    say("This is a demonstration with made-up contracts and persons, and not legal advice.")


def _report(steps: list[Step], keep: Path | None, seconds: float, *, held: bool) -> dict[str, Any]:
    return {
        "held": held,
        "seconds": round(seconds, 3),
        "kept": str(keep) if keep else None,
        "steps": [
            {
                "id": step.id,
                "title": step.title,
                "held": step.held,
                "seconds": round(step.seconds, 3),
                "lines": step.lines,
                "claims": [{"claim": sentence, "held": holds} for sentence, holds in step.claims.items()],
                "details": step.details,
                "problem": step.problem or None,
            }
            for step in steps
        ],
    }
