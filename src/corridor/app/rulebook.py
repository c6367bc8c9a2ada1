"""Reads the rule files that ship with the product, and those of the folders that the settings add."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

from corridor.base.digest import digest_of
from corridor.base.errors import SettingsError
from corridor.law.from_source import load_rulebook
from corridor.law.model import Rulebook

if TYPE_CHECKING:
    from corridor.law.comparison.scenario import Scenario
    from corridor.law.international import Registry


def shipped_sources() -> dict[str, str]:
    """The shipped rule files: path below `law/jurisdictions` to text."""
    return read_tree(resources.files("corridor.law") / "jurisdictions")


def load_international() -> Registry:
    """The registry of international instruments that ships.

    Raises:
        MalformedError: a file is refused, with its position.
    """
    from corridor.law.international_source import load_registry  # noqa: PLC0415 - a node starts without it

    return load_registry(read_tree(resources.files("corridor.law") / "international"))


def load_scenarios() -> tuple[Scenario, ...]:
    """The scenarios by which two laws are compared.

    Raises:
        MalformedError: the file is refused, with its position.
    """
    from corridor.law.comparison.scenario import scenarios_of  # noqa: PLC0415 - a node starts without it

    file = resources.files("corridor.law.comparison") / "scenarios.yaml"
    return scenarios_of(file.read_text("utf-8"), file.name)


def load_rules(folders: tuple[Path, ...] = (), *, banks: tuple[Path, ...] = ()) -> tuple[Rulebook, str]:
    """The rulebook in force, what ships and each of `folders` on top, and the digest that names it.

    `banks` are folders with more cases, one folder in them for each jurisdiction (`BANK/cn/cases.yaml`); cases are no
    law, so they do not count in the digest.

    Raises:
        SettingsError: a folder is missing or cannot be read, or would replace a rule file.
        MalformedError: a rule file that was added is refused, with its position.
    """
    sources = shipped_sources()
    shipped = {name.partition("/")[0] for name in sources}
    for folder in folders:
        if not folder.is_dir():
            raise SettingsError(
                f"there is no folder of rules `{folder}`", remedy="correct `files.rules` in the settings, or --rules"
            )
        added = {f"{folder.name}/{name}": text for name, text in read_tree(folder).items()}
        twice = sorted(added.keys() & sources.keys())
        if twice:
            raise SettingsError(f"the rule file `{twice[0]}` is there already", place=str(folder), remedy="rename it")
        sources |= added
    # What ships was checked before it did, and is read when a transfer asks for it; what is added is read now.
    trusted = set() if banks else shipped - {folder.name for folder in folders}
    return load_rulebook(sources | _cases_of(banks, sources), trusted), digest_of(sources)


def _cases_of(banks: tuple[Path, ...], rules: dict[str, str]) -> dict[str, str]:
    """The case files of `banks`, by paths in the folders of the jurisdictions whose cases they are."""
    known = {path.partition("/")[0] for path in rules}
    found: dict[str, str] = {}
    for bank in banks:
        if not bank.is_dir():
            raise SettingsError(f"there is no folder of cases `{bank}`", remedy="correct --cases")
        for name, text in read_tree(bank).items():
            folder, _, rest = name.partition("/")
            if folder not in known or not rest:
                raise SettingsError(
                    f"`{name}` lies in no folder of a jurisdiction that has rules",
                    place=str(bank),
                    remedy="put it into a folder named like that of its rules, such as cn/",
                )
            found[f"{folder}/{bank.name}/{rest}"] = text
    return found


def read_tree(folder: Traversable, prefix: str = "") -> dict[str, str]:
    """The YAML files below a folder, by path.

    Raises:
        SettingsError: one cannot be read, or is not UTF-8.
    """
    found: dict[str, str] = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            found |= read_tree(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith((".yaml", ".yml")):
            try:
                found[prefix + entry.name] = entry.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
                raise SettingsError(f"a rule file cannot be read: {why}", place=str(entry)) from None
    return found
