"""Counts distinct persons without keeping who they are."""

from __future__ import annotations

from array import array
from typing import Final

from blake3 import blake3

KEY_SIZE: Final = 32
_HASH_SIZE: Final = 8
_FIRST_SLOTS: Final = 1024


class DistinctCounter:
    """Counts distinct values by a 64-bit keyed hash of each, in an open table of 8-byte slots.

    Memory is 8 bytes a slot, with one to three slots in use of every four: 11 to 32 bytes a person. The count is exact
    unless two values share a hash; for ten million persons the chance of that is below 1 in 300,000, and the count
    would then be lower by one.

    Args:
        key: 32 random bytes, never kept: without them the hashes say nothing about a person.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._slots = array("Q", bytes(_HASH_SIZE * _FIRST_SLOTS))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, value: str) -> bool:
        """Count `value` unless it was counted before; True if it is new."""
        raw = blake3(value.encode("utf-8", "surrogateescape"), key=self._key).digest(length=_HASH_SIZE)
        # 0 marks a free slot, so the one value in 2^64 that hashes to it shares the place of 1.
        hashed = int.from_bytes(raw, "little") or 1
        if not self._insert(hashed):
            return False
        self._count += 1
        if 4 * self._count > 3 * len(self._slots):
            self._grow()
        return True

    def _insert(self, hashed: int) -> bool:
        slots = self._slots
        last = len(slots) - 1
        place = hashed & last
        while slots[place]:
            if slots[place] == hashed:
                return False
            place = (place + 1) & last
        slots[place] = hashed
        return True

    def _grow(self) -> None:
        old = self._slots
        self._slots = array("Q", bytes(2 * _HASH_SIZE * len(old)))
        for hashed in old:
            if hashed:
                self._insert(hashed)
