"""The settings of a host: one process, and one pair of listeners, for several participants.

Each participant, a *context*, is an ordinary node folder below the folder of `corridor-host.toml`; what concerns it
alone stands in its own `corridor.toml`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from corridor.app.toml_file import (
    LogSettings,
    Positive,
    check_address,
    check_log,
    check_url,
    convert,
    read_toml,
    refuse,
)

FILE_NAME: Final = "corridor-host.toml"
MANAGEMENT_PATH: Final = "/contexts"
"""Below it, on the management listener, each context has its management API."""
MOST_CONTEXTS: Final = 500
RESERVED: Final = frozenset({"health", "did.json"})
"""Names that mean something else at the root of the protocol listener."""
# A segment of a DID, of a URL and of a path in the file system alike; lower case, since file systems may ignore case.
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class HostListenSettings:
    """Where the host listens, and how partners reach its participants."""

    public_url: str
    """Base URL of the protocol listener; partners reach the context `north` below it, at `public_url`/north."""
    protocol: str = "127.0.0.1:19194"
    """Address of the protocol listener of all contexts."""
    management: str = "127.0.0.1:19193"
    """Address of the management listener of all contexts; keep it on loopback."""


@dataclass(frozen=True, slots=True)
class HostFileSettings:
    """Where the host keeps what is its own."""

    management_token: str = "keys/management.token"  # noqa: S105 - a file's name, not a secret
    """The token that the list of contexts asks for; it opens nothing else."""


@dataclass(frozen=True, slots=True)
class HostLimitSettings:
    """What all contexts have in common; the limits of each context count besides."""

    concurrent_requests: Positive = 2048
    """Requests served at the same time by one listener. Half of the places are kept for the contexts, each its part."""
    connections: Positive = 1024
    """Connections to partners open at the same time, shared out evenly; each context gets at least 4."""


@dataclass(frozen=True, slots=True)
class HostSettings:
    """All settings of a host."""

    listen: HostListenSettings
    contexts: tuple[str, ...] = ()
    """The participants: the names of their folders, which end their URLs and DIDs, too."""
    files: HostFileSettings = field(default_factory=HostFileSettings)
    limits: HostLimitSettings = field(default_factory=HostLimitSettings)
    log: LogSettings = field(default_factory=LogSettings)


@dataclass(frozen=True, slots=True)
class LoadedHost:
    """Settings of a host with its folder."""

    settings: HostSettings
    folder: Path

    def path(self, name: str) -> Path:
        """`name` as an absolute path."""
        return (self.folder / name).resolve()

    def public_url(self, context: str) -> str:
        """Base URL under which partners reach a context."""
        return f"{self.settings.listen.public_url.rstrip('/')}/{context}"


def is_host(path: Path) -> bool:
    """Whether `path` is the folder or the settings file of a host."""
    return path.name == FILE_NAME or (path / FILE_NAME).is_file()


def load_host(file: Path) -> LoadedHost:
    """Read and check the settings of a host, from its folder or its file.

    Raises:
        SettingsError: they are missing, unreadable, no TOML, or a setting is unknown or wrong.
    """
    if file.name != FILE_NAME:
        file = file / FILE_NAME
    document = read_toml(file, "make a host with `corridor init NAME --host DIR`")
    return LoadedHost(parse_host(document, str(file)), file.parent.resolve())


def parse_host(document: dict[str, Any], place: str) -> HostSettings:
    """Settings of a host from a decoded document.

    Raises:
        SettingsError: with `place` and the name, if a setting is missing, unknown, of the wrong type or out of range.
    """
    settings = convert(document, HostSettings, place)
    check_url("listen.public_url", settings.listen.public_url, place)
    for name in ("protocol", "management"):
        check_address(f"listen.{name}", getattr(settings.listen, name), place)
    check_log(settings.log, place)
    _check_contexts(settings.contexts, place)
    return settings


def _check_contexts(names: tuple[str, ...], place: str) -> None:
    for name in names:
        check_name(name, place)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        refuse("contexts", f"names `{twice[0]}` twice", "keep one of the two", place)
    if len(names) > MOST_CONTEXTS:
        refuse("contexts", f"has more than {MOST_CONTEXTS} names", "start a second host", place)


def check_name(name: str, place: str) -> None:
    """Refuse a name that a context cannot have.

    Raises:
        SettingsError: it cannot be a segment of a DID, or means something else.
    """
    if not _NAME.fullmatch(name):
        refuse("contexts", f"cannot have `{name}`", "use lower-case letters, digits, hyphens, dots: at most 63", place)
    if name in RESERVED:
        refuse("contexts", f"cannot have `{name}`, which means something else there", "choose another name", place)
