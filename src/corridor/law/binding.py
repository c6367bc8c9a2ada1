"""Syntax tree to a checked condition: names resolved, kinds and units compared, and what answers it put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Final

from corridor.base.errors import MalformedError
from corridor.base.truth import Truth
from corridor.law import answers, terms
from corridor.law.answers import Answer
from corridor.law.dated import Parameter, Register
from corridor.law.expression import (
    Among,
    Compare,
    Has,
    Is,
    Junction,
    Literal,
    Name,
    Negation,
    Quantified,
    Tree,
    located,
    parse,
)
from corridor.law.facts import suggestion
from corridor.law.standing import PartyFact, Share, share_of
from corridor.law.terms import OUTSIDE, Term
from corridor.law.trace import Step, Trace
from corridor.law.vocabulary import (
    FACTS,
    LISTS,
    OWNER,
    PAPER,
    PARTY,
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
)

READ_OF_PARTIES: Final = frozenset(
    {
        "parties",
        *(
            f"{end}.{name}"
            for end in ("exporter", "importer")
            for name in ("id", "acts", *OWNER.fields)
            if name in PARTY.fields
        ),
    }
)
"""The facts that what is derived of a party may rest on."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A checked condition of a rule file.

    Attributes:
        text: as written.
        tree: its syntax, for comparing conditions with each other.
        uses: names of the parameters, counters, lists and derived facts it reads.
    """

    text: str
    tree: Tree
    uses: frozenset[str]
    answer: Answer

    def holds(self, trace: Trace) -> Step:
        """The answer for the facts of `trace`, with a step for every sub-condition."""
        return self.answer.run(trace, OUTSIDE)


@dataclass(frozen=True, slots=True)
class Declared:
    """The names a jurisdiction declares; what is derived may be filled after conditions that use it were bound."""

    derived: Mapping[str, Callable[[Trace], Step]]
    derived_names: frozenset[str]
    parameters: Mapping[str, Parameter]
    counts: Mapping[str, str]
    registers: Mapping[str, Register]
    of_party: Mapping[str, PartyFact] = field(default_factory=dict)
    of_party_names: frozenset[str] = frozenset()
    shares: Mapping[str, Share] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Every declared name."""
        of_parties = (*self.of_party_names, *self.shares)
        return (*self.derived_names, *self.parameters, *self.counts, *self.registers, *of_parties)


def bind(text: str, place: str, declared: Declared, element: Record | None = None) -> Condition:
    """The checked condition; `element` gives the fields that come before the facts, as inside a quantifier.

    Raises:
        MalformedError: not a condition, an unknown fact or code, or values that cannot be compared.
        TooLargeError: over the limits of the language.
    """
    tree = parse(text, place)
    binder = _Binder(declared, place)
    answer = binder.condition(tree, element)  # fills `uses`
    return Condition(text, tree, frozenset(binder.uses), answer)


