"""Rules that are read when they are first asked for: what a start does not need, it does not wait for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from corridor.base.errors import RemoteError, SettingsError
from corridor.law.model import Case, Jurisdiction


class Shelf(Mapping[str, Jurisdiction]):
    """Jurisdictions by id, each read once; `readers` say how, and give them in their order."""

    def __init__(self, readers: Mapping[str, Callable[[], Jurisdiction]]) -> None:
        self._readers = readers
        self._read: dict[str, Jurisdiction] = {}

    def __getitem__(self, name: str) -> Jurisdiction:
        """The jurisdiction `name`.

        Raises:
            KeyError: there is none.
            SettingsError: its files are faulty.
        """
        if name not in self._read:
            reader = self._readers[name]
            with _ours_to_mend():
                found = reader()
            # Where two threads read it, both get the same.
            self._read.setdefault(name, found)
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        return name in self._readers

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)


class LateCases(Sequence[Case]):
    """The cases of all `readers`, read when the first of them is asked for."""

    def __init__(self, readers: Iterable[Callable[[], Iterable[Case]]]) -> None:
        self._readers = tuple(readers)
        self._read: tuple[Case, ...] | None = None

    def _all(self) -> tuple[Case, ...]:
        if self._read is None:
            with _ours_to_mend():
                self._read = tuple(case for reader in self._readers for case in reader())
        return self._read

    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())


@contextlib.contextmanager
def _ours_to_mend() -> Iterator[None]:
    """Whoever asks is not at fault for what stands in our files."""
    try:
        yield
    except RemoteError as error:
        raise SettingsError(
            f"a rule file is faulty: {error.message}",
            place=error.place,
            remedy="install Corridor anew; `corridor rulebook check` reads every file",
        ) from None
