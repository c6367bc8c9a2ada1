"""The condition language of rule files: text to syntax tree, with the character at which each part stands.

::

    condition  := conjunction ("or" conjunction)*
    conjunction:= negation ("and" negation)*
    negation   := "not" negation | comparison
    comparison := term [("==" | "!=" | "<" | "<=" | ">" | ">=") term
                       | ["not"] "in" (list-name | "[" literal ("," literal)* "]")
                       | "has" literal
                       | "is" name
                       | ("any" | "all" | "none" | "several") negation]
    term       := number | day | name | 'text' | "true" | "false" | "(" condition ")"

A name is a path of facts (`data.items`), a name the jurisdiction declares, or a code (`cn/standard-contract`); which
of them, the type check decides (`binding`). Inside `any`, `all`, `none` and `several` (at least two) the element's own
fields come first, and `it` is the element. `party is name` asks what the jurisdiction derives of a party.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from corridor.base.errors import MalformedError, TooLargeError
from corridor.base.ids import printable

MAX_LENGTH: Final = 2000
MAX_DEPTH: Final = 24

_TOKEN = re.compile(
    r"""\s*(?:(?P<day>\d{4}-\d\d-\d\d)|(?P<number>\d[\d_]{0,17})|(?P<text>'[^']*')"""
    r"""|(?P<name>[A-Za-z_]\w*(?:[.:/-]\w+(?:\(\d+\))?)*)|(?P<sign>==|!=|<=|>=|<|>|[()\[\],]))""",
    re.ASCII,
)
_SIGNS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
_QUANTIFIERS: Final = frozenset({"any", "all", "none", "several"})
_KEYWORDS: Final = _QUANTIFIERS | {"and", "or", "not", "in", "has", "is"}


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a day, a truth value or a quoted text."""

    value: int | bool | date | str
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    """A dotted path, a declared name or a code."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Compare:
    """`left sign right`."""

    sign: str
    left: Tree
    right: Tree
    at: int


