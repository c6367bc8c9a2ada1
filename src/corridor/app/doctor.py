"""Checks a node without changing it: what `corridor doctor` says."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from corridor.app.decisions import load_desk
from corridor.app.listeners import bind
from corridor.app.offers import check_offers_in, check_offers_on
from corridor.app.rulebook import load_rules
from corridor.app.settings import LoadedSettings
from corridor.app.storage import database_of
from corridor.base.errors import CorridorError, RemoteError, SettingsError, StorageError
from corridor.base.ids import ParticipantId, ProcessId
from corridor.base.json import parse_json
from corridor.law.check import check
from corridor.service.ports import Store
from corridor.service.records import SubscriptionState, Task, TaskKind
from corridor.store import statements
from corridor.store.faults import storage_errors
from corridor.store.migrate import VERSIONS
from corridor.store.postgresql.database import Database
from corridor.store.postgresql.inspection import inspect
from corridor.store.postgresql.ownership import check_owner
from corridor.store.rows import task_from
from corridor.store.sqlite import SqliteStore
from corridor.trust.did import did_of
from corridor.trust.files import read_private
from corridor.trust.keys import load_key
from corridor.trust.participants import FileParticipants
from corridor.trust.secrets import FileSecrets

_LOOKED_AT: Final = 1000
_LEAST_FREE: Final = 64 * 1024 * 1024
_ALL: Final = 2**31
_PAGE: Final = 1000
_LARGEST: Final = 16_777_216
_NOT_LOOKED_AT: Final = "not looked at: see what is said of the database"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its name, whether it passed, and a sentence."""

    check: str
    ok: bool
    text: str


def examine(loaded: LoadedSettings) -> tuple[Finding, ...]:
    """All checks, each made whether or not the others pass; nothing is written but a probe that is removed again."""
    own, listeners = examine_alone(loaded, examine_rules), examine_listeners(loaded.settings.listen)
    place = next(number for number, one in enumerate(own) if one.check == "rulebook")
    return (*own[:place], *listeners, *own[place:])


def examine_alone(loaded: LoadedSettings, rules: Callable[[tuple[Path, ...]], str]) -> tuple[Finding, ...]:
    """The checks that concern nothing but the node itself; `rules` examines the rulebook of its rule folders."""
    folders = tuple(loaded.path(folder) for folder in loaded.settings.files.rules)
    return (
        checked("identity", lambda: _identity(loaded)),
        checked("keys", lambda: _keys(loaded)),
        checked("participants", lambda: _participants(loaded)),
        checked("database", lambda: _database(loaded)),
        checked("offers", lambda: _offers(loaded)),
        checked("disk", lambda: _disk(loaded)),
        checked("rulebook", lambda: rules(folders)),
        checked("decisions", lambda: _decisions(loaded)),
        checked("subscriptions", lambda: _subscriptions(loaded)),
    )


class _Listens(Protocol):
    """Addresses of the two listeners."""

    @property
    def protocol(self) -> str: ...
    @property
    def management(self) -> str: ...


def examine_listeners(listen: _Listens) -> tuple[Finding, ...]:
    """Whether the two addresses are free, or in use by a node or host that runs."""
    return tuple(
        checked(f"{name} listener", partial(_listener, getattr(listen, name), f"listen.{name}"))
        for name in ("protocol", "management")
    )


def checked(name: str, run: Callable[[], str]) -> Finding:
    """What one check says."""
    try:
        return Finding(name, ok=True, text=run())
    except CorridorError as error:
        return Finding(name, ok=False, text=str(error))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return Finding(name, ok=False, text=f"{place}{(error.strerror or str(error)).lower()}")


def _identity(loaded: LoadedSettings) -> str:
    settings = loaded.settings
    expected = did_of(settings.listen.public_url)
    if expected != settings.node.id:
        raise SettingsError(
            f"the DID {settings.node.id} is not the one of {settings.listen.public_url}",
            remedy=f"partners will look for {expected}: correct `node.id` or `listen.public_url`",
        )
    return f"{settings.node.id}, under the law of {settings.node.country}"


def _decisions(loaded: LoadedSettings) -> str:
    decisions = loaded.settings.decisions
    load_desk(decisions)
    hook = f"the hook `{decisions.hook}`" if decisions.hook else "no hook"
    return f"{len(decisions.rules)} rules, {hook}"


