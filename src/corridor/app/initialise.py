"""Makes a node's folder: settings, keys, an empty participant list with the node itself on it."""

from __future__ import annotations

import contextlib
import json
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from corridor.app.host_settings import is_host
from corridor.app.settings import FILE_NAME, LoadedSettings, load_settings, parse_settings
from corridor.app.toml_file import is_http
from corridor.base.errors import SettingsError
from corridor.trust.did import did_of
from corridor.trust.files import create_private
from corridor.trust.keys import create_key_file
from corridor.trust.secrets import create_secret_file

_TEMPLATE: Final = """\
# A Corridor node. Every setting, with its default and a sentence: docs/reference/settings.md

[node]
id = "{id}"
name = "{name}"
country = "{country}"
{facts}
[listen]
public_url = "{public_url}"     # how partners reach this node
{listeners}
[trust]
# Hosts that may be reached without TLS and on private addresses. Empty for a node on the Internet.
http_hosts = [{http_hosts}]
"""

_OWN_LISTENERS: Final = """\
protocol = "{protocol}"       # DSP, data plane, receipts, DID document
management = "{management}"     # the management API; keep it on loopback
"""
_HOSTS_LISTENERS: Final = "hosted = true     # on the listeners of the host in the folder above\n"
_PARTICIPANTS: Final = """\
# Who is known to this node. Each entry: id (a DID), name, country (ISO 3166-1), optionally facts and status.
participants:
  - id: "{id}"
    name: "{name}"
    country: {country}
"""


@dataclass(frozen=True, slots=True)
class NewNode:
    """What `corridor init` asks: name and country of the participant, public URL, the two listeners' addresses.

    `facts` are further facts about the participant in the rulebook's vocabulary, such as `{"designations": []}`. With
    `hosted`, it has no listeners of its own.
    """

    name: str
    country: str
    public_url: str
    protocol: str = "127.0.0.1:19194"
    management: str = "127.0.0.1:19193"
    facts: Mapping[str, Any] = field(default_factory=dict)
    hosted: bool = False


def initialise(folder: Path, node: NewNode) -> LoadedSettings:
    """Make a node in `folder`, which must not hold one yet; nothing that exists is overwritten.

    Raises:
        SettingsError: there is a node already, the folder cannot be written, or the description is wrong.
    """
    make_node(folder, node)
    return load_settings(folder / FILE_NAME)


def make_node(folder: Path, node: NewNode) -> None:
    """As `initialise`, without reading what was made: a participant on a host has to be listed there first.

    Raises:
        SettingsError: there is a node already, the folder cannot be written, or the description is wrong.
    """
    file = folder / FILE_NAME
    if file.exists():
        raise SettingsError(f"`{folder}` holds a node already", remedy="choose another folder")
    if is_host(folder):
        raise SettingsError(
            f"`{folder}` holds a host", remedy=f"make a participant on it with `corridor init NAME --host {folder}`"
        )
    if not is_http(node.public_url):
        raise SettingsError("the public URL is not an http(s) URL", remedy="write it as https://HOST")
    text = _settings_text(node)
    _check(text, str(file))
    try:
        (folder / "data").mkdir(parents=True, exist_ok=True)
        (folder / "keys").mkdir(mode=0o700, exist_ok=True)
        _write_all(folder, node, text)
    except OSError as error:
        raise SettingsError(
            f"the node cannot be made: {(error.strerror or str(error)).lower()}",
            place=str(error.filename or folder),
            remedy="choose an empty folder that this user may write",
        ) from None


def _check(text: str, place: str) -> None:
    """Refuse a description before anything is written."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise SettingsError(
            "an address or URL holds a quote, backslash or control character", remedy="write it without"
        ) from None
    parse_settings(document, place)


def _write_all(folder: Path, node: NewNode, settings: str) -> None:
    """Write every file, the settings last; all or, where one cannot be written, none."""
    keys = folder / "keys"
    files: dict[Path, Callable[[Path], None]] = {
        keys / "management.token": create_token_file,
        keys / "signing.pem": create_key_file,
        keys / "token.key": create_secret_file,
        folder / "participants.yaml": lambda path: _write_new(path, _participants_text(node)),
        folder / FILE_NAME: lambda path: _write_new(path, settings),
    }
    with contextlib.ExitStack() as undo:
        for path, write in files.items():
            write(path)
            undo.callback(path.unlink)
        undo.pop_all()


def create_token_file(path: Path) -> None:
    """Write a new management token with mode 0600.

    Raises:
        SettingsError: there is a file already, or it cannot be written.
    """
    create_private(path, secrets.token_urlsafe(32).encode(), "management token")


def _settings_text(node: NewNode) -> str:
    host = urlsplit(node.public_url)
    plain = f'"{host.hostname}"' if host.scheme == "http" else ""
    return _TEMPLATE.format(
        id=did_of(node.public_url),
        name=_quoted(node.name),
        country=node.country.upper(),
        facts=_facts_text(node.facts),
        public_url=node.public_url,
        listeners=_HOSTS_LISTENERS if node.hosted else _own_listeners(node),
        http_hosts=plain,
    )


def _own_listeners(node: NewNode) -> str:
    return _OWN_LISTENERS.format(protocol=node.protocol, management=node.management)


def _facts_text(facts: Mapping[str, Any]) -> str:
    """Facts as a TOML table; texts, truth values and lists of them are written as in JSON."""
    if not facts:
        return "# facts = { designations = [] }   # what the law asks about us: docs/reference/facts.md\n"
    return "[node.facts]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in facts.items())


def _participants_text(node: NewNode) -> str:
    return _PARTICIPANTS.format(id=did_of(node.public_url), name=_quoted(node.name), country=node.country.upper())


def _quoted(text: str) -> str:
    if not text.isprintable() or '"' in text or "\\" in text:
        raise SettingsError("a name has no quotes, backslashes or control characters", place="name")
    return text


def _write_new(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
