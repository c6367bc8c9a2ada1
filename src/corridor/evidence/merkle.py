"""The Merkle tree of an append-only log (RFC 9162 §2.1): roots, and proofs of inclusion and consistency.

Only *complete* subtrees are stored, each once, under `(level, index)`: level 0 holds the leaf hashes, and node
`(level, index)` covers the leaves from `index * 2**level` up to, not including, `(index + 1) * 2**level`. A complete
subtree never changes when the log grows, so the store only ever inserts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from corridor.base.errors import LocalError, MalformedError

HASH_SIZE: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""The root of a log without leaves (RFC 9162 §2.1.1)."""

NodeSource = Callable[[int, int], bytes]
"""Gives the hash of the complete subtree `(level, index)`."""


@dataclass(frozen=True, slots=True)
class Node:
    """One complete subtree to store: its place and its hash of 32 bytes."""

    level: int
    index: int
    hash: bytes


def leaf_hash(data: bytes) -> bytes:
    """The hash of one leaf; the prefix keeps leaves and nodes apart (RFC 9162 §2.1.1)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node above `left` and `right` (RFC 9162 §2.1.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """What is needed to append: the number of leaves and the complete subtrees they make up, greatest first.

    There is one peak for every bit set in `size`, so at most 64 hashes for any log.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> tuple[Frontier, tuple[Node, ...]]:
        """The frontier after the leaf hash `leaf`, and the nodes to store: the leaf, and each subtree it completes.

        Raises:
            LocalError: `leaf` has not the size of a hash.
        """
        if len(leaf) != HASH_SIZE:
            raise LocalError(f"{len(leaf)} bytes are no leaf hash", remedy="append leaf_hash(data), not the data")
        peaks = list(self.peaks)
        nodes = [Node(0, self.size, leaf)]
        level, index, top = 0, self.size, leaf
        while index & 1:
            top = node_hash(peaks.pop(), top)
            level, index = level + 1, index >> 1
            nodes.append(Node(level, index, top))
        return Frontier(self.size + 1, (*peaks, top)), tuple(nodes)

    def to_bytes(self) -> bytes:
        """The size as 8 bytes, big-endian, and the peaks."""
        return self.size.to_bytes(8, "big") + b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, data: bytes) -> Frontier:
        """The frontier that `to_bytes` wrote.

        Raises:
            MalformedError: the number of peaks does not fit the size.
        """
        size = int.from_bytes(data[:8], "big")
        if len(data) != 8 + HASH_SIZE * size.bit_count():
            raise MalformedError(f"{len(data)} bytes are not the frontier of a log of {size} leaves", place="frontier")
        return cls(size, tuple(data[at : at + HASH_SIZE] for at in range(8, len(data), HASH_SIZE)))


def root_from(frontier: Frontier) -> bytes:
    """The root over all leaves (RFC 9162 §2.1.1, read from the right edge)."""
    return _fold(frontier.peaks)


def root_at(size: int, node: NodeSource) -> bytes:
    """The root over the first `size` leaves, from the hashes of complete subtrees; O(log size) look-ups."""
    return _range_hash(0, size, node)


def inclusion_proof(index: int, size: int, node: NodeSource) -> tuple[bytes, ...]:
    """The audit path of leaf `index` in the log of `size` leaves, leaf end first (RFC 9162 §2.1.3.1).

    It takes O(log size) look-ups.

    Raises:
        LocalError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise LocalError(f"a log of {size} leaves has no leaf {index}")
    start, end = 0, size
    path: list[bytes] = []
    while end - start > 1:
        split = start + _split(end - start)
        if index < split:
            path.append(_range_hash(split, end, node))
            end = split
        else:
            path.append(_range_hash(start, split, node))
            start = split
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows `leaf` (a leaf hash) to be number `index` of `size` under `root` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    number, last, current = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if number & 1 or number == last:
            current = node_hash(sibling, current)
            # At the right edge, levels without a sibling are skipped.
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and current == root


def consistency_proof(old: int, new: int, node: NodeSource) -> tuple[bytes, ...]:
    """Shows that the log of `new` leaves begins with the log of `old` leaves (RFC 9162 §2.1.4.1).

    Empty where there is nothing to show: `old` is 0 or equals `new`.

    Raises:
        LocalError: `old` is greater than `new`, or negative.
    """
    if not 0 <= old <= new:
        raise LocalError(f"a log of {new} leaves never had {old}")
    if old in (0, new):
        return ()
    return _subproof(old, new, node)


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether `proof` shows that the log under `new_root` begins with the log under `old_root` (RFC 9162 §2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    if old == new:
        return not proof and old_root == new_root
    return _rebuild(old, new, proof, old_root) == (old_root, new_root)


def _subproof(old: int, new: int, node: NodeSource) -> tuple[bytes, ...]:
    """SUBPROOF of RFC 9162 §2.1.4.1 with its recursion unrolled: the hashes are met from the root down."""
    start, end, known = 0, new, True
    path: list[bytes] = []
    while old != end:
        split = start + _split(end - start)
        if old <= split:
            path.append(_range_hash(split, end, node))
            end = split
        else:
            path.append(_range_hash(start, split, node))
            start, known = split, False
    # The verifier holds the old root already; any other subtree that the old log ends with is sent.
    if not known:
        path.append(_range_hash(start, end, node))
    return tuple(reversed(path))


def _rebuild(old: int, new: int, proof: Sequence[bytes], old_root: bytes) -> tuple[bytes, bytes] | None:
    """The two roots that `proof` leads to, or None if it is too short or too long."""
    # RFC 9162 §2.1.4.2 step 2: an old log that is one complete subtree is its own first hash.
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return None
    number, last = old - 1, new - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if number & 1 or number == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        number, last = number >> 1, last >> 1
    return (first, second) if last == 0 else None


def _split(size: int) -> int:
    """The greatest power of two below `size`; where a tree of `size` leaves divides (RFC 9162 §2.1.1)."""
    return 1 << ((size - 1).bit_length() - 1)


def _range_hash(start: int, end: int, node: NodeSource) -> bytes:
    """The root over the leaves from `start` to `end`, where `start` is a place at which the tree divides."""
    peaks: list[bytes] = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(node(level, start >> level))
        start += 1 << level
    return _fold(peaks)


def _fold(peaks: Sequence[bytes]) -> bytes:
    """The root above complete subtrees that stand side by side, greatest first."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root
