"""Checks a host and each of its contexts: what `corridor doctor` says of a host."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from corridor.app.contexts import load_contexts
from corridor.app.doctor import Finding, checked, examine_alone, examine_listeners, examine_rules
from corridor.app.host_settings import LoadedHost
from corridor.app.run import read_token


@dataclass(frozen=True, slots=True)
class HostFindings:
    """What was found about the host itself, and about each context by name."""

    host: tuple[Finding, ...]
    contexts: Mapping[str, tuple[Finding, ...]]

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return all(one.ok for findings in (self.host, *self.contexts.values()) for one in findings)


def examine_host(host: LoadedHost) -> HostFindings:
    """All checks, each made whether or not the others pass; a rulebook that contexts have in common is checked once."""
    loaded = load_contexts(host)
    rules = functools.cache(examine_rules)
    contexts = {name: examine_alone(settings, rules) for name, settings in loaded.sound.items()}
    for name, error in loaded.faulty.items():
        contexts[name] = (Finding("settings", ok=False, text=str(error)),)
    own = (
        checked("keys", lambda: _token(host)),
        *examine_listeners(host.settings.listen),
        _contexts(host, len(loaded.sound)),
    )
    return HostFindings(own, {name: contexts[name] for name in host.settings.contexts})


def _token(host: LoadedHost) -> str:
    read_token(host.path(host.settings.files.management_token))
    return "the token of the list of contexts is there, and nobody else's to read"


def _contexts(host: LoadedHost, sound: int) -> Finding:
    listed = len(host.settings.contexts)
    if not listed:
        return Finding(
            "contexts", ok=False, text=f"there are none; `corridor init NAME --host {host.folder}` makes one"
        )
    return Finding("contexts", ok=sound == listed, text=f"{sound} of {listed} have sound settings")