def _keys(loaded: LoadedSettings) -> str:
    files = loaded.settings.files
    load_key(loaded.path(files.signing_key))
    FileSecrets(loaded.path(files.token_key))
    read_private(loaded.path(files.management_token), "management token")
    return "signing key, token key and management token are there, and nobody else's to read"


def _participants(loaded: LoadedSettings) -> str:
    known = FileParticipants(loaded.path(loaded.settings.files.participants)).all()
    others = sum(participant.id != loaded.settings.node.id for participant in known)
    return f"partners known: {others}"


def _database(loaded: LoadedSettings) -> str:
    database = database_of(loaded)
    if database is not None:
        return asyncio.run(_on_postgresql(database, ParticipantId(loaded.settings.node.id)))
    path = loaded.path(loaded.settings.files.database)
    if not path.exists():
        return "not made yet; `corridor serve` makes it"
    if _is_served(loaded):
        _on_work(_tasks_beside(path), 0)
        return "in use by the running node"
    return asyncio.run(_stuck(path))


def _tasks_beside(path: Path) -> tuple[Task, ...]:
    """The open tasks, read while the node runs, that are parked."""
    with storage_errors(path), contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(statements.TASKS, {"limit": _LOOKED_AT}).fetchall()
    return tuple(task for task in map(task_from, rows) if task.parked)


def _offers(loaded: LoadedSettings) -> str:
    database = None
    if loaded.settings.database.url_file:
        try:
            database = database_of(loaded)
        except SettingsError:
            return _NOT_LOOKED_AT
    path = loaded.path(loaded.settings.files.database)
    if database is None and not path.exists():
        return "nothing is published yet"
    try:
        return asyncio.run(check_offers_in(path) if database is None else _offers_on(database))
    except StorageError as error:
        if error.place is None:
            raise
        return _NOT_LOOKED_AT


async def _offers_on(database: Database) -> str:
    schema = (await inspect(database, VERSIONS[-1])).schema
    if schema is None:
        return "nothing is published yet"
    return await check_offers_on(database) if schema == VERSIONS[-1] else _NOT_LOOKED_AT


async def _stuck(path: Path) -> str:
    store = await SqliteStore.open(path)
    try:
        await _integrity(path)
        return await _work(store)
    finally:
        await store.close()


async def _on_postgresql(database: Database, me: ParticipantId) -> str:
    """Reachable, of a version that does, current, our own; whether or not nodes run on it."""
    found = await inspect(database, VERSIONS[-1])
    where = f"{database.shown} (PostgreSQL {found.server})"
    if found.schema is None:
        return f"{where} is empty; `corridor serve` makes the tables"
    if found.schema != VERSIONS[-1]:
        return f"{where} is of version {found.schema}; `corridor serve` migrates it to {VERSIONS[-1]}"
    check_owner(database, found.owner, me)
    return f"{where}, running replicas: {found.replicas}, {_on_work(found.tasks, found.log_size)}"


async def _integrity(path: Path) -> None:
    with storage_errors(path), contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise SettingsError(f"the database is damaged: {found}", place=str(path), remedy="restore a backup")


async def _work(store: Store) -> str:
    return _on_work(await store.tasks(), await store.log_size())


def _on_work(tasks: tuple[Task, ...], log_size: int) -> str:
    parked = [task for task in tasks if task.parked]
    if parked:
        raise SettingsError(
            f"{len(parked)} of {len(tasks)} open tasks are parked, the first (`{parked[0].id}`) by {parked[0].problem}",
            remedy="have it tried again or drop it, by `retry_task` or `drop_task` of the management API",
        )
    stuck = [task for task in tasks if task.problem and task.kind is not TaskKind.NOTIFY]
    if stuck:
        raise SettingsError(
            f"{len(stuck)} of {len(tasks)} open tasks fail, the first with: {stuck[0].problem}",
            remedy="see whether the partner's node runs",
        )
    return f"sound; {len(tasks)} open tasks, {log_size} events in the evidence log"


