"""A network of namespaces: places with an address each, on one switch, whose links can be cut and healed.

Nothing of it is seen outside: every interface and address is in a namespace that is made here, named by this process.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

SWITCH = "switch"
"""The place in the middle, which no link leads to that could be cut."""
_NAMESPACES = Path("/run/netns")
_NETWORK = 0x40000000  # CLONE_NEWNET of sched.h
_numbers = itertools.count()


def ip(*words):
    """Run `ip`; a RuntimeError with what it says where it fails."""
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"`ip {' '.join(words)}`: {done.stderr.strip()}")


def why_not():
    """Why this machine has no networks of this kind, as the reason of a skip; None if it has."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "not to be had here: network namespaces, which only root on Linux can make"
    if shutil.which("ip") is None:
        return "iproute2 is not installed: apt-get install iproute2"
    try:
        with contextlib.closing(Network({"probe": "10.77.0.2"}, "10.77.0.1")) as probe, probe.inside("probe"):
            return None
    except (RuntimeError, OSError) as error:
        return f"not to be had here: network namespaces, {error}"


class Network:
    """Places by name, each with its address; and the switch between them, with one, too."""

    def __init__(self, places, address):
        self._prefix = f"corridor-{os.getpid()}-{next(_numbers)}"
        self._made = []
        try:
            self._build(places, address)
        except BaseException:
            self.close()
            raise

    def _build(self, places, address):
        self._add(SWITCH)
        self._ip(SWITCH, "link", "add", "name", "bridge", "type", "bridge", "forward_delay", "0")
        self._settle(SWITCH, "bridge", address)
        for place, own in places.items():
            self._add(place)
            far = ("type", "veth", "peer", "name", "wire", "netns", self._named(place))
            self._ip(SWITCH, "link", "add", "name", place, *far)
            self._ip(SWITCH, "link", "set", "dev", place, "master", "bridge")
            self._settle(place, "wire", own)
            self.heal(place)

    def _add(self, place):
        ip("netns", "add", self._named(place))
        self._made.append(place)

    def _settle(self, place, device, address):
        self._ip(place, "link", "set", "dev", "lo", "up")
        self._ip(place, "address", "add", f"{address}/24", "dev", device)
        self._ip(place, "link", "set", "dev", device, "up")

    def _ip(self, place, *words):
        ip("-n", self._named(place), *words)

    def _named(self, place):
        return f"{self._prefix}-{place}"

    def cut(self, place):
        """Let no packet from or to a place pass any more; connections stay as they are, and hear nothing."""
        self._ip(SWITCH, "link", "set", "dev", place, "down")

    def heal(self, place):
        """Let packets from and to a place pass."""
        self._ip(SWITCH, "link", "set", "dev", place, "up")

    @contextlib.contextmanager
    def inside(self, place):
        """Sockets, threads and processes that this thread makes meanwhile are at a place, and stay there."""
        with Path("/proc/thread-self/ns/net").open("rb") as before:
            with (_NAMESPACES / self._named(place)).open("rb") as there:
                _enter(there)
            try:
                yield
            finally:
                _enter(before)

    def close(self):
        """Remove all of it; a namespace lasts for as long as somebody is inside."""
        while self._made:
            ip("netns", "delete", self._named(self._made.pop()))


def _enter(namespace):
    # os.setns came with Python 3.12.
    library = ctypes.CDLL(None, use_errno=True)
    if library.setns(namespace.fileno(), _NETWORK):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
