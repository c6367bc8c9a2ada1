"""Takes natural persons out of cells that name a trader.

A trader stands behind a label, such as `Trader: ACME GmbH, Berlin`. It stays only if `companies.is_company` knows it
for a company or an authority: who is not known to be one is masked.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Final

from corridor.dataplane.companies import is_company

MASKED: Final = "[natural person, masked]"
"""What stands in the place of a name."""

_COLON: Final = re.compile("[:\uff1a]")
_LINE_END: Final = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Mask:
    """Masks natural persons behind the given labels."""

    labels: tuple[str, ...]

    def apply(self, cell: str) -> str:
        """The cell with every trader masked that is not known to be a company or an authority.

        A trader reaches from its label to the next label or the end of its line; where its line holds nothing else, it
        is the next line that does. Several traders behind one label are told apart at semicolons. Text in front of the
        first label, and lines without one, stay as they are.
        """
        if not _COLON.search(cell):
            return cell  # most cells have no label, and this is soon seen
        pieces: list[str] = []
        done = 0
        for start, stop in self._traders(cell):
            pieces += [cell[done:start], ";".join(_masked(name) for name in cell[start:stop].split(";"))]
            done = stop
        return "".join([*pieces, cell[done:]]) if pieces else cell

    def _traders(self, cell: str) -> list[tuple[int, int]]:
        found = list(_label_pattern(self.labels).finditer(cell))
        limits = [match.start() for match in found[1:]] + [len(cell)]
        return [_extent(cell, match.end(), limit) for match, limit in zip(found, limits, strict=False)]


@functools.cache
def _label_pattern(labels: tuple[str, ...]) -> re.Pattern[str]:
    names = "|".join(re.escape(label) for label in sorted(labels, key=len, reverse=True))
    return re.compile(rf"(?<!\w)(?:{names})\s{{0,8}}[:\uff1a]", re.IGNORECASE)


def _extent(cell: str, start: int, limit: int) -> tuple[int, int]:
    """Where the name behind a label that ends at `start` begins and ends, before `limit`."""
    while start < limit and cell[start].isspace():
        start += 1
    end_of_line = _LINE_END.search(cell, start, limit)
    return start, end_of_line.start() if end_of_line else limit


def _masked(name: str) -> str:
    bare = name.strip()
    if not bare or bare == MASKED or is_company(bare):
        return name
    return name.replace(bare, MASKED, 1)
