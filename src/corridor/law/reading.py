"""Fields of a rule file, taken one by one with their kind checked; a name that nobody asks for is refused."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TypeVar

from corridor.base.clock import DateRange, parse_date
from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.reasons import Verified
from corridor.law.facts import suggestion
from corridor.law.source import Listing, Node, Scalar, Table
from corridor.law.source import Place as Position
from corridor.law.vocabulary import Code, Place

Word = TypeVar("Word", bound=enum.StrEnum)


class Fields:
    """One mapping of a rule file; `what` names it in messages, `allowed` are the names it may hold.

    Raises:
        MalformedError: not a mapping, or a name that is not allowed.
    """

    def __init__(self, node: Node, what: str, allowed: Iterable[str]) -> None:
        if not isinstance(node, Table):
            raise MalformedError(f"{what} must be a mapping", place=str(node.place), remedy="write `name: value` pairs")
        self.place: Position = node.place
        self._what = what
        self._entries: Mapping[str, Node] = node.entries
        known = frozenset(allowed)
        for name, place in node.key_places.items():
            if name not in known:
                raise MalformedError(
                    f"`{printable(name)}` is no field of {what}", place=str(place), remedy=suggestion(name, known)
                )

    def node(self, name: str) -> Node | None:
        """The node, or None where the name is left out or null."""
        found = self._entries.get(name)
        return None if isinstance(found, Scalar) and found.value is None else found

    def required(self, name: str) -> Node:
        """The node.

        Raises:
            MalformedError: the name is left out.
        """
        found = self.node(name)
        if found is None:
            raise MalformedError(f"{self._what} has no `{name}`", place=str(self.place), remedy=f"add `{name}: ...`")
        return found

    def place_of(self, name: str) -> str:
        """Where the value of `name` stands."""
        found = self._entries.get(name)
        return str(found.place if found else self.place)

    def text(self, name: str, default: str | None = None) -> str:
        """A text, `default` where it is left out; required where `default` is None."""
        found = self.node(name)
        if found is None and default is not None:
            return default
        return text_of(self.required(name))

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number, at least 0."""
        found = self.node(name)
        if found is None and default is not None:
            return default
        found = self.required(name)
        value = found.value if isinstance(found, Scalar) else None
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        raise MalformedError(f"`{name}` must be a whole number, at least 0", place=str(found.place))

    def flag(self, name: str) -> bool:
        """True or false; false where it is left out."""
        found = self.node(name)
        if found is None:
            return False
        if isinstance(found, Scalar) and isinstance(found.value, bool):
            return found.value
        raise MalformedError(f"`{name}` must be true or false", place=str(found.place))

    def day(self, name: str) -> date | None:
        """A day, or None where it is left out."""
        found = self.node(name)
        if found is None:
            return None
        if isinstance(found, Scalar) and isinstance(found.value, date):
            return found.value
        return parse_date(found.value if isinstance(found, Scalar) else None, str(found.place))

    def period(self, default: DateRange | None = None) -> DateRange:
        """The days given by `from` and `to`, a bound left out being that of `default`.

        Raises:
            MalformedError: no first day is known, or the last lies before it.
        """
        start = self.day("from") or (default.start if default else None)
        end = self.day("to") or (default.end if default else None)
        if start is None:
            raise MalformedError(f"{self._what} has no date", place=str(self.place), remedy="add `from: 2026-01-01`")
        if end is not None and end < start:
            raise MalformedError(f"{self._what} ends before it begins", place=str(self.place))
        return DateRange(start, end)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, or one text; empty where it is left out."""
        return tuple(text_of(item) for item in self.items(name))

    def codes(self, name: str, kind: Code | Place) -> tuple[str, ...]:
        """A list of codes of a kind.

        Raises:
            MalformedError: one of them is none.
        """
        for node in self.items(name):
            check_code(node, kind)
        return self.texts(name)

    def items(self, name: str) -> tuple[Node, ...]:
        """The elements of a list; a single value is a list of one, what is left out is empty."""
        found = self.node(name)
        if found is None:
            return ()
        return found.items if isinstance(found, Listing) else (found,)

    def table(self, name: str) -> Mapping[str, Node]:
        """The entries of a mapping; empty where it is left out."""
        found = self.node(name)
        if found is None:
            return {}
        if not isinstance(found, Table):
            raise MalformedError(f"`{name}` must be a mapping", place=str(found.place))
        return found.entries

    def word(self, name: str, kind: type[Word], default: Word | None = None) -> Word:
        """One word out of an enumeration."""
        if default is not None and self.node(name) is None:
            return default
        text = self.text(name)
        try:
            return kind(text)
        except ValueError:
            raise MalformedError(
                f"`{printable(text)}` cannot be `{name}`",
                place=self.place_of(name),
                remedy=suggestion(text, list(kind)),
            ) from None

    def verified(self, default: Verified | None) -> Verified:
        """The class of verification, that of the instrument where it is left out."""
        return self.word("verified", Verified, default)


def check_code(node: Node, kind: Code | Place) -> None:
    """Refuse a leaf that is no code of `kind`.

    Raises:
        MalformedError: with what may stand there.
    """
    text = text_of(node)
    if not kind.admits(text):
        known = kind.codes if isinstance(kind, Code) else ()
        what = kind.name if isinstance(kind, Code) else "place"
        raise MalformedError(
            f"`{printable(text)}` is no code for {what}", place=str(node.place), remedy=suggestion(text, known)
        )


def text_of(node: Node) -> str:
    """The text of a leaf; numbers and days are taken as written in their plain form.

    Raises:
        MalformedError: the node is no leaf, or is true, false or empty.
    """
    if isinstance(node, Scalar) and node.value is not None and not isinstance(node.value, bool):
        return str(node.value)
    raise MalformedError("a text should stand here", place=str(node.place))
