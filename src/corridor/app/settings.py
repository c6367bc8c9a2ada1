"""The settings of a node: one frozen tree read from `corridor.toml`; every field has a safe default and a sentence.

Relative paths are relative to the folder of the file. What is unknown, of the wrong type or out of range is refused
with its place; nothing is read from the environment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from corridor.app.host_settings import FILE_NAME as HOST_FILE
from corridor.app.host_settings import MANAGEMENT_PATH, LoadedHost, load_host
from corridor.app.toml_file import (
    LogSettings,
    Natural,
    Positive,
    check_address,
    check_log,
    check_url,
    convert,
    read_toml,
    refuse,
)
from corridor.base.errors import SettingsError

FILE_NAME: Final = "corridor.toml"


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """Who this node is."""

    id: str
    """The DID of the participant, such as `did:web:customs.example`; its document is served by this node."""
    name: str
    """The participant's name, for people."""
    country: str
    """The law it is under: ISO 3166-1 alpha-2."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Further facts about it in the rulebook's vocabulary: sector, public_body, designations, ..."""


@dataclass(frozen=True, slots=True)
class ListenSettings:
    """Where this node listens, and how partners reach it."""

    public_url: str
    """Base URL under which partners reach the protocol listener, such as `https://customs.example`."""
    protocol: str = "127.0.0.1:19194"
    """Address of the protocol listener: DSP, data plane, receipts, DID document."""
    management: str = "127.0.0.1:19193"
    """Address of the management listener; keep it on loopback or behind a proxy that authenticates."""
    hosted: bool = False
    """Whether the host in the folder above serves this participant among others; both listeners are then the host's."""


@dataclass(frozen=True, slots=True)
class FileSettings:
    """Where this node keeps its files."""

    database: str = "corridor.db"
    """The SQLite database, unless `database.url_file` names a PostgreSQL one."""
    signing_key: str = "keys/signing.pem"
    """The private key that signs messages and evidence."""
    token_key: str = "keys/token.key"  # noqa: S105 - a file's name, not a secret
    """The secret that data-plane tokens are made from."""
    management_token: str = "keys/management.token"  # noqa: S105 - a file's name, not a secret
    """The token that the management API asks for."""
    participants: str = "participants.yaml"
    """The participant list: who is known."""
    data_roots: tuple[str, ...] = ("data",)
    """Folders under which published files may lie."""
    snapshots: str = "snapshots"
    """Where prepared tables are kept."""
    received: str = "received"
    """Where data that were fetched, or pushed to this node, are kept."""
    rules: tuple[str, ...] = ()
    """Folders with the rule files of further jurisdictions, each named by its code, such as `rules/jp`."""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """A PostgreSQL database instead of a file, for a node of several processes."""

    url_file: str = ""
    """A file of mode 0600 with `postgresql://USER:PASSWORD@HOST:PORT/NAME`; empty keeps state in `files.database`."""
    connections: Positive = 8
    """Connections of one process to read with; it has two more."""


@dataclass(frozen=True, slots=True)
class TrustSettings:
    """Whom this node talks to, and how."""

    http_hosts: tuple[str, ...] = ()
    """Host names that may be reached without TLS and on private addresses, such as `localhost`; none by default."""
    did_cache_seconds: Natural = 60
    """How long a partner's DID document is believed."""


@dataclass(frozen=True, slots=True)
class ProtocolSettings:
    """How partners' messages are read."""

    strict: bool = False
    """Whether to refuse what the schemas of the protocol do not allow, even where its meaning is clear."""


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """Bounds on what comes from outside."""

    body_bytes: Positive = 1_048_576
    """Greatest body of a request."""
    json_depth: Positive = 64
    """Deepest nesting of a JSON document."""
    request_seconds: Positive = 15
    """How long a request's body may take to arrive."""
    concurrent_requests: Positive = 512
    """Requests served at the same time by one listener."""
    reply_bytes: Positive = 16_777_216
    """Greatest answer of a partner."""
    reply_seconds: Positive = 15
    """How long a partner's answer may take."""
    fetch_bytes: Positive = 1_099_511_627_776
    """Greatest file that is fetched, or taken when it is pushed."""
    catalogue_page: Positive = 100
    """Datasets in one catalogue answer."""


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """How long a message is tried."""

    first_wait_ms: Positive = 200
    """Wait after the first failure; doubled at each further one."""
    longest_wait_seconds: Positive = 300
    """Longest wait between two attempts."""
    attempts: Positive = 12
    """Attempts after which a message counts as undeliverable and its process is terminated."""
    reaction_ms: Natural = 0
    """Wait before acting on a partner's message or answer, for peers that answer before they are ready."""
    sweep_seconds: Positive = 5
    """Interval of the safety sweep; work does not wait for it."""


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """A rule about decisions; what it leaves out fits everything."""

    do: Literal["automatic", "hold", "refuse"]
    """What happens at our turn: the node decides by itself, a person does, or the partner is refused."""
    process: Literal["negotiation", "transfer"] = "negotiation"
    """What the rule is about."""
    partner: str = ""
    """The partner's DID."""
    dataset: str = ""
    """The dataset; with a `*` at its end, every dataset that begins so."""
    role: Literal["", "provider", "consumer"] = ""
    """Our role."""
    reason: str = ""
    """One sentence: told to the partner by `refuse`, shown to people by `hold`."""


@dataclass(frozen=True, slots=True)
class DecisionSettings:
    """Who decides what this node says next; the first rule that fits, or else the hook."""

    hook: str = ""
    """A function of your own, as `package.module:function`; empty for none."""
    hook_seconds: Positive = 30
    """How long the hook may take; after that the process is held for a person."""
    rules: tuple[RuleSettings, ...] = ()
    """Rules, each a `[[decisions.rules]]` table."""


