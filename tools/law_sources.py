#!/usr/bin/env python3
"""Write the tables of docs/law-sources.md from the rule files, between their headings; [--check] only compares."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from corridor.app.rulebook import load_rules
from corridor.law.document import list_instruments
from corridor.law.facts import FlagSet
from corridor.law.model import Instrument, Rulebook
from corridor.law.trace import Presumption

PAGE = Path(__file__).parent.parent / "docs" / "law-sources.md"
SOURCES = "| id | title | in force | class | read at | checked |\n|---|---|---|---|---|---|\n"
PRESUMPTIONS = "| jurisdiction | fact | taken as | why |\n|---|---|---|---|\n"


def main() -> None:
    """Write the page, or with `--check` fail where it is not as it would be written."""
    rulebook, _ = load_rules()
    old = PAGE.read_text("utf-8")
    new = _replaced(old, SOURCES, _sources(rulebook))
    new = _replaced(new, PRESUMPTIONS, _presumptions(rulebook))
    if "--check" in sys.argv[1:]:
        if new != old:
            sys.exit("docs/law-sources.md is not up to date: run tools/law_sources.py")
    else:
        PAGE.write_text(new, "utf-8")


def _replaced(page: str, head: str, rows: Iterator[str]) -> str:
    """The page with other rows below the table head."""
    body = "".join(f"| {row} |\n" for row in rows)
    found, count = re.subn(re.escape(head) + r"(\|.*\n)*", lambda _: head + body, page)
    if count != 1:
        sys.exit(f"docs/law-sources.md has {count} tables with the head {head.partition(chr(10))[0]}")
    return found


def _sources(rulebook: Rulebook) -> Iterator[str]:
    for one in list_instruments(rulebook):
        source = one.source
        cells = (f"`{one.id}`", one.title, _in_force(one), source.verified, source.address, source.checked.isoformat())
        yield " | ".join(cell.replace("|", "/") for cell in cells)


def _in_force(instrument: Instrument) -> str:
    start, end = instrument.period.start, instrument.period.end
    return f"{start} to {end}" if end else f"{start}"


def _presumptions(rulebook: Rulebook) -> Iterator[str]:
    for jurisdiction in sorted(rulebook.jurisdictions.values(), key=lambda one: one.id):
        for path, presumption in jurisdiction.presumptions.items():
            yield f"{jurisdiction.id} | `{path}` | {_written(presumption)} | {presumption.why}"


def _written(presumption: Presumption) -> str:
    value = presumption.value
    if presumption.same_as:
        return f"as its `{presumption.same_as}`"
    if value == () or isinstance(value, FlagSet):
        return "`[]`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    main()
