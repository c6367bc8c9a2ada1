"""Remembers the results of pure computations that come again: a bounded table, the least recently used goes first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

T = TypeVar("T")
SIZE: Final = 128


class Memo:
    """At most `size` results by key; whoever gives a key answers for its naming everything that the result rests on."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._results: OrderedDict[Hashable, Any] = OrderedDict()

    def find(self, key: Hashable) -> Any:
        """The result of `key`, or None if it is not remembered."""
        if key in self._results:
            self._results.move_to_end(key)
        return self._results.get(key)

    def put(self, key: Hashable, result: Any) -> None:
        """Remember `result`."""
        self._results[key] = result
        self._results.move_to_end(key)
        if len(self._results) > self._size:
            self._results.popitem(last=False)

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The result of `key`, made now if it is not remembered; what `make` raises is not."""
        if key in self._results:
            self._results.move_to_end(key)
            found: T = self._results[key]
            return found
        result = make()
        self.put(key, result)
        return result
