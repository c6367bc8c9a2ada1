"""What every verb shares: output for people or machines, one sentence for an error, exit codes, a node's client."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.markup import escape

from corridor.base.errors import CorridorError, MalformedError, SettingsError

if TYPE_CHECKING:
    from corridor.client import Client

OK: Final = 0
REFUSED: Final = 1
USAGE: Final = 2

out: Final = Console(soft_wrap=True, highlight=False, emoji=False)
err: Final = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)

JsonFlag = Annotated[bool, typer.Option("--json", help="Give one JSON document for machines.")]
ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="The node: its folder or its corridor.toml.", envvar="CORRIDOR_CONFIG")
]
HERE: Final = Path()
_GAP: Final = "  "
_PIPE_WIDTH: Final = 160


def give_json(document: Any) -> None:
    """Write one JSON document to standard output."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, default=dict) + "\n")


def say(line: str) -> None:
    """Write a line for people; its text is shown as it is."""
    out.print(escape(line))


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Show rows for people, each cell whole so that it can be copied; says so where there are none.

    What does not fit a terminal is shown a cell a line; a pipe has no width, and gets a line a row.
    """
    if not rows:
        say(f"{title}: none")
        return
    cells = [[*columns], *(["" if cell is None else str(cell) for cell in row] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    if out.is_terminal and sum(widths) + len(_GAP) * (len(widths) - 1) > out.width:
        _blocks(title, columns, cells[1:])
        return
    out.print(f"[italic]{escape(title)}[/italic]")
    for place, row in enumerate(cells):
        line = _GAP.join(set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        out.print(escape(line), style="bold" if place == 0 else None)


def _blocks(title: str, columns: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
    out.print(f"[italic]{escape(title)}[/italic]")
    for row in cells:
        out.print()
        for name, cell in zip(columns, row, strict=True):
            out.print(f"[bold]{escape(name)}[/bold]: {escape(cell)}")


def columns(title: str, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Show rows of long texts side by side, each cell wrapped to its share of the width; a pipe is 160 wide."""
    if not rows:
        say(f"{title}: none")
        return
    from rich.box import SIMPLE
    from rich.table import Table

    shown = Table(title=title, title_justify="left", box=SIMPLE, show_lines=True, expand=True)
    for name in names:
        shown.add_column(escape(name), overflow="fold", ratio=1 if name == "" else 4)
    for row in rows:
        shown.add_row(*map(escape, row))
    wide = out if out.is_terminal else Console(width=_PIPE_WIDTH, highlight=False, emoji=False)
    wide.print(shown)


@contextlib.contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error while a long work is under way, where that is a terminal: `update(done, in_all)`."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def refuse(error: CorridorError, *, as_json: bool = False) -> NoReturn:
    """One sentence on what went wrong and what to do next; exit 1.

    Raises:
        typer.Exit: always.
    """
    _report(error, as_json=as_json)
    raise typer.Exit(REFUSED)


def wrong_use(message: str, remedy: str, *, as_json: bool = False) -> NoReturn:
    """One sentence on what the command line lacks; exit 2.

    Raises:
        typer.Exit: always.
    """
    _report(MalformedError(message, remedy=remedy, code="usage"), as_json=as_json)
    raise typer.Exit(USAGE)


def _report(error: CorridorError, *, as_json: bool) -> None:
    if as_json:
        give_json({"error": {name: value for name, value in _parts(error).items() if value is not None}})
    else:
        err.print(f"[red]error:[/red] {escape(str(error))}")


def _parts(error: CorridorError) -> dict[str, str | None]:
    return {"code": error.code, "message": error.message, "place": error.place, "remedy": error.remedy}


@contextlib.contextmanager
def reported(*, as_json: bool = False) -> Iterator[None]:
    """Turn whatever this product raises on purpose into a sentence and exit 1."""
    try:
        yield
    except CorridorError as error:
        refuse(error, as_json=as_json)
    except BrokenPipeError:
        raise typer.Exit(OK) from None


@contextlib.contextmanager
def node(config: Path) -> Iterator[Client]:
    """A client of the node whose folder is `config`.

    Raises:
        SettingsError: there is no node, or its management token cannot be read.
    """
    from corridor.app.settings import load_settings
    from corridor.client import Client

    loaded = load_settings(config)
    path = loaded.path(loaded.settings.files.management_token)
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"the management token cannot be read: {why(error)}",
            place=str(path),
            remedy="run this as the node's user; `corridor init` makes one",
        ) from None
    with Client(loaded.management_url, token) as client:
        yield client


def read_document(path: Path) -> Any:
    """A YAML or JSON file as a JSON-like value; `-` reads standard input.

    Raises:
        MalformedError: it cannot be read, or is neither.
    """
    from corridor.law.source import plain, read_yaml

    name = name_of(path)
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MalformedError(f"the file cannot be read: {why(error)}", place=name) from None
    return plain(read_yaml(text, name))


def read_object(path: Path, what: str) -> Mapping[str, Any]:
    """What `read_document` reads, where it has to be an object; `what` names it: `a paper`.

    Raises:
        MalformedError: it cannot be read, is neither YAML nor JSON, or is no object.
    """
    document = read_document(path)
    if not isinstance(document, dict):
        raise MalformedError(f"{what} is an object", place=name_of(path), remedy="write `name: value` below each other")
    return document


def name_of(path: Path) -> str:
    """What a document is called in the place of an error."""
    return "standard input" if str(path) == "-" else str(path)


def why(error: OSError | UnicodeDecodeError) -> str:
    """Why a file cannot be read or written, without its name."""
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else "it is not UTF-8"


@contextlib.contextmanager
def download_bar(what: str) -> Iterator[Any]:
    """A progress bar for bytes, as a callback `(done, total)`; nothing is drawn where no terminal is."""
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TransferSpeedColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(escape(what), total=None)

        def advance(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield advance


def decision_lines(decision: Mapping[str, Any]) -> Iterator[str]:
    """A decision for people: the verdict, then each reason with its own reasons below it."""
    words = {"true": "yes", "false": "no", "unknown": "not known"}
    yield f"may it be had: {words.get(decision['verdict'], decision['verdict'])}"
    for reason in decision["reasons"]:
        yield from _reason_lines(reason, 1)


def _reason_lines(reason: Mapping[str, Any], depth: int) -> Iterator[str]:
    mark = {"true": "+", "false": "-"}.get(reason["holds"], "?")
    cited = reason.get("citation")
    where = f" [{cited['instrument']}, {cited['pin']}]" if cited and cited["instrument"] not in reason["text"] else ""
    yield f"{'  ' * depth}{mark} {reason['text']}{where}"
    for inner in reason.get("because", ()):
        yield from _reason_lines(inner, depth + 1)
