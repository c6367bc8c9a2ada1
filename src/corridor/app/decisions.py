"""The desk of a node: the rules of its settings, and the hook that they name, imported and bounded in time."""

from __future__ import annotations

import asyncio
import importlib
import inspect
from collections.abc import Callable
from typing import Any

from corridor.app.settings import DecisionSettings, RuleSettings
from corridor.base.errors import SettingsError
from corridor.dsp.messages import Role
from corridor.service.desk import Desk, Do, Move, ProcessKind, Rule, Situation, automatic, desk_of


def load_desk(settings: DecisionSettings) -> Desk:
    """The desk that the settings describe.

    Raises:
        SettingsError: the hook cannot be imported, or is no function.
    """
    hook = bounded(_imported(settings.hook), float(settings.hook_seconds)) if settings.hook else automatic
    return desk_of(map(_rule, settings.rules), hook)


def bounded(hook: Callable[[Situation], Any], seconds: float) -> Desk:
    """A user's function, plain or async, as a desk; a plain one runs in a thread, so that it may take its time."""
    is_async = inspect.iscoroutinefunction(hook)

    async def ask(situation: Situation) -> Move:
        try:
            async with asyncio.timeout(seconds):
                answer: Move = await (hook(situation) if is_async else asyncio.to_thread(hook, situation))
                return answer
        except TimeoutError:
            raise TimeoutError(f"it took longer than {seconds:g} s") from None

    return ask


def _imported(name: str) -> Callable[[Situation], Any]:
    module, _, function = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), function)
    except Exception as error:  # whatever the user's module raises
        raise SettingsError(
            f"the decision hook `{name}` cannot be imported: {error}",
            place="decisions.hook",
            remedy="install its package in this environment, and name it as package.module:function",
        ) from error
    if not callable(found):
        raise SettingsError(f"the decision hook `{name}` is no function", place="decisions.hook")
    hook: Callable[[Situation], Any] = found
    return hook


def _rule(settings: RuleSettings) -> Rule:
    return Rule(
        do=Do(settings.do),
        kind=ProcessKind(settings.process),
        partner=settings.partner,
        dataset=settings.dataset,
        role=Role(settings.role) if settings.role else None,
        reason=settings.reason,
    )
