"""Where this node may call: partners choose the addresses, so each is checked before anything is sent.

A callback address, a DID or a data address comes from outside and could name a machine of our own network. So only
`https` is spoken, and only to public addresses; a name is judged by what it resolves to, at the moment of connecting.
`http_hosts` in the settings are the exception: those names may be called without TLS, wherever they are.
"""

from __future__ import annotations

import errno
import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from corridor.base.errors import UnreachableError
from corridor.base.ids import printable

if TYPE_CHECKING:
    from aiohttp.abc import AbstractResolver, ResolveResult
else:
    AbstractResolver = object  # aiohttp asks for the methods, not for the class

MAX_URL_LENGTH: Final = 8192
_URL = re.compile(rf"[!-~]{{1,{MAX_URL_LENGTH}}}")
# A DNS name or an address, and a port. Nothing escaped and no credentials, so that no two parsers see different hosts.
_AUTHORITY = re.compile(
    r"(?:(?P<name>[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?)|\[(?P<address>[0-9a-f:.]{2,45})\])(?::[0-9]{1,5})?"
)
# Addresses that hold an IPv4 address within and lead wherever that does: mapped and compatible ones (RFC 4291 §2.5.5),
# NAT64 (RFC 6052, RFC 8215), 6to4 (RFC 3056).
_TUNNELS: Final = tuple(
    ip_network(network) for network in ("::ffff:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")
)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public Internet, for one host; False for what is no address."""
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return parsed.is_global and not parsed.is_multicast and not any(parsed in network for network in _TUNNELS)


@dataclass(frozen=True, slots=True)
class Destinations:
    """The rule about addresses.

    Attributes:
        http_hosts: lower-case host names, or IP addresses, that may be called over plain http and on private addresses.
        setting: where the owner lists them.
    """

    http_hosts: frozenset[str] = frozenset()
    setting: str = "trust.http_hosts"

    def check_url(self, url: str) -> None:
        """Refuse a URL that must not be called, as far as its text shows; `GuardedResolver` does the rest.

        Raises:
            UnreachableError: not http(s), no TLS, not a public address, credentials in it, or malformed.
        """
        parts = _split(url)
        host = _host(parts.netloc, url)
        if host in self.http_hosts:
            return
        if parts.scheme != "https":
            raise _refused(
                url, "is not https", f"only hosts in `{self.setting}` may be called without TLS: add `{host}`"
            )
        if _is_address(host) and not is_public(host):
            raise _refused(url, "is not a public address", self.remedy(host))

    def remedy(self, host: str) -> str:
        """What to do if a host that must not be called is meant."""
        return f"if `{printable(host)}` is meant, add it to `{self.setting}`"


def _host(authority: str, url: str) -> str:
    found = _AUTHORITY.fullmatch(authority.lower())
    if found is None:
        raise _refused(url, "has no plain host, or credentials in it")
    return str(found["name"] or found["address"])


def _is_address(host: str) -> bool:
    """Whether clients may take `host` for an address: an IPv6 one, or whatever ends in a number (WHATWG URL §3.5).

    `127.1`, `0x7f000001` and `2130706433` are 127.0.0.1 to some of them; `is_public` takes only the usual form.
    """
    last = host.rpartition(".")[2]
    return ":" in host or last.isdigit() or last.startswith("0x")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused(url, "is not a URL") from None
    if not _URL.fullmatch(url) or parts.scheme not in {"http", "https"} or port == 0 or parts.fragment:
        raise _refused(url, "is not an http(s) URL without fragment")
    return parts


def _refused(url: str, why: str, remedy: str | None = None) -> UnreachableError:
    return UnreachableError(f"`{printable(url)}` must not be called: it {why}", remedy=remedy)


class GuardedResolver(AbstractResolver):
    """Resolves names for the client and leaves out every address that must not be called.

    The connection goes to the very addresses that were judged: a name that changes its mind in between gains nothing.
    """

    def __init__(self, inner: AbstractResolver, destinations: Destinations) -> None:
        self._inner = inner
        self._destinations = destinations

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of `host` that may be called.

        Raises:
            OSError: it has none.
        """
        found = await self._inner.resolve(host, port, family)
        if host.lower() in self._destinations.http_hosts:
            return found
        public = [entry for entry in found if is_public(entry["host"])]
        if not public:
            raise OSError(errno.EACCES, f"`{printable(host)}` has no public address; {self._destinations.remedy(host)}")
        return public

    async def close(self) -> None:
        """Close the inner resolver."""
        await self._inner.close()
