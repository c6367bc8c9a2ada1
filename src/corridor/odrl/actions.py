"""The action hierarchy of the ODRL 2.2 Common Vocabulary, as closures.

Two roots, `use` and `transfer`, are disjoint. A rule on an action covers every action included in it, so that matching
is one look-up. Deprecated terms stand where their `exactMatch` does; those without one lead to no root and are unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CREATIVE_COMMONS: Final = "http://creativecommons.org/ns#"

_IN_USE = """
    acceptTracking aggregate annotate anonymize archive attribute compensate concurrentUse delete derive digitize
    distribute ensureExclusivity execute grantUse include index inform install modify move nextPolicy obtainConsent
    play present print read reproduce reviewPolicy stream synchronize textToSpeech transform translate uninstall
    watermark
"""
_IN_USE_CC = """
    Attribution CommercialUse DerivativeWorks Distribution Notice Reproduction ShareAlike Sharing SourceCode
"""

INCLUDED_IN: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(_IN_USE.split(), "use")
    | {CREATIVE_COMMONS + name: "use" for name in _IN_USE_CC.split()}
    | {"display": "play", "extract": "reproduce", "give": "transfer", "sell": "transfer"}
)
"""The action that each action is directly included in (`odrl:includedIn`)."""

EXACT_MATCH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "append": "modify",
        "appendTo": "modify",
        "copy": "reproduce",
        "export": "transform",
        "license": "grantUse",
        "pay": "compensate",
        "write": "modify",
        "writeTo": "modify",
        "attachPolicy": CREATIVE_COMMONS + "Notice",
        "attachSource": CREATIVE_COMMONS + "SourceCode",
        "commercialize": CREATIVE_COMMONS + "CommercialUse",
        "share": CREATIVE_COMMONS + "Sharing",
        "shareAlike": CREATIVE_COMMONS + "ShareAlike",
    }
)
"""Deprecated terms and the actions that they are (`skos:exactMatch`)."""

ROOTS: Final = ("use", "transfer")


def _ancestors(action: str) -> tuple[str, ...]:
    """The action itself and everything above it."""
    above = INCLUDED_IN.get(action)
    return (action,) if above is None else (action, *_ancestors(above))


def _closures() -> dict[str, frozenset[str]]:
    names = (*ROOTS, *INCLUDED_IN)
    below = {name: {other for other in names if name in _ancestors(other)} for name in names}
    aliases = {name: {old for old, new in EXACT_MATCH.items() if new in covered} for name, covered in below.items()}
    return {name: frozenset(below[name] | aliases[name]) for name in names}


_COVERED: Final = _closures()
ACTIONS: Final = frozenset(_COVERED) | frozenset(EXACT_MATCH)
"""Every action that is known, by canonical or deprecated name."""


def canonical_action(name: str) -> str | None:
    """The name under which rules keep the action, or None of an action that leads to no root."""
    name = EXACT_MATCH.get(name, name)
    return name if name in _COVERED else None


def root_of(action: str) -> str | None:
    """The root that the canonical `action` is included in, itself if it is one; None of any other name."""
    return _ancestors(action)[-1] if action in _COVERED else None


def covered_by(action: str) -> frozenset[str]:
    """Every name of an action that a rule on the canonical `action` covers, `action` included.

    Raises:
        KeyError: `action` is not canonical.
    """
    return _COVERED[action]
