#!/usr/bin/env python3
"""Write docs/reference/cli.md from the command line's own help; [--check] only compares."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from corridor.cli.main import VERBS, build

REFERENCE = Path(__file__).parent.parent / "docs" / "reference" / "cli.md"

HEAD = """# Command line

Made by `tools/cli_reference.py` from the help of the verbs; do not edit.

- Every verb has `--help` with an example, and `--json` for machines.
- It exits with 0 if all went well, with 1 if it was refused or failed, with 2 if it was called in a wrong way.
- An error is one sentence on standard error that says where it is and what to do next; with `--json` it is
  `{"error": {"code", "message", "place", "remedy"}}` on standard output.
- Verbs that speak to a node find it by `--config`: its folder, or its `corridor.toml`. They use its management API.
- `serve` and `doctor` also take the folder of a [host](../howto/host-many-participants.md).
- `--help` is not listed below.
"""


def reference() -> str:
    """The whole page."""
    root: Any = typer.main.get_command(build([]))
    lines = [HEAD]
    for verb in VERBS:
        lines += _command(root.commands[verb], f"corridor {verb}")
    return "\n".join(lines)


def _command(command: Any, name: str) -> Iterator[str]:
    inner = getattr(command, "commands", None)
    if inner:
        for word, below in inner.items():
            yield from _command(below, f"{name} {word}")
        return
    yield f"## {name}\n"
    yield f"{_plain(inspect.cleandoc(command.help))}\n"
    rows = [row for parameter in command.params if (row := _row(parameter))]
    yield "| argument or option | meaning | default |"
    yield "|---|---|---|"
    yield from rows
    yield ""


def _row(parameter: Any) -> str:
    if parameter.name == "help":
        return ""
    if parameter.param_type_name == "argument":
        names = f"`{parameter.metavar or parameter.name.upper()}`"
    else:
        value = "" if parameter.is_flag else f" {_value(parameter)}"
        names = ", ".join(f"`{word}{value}`" for word in [*parameter.opts, *parameter.secondary_opts])
    many = ", may be repeated" if parameter.multiple else ""
    default = ("required" if parameter.required else _default(parameter)) + many
    return f"| {names} | {_plain(parameter.help or '')} | {default.removeprefix(', ')} |"


def _value(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    if parameter.min is not None:
        return f"{parameter.min}…{parameter.max}"
    return "PATH" if kind in (Path, list[Path]) else "TEXT"


def _default(parameter: Any) -> str:
    stated = parameter.show_default
    shown = stated if isinstance(stated, str) else parameter.default
    if parameter.envvar:
        return f"`${parameter.envvar}`, else `{shown}`"
    return f"`{shown}`" if shown not in (None, "", False, [], ()) else ""


def _plain(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> int:
    """Write the page, or with `--check` say whether it is current."""
    text = reference()
    if "--check" not in sys.argv:
        REFERENCE.write_text(text, "utf-8")
        return 0
    current = REFERENCE.exists() and REFERENCE.read_text("utf-8") == text
    print("current" if current else f"{REFERENCE} is not current: run tools/cli_reference.py")
    return 0 if current else 1


if __name__ == "__main__":
    sys.exit(main())
