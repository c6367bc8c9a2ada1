"""Options that contradict each other: a verb does what it is told whole, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product

from corridor.cli.show import wrong_use


def check_together(given: Mapping[str, object], acts: Mapping[str, Iterable[str]], *, as_json: bool = False) -> None:
    """See that the options given ask for one act, and that each other one has a meaning for it.

    Args:
        given: every option and argument by its name, with its value; None, False and an empty text stand for absent.
        acts: the names of what excludes each other, each with the names of the options that go with it.
        as_json: how to say it.

    Raises:
        typer.Exit: two of them cannot be used together.
    """
    present = [name for name, value in given.items() if value is not None and value is not False and value != ""]
    asked = [name for name in present if name in acts]
    others = [name for name in present if name not in acts]
    if len(asked) > 1:
        _refuse(*asked[:2], as_json=as_json)
    for act, other in product(asked, others):
        if other not in acts[act]:
            _refuse(act, other, as_json=as_json)


def _refuse(one: str, other: str, *, as_json: bool) -> None:
    wrong_use(f"{one} and {other} cannot be used together", "leave out one of the two", as_json=as_json)
