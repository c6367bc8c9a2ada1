"""The gate: what every document has to pass before its members are read, in this order.

1. It nests no deeper than the limit.
2. It is one object, in compacted form.
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
from corridor.dsp.codec.v2025_1.reader import Node
from corridor.dsp.codec.v2025_1.terms import CONTEXT, NAMESPACE
from corridor.dsp.messages import DIGEST_PREFIX


def open_document(document: Any, type_name: str, limits: CodecLimits) -> Node:
    """The document as a node of the given type.

    Raises:
        MalformedError: it fails check 2, 3 or 4.
        TooLargeError: it fails check 1.
    """
    check_depth(document, limits.depth)
    root = Node(document, "$", limits)
    _check_compacted(root)
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


def _check_compacted(root: Node) -> None:
    expanded = isinstance(root.value, list) or (
        isinstance(root.value, dict) and any(str(name).startswith(NAMESPACE) for name in root.value)
    )
    if expanded:
        raise MalformedError(
            "expanded JSON-LD is not read",
            place="$",
            remedy=f'send the compacted form with "@context": ["{CONTEXT}"]',
        )


def _check_context(root: Node) -> None:
    given = root.need("@context").value
    if CONTEXT not in (given if isinstance(given, list) else [given]):
        raise MalformedError("is not the context of 2025-1", place="$.@context", remedy=f'use ["{CONTEXT}"]')
