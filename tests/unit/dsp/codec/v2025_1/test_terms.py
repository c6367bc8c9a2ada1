from __future__ import annotations

from corridor.dsp.codec.v2025_1.terms import CONTEXT, LOGICAL, NAMESPACE, OPERATORS


def test_the_context_is_in_the_namespace_of_the_version():
    assert CONTEXT == NAMESPACE + "context.jsonld"


def test_there_are_thirteen_operators_and_four_logical_operands():
    assert len(OPERATORS) == 13
    assert {"eq", "isNoneOf", "term-lteq"} <= OPERATORS
    assert LOGICAL == ("and", "andSequence", "or", "xone")