@dataclass(frozen=True, slots=True)
class Among:
    """`left in list-name` or `left in [a, b]`."""

    left: Tree
    members: Name | tuple[Name | Literal, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Has:
    """`flags has code`."""

    flags: Tree
    code: Name | Literal
    at: int


@dataclass(frozen=True, slots=True)
class Is:
    """`party is name`."""

    party: Tree
    name: Name
    at: int


@dataclass(frozen=True, slots=True)
class Quantified:
    """`list any condition`, and `all`, `none` or `several` in the place of `any`."""

    quantifier: str
    over: Tree
    body: Tree
    at: int


@dataclass(frozen=True, slots=True)
class Negation:
    """`not body`."""

    body: Tree
    at: int


@dataclass(frozen=True, slots=True)
class Junction:
    """`a and b and ...` or `a or b or ...`."""

    word: str
    parts: tuple[Tree, ...]
    at: int


Tree = Literal | Name | Compare | Among | Has | Is | Quantified | Negation | Junction


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(text: str, place: str) -> Tree:
    """The syntax tree of a condition that stands at `place`.

    Raises:
        MalformedError: not a condition; the place ends with the character.
        TooLargeError: over `MAX_LENGTH` characters or `MAX_DEPTH` levels.
    """
    if len(text) > MAX_LENGTH:
        raise TooLargeError(f"a condition has at most {MAX_LENGTH} characters, this one {len(text)}", place=place)
    parser = _Parser(_tokens(text, place), place)
    tree = parser.condition()
    parser.expect_end()
    return tree


def located(place: str, at: int) -> str:
    """`place` and the character, from 1, within the condition that stands there."""
    return f"{place} character {at + 1}"


def _tokens(text: str, place: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None:
            raise MalformedError(
                f"`{printable(text[at:].strip(), 20)}` is no part of a condition", place=located(place, at)
            )
        kind = match.lastgroup or ""
        found.append(_Token(kind, match[kind], match.start(kind)))
        at = match.end()
    found.append(_Token("end", "the end", end))
    return found


class _Parser:
    """Recursive descent; the depth limit bounds the recursion."""

    def __init__(self, tokens: list[_Token], place: str) -> None:
        self._tokens = tokens
        self._index = 0
        self._depth = 0
        self._place = place

    @property
    def _next(self) -> _Token:
        return self._tokens[self._index]

    def _take(self) -> _Token:
        token = self._next
        self._index += 1
        return token

    def _accept(self, *words: str) -> _Token | None:
        token = self._next
        return self._take() if token.kind in {"name", "sign"} and token.text in words else None

    def _expect(self, word: str) -> None:
        if self._accept(word) is None:
            raise self._unexpected(f"`{word}`")

    def expect_end(self) -> None:
        if self._next.kind != "end":
            raise self._unexpected("the end, `and` or `or`")

    def _unexpected(self, wanted: str) -> MalformedError:
        token = self._next
        return MalformedError(
            f"`{printable(token.text, 40)}` stands where {wanted} should", place=located(self._place, token.at)
        )

    def condition(self) -> Tree:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooLargeError(f"a condition nested deeper than {MAX_DEPTH} levels", place=self._place)
        tree = self._junction("or")
        self._depth -= 1
        return tree

    def _junction(self, word: str) -> Tree:
        at = self._next.at
        part = self._negation if word == "and" else (lambda: self._junction("and"))
        parts = [part()]
        while self._accept(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else Junction(word, tuple(parts), at)

    def _negation(self) -> Tree:
        at = self._next.at
        negations = 0
        while self._accept("not"):
            negations += 1
        body = self._comparison()
        for _ in range(negations % 2):
            body = Negation(body, at)
        return body

    def _comparison(self) -> Tree:
        left = self._term()
        token = self._next
        if token.kind == "sign" and token.text in _SIGNS:
            return Compare(self._take().text, left, self._term(), token.at)
        if word := self._accept("has", "is"):
            return Has(left, self._literal(), token.at) if word.text == "has" else Is(left, self._name(), token.at)
        if self._accept("in"):
            return Among(left, self._members(), token.at)
        if token.text == "not" and token.kind == "name":
            self._take()
            self._expect("in")
            return Negation(Among(left, self._members(), token.at), token.at)
        if quantifier := self._accept(*_QUANTIFIERS):
            return Quantified(quantifier.text, left, self._nested(), token.at)
        return left

    def _nested(self) -> Tree:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooLargeError(f"a condition nested deeper than {MAX_DEPTH} levels", place=self._place)
        body = self._negation()
        self._depth -= 1
        return body

    def _members(self) -> Name | tuple[Name | Literal, ...]:
        if self._accept("["):
            members = [self._literal()]
            while self._accept(","):
                members.append(self._literal())
            self._expect("]")
            return tuple(members)
        member = self._literal()
        if isinstance(member, Literal):
            raise self._unexpected("the name of a list, or `[`")
        return member

    def _name(self) -> Name:
        token = self._next
        if token.kind != "name" or token.text in _KEYWORDS:
            raise self._unexpected("the name of what is derived of a party")
        self._take()
        return Name(token.text, token.at)

    def _term(self) -> Tree:
        if self._accept("("):
            tree = self.condition()
            self._expect(")")
            return tree
        return self._literal()

    def _literal(self) -> Name | Literal:
        token = self._next
        if token.kind not in {"name", "number", "day", "text"} or (token.kind == "name" and token.text in _KEYWORDS):
            raise self._unexpected("a name or a value")
        self._take()
        if token.kind == "name" and token.text not in {"true", "false"}:
            return Name(token.text, token.at)
        return Literal(self._decoded(token), token.at)

    def _decoded(self, token: _Token) -> int | bool | date | str:
        if token.kind == "number":
            return int(token.text.replace("_", ""))
        if token.kind == "text":
            return token.text[1:-1]
        if token.kind == "name":
            return token.text == "true"
        try:
            return date.fromisoformat(token.text)
        except ValueError:
            raise MalformedError(f"`{token.text}` is no day", place=located(self._place, token.at)) from None
