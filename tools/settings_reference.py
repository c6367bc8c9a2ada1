#!/usr/bin/env python3
"""Write docs/reference/settings.md from the settings' own dataclasses and their sentences; [--check] only compares."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import json
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corridor.app.host_settings import HostSettings
from corridor.app.settings import Settings

REFERENCE = Path(__file__).parent.parent / "docs" / "reference" / "settings.md"

HEAD = """# Settings

A node reads them from one TOML file, `corridor.toml` in its folder; `corridor init` writes one. Made by
`tools/settings_reference.py` from `corridor.app.settings`; do not edit.

- Relative paths start at the folder of the file. Nothing is read from the environment.
- What is unknown, of the wrong type or out of range is refused when the node starts, with its name and what to do.
- `corridor doctor` checks what the settings point to: keys, lists, ports, folders, rules.
- A [host](../howto/host-many-participants.md) has a file of its own: [at the end](#the-settings-of-a-host).
"""
HOST = """## The settings of a host

One process for several participants reads `corridor-host.toml`; each participant has a `corridor.toml` in its folder,
with `listen.hosted` set. `log` is then the host's.

| setting | type | default | meaning |
|---|---|---|---|"""
_NAMES = {"str": "text", "int": "whole number", "bool": "`true` or `false`", "dict": "table", "tuple": "list of texts"}


def reference() -> str:
    """The whole page."""
    lines = [HEAD]
    for field in dataclasses.fields(Settings):
        lines += _table(field.name, table_of(field))
    return "\n".join([*lines, HOST, *_host_rows(), ""])


def _host_rows() -> Iterator[str]:
    hints = typing.get_type_hints(HostSettings)
    for field in dataclasses.fields(HostSettings):
        if dataclasses.is_dataclass(hints[field.name]):
            yield from _rows(hints[field.name], f"{field.name}.")
        else:
            yield _row(field, field.name, hints[field.name], _sentences(HostSettings))


def table_of(field: dataclasses.Field[Any]) -> type:
    """The dataclass behind a table of the settings."""
    found: type = typing.get_type_hints(Settings)[field.name]
    return found


def _table(name: str, model: type) -> Iterator[str]:
    yield f"## [{name}]\n"
    yield f"{inspect.getdoc(model)}\n"
    yield "| setting | type | default | meaning |"
    yield "|---|---|---|---|"
    yield from _rows(model)
    yield ""
    hints = typing.get_type_hints(model)
    for one in dataclasses.fields(model):
        inner = _listed(hints[one.name])
        if inner is not None:
            yield from _table(f"[{name}.{one.name}]", inner)


def _listed(hint: Any) -> type | None:
    """The dataclass of which the setting holds a list, if it is such a list."""
    members = typing.get_args(hint)
    inner = members[0] if typing.get_origin(hint) is tuple else None
    return inner if dataclasses.is_dataclass(inner) and isinstance(inner, type) else None


def _rows(model: Any, prefix: str = "") -> Iterator[str]:
    sentences = _sentences(model)
    hints = typing.get_type_hints(model, include_extras=True)
    for one in dataclasses.fields(model):
        yield _row(one, prefix + one.name, hints[one.name], sentences)


def _row(field: dataclasses.Field[Any], name: str, hint: Any, sentences: dict[str, str]) -> str:
    return f"| `{name}` | {_type(hint)} | {_default(field)} | {sentences[field.name]} |"


def _sentences(model: type) -> dict[str, str]:
    """The docstring below each field, which Python itself does not keep."""
    (body,) = (node.body for node in ast.parse(inspect.getsource(model)).body if isinstance(node, ast.ClassDef))
    found = {}
    for statement, text in itertools.pairwise(body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and _is_text(text):
            found[statement.target.id] = inspect.cleandoc(ast.literal_eval(ast.unparse(text)))
    return found


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _type(hint: Any) -> str:
    if _listed(hint) is not None:
        return "list of tables"
    if typing.get_origin(hint) is typing.Literal:
        return " or ".join(f"`{json.dumps(value)}`" for value in typing.get_args(hint))
    least = "".join(f", at least {meta.ge}" for meta in getattr(hint, "__metadata__", ()))
    plain = hint.__origin__ if least else hint
    name = (typing.get_origin(plain) or plain).__name__
    return _NAMES[name] + least


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return "`{}`"
    if field.default is dataclasses.MISSING:
        return "required"
    value = list(field.default) if isinstance(field.default, tuple) else field.default
    return f"`{json.dumps(value)}`"


def main() -> int:
    """Write the page, or with `--check` say whether it is current."""
    text = reference()
    if "--check" not in sys.argv:
        REFERENCE.write_text(text, "utf-8")
        return 0
    current = REFERENCE.exists() and REFERENCE.read_text("utf-8") == text
    print("current" if current else f"{REFERENCE} is not current: run tools/settings_reference.py")
    return 0 if current else 1


if __name__ == "__main__":
    sys.exit(main())
