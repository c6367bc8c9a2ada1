"""Decisions as JSON, for records, evidence and people."""

from __future__ import annotations

from typing import Any

from corridor.base.json import JsonObject
from corridor.base.reasons import Decision, Reason


def decision_json(decision: Decision, border: JsonObject | None = None) -> JsonObject:
    """`{verdict, reasons: [...], border?}`: the whole tree, and the border's own answer where law was asked."""
    rendered: dict[str, Any] = {
        "verdict": decision.verdict.name.lower(),
        "reasons": [reason_json(reason) for reason in decision.reasons],
    }
    return {**rendered, "border": border} if border is not None else rendered


def reason_json(reason: Reason) -> JsonObject:
    """`{code, text, holds, citation?, because?}`."""
    rendered: dict[str, Any] = {"code": reason.code, "text": reason.text, "holds": reason.holds.name.lower()}
    if reason.citation:
        rendered["citation"] = {
            "instrument": reason.citation.instrument,
            "pin": reason.citation.pin,
            "title": reason.citation.title,
            "verified": reason.citation.verified,
        }
    if reason.because:
        rendered["because"] = [reason_json(step) for step in reason.because]
    return rendered
