"""Which unknown facts can still change an open answer, and in which order to ask for them.

A fact can change the answer if, with everything else that matters known in some way, the answer is still open without
it. It is looked for by supposing values that the rules tell apart (`domains`), one unknown fact after another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from corridor.law.facts import Facts
from corridor.law.suppose import suppose

MAX_LOOKS: Final = 600
"""How many supposed descriptions are looked at; beyond that a fact counts as one that can change the answer."""

Open = tuple[str, ...]
"""The facts that keep an answer open; none where it is certain."""
Supposed = tuple[tuple[str, Any], ...]


class Questions:
    """The search for one description.

    `look` gives the facts that keep the answer open for a description, `domain` the values to suppose for a fact of it.
    """

    def __init__(
        self,
        facts: Facts,
        look: Callable[[Facts], Open],
        domain: Callable[[str, Facts], tuple[Any, ...]],
    ) -> None:
        self._look = look
        self._domain = domain
        self._facts: dict[Supposed, Facts] = {(): facts}
        self._open: dict[Supposed, Open] = {}

    def ordered(self, open_: Open) -> Open:
        """Those of `open_` that can change the answer, the one that is expected to settle most first.

        What is no fact (a country without rules, a value that the law does not give) comes last and is never left out.
        """
        facts = self._facts[()]
        askable = [path for path in open_ if self._domain(path, facts)]
        if len(askable) < 2:  # noqa: PLR2004 - one alone always can
            return tuple(sorted(open_, key=lambda path: path not in askable))
        able = [path for path in askable if self.witness(path) is not None]
        found = sorted(able or askable, key=self._left_after)
        return (*found, *(path for path in open_ if path not in askable))

    def witness(self, path: str) -> Supposed | None:
        """Values for other facts with which the answer is open for want of `path` alone; None where there are none.

        Where the search is given up, it is what was supposed so far.
        """
        return self._witness(path, ())

    def _witness(self, path: str, supposed: Supposed) -> Supposed | None:
        open_ = self._open_with(supposed)
        if path not in open_:
            return None
        facts = self._facts[supposed]
        other = next((one for one in open_ if one != path and self._domain(one, facts)), None)
        if other is None or len(self._open) >= MAX_LOOKS:
            return supposed
        for value in self._domain(other, facts):
            found = self._witness(path, (*supposed, (other, value)))
            if found is not None:
                return found
        return None

    def _open_with(self, supposed: Supposed) -> Open:
        if supposed not in self._open:
            if supposed:
                *before, (path, value) = supposed
                self._facts[supposed] = suppose(self._facts[tuple(before)], path, value)
            self._open[supposed] = self._look(self._facts[supposed])
        return self._open[supposed]

    def _left_after(self, path: str) -> float:
        """How many facts are expected to keep the answer open once `path` is known, all its values as likely."""
        domain = self._domain(path, self._facts[()])
        return sum(len(self._open_with(((path, value),))) for value in domain) / len(domain)
