"""The settings of a node: one frozen tree read from `corridor.toml`; every field has a safe default and a sentence.

Relative paths are relative to the folder of the file. What is unknown, of the wrong type or out of range is refused
with its place; nothing is read from the environment.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args, get_type_hints
from urllib.parse import urlsplit

import msgspec

from corridor.base.errors import SettingsError

FILE_NAME: Final = "corridor.toml"
_REFERENCE: Final = "docs/reference/settings.md"

Positive = Annotated[int, msgspec.Meta(ge=1)]
Natural = Annotated[int, msgspec.Meta(ge=0)]


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
class LogSettings:
    """What is logged, and where."""

    level: str = "info"
    """debug, info, warning or error."""
    file: str = ""
    """A file to append to; empty logs to standard error."""


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

    @property
    def dsp_url(self) -> str:
        """Base URL of the versioned DSP endpoint."""
        return self.listen.public_url.rstrip("/") + "/dsp/2025-1"

    @property
    def data_url(self) -> str:
        """Base URL of the data plane."""
        return self.listen.public_url.rstrip("/") + "/data"


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings with the folder that their relative paths start from."""

    settings: Settings
    folder: Path

    def path(self, name: str) -> Path:
        """`name` as an absolute path."""
        return (self.folder / name).resolve()


def load_settings(file: Path) -> LoadedSettings:
    """Read and check a settings file.

    Raises:
        SettingsError: it is missing, unreadable, no TOML, or a setting is unknown or wrong.
    """
    if file.is_dir():
        file = file / FILE_NAME
    try:
        document = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f"there is no settings file `{file}`",
            remedy="make a node with `corridor init DIR`, or name one with --config",
        ) from None
    except UnicodeDecodeError:
        raise SettingsError("the settings are not UTF-8", place=str(file), remedy="save the file as UTF-8") from None
    except OSError as error:
        raise SettingsError(
            f"the settings cannot be read: {(error.strerror or str(error)).lower()}",
            place=str(file),
            remedy="let this user read the file",
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"the settings are not TOML: {error}", place=str(file), remedy="correct the line; texts stand in quotes"
        ) from None
    return LoadedSettings(parse_settings(document, str(file)), file.parent.resolve())


def parse_settings(document: dict[str, Any], place: str) -> Settings:
    """Settings from a decoded document.

    Raises:
        SettingsError: with `place` and the name, if a setting is missing, unknown, of the wrong type or out of range.
    """
    _refuse_unknown(document, Settings, place)
    try:
        settings = msgspec.convert(document, Settings)
    except msgspec.ValidationError as error:
        raise _faulty(str(error), place) from None
    _check(settings, place)
    return settings


def _refuse_unknown(document: dict[str, Any], model: type, place: str, path: str = "") -> None:
    fields = {item.name: get_type_hints(model)[item.name] for item in dataclasses.fields(model)}
    for name, value in document.items():
        if name not in fields:
            close = difflib.get_close_matches(name, fields, 1)
            remedy = f"did you mean `{path}{close[0]}`?" if close else f"known here: {', '.join(fields)}"
            raise SettingsError(f"there is no setting `{path}{name}`", place=place, remedy=remedy)
        inner = fields[name]
        if dataclasses.is_dataclass(inner) and isinstance(inner, type) and isinstance(value, dict):
            _refuse_unknown(value, inner, place, f"{path}{name}.")
        for number, (member, each) in enumerate(_listed(inner, value)):
            _refuse_unknown(each, member, place, f"{path}{name}[{number}].")


def _listed(hint: Any, value: Any) -> Iterator[tuple[type, dict[str, Any]]]:
    """The tables in a list of tables, each with what it has to be."""
    member: Any = next(iter(get_args(hint)), None)
    if dataclasses.is_dataclass(member) and isinstance(member, type) and isinstance(value, list):
        for each in value:
            if isinstance(each, dict):
                yield member, each


def _faulty(error: str, place: str) -> SettingsError:
    """The library's message with the setting's dotted name in front."""
    found = re.fullmatch(r"(?P<what>.*?)( - at `\$\.?(?P<where>.*)`)?", error, re.DOTALL)
    what, where = (found["what"], found["where"] or "") if found else (error, "")
    missing = re.fullmatch(r"Object missing required field `(?P<name>.*)`", what)
    if missing:
        name = f"{where}.{missing['name']}".removeprefix(".")
        return SettingsError(f"`{name}` is missing", place=place, remedy=f"add it: {_REFERENCE} says what it is")
    return SettingsError(f"`{where}`: {what.lower()}", place=place, remedy=f"correct it: {_REFERENCE} says how")


_COUNTRY = re.compile(r"[A-Z]{2}")
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:]+\]|[0-9A-Za-z._-]{1,253}):(?P<port>[0-9]{1,5})")
_HOOK = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_LAST_PORT: Final = 65_535


def is_http(url: str) -> bool:
    """Whether `url` is an http(s) URL with a host."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _check(settings: Settings, place: str) -> None:
    def refuse(name: str, what: str, remedy: str) -> None:
        raise SettingsError(f"`{name}` {what}", place=place, remedy=remedy)

    if not settings.node.id.startswith("did:web:"):
        refuse("node.id", "is not a did:web", "write it as did:web:HOST or did:web:HOST%3APORT")
    if not _COUNTRY.fullmatch(settings.node.country):
        refuse("node.country", "is not a country code", "write two capital letters, such as DE or CN")
    if not is_http(settings.listen.public_url):
        refuse("listen.public_url", "is not an http(s) URL", "write it as https://HOST")
    for name in ("protocol", "management"):
        found = _ADDRESS.fullmatch(getattr(settings.listen, name))
        if not found or int(found["port"]) > _LAST_PORT:
            refuse(f"listen.{name}", "is not an address", "write it as 127.0.0.1:19194")
    if settings.decisions.hook and not _HOOK.fullmatch(settings.decisions.hook):
        refuse("decisions.hook", "names no function", "write it as package.module:function")
    if settings.log.level not in {"debug", "info", "warning", "error"}:
        refuse("log.level", f"cannot be `{settings.log.level}`", "use debug, info, warning or error")
