"""The contexts of a host before they are opened: their settings, and that none of them reaches into another."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from corridor.app.host_settings import LoadedHost
from corridor.app.settings import FILE_NAME, LoadedSettings, load_settings
from corridor.app.storage import database_of
from corridor.base.errors import CorridorError, SettingsError
from corridor.trust.did import did_of

_HOST: Final = "the host"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The contexts of a host.

    Attributes:
        sound: name to settings, of those that can be opened.
        faulty: name to what is wrong with the others.
    """

    sound: Mapping[str, LoadedSettings]
    faulty: Mapping[str, CorridorError]


def load_contexts(host: LoadedHost) -> Loaded:
    """The settings of every context; one whose settings are wrong does not keep the others from being read.

    Files that are a context's own (database, keys, data) may not be those of another, nor lie in its folders. Where two
    claim the same, both are faulty: neither can be given what may be the other's.
    """
    sound: dict[str, LoadedSettings] = {}
    faulty: dict[str, CorridorError] = {}
    for name in host.settings.contexts:
        try:
            sound[name] = _load(host.folder / name)
        except CorridorError as error:
            faulty[name] = error
    for name, clash in (
        *_shared_files(sound, host.path(host.settings.files.management_token)),
        *_shared_databases(sound),
    ):
        sound.pop(name, None)
        faulty.setdefault(name, clash)
    return Loaded(sound, faulty)


def _load(folder: Path) -> LoadedSettings:
    loaded = load_settings(folder)
    place = str(folder / FILE_NAME)
    if not loaded.settings.listen.hosted:
        raise SettingsError(
            "the node is not one of this host's", place=place, remedy="set `hosted = true` under [listen]"
        )
    expected = did_of(loaded.settings.listen.public_url)
    if loaded.settings.node.id != expected:
        raise SettingsError(
            f"`node.id` is `{loaded.settings.node.id}`, which this host does not serve",
            place=place,
            remedy=f"write it as {expected}",
        )
    return loaded


def _shared_files(contexts: Mapping[str, LoadedSettings], host_token: Path) -> list[tuple[str, SettingsError]]:
    """Each context that has a path which is, or lies in, a path of another or of the host; with the sentence on it."""
    owners: dict[Path, set[str]] = {host_token: {_HOST}}
    for name, loaded in contexts.items():
        for path in own_paths(loaded):
            owners.setdefault(path, set()).add(name)
    found = []
    for path, names in owners.items():
        around = {other for above in (path, *path.parents) for other in owners.get(above, ())}
        if around - names or len(names) > 1:
            both = sorted(around | names)
            found += [(name, _shared(name, both, path)) for name in both if name != _HOST]
    return found


def _shared_databases(contexts: Mapping[str, LoadedSettings]) -> list[tuple[str, SettingsError]]:
    """Each context whose PostgreSQL database is another's, too; with the sentence on it."""
    owners: dict[str, list[str]] = {}
    for name, loaded in contexts.items():
        # What is wrong with the file of its URL is told when the context is opened.
        with contextlib.suppress(SettingsError):
            if database := database_of(loaded):
                owners.setdefault(database.shown, []).append(name)
    return [
        (name, _shared(name, names, shown, "give each a database of its own"))
        for shown, names in owners.items()
        if len(names) > 1
        for name in names
    ]


def _shared(
    name: str, both: list[str], what: Path | str, remedy: str = "give each files and folders of its own under [files]"
) -> SettingsError:
    other = next(each for each in both if each != name)
    return SettingsError(f"`{what}` is claimed by `{name}` and `{other}`", remedy=remedy)


def own_paths(loaded: LoadedSettings) -> Iterator[Path]:
    """What no other context may have; the participant list and the rules may be common to several."""
    files, url_file = loaded.settings.files, loaded.settings.database.url_file
    names = (files.database, files.signing_key, files.token_key, files.management_token, files.snapshots)
    for name in (*names, files.received, *files.data_roots, *([url_file] if url_file else [])):
        yield loaded.path(name)
