#!/usr/bin/env python3
"""Write docs/reference/facts.md from the vocabulary of described transfers; [--check] only compares."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from corridor.law.vocabulary import (
    ALWAYS_PERSONAL,
    FACTS,
    Code,
    Day,
    Flags,
    Kind,
    Number,
    Place,
    Record,
    Several,
    Text,
    Truthful,
    Window,
)

REFERENCE = Path(__file__).parent.parent / "docs" / "reference" / "facts.md"

HEAD = """# Facts about a transfer

The words in which `corridor assess`, a publication's `profile`, the participant list and `[node.facts]` describe what
the law asks about. Made by `tools/facts_reference.py` from `corridor.law.vocabulary`; do not edit.

- Facts only, never conclusions: what is sensitive, important or covered is derived by the law of each jurisdiction.
- What is left out is unknown, and unknown is never guessed: the answer says what to ask, and only what can still
  change it.
- A word or field that is not listed here is refused with its place and the nearest word that is.

A described transfer, in YAML or JSON:

```yaml
exporter: {located_in: CN, designations: []}
importer: {located_in: DE}
data:
  items: [{category: contact_demographic, subject: customer, collected_in: CN}]
  counts: [{category: contact_demographic, unit: persons, n: 120000}]
  important_status: not_notified
transfer: {kind: send}
purpose: [customer_service]
```

| kind of value | is written as |
|---|---|
| truth | `true` or `false` |
| number | a whole number, at least 0 |
| day | `2026-11-22` |
| text | any text, at most 2048 characters |
| place | a country by ISO 3166-1 such as `DE`, or a part of one by ISO 3166-2 or a suffix: `AE-DU`, `AE-DU/DIFC` |
| window | a year such as `2026`, or `{from: 2026-01-01, to: 2026-06-30}` |
| flags | `[A, B]`, which is complete, or `{A: true, B: false}`, where what is left out is unknown |
| list of … | a list; one that is given is complete |
"""


def reference() -> str:
    """The whole page."""
    lines = [HEAD]
    for record in _records(FACTS):
        lines += _section(record)
    lines.append("## Codes\n")
    for code in sorted(set(_codes(FACTS)), key=lambda code: code.name):
        lines += _code_section(code)
    return "\n".join(lines)


def _section(record: Record) -> Iterator[str]:
    yield f"## {record.name.capitalize()}\n"
    yield "| field | value |"
    yield "|---|---|"
    for name, kind in record.fields.items():
        yield f"| `{name}` | {_shown(kind)} |"
    yield ""


def _code_section(code: Code) -> Iterator[str]:
    yield f"### Codes for {code.name}\n"
    if code.pattern is not None:
        yield f"A word of the form `{code.pattern.pattern}`.\n"
        return
    yield ", ".join(f"`{word}`" for word in sorted(code.codes)) + "\n"
    if code.codes >= ALWAYS_PERSONAL:
        others = ", ".join(f"`{word}`" for word in sorted(code.codes - ALWAYS_PERSONAL))
        yield f"All but {others} are about persons by their meaning, unless an item says `personal: false`.\n"


def _shown(kind: Kind) -> str:
    match kind:
        case Record():
            return _link(kind.name, kind.name)
        case Several():
            return f"list of {_shown(kind.of)}"
        case Flags():
            return f"flags: {_shown(kind.of)}"
        case Code():
            return _link(f"code for {kind.name}", f"codes for {kind.name}")
        case Number():
            return f"number of {kind.unit}"
        case _:
            return _SIMPLE[type(kind)]


_SIMPLE: dict[type, str] = {Truthful: "truth", Day: "day", Text: "text", Place: "place", Window: "window"}


def _link(text: str, title: str) -> str:
    return f"[{text}](#{title.lower().replace(' ', '-')})"


def _records(record: Record) -> Iterator[Record]:
    """The record and those in it, each once, in order of first mention."""
    seen: dict[str, Record] = {}

    def visit(kind: Kind) -> None:
        if isinstance(kind, Several):
            visit(kind.of)
        elif isinstance(kind, Record) and kind.name not in seen:
            seen[kind.name] = kind
            for inner in kind.fields.values():
                visit(inner)

    visit(record)
    yield from seen.values()


def _codes(record: Record) -> Iterator[Code]:
    for one in _records(record):
        for kind in one.fields.values():
            inner = kind.of if isinstance(kind, Several | Flags) else kind
            if isinstance(inner, Code):
                yield inner


def main() -> int:
    """Write the page, or with `--check` say whether it is current."""
    text = reference()
    if "--check" not in sys.argv:
        REFERENCE.write_text(text, "utf-8")
        return 0
    current = REFERENCE.exists() and REFERENCE.read_text("utf-8") == text
    print("current" if current else f"{REFERENCE} is not current: run tools/facts_reference.py")
    return 0 if current else 1


if __name__ == "__main__":
    sys.exit(main())