class _Binder:
    def __init__(self, declared: Declared, place: str) -> None:
        self._declared = declared
        self._place = place
        self.uses: set[str] = set()

    def _wrong(self, at: int, message: str, remedy: str | None = None) -> MalformedError:
        return MalformedError(message, place=located(self._place, at), remedy=remedy)

    def condition(self, tree: Tree, element: Kind | None) -> Answer:
        match tree:
            case Junction(word, parts):
                return answers.junction(word, tuple(self.condition(part, element) for part in parts))
            case Negation(body):
                return answers.negation(self.condition(body, element))
            case Compare() | Among() | Has() | Is() | Quantified():
                return self._relation(tree, element)
            case Literal(bool() as value):
                return answers.literal(str(value).lower(), Truth.of(value))
            case Name(text) if self._is_derived(text, element):
                return self._derived(text)
        term = self._term(tree, element)
        if not isinstance(term.kind, Truthful):
            raise self._wrong(tree.at, f"`{term.text}` is not true or false", "compare it with something")
        return answers.truth_of(term)

    def _is_derived(self, name: str, element: Kind | None) -> bool:
        names = self._declared.of_party_names if element is PARTY else frozenset()
        return name in names | self._declared.derived_names and not _field(element, name)

    def _derived(self, name: str) -> Answer:
        self.uses.add(name)
        if name in self._declared.of_party_names:
            return answers.stands(None, name, self._declared.of_party, READ_OF_PARTIES)
        return answers.derived(name, self._declared.derived)

    def _relation(self, tree: Compare | Among | Has | Is | Quantified, element: Kind | None) -> Answer:
        match tree:
            case Compare():
                return self._compare(tree, element)
            case Among():
                return self._among(tree, element)
            case Has():
                return self._has(tree, element)
            case Is():
                return self._is(tree, element)
            case Quantified():
                return self._quantified(tree, element)

    def _term(self, tree: Tree, element: Kind | None) -> Term:
        match tree:
            case Literal(bool() | str() as value):
                return terms.constant(str(value), Text() if isinstance(value, str) else Truthful(), value)
            case Literal(int() as value):
                return terms.constant(str(value), Number(""), value)
            case Literal(date() as value):
                return terms.constant(str(value), Day(), value)
            case Name():
                return self._named(tree, element)
        raise self._wrong(tree.at, "a condition stands where a value should", "leave the parentheses out")

    def _named(self, name: Name, element: Kind | None) -> Term:
        text = name.text
        if (kind := _field(element, text)) is not None:
            of_party = element in {PARTY, OWNER} and text != "it"
            return terms.party_field(text, kind) if of_party else terms.element_field(text, kind)
        if element is PARTY and text in self._declared.shares:
            return self._share(text)
        if parameter := self._declared.parameters.get(text):
            self.uses.add(text)
            return terms.parameter_value(parameter, Number(parameter.unit))
        if text in self._declared.counts:
            self.uses.add(text)
            return terms.count_of(text, Number(self._declared.counts[text]))
        if (kind := _field(FACTS, text)) is not None:
            return terms.fact(text, kind)
        if text.startswith("paper.") and (kind := _field(PAPER, text[6:])) is not None:
            return terms.paper_field(text, text[6:], kind)
        inner = _paths(element) if isinstance(element, Record) else ()
        raise self._wrong(name.at, f"`{text}` is no fact", suggestion(text, (*inner, *_paths(), *self._declared.names)))

    def _share(self, name: str) -> Term:
        self.uses.add(name)
        measure = partial(share_of, share=self._declared.shares[name], table=self._declared.of_party)
        return terms.share_value(name, Number("percent"), lambda trace, party: measure(trace, party=party))

    def _code(self, word: Name | Literal, kind: Kind) -> str:
        text = word.text if isinstance(word, Name) else str(word.value)
        if isinstance(kind, Code | Place) and not kind.admits(text):
            known = kind.codes if isinstance(kind, Code) else ()
            raise self._wrong(word.at, f"`{text}` is no code here", suggestion(text, known))
        return text

    def _compare(self, tree: Compare, element: Kind | None) -> Answer:
        left = self._term(tree.left, element)
        if isinstance(left.kind, Code | Place) and isinstance(tree.right, Name | Literal):
            right = self._code_or_path(tree.right, left.kind, element)
        else:
            right = self._term(tree.right, element)
        self._check_comparable(tree, left.kind, right.kind)
        if left.text in self._declared.shares and tree.sign not in {">=", "<"}:
            raise self._wrong(tree.at, f"a share is rounded down, so `{tree.sign}` cannot be asked", "use >= or <")
        if isinstance(left.kind, Number):
            return answers.compare_numbers(tree.sign, left, right)
        return answers.compare_values(tree.sign, left, right)

    def _code_or_path(self, word: Name | Literal, kind: Kind, element: Kind | None) -> Term:
        if isinstance(word, Name) and "." in word.text and _field(FACTS, word.text) is not None:
            return self._named(word, element)
        return terms.constant(self._code(word, kind), kind, self._code(word, kind))

    def _check_comparable(self, tree: Compare, left: Kind, right: Kind) -> None:
        if isinstance(left, Number) and isinstance(right, Number):
            if left.unit and right.unit and left.unit != right.unit:
                raise self._wrong(tree.at, f"`{left.unit}` are compared with `{right.unit}`", "compare like with like")
            return
        simple = isinstance(left, Code | Place | Text | Truthful) and tree.sign in {"==", "!="}
        if type(left) is not type(right) or not (simple or isinstance(left, Day)):
            raise self._wrong(tree.at, "the two sides cannot be compared so", "compare values of one kind")

    def _among(self, tree: Among, element: Kind | None) -> Answer:
        term = self._term(tree.left, element)
        if not isinstance(term.kind, Code | Place | Number):
            raise self._wrong(tree.at, f"`{term.text}` is no code, place or number", "use == or has")
        if isinstance(tree.members, Name):
            register = self._declared.registers.get(tree.members.text)
            if register is None:
                known = suggestion(tree.members.text, self._declared.registers)
                raise self._wrong(tree.members.at, f"`{tree.members.text}` is no list", known)
            if term.kind != LISTS[register.kind]:
                what = f"`{register.name}` is a list of codes for {register.kind}, and `{term.text}` is none"
                raise self._wrong(tree.members.at, what)
            self.uses.add(register.name)
            return answers.in_register(term, register)
        if isinstance(term.kind, Number):
            numbers = (word.value if isinstance(word, Literal) else None for word in tree.members)
            return answers.in_set(term, frozenset(numbers))
        return answers.in_set(term, frozenset(self._code(word, term.kind) for word in tree.members))

    def _has(self, tree: Has, element: Kind | None) -> Answer:
        term = self._term(tree.flags, element)
        if isinstance(term.kind, Flags):
            return answers.has_flag(term, self._code(tree.code, term.kind.of))
        if isinstance(term.kind, Several) and isinstance(term.kind.of, Code | Place):
            return answers.has_member(term, self._code(tree.code, term.kind.of))
        raise self._wrong(tree.at, f"`{term.text}` is no set of codes", "use == or any")

    def _quantified(self, tree: Quantified, element: Kind | None) -> Answer:
        term = self._term(tree.over, element)
        if not isinstance(term.kind, Several):
            raise self._wrong(tree.at, f"`{term.text}` is no list", f"leave `{tree.quantifier}` out")
        answer = answers.quantified(tree.quantifier, term, self.condition(tree.body, term.kind.of))
        return answers.of_parties(answer, READ_OF_PARTIES) if term.kind.of in {PARTY, OWNER} else answer

    def _is(self, tree: Is, element: Kind | None) -> Answer:
        name = tree.name.text
        if name not in self._declared.of_party_names:
            known = suggestion(name, self._declared.of_party_names)
            raise self._wrong(tree.name.at, f"`{name}` is not derived of parties", known)
        self.uses.add(name)
        term = self._term(tree.party, element)
        if term.kind not in {PARTY, OWNER}:
            raise self._wrong(tree.at, f"`{term.text}` is no party", "write exporter, importer, or it among parties")
        return answers.stands(term, name, self._declared.of_party, READ_OF_PARTIES)


def _field(kind: Kind | None, path: str) -> Kind | None:
    if path == "it":
        return kind
    for name in path.split("."):
        kind = kind.fields.get(name) if isinstance(kind, Record) else None
    return kind


def _paths(record: Record = FACTS, prefix: str = "") -> Iterable[str]:
    for name, kind in record.fields.items():
        yield prefix + name
        if isinstance(kind, Record):
            yield from _paths(kind, f"{prefix}{name}.")
