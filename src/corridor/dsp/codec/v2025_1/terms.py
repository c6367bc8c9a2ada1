"""Words of the 2025-1 wire form."""

from __future__ import annotations

from typing import Final

VERSION: Final = "2025-1"
CONTEXT: Final = "https://w3id.org/dspace/2025/1/context.jsonld"
NAMESPACE: Final = "https://w3id.org/dspace/2025/1/"

OPERATORS: Final = frozenset(
    {
        *("eq", "gt", "gteq", "lt", "lteq", "neq", "term-lteq"),
        *("hasPart", "isA", "isAllOf", "isAnyOf", "isNoneOf", "isPartOf"),
    }
)
"""The operators of an atomic constraint (contract schema, `Operator`)."""

LOGICAL: Final = ("and", "andSequence", "or", "xone")
"""The operands of a logical constraint, of which it has exactly one."""
