"""Verbs that take an option once, since it names what is to be done; elsewhere the last value holds, as is usual."""

from __future__ import annotations

from collections import Counter
from typing import Any

import typer
from typer.core import TyperCommand, TyperOption


class Once(TyperCommand):
    """A verb that refuses what is said twice: of two processes to end, one would be left in silence."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse as every verb does.

        Raises:
            typer.BadParameter: an option of one value is given again.
        """
        _, _, found = self.make_parser(ctx).parse_args(list(args))
        names = Counter(option.opts[0] for option in found if _has_one_value(option))
        for name, count in names.items():
            if count > 1:
                raise typer.BadParameter(f"{name} is given {count} times and has one value", ctx)
        return super().parse_args(ctx, args)


def _has_one_value(option: object) -> bool:
    # What has a variable in the environment is a setting, and no act.
    return isinstance(option, TyperOption) and not (option.multiple or option.is_flag or option.envvar)
