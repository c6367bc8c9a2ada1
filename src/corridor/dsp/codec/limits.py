"""How much one message may hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodecLimits:
    """Bounds on a decoded message; `base.json.JsonLimits` has bounded the bytes before.

    Attributes:
        depth: nesting of arrays and objects in a document.
        policy_bytes: one policy in canonical JSON.
        rules: permissions, prohibitions and duties in one list.
        constraints: constraints of one policy, all levels together.
        constraint_depth: levels of logical constraints.
        text_length: characters of one text, such as a reason or an address.
        reasons: reasons of one message.
        properties: properties of one data address.
        datasets: datasets of one catalogue.
        entries: any other list, such as the offers of a dataset or the services of a catalogue.
        catalog_depth: levels of catalogues within catalogues.
    """

    depth: int = 64
    policy_bytes: int = 65_536
    rules: int = 128
    constraints: int = 512
    constraint_depth: int = 8
    text_length: int = 4_096
    reasons: int = 64
    properties: int = 64
    datasets: int = 10_000
    entries: int = 256
    catalog_depth: int = 4
