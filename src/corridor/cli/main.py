"""`corridor`: the verbs, one file each beside this one; only the verb that is called is loaded."""

from __future__ import annotations

import io
import sys
from importlib import import_module
from typing import Annotated, Final

import typer

from corridor import __version__
from corridor.cli.once import Once

VERBS: Final = {
    "demo": "demo_verb",
    "init": "operate",
    "serve": "operate",
    "doctor": "operate",
    "publish": "publish",
    "catalog": "data",
    "explain": "data",
    "negotiate": "negotiate",
    "transfer": "data",
    "get": "data",
    "assess": "assess",
    "papers": "papers",
    "evidence": "evidence",
    "events": "events",
    "subscribe": "subscriptions",
    "subscriptions": "subscriptions",
    "rulebook": "rulebook",
}
"""Verb to module: the verb is the function of its name, or, where there is none, the group of verbs called `app`."""

_OF_SEVERAL_ACTS: Final = frozenset({"publish", "negotiate", "transfer"})
"""Verbs whose options name what is to be done, and to what."""


def _version(asked: bool) -> None:  # noqa: FBT001 - the option's value
    if asked:
        typer.echo(f"corridor {__version__}")
        raise typer.Exit


def _main(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,  # noqa: FBT002
) -> None:
    """A cross-border data-space node: lawful, agreed, enforced, provable exchange of data."""


def build(words: list[str]) -> typer.Typer:
    """The application for a command line: with the one verb that it names, or with all of them."""
    app = typer.Typer(
        name="corridor",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # plain help: what renders the other kind takes 0.15 s to load
        context_settings={"max_content_width": 120},
    )
    app.callback()(_main)
    for verb in _needed(words):
        module = import_module(f"corridor.cli.{VERBS[verb]}")
        if hasattr(module, verb):
            app.command(verb, cls=Once if verb in _OF_SEVERAL_ACTS else None)(getattr(module, verb))
        else:
            app.add_typer(module.app, name=verb)
    return app


def _needed(words: list[str]) -> list[str]:
    if words == ["--version"]:
        return []
    return words[:1] if words and words[0] in VERBS else list(VERBS)


def run() -> None:
    """The entry point: exit 0 ok, 1 refused or failed, 2 wrong use."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal or pipe that is not UTF-8 gets escapes for the titles of Chinese law, not a traceback.
            stream.reconfigure(errors="backslashreplace")
    build(sys.argv[1:])()