def _subscriptions(loaded: LoadedSettings) -> str:
    """Whether every subscriber is told of events; a node that runs is asked, since the database is its own."""
    on_postgresql = bool(loaded.settings.database.url_file)
    if not on_postgresql and not loaded.path(loaded.settings.files.database).exists():
        return "none"
    try:
        kept = None if on_postgresql or _is_served(loaded) else asyncio.run(_kept(loaded))
        found = _asked(loaded) if _is_served(loaded) else kept
    except StorageError:
        found = None
    if found is None:
        return "not known, since the database or the node does not say"
    bad = [one for one in found if one.problem]
    if bad:
        raise SettingsError(
            f"{len(bad)} of {len(found)} subscriptions are not told of events, the first ({bad[0].id}, {bad[0].state}) "
            f"because: {bad[0].problem}",
            remedy="see `corridor subscriptions list`; resume what is paused, remove what has ended",
        )
    return f"{len(found)}, all of them told of events"


class _Told(NamedTuple):
    """A subscription, and why its subscriber is not told of events."""

    id: str
    state: str
    problem: str | None


async def _kept(loaded: LoadedSettings) -> list[_Told]:
    store = await SqliteStore.open(loaded.path(loaded.settings.files.database))
    try:
        tasks = {task.subject: task for task in await store.tasks(limit=_ALL) if task.kind is TaskKind.NOTIFY}
        found = []
        for record in await store.subscriptions(limit=_ALL):
            task = tasks.get(ProcessId(record.id))
            problem = record.problem or (task.problem if task else None)
            found.append(_told(record.id, record.state.value, problem))
        return found
    finally:
        await store.close()


def _told(identifier: str, state: str, problem: str | None) -> _Told:
    paused = None if state == SubscriptionState.ACTIVE else f"it is {state}"
    return _Told(identifier, state, problem or paused)


def _asked(loaded: LoadedSettings) -> list[_Told] | None:
    token = read_private(loaded.path(loaded.settings.files.management_token), "management token").decode().strip()
    path = f"{loaded.management_path}/subscriptions?limit={_PAGE}"
    document = _document(loaded.settings.listen.management, path, token)
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list):
        return None
    return [_told(one["id"], one["state"], one["problem"]) for one in items]


def _document(address: str, path: str, token: str) -> Any:
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=5.0)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        return parse_json(connection.getresponse().read(_LARGEST))
    except (OSError, ValueError, http.client.HTTPException, RemoteError):
        return None
    finally:
        connection.close()


def _disk(loaded: LoadedSettings) -> str:
    for folder in _folders(loaded):
        free = shutil.disk_usage(folder).free
        if free < _LEAST_FREE:
            raise SettingsError(f"{free // 2**20} MiB are free under `{folder}`", remedy="make room: 64 MiB at least")
        probe = folder / ".corridor-doctor"
        probe.write_bytes(b"")
        probe.unlink()
    return f"{shutil.disk_usage(loaded.folder).free // 2**20:,} MiB free, writable"


def _folders(loaded: LoadedSettings) -> Iterator[Path]:
    files = loaded.settings.files
    database = () if loaded.settings.database.url_file else (files.database,)
    for name in (*database, files.snapshots, files.received):
        folder = loaded.path(name)
        while not folder.is_dir():
            folder = folder.parent
        yield folder


def _is_served(loaded: LoadedSettings) -> bool:
    """Whether the node answers on the management address."""
    return _answers_as_node(loaded.settings.listen.management, loaded.management_path)


def _answers_as_node(address: str, path: str = "") -> bool:
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=1.0)
    try:
        connection.request("GET", f"{path}/health")
        return connection.getresponse().read(1024) == b'{"status":"ok"}'
    except (OSError, ValueError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _listener(address: str, setting: str) -> str:
    try:
        bind(address, setting).close()
    except SettingsError:
        if _answers_as_node(address):
            return f"{address} is in use by a running node"
        raise
    return f"{address} is free"


def examine_rules(folders: tuple[Path, ...]) -> str:
    """The sentence on a rulebook all of whose cases hold.

    Raises:
        SettingsError: a case fails, or a folder is missing.
        MalformedError: a rule file is refused.
    """
    rulebook, digest = load_rules(folders)
    report = check(rulebook)
    if report.wrong:
        raise SettingsError("cases of the rulebook fail", remedy="see `corridor rulebook check`")
    return f"{len(rulebook.jurisdictions)} jurisdictions, all cases hold ({digest[:19]}…)"
