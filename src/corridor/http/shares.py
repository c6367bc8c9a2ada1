"""Places for requests that the participants of one process share: whoever wants many leaves the others theirs."""

from __future__ import annotations


class Shares:
    """A number of places for several members.

    Half of them are kept for the members, each its part, and the others go to whoever comes first. So a member that
    takes all it can get still leaves every other the places that are kept for it.

    Args:
        total: places that there are; a member has at least one, so there are at least as many as members.
        members: how many share them.
    """

    def __init__(self, total: int, members: int) -> None:
        self.kept = max(total // 2 // max(members, 1), 1)
        self._open = max(total - self.kept * members, 0)

    def member(self) -> Share:
        """The share of a further member; there are as many as was said."""
        return Share(self)

    def take(self) -> bool:
        """Take one of the places that nobody is kept for; False if there is none."""
        if self._open == 0:
            return False
        self._open -= 1
        return True

    def give_back(self) -> None:
        """Give back such a place."""
        self._open += 1


class Share:
    """The places of one member."""

    def __init__(self, shares: Shares) -> None:
        self._shares = shares
        self._taken = 0

    def take(self) -> bool:
        """Take a place, first of those that are kept for us; False if there is none."""
        if self._taken >= self._shares.kept and not self._shares.take():
            return False
        self._taken += 1
        return True

    def give_back(self) -> None:
        """Give back a place."""
        self._taken -= 1
        if self._taken >= self._shares.kept:
            self._shares.give_back()
