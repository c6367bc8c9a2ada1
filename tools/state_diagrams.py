#!/usr/bin/env python3
"""Write docs/reference/states.md from the tables in `corridor.dsp.states`; a test proves that the page is current."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from corridor.dsp.messages import Role
from corridor.dsp.states import NEGOTIATION_PROSE, NEGOTIATION_TABLE, TRANSFER_TABLE, Table

PAGE = Path(__file__).parents[1] / "docs/reference/states.md"
HEAD = """# States

Made by `tools/state_diagrams.py` from the tables in `corridor.dsp.states`; do not edit.

What a table does not list is refused with a conflict and changes nothing. A state advances when the peer has
acknowledged our message, or has sent one that is possible only after it. Senders: C is the consumer, P the provider.
"""
FOOTNOTE = "\n\\+ not in the specification's figure; [spec divergences](../spec-divergences.md) say why.\n"


def render() -> str:
    """The whole page."""
    negotiation = section("Contract negotiation", NEGOTIATION_TABLE, NEGOTIATION_PROSE)
    transfer = section("Transfer process", TRANSFER_TABLE, {})
    return "\n".join([HEAD, negotiation + FOOTNOTE, transfer])


def section(title: str, table: Table[Any], beyond_figure: Table[Any]) -> str:
    """One protocol: a diagram, and the same as a table."""
    rows = senders_by_arrow(table, beyond_figure)
    diagram = [f"    {before or '[*]'} --> {after}: {kind} [{by}]" for (before, kind, after), by in rows.items()]
    ends = [f"    {state} --> [*]" for state in states_of(table) if state.final]
    lines = [f"| {before or '(none)'} | {kind} | {by} | {after} |" for (before, kind, after), by in rows.items()]
    return "\n".join(
        [
            f"## {title}\n",
            "```mermaid",
            "stateDiagram-v2",
            *diagram,
            *ends,
            "```\n",
            "| state | message | sender | next state |",
            "|---|---|---|---|",
            *lines,
            "",
        ]
    )


def senders_by_arrow(table: Table[Any], beyond_figure: Table[Any]) -> dict[tuple[Any, str, Any], str]:
    """`(state, message, next state) -> senders`, in the order of the states."""
    found: dict[tuple[Any, str, Any], list[str]] = defaultdict(list)
    states = [None, *states_of(table)]
    for (before, kind, sender), after in sorted(table.items(), key=lambda row: states.index(row[0][0])):
        mark = "+" if (before, kind, sender) in beyond_figure else ""
        found[before, kind.value.replace(":", " "), after].append(("C" if sender is Role.CONSUMER else "P") + mark)
    return {arrow: ", ".join(sorted(senders)) for arrow, senders in found.items()}


def states_of(table: Table[Any]) -> list[Any]:
    """All states of the table's protocol."""
    enumeration: Any = type(next(iter(table.values())))
    return list(enumeration)


if __name__ == "__main__":
    PAGE.write_text(render())
    print(f"wrote {PAGE}")
