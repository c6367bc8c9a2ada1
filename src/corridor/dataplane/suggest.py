"""What a misspelled name was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from corridor.base.ids import printable

_LONGEST = 64


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """`did you mean `x`?` for the known name that is nearest to `name`, or None where none is near."""
    near = difflib.get_close_matches(name[:_LONGEST], list(known), n=1)
    return f"did you mean `{printable(near[0])}`?" if near else None
