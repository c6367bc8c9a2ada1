"""A small cache of what partners publish: kept for a while, and read once however many ask at a time."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

Value = TypeVar("Value")
MAX_ENTRIES: Final = 4096


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Value]):
    """A value, when it was read, and when it was last tried to read it again."""

    value: Value
    read: float
    tried: float


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why there is no value, and when that was found out."""

    error: Exception
    tried: float


class Cache(Generic[Value]):
    """Reads a value by key.

    Args:
        read: gets the value of a key.
        keep: seconds for which a value is good.
        refresh_after: seconds that must pass between two readings for `refresh`.
        keep_failure: seconds for which whoever asks is told of a failure without another attempt, so that a key that
            cannot be read holds up its first caller only.
        monotonic: seconds on a clock that never goes back.
    """

    def __init__(
        self,
        read: Callable[[str], Awaitable[Value]],
        *,
        keep: float = 60.0,
        refresh_after: float = 5.0,
        keep_failure: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._keep = keep
        self._refresh_after = refresh_after
        self._keep_failure = keep_failure
        self._monotonic = monotonic
        self._outcomes: OrderedDict[str, _Kept[Value] | _Failed] = OrderedDict()
        self._reading: dict[str, asyncio.Task[Value]] = {}

    async def get(self, key: str) -> Value:
        """The value of `key`, at most `keep` seconds old; whatever the reading raises."""
        kept = self._good(key)
        return await self._renewed(key) if kept is None else kept.value

    async def refresh(self, key: str) -> Value:
        """As `get`, read anew unless that was tried within the last `refresh_after` seconds.

        A reading that fails leaves a value that is still good as it is.
        """
        kept = self._good(key)
        if kept is None or self._monotonic() - kept.tried >= self._refresh_after:
            return await self._renewed(key)
        return kept.value

    def _good(self, key: str) -> _Kept[Value] | None:
        outcome = self._outcomes.get(key)
        if isinstance(outcome, _Kept) and self._monotonic() - outcome.read < self._keep:
            return outcome
        if isinstance(outcome, _Failed) and self._monotonic() - outcome.tried < self._keep_failure:
            raise outcome.error.with_traceback(None)
        return None

    async def _renewed(self, key: str) -> Value:
        task = self._reading.get(key)
        if task is None:
            task = self._reading[key] = asyncio.ensure_future(self._renew(key))
        # One caller that gives up must not take the value from the others.
        return await asyncio.shield(task)

    async def _renew(self, key: str) -> Value:
        try:
            value = await self._read(key)
        except Exception as error:
            kept = self._good(key)
            if kept is None:
                self._remember(key, _Failed(error, self._monotonic()))
                raise
            self._remember(key, replace(kept, tried=self._monotonic()))
            return kept.value
        finally:
            del self._reading[key]
        now = self._monotonic()
        self._remember(key, _Kept(value, now, now))
        return value

    def _remember(self, key: str, outcome: _Kept[Value] | _Failed) -> None:
        self._outcomes[key] = outcome
        self._outcomes.move_to_end(key)
        if len(self._outcomes) > MAX_ENTRIES:
            self._outcomes.popitem(last=False)
