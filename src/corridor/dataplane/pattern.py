r"""Patterns for cells that cannot be made to run for long: a subset of regular expressions with a bounded search.

Python's matcher goes back and tries again; what it may try is the product of all choices in the pattern. Here the
choices are counted when the pattern is read, and a pattern with too many of them is refused. Allowed are literals,
`.`, classes, `\d \w \s` and their opposites, escaped punctuation, groups, `|` and the quantifiers `? * + {n} {m,n}`.
"""

from __future__ import annotations

import re
from typing import Final

from corridor.base.errors import MalformedError
from corridor.base.ids import printable

LONGEST_VALUE: Final = 256
"""Characters of a value that a pattern is tried on; a longer one does not match."""

MOST_WAYS: Final = 10_000
"""Ways in which a pattern may be tried on one value; each takes at most `LONGEST_VALUE` steps."""

_LONGEST_PATTERN: Final = 256
_DEEPEST: Final = 16
_ESCAPES: Final = r"dDwWsStnr"
_QUANTIFIER: Final = re.compile(r"\?|\*|\+|\{(\d{1,3})(?:,(\d{1,3}))?\}", re.ASCII)


class Pattern:
    """A pattern that has passed `parse_pattern`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._compiled = re.compile(text)

    def matches(self, value: str) -> bool:
        """Whether all of `value` is of the form."""
        return len(value) <= LONGEST_VALUE and self._compiled.fullmatch(value) is not None


def parse_pattern(text: str, place: str) -> Pattern:
    """Read a pattern.

    Raises:
        MalformedError: with `place`, if it is no pattern, uses what is not allowed, or leaves too many ways to match.
    """
    if len(text) > _LONGEST_PATTERN:
        raise MalformedError(f"a pattern has at most {_LONGEST_PATTERN} characters", place=place)
    reader = _Reader(text, place)
    if reader.ways_of_alternatives(0) > MOST_WAYS:
        raise MalformedError(
            f"`{printable(text)}` can be tried in more than {MOST_WAYS} ways on one value",
            place=place,
            remedy="use fewer `*`, `+`, `{m,n}` and alternatives",
        )
    if reader.position < len(text):
        raise reader.fault("a `)` without its `(`")
    try:
        return Pattern(text)
    except re.error as error:
        raise MalformedError(f"`{printable(text)}` is no pattern: {error.msg}", place=place) from None


class _Reader:
    """Walks over a pattern once and counts the ways in which it can match."""

    def __init__(self, text: str, place: str) -> None:
        self._text = text
        self._place = place
        self.position = 0

    def fault(self, what: str) -> MalformedError:
        return MalformedError(
            f"`{printable(self._text)}` is no allowed pattern: {what} at character {self.position + 1}",
            place=self._place,
            remedy="use literals, classes, groups, `|` and the quantifiers ? * + {n} {m,n}",
        )

    def ways_of_alternatives(self, depth: int) -> int:
        if depth > _DEEPEST:
            raise self.fault("too many groups within groups")
        ways = self._ways_of_sequence(depth)
        while self._peek() == "|":
            self.position += 1
            ways += self._ways_of_sequence(depth)
        return ways

    def _ways_of_sequence(self, depth: int) -> int:
        ways = 1
        while self._peek() not in ("", "|", ")"):
            inner = self._ways_of_atom(depth)
            low, high = self._quantifier()
            ways = min(ways * _repeated(inner, low, high), MOST_WAYS + 1)
        return ways

    def _ways_of_atom(self, depth: int) -> int:
        match self._peek():
            case "(":
                return self._ways_of_group(depth)
            case "[":
                self._skip_class()
            case "\\":
                self._skip_escape()
            case "*" | "+" | "?" | "{" | "}" | "]" | "^" | "$":
                raise self.fault(f"an unexpected `{self._peek()}`")
            case _:
                self.position += 1
        return 1

    def _ways_of_group(self, depth: int) -> int:
        self.position += 3 if self._text.startswith("(?:", self.position) else 1
        ways = self.ways_of_alternatives(depth + 1)
        if self._peek() != ")":
            raise self.fault("a `(` without its `)`")
        self.position += 1
        return ways

    def _skip_class(self) -> None:
        self.position += 1
        if self._peek() == "^":
            self.position += 1
        first = self.position
        while self._peek() != "]" or self.position == first:
            if self._peek() == "\\":
                self._skip_escape()
            elif self._peek() in ("", "["):
                raise self.fault("a class `[` that is not closed, or holds another `[`")
            else:
                self.position += 1
        self.position += 1

    def _skip_escape(self) -> None:
        escaped = self._text[self.position + 1 : self.position + 2]
        if not escaped or (escaped.isalnum() and escaped not in _ESCAPES):
            raise self.fault("an escape that is not known")
        self.position += 2

    def _quantifier(self) -> tuple[int, int]:
        match = _QUANTIFIER.match(self._text, self.position)
        if match is None:
            return 1, 1
        self.position = match.end()
        if match[1] is not None:
            low, high = int(match[1]), int(match[2] or match[1])
            if low > high:
                raise self.fault("a quantifier with its bounds the wrong way round")
            return low, high
        return (1 if match[0] == "+" else 0), (1 if match[0] == "?" else LONGEST_VALUE)

    def _peek(self) -> str:
        return self._text[self.position : self.position + 1]


def _repeated(ways: int, low: int, high: int) -> int:
    """Ways to match something between `low` and `high` times that can be matched in `ways` ways."""
    if ways == 1:
        return high - low + 1
    total = 0
    for times in range(low, high + 1):
        total += ways**times
        if total > MOST_WAYS:
            return MOST_WAYS + 1
    return total
