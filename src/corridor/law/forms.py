"""A checked condition as data, every name resolved and every value typed: what other compilers start from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from corridor.base.truth import Truth
from corridor.law.dated import Parameter, Register
from corridor.law.vocabulary import Kind


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal."""

    value: Any


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact at a path of the description."""

    path: str


@dataclass(frozen=True, slots=True)
class Element:
    """A field of the element that a quantifier or a counter is at; of no names, the element itself."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PartyField:
    """A field of the party that a condition is about."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A share of the party that a condition is about."""

    share: str


@dataclass(frozen=True, slots=True)
class PaperField:
    """A field of the paper under examination."""

    path: str


@dataclass(frozen=True, slots=True)
class Total:
    """What a counter comes to."""

    counter: str


Origin = Constant | Fact | Element | PartyField | Held | PaperField | Parameter | Total


@dataclass(frozen=True, slots=True)
class Operand:
    """A value in a condition: its text, its kind, and where it is read."""

    text: str
    kind: Kind
    origin: Origin


@dataclass(frozen=True, slots=True)
class Always:
    """`true` or `false`."""

    holds: Truth


@dataclass(frozen=True, slots=True)
class DerivedFact:
    """A fact that the jurisdiction derives."""

    name: str


@dataclass(frozen=True, slots=True)
class IsTrue:
    """A fact that is itself true or false."""

    operand: Operand


@dataclass(frozen=True, slots=True)
class Not:
    """`not body`."""

    body: Form


@dataclass(frozen=True, slots=True)
class Joined:
    """`and` or `or`."""

    word: str
    parts: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """`left sign right`.

    Attributes:
        numbers: the two sides are numbers, of which bounds may be all that is known.
        place: the right side is a place written out, and equals its parts.
    """

    sign: str
    left: Operand
    right: Operand
    numbers: bool = False
    place: bool = False


@dataclass(frozen=True, slots=True)
class InSet:
    """Membership in a list written out."""

    operand: Operand
    members: frozenset[Any]


@dataclass(frozen=True, slots=True)
class InRegister:
    """Membership in a list set by law."""

    operand: Operand
    register: Register


@dataclass(frozen=True, slots=True)
class HasFlag:
    """Whether a code of a set holds."""

    operand: Operand
    code: str


@dataclass(frozen=True, slots=True)
class HasMember:
    """Whether a list holds a code."""

    operand: Operand
    code: str


@dataclass(frozen=True, slots=True)
class Each:
    """`any`, `all`, `none` or `several` of the elements of a list."""

    quantifier: str
    operand: Operand
    body: Form


@dataclass(frozen=True, slots=True)
class OfParties:
    """What is asked of parties. Owners and employers lead anywhere, so it is no data: it runs as it means.

    Attributes:
        run: its closure, `answers.Run`.
        reads: the paths of the facts that it may read.
        inner: the condition as data, for whoever wants to know what it asks, if it has any.
    """

    run: Callable[..., Any] = field(repr=False)
    reads: frozenset[str] = field(repr=False)
    inner: Form | None = None


Form = (
    Always
    | DerivedFact
    | IsTrue
    | Not
    | Joined
    | Compared
    | InSet
    | InRegister
    | HasFlag
    | HasMember
    | Each
    | OfParties
)


def operands(form: Form) -> Iterator[Operand]:
    """Every value that the condition reads, in the order written."""
    match form:
        case Compared():
            yield form.left
            yield form.right
        case Joined():
            for part in form.parts:
                yield from operands(part)
        case Not():
            yield from operands(form.body)
        case Each():
            yield form.operand
            yield from operands(form.body)
        case IsTrue() | InSet() | InRegister() | HasFlag() | HasMember():
            yield form.operand


def parts(form: Form) -> Iterator[Form]:
    """The condition and every condition inside it."""
    yield form
    inner = form.parts if isinstance(form, Joined) else (form.body,) if isinstance(form, Not | Each) else ()
    for part in inner:
        yield from parts(part)
