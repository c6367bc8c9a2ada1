"""A module that is imported when something of it is first asked for: a start does not wait for what comes later.

if TYPE_CHECKING:
    import aiohttp
else:
    aiohttp = Deferred("aiohttp")
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Deferred:
    """Stands for the module `name`."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(import_module(self._name), attribute)
        setattr(self, attribute, found)  # asked for once
        return found
