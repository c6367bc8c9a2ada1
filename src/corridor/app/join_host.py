"""Makes a participant on a host, and the host itself where there is none yet."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from corridor.app.host_settings import FILE_NAME, LoadedHost, check_name, load_host, parse_host
from corridor.app.initialise import NewNode, create_token_file, make_node
from corridor.app.settings import FILE_NAME as NODE_FILE
from corridor.app.settings import LoadedSettings, load_settings
from corridor.base.errors import SettingsError

_TEMPLATE: Final = """\
# A Corridor host: several participants in one process. Every setting: docs/reference/settings.md

# The folders beside this file that hold a participant each.
contexts = [
]

[listen]
public_url = "{public_url}"     # partners reach the participant NAME below it, at /NAME
protocol = "{protocol}"       # DSP, data plane, receipts, DID documents
management = "{management}"     # the management APIs, below /contexts/NAME; keep it on loopback
"""
_LIST = re.compile(r"^(?P<before>contexts\s*=\s*\[[^\]]*?)(?P<comma>,?)(?P<space>\s*)\]", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a new host is reached and listens; None for what is usual."""

    public_url: str | None = None
    protocol: str | None = None
    management: str | None = None

    def given(self) -> bool:
        """Whether any of them is stated."""
        return any((self.public_url, self.protocol, self.management))


def join_host(folder: Path, name: str, node: NewNode, addresses: Addresses | None = None) -> LoadedSettings:
    """Make the participant `name` on the host in `folder`; a running host serves it once it is started anew.

    Args:
        folder: of the host; where it holds none, one is made.
        name: of the context: its folder, and the last part of its URL and DID.
        node: the participant; where it is reached and listens is the host's to say.
        addresses: of a new host.

    Raises:
        SettingsError: the name cannot be one or is taken, addresses are given for a host that exists, or something
            cannot be written.
    """
    addresses = addresses or Addresses()
    check_name(name, "name")
    if not (folder / FILE_NAME).exists():
        _make_host(folder, addresses)
    elif addresses.given():
        raise SettingsError(
            "the host has its addresses already",
            place=str(folder / FILE_NAME),
            remedy="leave out --public-url, --protocol and --management",
        )
    host = load_host(folder)
    text = _listing(host, name)
    make_node(host.folder / name, replace(node, public_url=host.public_url(name), hosted=True))
    _replace(host.folder / FILE_NAME, text)
    return load_settings(host.folder / name)


def _make_host(folder: Path, addresses: Addresses) -> None:
    if (folder / NODE_FILE).exists():
        raise SettingsError(f"`{folder}` holds a node", remedy="choose another folder for the host")
    usual = NewNode("", "", "http://localhost:19194")
    text = _TEMPLATE.format(
        public_url=addresses.public_url or usual.public_url,
        protocol=addresses.protocol or usual.protocol,
        management=addresses.management or usual.management,
    )
    parse_host(_parsed(text), str(folder / FILE_NAME))
    try:
        (folder / "keys").mkdir(mode=0o700, parents=True, exist_ok=True)
        create_token_file(folder / "keys" / "management.token")
        _replace(folder / FILE_NAME, text)
    except OSError as error:
        raise SettingsError(
            f"the host cannot be made: {(error.strerror or str(error)).lower()}",
            place=str(error.filename or folder),
            remedy="choose an empty folder that this user may write",
        ) from None


def _parsed(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise SettingsError(
            "an address or URL holds a quote, backslash or control character", remedy="write it without"
        ) from None


def _listing(host: LoadedHost, name: str) -> str:
    """The host's file with one more context, and nothing else changed."""
    file = host.folder / FILE_NAME
    names = host.settings.contexts
    if name in names:
        raise SettingsError(f"the host lists `{name}` already", place=str(file), remedy="choose another name")
    old = file.read_text("utf-8")
    between = ",\n" if names else "\n"
    new = _LIST.sub(lambda found: f'{found["before"].rstrip()}{between}    "{name}",\n]', old, count=1)
    try:
        changed = parse_host(tomllib.loads(new), str(file))
    except (tomllib.TOMLDecodeError, SettingsError):
        changed = None
    if changed != replace(host.settings, contexts=(*names, name)):
        raise SettingsError(
            "the list `contexts` is not written as it was made", place=str(file), remedy=f'add "{name}" to it yourself'
        )
    return new


def _replace(file: Path, text: str) -> None:
    """Write the whole file in one step: a host that starts meanwhile reads the old list or the new one."""
    part = file.with_name(f"{file.name}.part")
    part.write_text(text, "utf-8")
    part.replace(file)
