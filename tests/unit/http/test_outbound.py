from __future__ import annotations

import socket

import pytest
from aiohttp.abc import AbstractResolver
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import UnreachableError
from corridor.http.outbound import Destinations, GuardedResolver, is_public

OPEN = Destinations()
LOCAL = Destinations(frozenset({"localhost", "10.0.0.7", "::1"}))


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org",
        "https://example.org:8443/a?b=c",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://xn--fsq.example/%20",
    ],
)
def test_public_addresses_over_tls_may_be_called(url):
    OPEN.check_url(url)


@pytest.mark.parametrize(
    "url", ["http://localhost:8080/x", "http://LOCALHOST", "https://localhost", "http://10.0.0.7", "http://[::1]:80/"]
)
def test_hosts_in_the_settings_may_be_called_without_tls_wherever_they_are(url):
    LOCAL.check_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org",
        "http://localhost",
        "https://127.0.0.1",
        "https://127.0.0.1:8443/x",
        "https://10.1.2.3",
        "https://172.16.0.1",
        "https://192.168.1.1",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1",
        "https://0.0.0.0",
        "https://224.0.0.1",
        "https://255.255.255.255",
        "https://[::1]",
        "https://[::]",
        "https://[fe80::1]",
        "https://[fe80::1%25eth0]",
        "https://[fd00::1]",
        "https://[::ffff:127.0.0.1]",
        "https://[::ffff:8.8.8.8]",
        "https://[64:ff9b::7f00:1]",
        "https://[2002:7f00:1::]",
        "https://[ff02::1]",
        "https://127.1",
        "https://0177.0.0.1",
        "https://2130706433",
        "https://0x7f.0.0.1",
        "https://0x7f000001",
        "https://127.0.0.1.",
        "https://localhost.",
        "https://%31%32%37.0.0.1",
        "https://example.org%40127.0.0.1",
        "https://example.org\\@127.0.0.1",
        "https://\uff11\uff12\uff17.0.0.1",
        "https://8.8.8",
        "https://[8.8.8.8]",
        "https://[2606:4700::1111]evil.example",
        "https://-a.example",
        "https://user@example.org",
        "https://user:password@example.org",
        "https://@example.org",
        "https://example.org#fragment",
        "https://",
        "https:///path",
        "https://example.org:0",
        "https://example.org:99999",
        "https://example.org:x",
        "https://[::1",
        "https://exa mple.org",
        "https://example.org/\r\nX: y",
        "https://例え.jp",
        "ftp://example.org",
        "file:///etc/passwd",
        "javascript:1",
        "//example.org",
        "example.org",
        "",
        "https://" + "a" * 9000,
    ],
)
def test_everything_else_must_not_be_called(url):
    with pytest.raises(UnreachableError, match="must not be called"):
        OPEN.check_url(url)


def test_a_name_that_only_begins_like_one_in_the_settings_is_another():
    with pytest.raises(UnreachableError) as refusal:
        LOCAL.check_url("http://localhost.evil.example")
    assert "localhost.evil.example" in refusal.value.remedy


@given(url=st.text(max_size=60) | st.text(max_size=40).map("https://".__add__))
def test_any_text_may_be_called_or_not(url):
    try:
        OPEN.check_url(url)
    except UnreachableError:
        return
    assert url.lower().startswith("https://")


class Names(AbstractResolver):
    """Resolves as told."""

    def __init__(self, *addresses) -> None:
        self.addresses = addresses
        self.closed = False

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return [
            {"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": 0}
            for address in self.addresses
        ]

    async def close(self):
        self.closed = True


async def test_of_a_name_only_the_public_addresses_are_called():
    resolver = GuardedResolver(Names("10.0.0.1", "8.8.8.8", "::1"), OPEN)
    assert [entry["host"] for entry in await resolver.resolve("example.org", 443)] == ["8.8.8.8"]


@pytest.mark.parametrize(
    "addresses", [(), ("127.0.0.1",), ("169.254.169.254", "10.0.0.1"), ("fe80::1%eth0",), ("nonsense",)]
)
async def test_a_name_without_a_public_address_is_not_called(addresses):
    with pytest.raises(OSError, match=r"no public address.*trust.http_hosts"):
        await GuardedResolver(Names(*addresses), OPEN).resolve("rebinding.example", 443)


async def test_a_name_in_the_settings_is_called_wherever_it_is():
    found = await GuardedResolver(Names("127.0.0.1"), LOCAL).resolve("LocalHost", 80)
    assert [entry["host"] for entry in found] == ["127.0.0.1"]


async def test_closing_closes_what_is_within():
    names = Names()
    await GuardedResolver(names, OPEN).close()
    assert names.closed


def test_what_is_no_address_is_not_public():
    assert not is_public("example.org")
