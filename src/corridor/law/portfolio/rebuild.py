"""A condition that is data made to run again: the closures that say what it means, for a part of a larger condition."""

from __future__ import annotations

from collections.abc import Iterator

from corridor.law import answers, terms
from corridor.law.answers import Answer
from corridor.law.dated import Parameter
from corridor.law.declaration_source import runner_of
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
from corridor.law.model import Jurisdiction
from corridor.law.terms import Term


def rebuilt(form: Form, jurisdiction: Jurisdiction) -> Answer:
    """The closures of `form`, which is part of a condition of `jurisdiction`."""
    match form:
        case Always(holds):
            return answers.literal(str(holds), holds)
        case DerivedFact(name):
            return answers.derived(name, {name: runner_of(jurisdiction.derived[name])})
        case Not(body):
            return answers.negation(rebuilt(body, jurisdiction))
        case Joined(word, inner):
            return answers.junction(word, tuple(rebuilt(part, jurisdiction) for part in inner))
        case Each(quantifier, operand, body):
            return answers.quantified(quantifier, _term(operand), rebuilt(body, jurisdiction))
    return Answer(form.run, form) if isinstance(form, OfParties) else _relation(form)


def _relation(form: IsTrue | Compared | InSet | InRegister | HasFlag | HasMember) -> Answer:
    match form:
        case IsTrue(operand):
            return answers.truth_of(_term(operand))
        case Compared(sign, left, right):
            compare = answers.compare_numbers if form.numbers else answers.compare_values
            return compare(sign, _term(left), _term(right))
        case InSet(operand, members):
            return answers.in_set(_term(operand), members)
        case InRegister(operand, register):
            return answers.in_register(_term(operand), register)
        case HasFlag(operand, code):
            return answers.has_flag(_term(operand), code)
        case HasMember(operand, code):
            return answers.has_member(_term(operand), code)


def _term(operand: Operand) -> Term:
    text, kind = operand.text, operand.kind
    match operand.origin:
        case Constant(value):
            return terms.constant(text, kind, value)
        case Fact(path):
            return terms.fact(path, kind)
        case Element():
            return terms.element_field(text, kind)
        case PaperField(path):
            return terms.paper_field(text, path, kind)
        case Total(counter):
            return terms.count_of(counter, kind)
        case Parameter() as parameter:
            return terms.parameter_value(parameter, kind)
    raise AssertionError(text)  # fields and shares of a party stand only in what runs as it means


def reads(form: Form, jurisdiction: Jurisdiction) -> Iterator[Fact | Total]:
    """The facts and counters that the condition reads, those of derived facts included."""
    for operand in operands(form):
        if isinstance(operand.origin, Fact | Total):
            yield operand.origin
    for part in parts(form):
        if isinstance(part, OfParties):
            yield from map(Fact, sorted(part.reads))
        if isinstance(part, DerivedFact):
            for version in jurisdiction.derived[part.name].versions:
                yield from reads(version.value.answer.form, jurisdiction)