@dataclass(frozen=True, slots=True)
class EventSettings:
    """How other systems hear of events: streams of the management API, and webhooks."""

    streams: Positive = 32
    """Event streams of the management API that are open at the same time."""
    heartbeat_seconds: Positive = 15
    """How long an event stream is silent at most."""
    http_hosts: tuple[str, ...] = ()
    """Host names that webhooks may reach without TLS and on private addresses, such as `localhost`; none by default."""
    subscriptions: Positive = 100
    """Subscriptions that there may be; each gets one request at a time."""
    batch: Positive = 100
    """Events in one request to a subscriber that takes several."""
    reply_seconds: Positive = 10
    """How long the receiver of a webhook may take to answer."""
    first_wait_ms: Positive = 1000
    """Wait after the first failure of a webhook; doubled at each further one."""
    longest_wait_seconds: Positive = 3600
    """Longest wait between two attempts of a webhook."""
    attempts: Positive = 14
    """Attempts after which an event is set aside as a dead letter: in two hours, with the waits as they are."""
    pause_after: Positive = 3
    """Requests given up in a row after which a subscription pauses, so that it loses nothing more."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a node; `folder` is where relative paths start."""

    node: NodeSettings
    listen: ListenSettings
    files: FileSettings = field(default_factory=FileSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    trust: TrustSettings = field(default_factory=TrustSettings)
    protocol: ProtocolSettings = field(default_factory=ProtocolSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)
    outbox: OutboxSettings = field(default_factory=OutboxSettings)
    decisions: DecisionSettings = field(default_factory=DecisionSettings)
    events: EventSettings = field(default_factory=EventSettings)
    log: LogSettings = field(default_factory=LogSettings)


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings with the folder that their relative paths start from.

    Attributes:
        context: the participant's name on its host; empty for a node that is alone.
    """

    settings: Settings
    folder: Path
    context: str = ""

    def path(self, name: str) -> Path:
        """`name` as an absolute path."""
        return (self.folder / name).resolve()

    @property
    def management_path(self) -> str:
        """What stands before every path of this node's management API."""
        return f"{MANAGEMENT_PATH}/{self.context}" if self.context else ""

    @property
    def management_url(self) -> str:
        """Base URL of the management API."""
        return f"http://{self.settings.listen.management}{self.management_path}"


def load_settings(file: Path) -> LoadedSettings:
    """Read and check a settings file; those of a participant on a host are completed by the host's.

    Raises:
        SettingsError: it is missing, unreadable, no TOML, or a setting is unknown or wrong; or its host is.
    """
    if file.is_dir():
        file = _in_folder(file)
    document = read_toml(file, "make a node with `corridor init DIR`, or name one with --config")
    loaded = LoadedSettings(parse_settings(document, str(file)), file.parent.resolve())
    return _hosted(loaded, str(file)) if loaded.settings.listen.hosted else loaded


def _in_folder(folder: Path) -> Path:
    file = folder / FILE_NAME
    if (folder / HOST_FILE).exists() and not file.exists():
        contexts = load_host(folder).settings.contexts
        raise SettingsError(
            f"`{folder}` is a host of several participants",
            remedy=f"name one of them: --config {folder / (contexts[0] if contexts else 'NAME')}",
        )
    return file


def parse_settings(document: dict[str, Any], place: str) -> Settings:
    """Settings from a decoded document.

    Raises:
        SettingsError: with `place` and the name, if a setting is missing, unknown, of the wrong type or out of range.
    """
    settings = convert(document, Settings, place)
    _check(settings, place)
    if settings.listen.hosted:
        for name in {"protocol", "management"} & document["listen"].keys():
            refuse(f"listen.{name}", "is for the host to say", "take it out, or `listen.hosted`", place)
    return settings


def _hosted(loaded: LoadedSettings, place: str) -> LoadedSettings:
    """The settings of a participant on a host: reached below the host's URL, on the host's listeners."""
    listen, name = loaded.settings.listen, loaded.folder.name
    host = load_host(loaded.folder.parent)
    if name not in host.settings.contexts:
        refuse("listen.hosted", f"is true, but the host does not list `{name}`", _list_it(host), place)
    expected = host.public_url(name)
    if listen.public_url.rstrip("/") != expected:
        refuse("listen.public_url", "is not below that of the host", f"write it as {expected}", place)
    shared = host.settings.listen
    there = replace(listen, protocol=shared.protocol, management=shared.management)
    return LoadedSettings(replace(loaded.settings, listen=there), loaded.folder, name)


def _list_it(host: LoadedHost) -> str:
    return f"add it to `contexts` in {host.folder / HOST_FILE}"


_COUNTRY = re.compile(r"[A-Z]{2}")
_HOOK = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)


def _check(settings: Settings, place: str) -> None:
    if not settings.node.id.startswith("did:web:"):
        refuse("node.id", "is not a did:web", "write it as did:web:HOST or did:web:HOST%3APORT", place)
    if not _COUNTRY.fullmatch(settings.node.country):
        refuse("node.country", "is not a country code", "write two capital letters, such as DE or CN", place)
    check_url("listen.public_url", settings.listen.public_url, place)
    for name in ("protocol", "management"):
        check_address(f"listen.{name}", getattr(settings.listen, name), place)
    if settings.decisions.hook and not _HOOK.fullmatch(settings.decisions.hook):
        refuse("decisions.hook", "names no function", "write it as package.module:function", place)
    check_log(settings.log, place)
