"""The gate: what every document has to pass before its members are read, in this order.

1. It nests no deeper than the limit.
2. It is plain, or can be read plainly (`spellings`); where this node reads strictly, it is exact (`exact`).
3. Its `@context` is or holds the 2025-1 context.
4. Its `@type` is the one that belongs here.
"""

from __future__ import annotations

import json
from typing import Any

from corridor.base.digest import sha256_of
from corridor.base.errors import MalformedError, TooLargeError
from corridor.base.ids import MessageId
from corridor.dsp.codec.limits import CodecLimits
from corridor.dsp.codec.v2025_1.exact import check_exact
from corridor.dsp.codec.v2025_1.reader import Node
from corridor.dsp.codec.v2025_1.spellings import read_plainly
from corridor.dsp.codec.v2025_1.terms import CONTEXT
from corridor.dsp.messages import DIGEST_PREFIX


def open_document(document: Any, type_name: str, limits: CodecLimits, *, strict: bool = False) -> Node:
    """The document as a node of the given type.

    Args:
        document: decoded JSON.
        type_name: the `@type` that belongs here.
        limits: bounds on what is read.
        strict: refuse what the schemas do not allow, even if its meaning could be found out.

    Raises:
        MalformedError: it fails check 2, 3 or 4.
        TooLargeError: it fails check 1.
    """
    check_depth(document, limits.depth)
    if strict:
        check_exact(document)
    root = Node(document if strict else read_plainly(document), "$", limits)
    _check_context(root)
    root.expect_type(type_name)
    return root


def envelope(type_name: str, message_id: MessageId | None = None) -> dict[str, Any]:
    """The members that begin a document; an id that only stands for a digest is not sent."""
    start: dict[str, Any] = {"@context": [CONTEXT], "@type": type_name}
    if message_id is not None and not message_id.startswith(DIGEST_PREFIX):
        start["@id"] = message_id
    return start


def message_id_of(root: Node) -> MessageId:
    """The message's `@id`; where it has none, the digest of its content stands for it."""
    given = root.find_identifier("@id")
    # Sorted rather than canonical JSON: members that we do not know may hold fractions, which have no canonical form.
    return MessageId(given or sha256_of(json.dumps(root.value, sort_keys=True).encode()))


def check_depth(document: Any, limit: int) -> None:
    """Walk level by level, without recursion, so that what recurses later has a bottom.

    Raises:
        TooLargeError: the document nests deeper than `limit`.
    """
    level = [document]
    for _ in range(limit + 1):
        nested = [item for item in level if isinstance(item, dict | list)]
        if not nested:
            return
        level = [child for item in nested for child in (item.values() if isinstance(item, dict) else item)]
    raise TooLargeError(f"nested deeper than {limit} levels", place="$")


def _check_context(root: Node) -> None:
    given = root.need("@context").value
    if CONTEXT not in (given if isinstance(given, list) else [given]):
        raise MalformedError("is not the context of 2025-1", place="$.@context", remedy=f'use ["{CONTEXT}"]')
