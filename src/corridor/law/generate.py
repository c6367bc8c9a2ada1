"""Conditions to Python source: the second compile target, which gives truth, missing facts and notes, but no steps.

The source is made of nothing but words of the vocabulary, literals by `repr`, and names of its own; what a rule file
says never becomes a name or an operator. A truth is 0, 1 or 2, as in `Truth`. Within a function

- `u` holds the facts that keep the condition open: what is settled takes its own back (`missing_in`),
- `r` has bit n for a value of law of rank n that the answer rests on; where one part settles a junction, only its,
- `S` is the state of the evaluation (`fast.State`), whose notes `S.n` have a bit for everything that was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from corridor.base.truth import Truth
from corridor.law.ahead import AHEAD, UNTOLD
from corridor.law.dated import Parameter
from corridor.law.forms import (
    Always,
    Compared,
    Constant,
    DerivedFact,
    Each,
    Element,
    Fact,
    Form,
    HasFlag,
    HasMember,
    InRegister,
    InSet,
    IsTrue,
    Joined,
    Not,
    OfParties,
    Operand,
    PaperField,
    Total,
    operands,
    parts,
)
from corridor.law.vocabulary import Number

_SPANS = {
    ">=": "at_least({a}, {b})",
    "<": "2 - at_least({a}, {b})",
    "<=": "at_most({a}, {b})",
    ">": "2 - at_most({a}, {b})",
    "==": "min(at_least({a}, {b}), at_most({a}, {b}))",
    "!=": "2 - min(at_least({a}, {b}), at_most({a}, {b}))",
}
"""A number of which only the bounds may be known, compared with a plain one."""

_TABLES = ("values", "P", "R", "D", "V", "B")


@dataclass(slots=True)
class Tables:
    """What the generated functions name by number, and the bits by which they note what they read.

    Attributes:
        presumed: presumed values by path.
        parameters, registers, derived: numbers by name.
        bits: bits of `S.n` by what was read: `fact path`, `parameter name` or `derived name`.
        constants: values that cannot be written out, by the names they have in the source.
    """

    presumed: dict[str, Any]
    parameters: dict[str, int]
    registers: dict[str, int]
    derived: dict[str, int]
    bits: dict[str, int] = field(default_factory=dict)
    constants: dict[str, Any] = field(default_factory=dict)

    def bit(self, what: str) -> int:
        """The bit for `what`."""
        return 1 << self.bits.setdefault(what, len(self.bits))

    def constant(self, value: Any) -> str:
        """The value as source."""
        if isinstance(value, str | bool | int):
            return repr(value)
        name = f"K{len(self.constants)}"
        self.constants[name] = value
        return name


class _At(NamedTuple):
    """The element that a quantifier is at: its variable, its path as the inside of an f-string, its outermost list."""

    name: str
    path: str
    within: str


class _Value(NamedTuple):
    """A value that was read: its variable or literal, the facts missing where it is None, and whether it is a span."""

    name: str
    missing: str
    span: bool = False


def function(name: str, arguments: str, form: Form, tables: Tables, at: tuple[str, str, str] | None = None) -> str:
    """Source of a function that answers one condition with `(truth, missing facts, bits of ranks)`."""
    writer = _Writer(tables)
    truth = writer.condition(form, _At(*at) if at else None)
    return writer.whole(f"{name}({arguments})", [f"return {truth}, u, r"], ["u = (); r = 0"])


def ladder(name: str, number: int, forms: Iterable[Form], tables: Tables) -> str:
    """Source of a function that climbs a ladder: the number of the rung that holds or -1, and the rungs left open."""
    writer = _Writer(tables)
    for rung, form in enumerate(forms):
        writer.mark()
        writer.line(f"a = A[{rung}]")
        writer.line(f"if a == {UNTOLD}: S.ahead({number}, {rung})")
        with writer.block("elif a:"):
            writer.line("u = (); r = 0")
            writer.line(f"if a == {AHEAD}: kept = S.keep()")
            truth = writer.condition(form, None)
            with writer.block(f"if a == {AHEAD}:"):
                writer.line("S.restore(kept)")
                writer.line(f"if {truth}: S.ahead({number}, {rung})")
            with writer.block("else:"):
                writer.line("S.ranks |= r")
                with writer.block(f"if {truth}:"):
                    writer.line(f"if {truth} == 2: return {rung}, opened")
                    writer.line(f"opened.append(({rung}, u))")
    return writer.whole(f"{name}(S)", ["return -1, opened"], ["opened = []", f"A = S.A[{number}]"])


class _Writer:
    """The body of one function while it is written."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._lines: list[str] = []
        self._depth = 1
        self._names = 0
        self._mark = 0
        self._read: set[str] = set()

    def line(self, text: str) -> None:
        self._lines.append("  " * self._depth + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        self.line(head)
        self._depth += 1
        yield
        self._depth -= 1

    def mark(self) -> None:
        """Facts that are read from here on are read here, once, and not in the branch that happens to need them."""
        self._mark = len(self._lines)

    def _once(self, name: str, source: str) -> str:
        if name not in self._read:
            self._read.add(name)
            self._lines.insert(self._mark, f"  {name} = {source}")
            self._mark += 1
        return name

    def whole(self, head: str, end: list[str], start: list[str]) -> str:
        body = "\n".join((*self._lines, *("  " + line for line in end)))
        used = [f"{name} = S.{name}" for name in _TABLES if f"{name}[" in body or f"{name}.get" in body]
        return "\n".join([f"def {head}:", *("  " + line for line in (*used, *start)), body])

    def _new(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"

    def condition(self, form: Form, at: _At | None) -> str:
        """Write what answers `form`; the variable that holds the truth."""
        truth = self._new("t")
        match form:
            case Always(holds):
                self.line(f"{truth} = {holds.value}")
            case Not(body):
                self.line(f"{truth} = 2 - {self.condition(body, at)}")
            case DerivedFact(name):
                self._derived(truth, name)
            case Joined():
                self._joined(truth, form, at)
            case Each():
                self._each(truth, form, at)
            case Compared():
                self._compared(truth, form, at)
            case HasFlag():
                self._flag(truth, form, at)
            case OfParties(run):
                self._of_parties(truth, run)
            case IsTrue() | InSet() | InRegister() | HasMember():
                self._tested(truth, form, at)
        return truth

    def _derived(self, truth: str, name: str) -> None:
        number = self._tables.derived[name]
        self.line(f"d = D[{number}]")
        self.line(f"if d is None: d = D[{number}] = V[{number}](S); S.n |= {self._tables.bit(f'derived {name}')}")
        self.line(f"{truth} = d[0]; r |= d[2] | B[{number}]")
        self.line(f"if {truth} == 1: u += d[1]")

    def _of_parties(self, truth: str, run: Any) -> None:
        found = self._new("f")
        self.line(f"{found} = S.of_parties({self._tables.constant(run)})")
        self.line(f"{truth} = {found}[0]; u += {found}[1]; r |= {found}[2]")

    def _joined(self, truth: str, form: Joined, at: _At | None) -> None:
        decisive = 0 if form.word == "and" else 2
        kept, ranked = self._new("u"), sum(map(_is_ranked, form.parts)) > 0 and len(form.parts) > 1
        outer, sum_ = self._new("r"), self._new("r")
        self.line(f"{kept} = u")
        if ranked:
            self.line(f"{outer} = r; {sum_} = 0")
        for number, part in enumerate(form.parts):
            with self.block(f"if {truth} != {decisive}:") if number else nullcontext():
                if ranked:
                    self.line("r = 0")
                found = self.condition(part, at)
                worse = f"if {found} {'<' if form.word == 'and' else '>'} {truth}: " if number else ""
                self.line(f"{worse}{truth} = {found}")
                if ranked:
                    self.line(f"{sum_} = r if {found} == {decisive} else {sum_} | r")
        self.line(f"if {truth} != 1: u = {kept}")
        if ranked:
            self.line(f"r = {outer} | {sum_}")

    def _each(self, truth: str, form: Each, at: _At | None) -> None:
        value = self._value(form.operand, at)
        kept, index, one = self._new("u"), self._new("i"), self._new("e")
        path = form.operand.text if at is None else f"{at.path}.{form.operand.text}"
        inner = _At(one, f"{path}[{{{index}}}]", at.within if at else form.operand.text)
        with self.block(f"if {value.name} is None:"):
            self.line(f"{truth} = 1; u += {value.missing}")
        with self.block("else:"):
            self.line(f"{truth} = {2 if form.quantifier == 'all' else 0}; {kept} = u")
            if form.quantifier == "several":
                self._several(truth, form.body, f"for {index}, {one} in enumerate({value.name}):", inner)
            else:
                with self.block(f"for {index}, {one} in enumerate({value.name}):"):
                    found = self.condition(form.body, inner)
                    self.line(f"if {found} {'<' if form.quantifier == 'all' else '>'} {truth}: {truth} = {found}")
            if form.quantifier == "none":
                self.line(f"{truth} = 2 - {truth}")
            self.line(f"if {truth} != 1: u = {kept}")

    def _several(self, truth: str, body: Form, loop: str, inner: _At) -> None:
        """At least two: `surely` of them hold, and `perhaps` of them are not ruled out."""
        surely, perhaps = self._new("n"), self._new("n")
        self.line(f"{surely} = {perhaps} = 0")
        with self.block(loop):
            found = self.condition(body, inner)
            self.line(f"{surely} += {found} == 2; {perhaps} += {found} > 0")
        self.line(f"{truth} = 2 if {surely} > 1 else 1 if {perhaps} > 1 else 0")

    def _compared(self, truth: str, form: Compared, at: _At | None) -> None:
        left, right = self._value(form.left, at), self._value(form.right, at)
        a, b = left.name, right.name
        test = f"{a} {form.sign} {b}"
        if form.place:
            equal = f"({a} == {b} or {a}[2:3] == '-' and {b} in wider({a}))"
            test = equal if form.sign == "==" else f"not {equal}"
        holds = f"2 if {test} else 0"
        if left.span and not right.span:
            holds = _SPANS[form.sign].format(a=a, b=b)
        elif right.span:
            holds = f"SPANS[{form.sign!r}](span({a}), span({b}))"
        unknown = [f"{one.name} is None" for one in (left, right) if one.missing and not one.span]
        self.line(f"{truth} = 1 if {' or '.join(unknown)} else {holds}" if unknown else f"{truth} = {holds}")
        for one in (left, right):
            if one.missing:
                bare = "" if one.span else f" and {one.name} is None"
                self.line(f"if {truth} == 1{bare}: u += {one.missing}")

    def _flag(self, truth: str, form: HasFlag, at: _At | None) -> None:
        value, text = self._value(form.operand, at), f"{form.operand.text} has {form.code}"
        self.line(f"{truth} = flag({value.name}, {form.code!r})")
        with self.block(f"if {truth} == 1:"):
            if text in self._tables.presumed:
                self.line(f"{truth} = {Truth.of(self._tables.presumed[text]).value}; S.n |= {self._fact_bit(text)}")
            else:
                self.line(f"u += ({text!r},)")

    def _tested(self, truth: str, form: IsTrue | InSet | InRegister | HasMember, at: _At | None) -> None:
        value = self._value(form.operand, at)
        with self.block(f"if {value.name} is None:"):
            self.line(f"{truth} = 1; u += {value.missing or '()'}")
        with self.block("else:"):
            match form:
                case IsTrue():
                    self.line(f"{truth} = 2 if {value.name} else 0")
                case InSet():
                    members = self._tables.constant(form.members)
                    test = f"{value.name} in {members}"
                    if not isinstance(form.operand.kind, Number):
                        test += f" or {value.name}[2:3] == '-' and not {members}.isdisjoint(wider({value.name}))"
                    self.line(f"{truth} = 2 if {test} else 0")
                case HasMember():
                    self.line(f"{truth} = has_member({value.name}, {form.code!r})")
                case InRegister():
                    found = self._new("m")
                    self.line(f"{found} = R[{self._tables.registers[form.register.name]}][{value.name}]")
                    self.line(f"{truth} = {found}[0]; r |= {found}[1]; S.members.append({found})")

    def _value(self, operand: Operand, at: _At | None) -> _Value:
        """Write what reads the value."""
        match operand.origin:
            case Constant(value):
                return _Value(self._tables.constant(value), "")
            case Fact(path):
                return self._fact(path)
            case Element(names) if at is not None:
                return self._element(names, at)
            case Parameter(name):
                value, missing = self._new("v"), self._new("m")
                self.line(f"{value}, b, {missing} = P[{self._tables.parameters[name]}]")
                self.line(f"r |= b; S.n |= {self._tables.bit(f'parameter {name}')}")
                return _Value(value, missing)
            case Total(counter):
                value = self._new("v")
                self.line(f"{value} = S.total({counter!r}); r |= 1 << {value}.rank")
                return _Value(value, f"{value}.missing", span=True)
            case PaperField(path):
                return _Value("None", f"('paper.{path}',)")
        raise AssertionError(operand)  # an element outside of quantifiers does not bind

    def _fact(self, path: str) -> _Value:
        record, _, last = path.rpartition(".")
        nothing = ", ()" if path == "papers" else ""  # a paper that is not shown opens nothing
        name = self._once("f_" + path.replace(".", "_"), f"{self._record(record)}.get({last!r}{nothing})")
        if path in self._tables.presumed:
            value = self._new("v")
            self.line(f"{value} = {name}")
            self._presume(value, path)
            name = value
        return _Value(name, f"({path!r},)")

    def _record(self, path: str) -> str:
        """The variable of the object at a path."""
        if not path:
            return "values"
        outer, _, last = path.rpartition(".")
        return self._once("o_" + path.replace(".", "_"), f"{self._record(outer)}.get({last!r}, NOTHING)")

    def _element(self, names: tuple[str, ...], at: _At) -> _Value:
        value, suffix = self._new("v"), "".join("." + name for name in names)
        self.line(f"{value} = {at.name}")
        for name in names:
            self.line(f"if {value} is not None: {value} = {value}.get({name!r})")
        self._presume(value, f"{at.within}[]{suffix}")
        return _Value(value, f"(f'{at.path}{suffix}',)")

    def _presume(self, value: str, path: str) -> None:
        if path in self._tables.presumed:
            presumed = self._tables.constant(self._tables.presumed[path])
            self.line(f"if {value} is None: {value} = {presumed}; S.n |= {self._fact_bit(path)}")

    def _fact_bit(self, path: str) -> int:
        return self._tables.bit(f"fact {path}")


def _is_ranked(form: Form) -> bool:
    """Whether the condition reads values of law, which have a class."""
    return any(isinstance(part, DerivedFact | InRegister | OfParties) for part in parts(form)) or any(
        isinstance(operand.origin, Parameter | Total) for operand in operands(form)
    )
