"""The JSON Schema (2020-12) of an assessment as `explain.as_json` and `corridor assess --json` give it."""

from __future__ import annotations

from typing import Any, Final

from corridor.base.json import JsonObject
from corridor.base.reasons import Verified
from corridor.law.outcome import Outcome

SCHEMA_ID: Final = "urn:corridor:schema:assessment:1"

_TEXT: Final[JsonObject] = {"type": "string"}
_DAY: Final[JsonObject] = {"type": "string", "format": "date"}
_DAY_OR_NONE: Final[JsonObject] = {"type": ["string", "null"], "format": "date"}
_TRUTH: Final[JsonObject] = {"enum": ["true", "false", "unknown"]}
_TEXTS: Final[JsonObject] = {"type": "array", "items": _TEXT}


def assessment_schema() -> JsonObject:
    """The schema; every field is always there unless it says otherwise, and no other fields are."""
    schema = _object(
        "What the law of every involved jurisdiction answers to one transfer.",
        {
            "as_of": {**_DAY, "description": "The day that was asked for."},
            "outcome": _ref("outcome"),
            "proceed": {**_TRUTH, "description": "Whether the transfer may go ahead now, with the papers shown."},
            "rulings": _list("ruling"),
            "obligations": _list("obligation"),
            "conflicts": _list("conflict"),
            "missing": {**_TEXTS, "description": "The facts that can still change an answer, the most telling first."},
            "verified": _ref("verified"),
            "next_change": {**_DAY_OR_NONE, "description": "The next day on which something that was used changes."},
            "disclaimer": _TEXT,
        },
        {
            "rulebook": {**_TEXT, "description": "Digest of the rules; from the command line."},
            "dossier": {**_TEXTS, "description": "The files that were written; from the command line."},
        },
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Assessment",
        **schema,
        "$defs": _DEFINITIONS,
    }


def _ref(name: str) -> JsonObject:
    return {"$ref": f"#/$defs/{name}"}


def _list(name: str) -> JsonObject:
    return {"type": "array", "items": _ref(name)}


def _object(text: str, fields: dict[str, Any], optional: dict[str, Any] | None = None) -> JsonObject:
    return {
        "description": text,
        "type": "object",
        "required": list(fields),
        "properties": {**fields, **(optional or {})},
        "additionalProperties": False,
    }


_CITATION: Final[dict[str, Any]] = {
    "instrument": {**_TEXT, "description": "Its id in the rulebook, such as cn/decree-16."},
    "pin": {**_TEXT, "description": "The place in it, such as art 8."},
    "title": _TEXT,
    "verified": {"enum": [*(one.value for one in Verified), None]},
}
_PERIOD: Final[JsonObject] = _object("Days, both included; null is open.", {"from": _DAY_OR_NONE, "to": _DAY_OR_NONE})
_BASIS: Final[dict[str, Any]] = {**_CITATION, "says": _TEXT, "in_force": _ref("period")}

_DEFINITIONS: Final[JsonObject] = {
    "outcome": {"description": "Strictest first; UNDETERMINED last.", "enum": [outcome.value for outcome in Outcome]},
    "verified": {"description": "The weakest class of all that was used.", "enum": [one.value for one in Verified]},
    "period": _PERIOD,
    "citation": _object("The place in a text that says so.", _CITATION),
    "provision": _object("A provision that was applied.", _BASIS),
    "ruling": _object(
        "What one jurisdiction answers.",
        {
            "jurisdiction": _TEXT,
            "name": _TEXT,
            "as_of": _DAY,
            "outcome": _ref("outcome"),
            "mechanisms": {**_TEXTS, "description": "The alternatives that open the way."},
            "proceed": _TRUTH,
            "valid_until": {**_DAY_OR_NONE, "description": "The last day of the papers that open the way."},
            "provisions": {
                **_list("provision"),
                "description": "What the outcome follows from, the decisive one first.",
            },
            "routes": _list("route"),
            "filings": _list("filing"),
            "documents": _list("document"),
            "validity": _ref("validity"),
            "obligations": _list("obligation"),
            "missing": _TEXTS,
            "assumptions": _list("assumption"),
            "counted": _list("counted"),
            "conflicts": _list("conflict"),
            "verified": _ref("verified"),
            "next_change": _DAY_OR_NONE,
            "steps": {**_list("applied"), "description": "Every rung that was examined, in order."},
            "note": _TEXT,
            "overrides": _list("override"),
            "added_rules": {**_TEXTS, "description": "Instruments of the jurisdiction that are the user's own."},
        },
    ),
    "route": _object(
        "One of the alternatives; all its papers are needed.",
        {"mechanism": _TEXT, "citation": _ref("citation"), "open": _TRUTH, "papers": _list("paper")},
    ),
    "paper": _object(
        "A paper that a route needs.",
        {
            "kind": _TEXT,
            "title": _TEXT,
            "contents": _TEXTS,
            "authority": _TEXT,
            "clock": _TEXT,
            "validity": _TEXT,
            "citation": _ref("citation"),
            "satisfied_by": {"type": ["string", "null"]},
            "findings": _list("finding"),
        },
    ),
    "finding": _object(
        "A paper that was shown, and what is wrong with it.",
        {
            "paper": _TEXT,
            "holds": _TRUTH,
            "problems": _TEXTS,
            "until": _DAY_OR_NONE,
            "renew_from": _DAY_OR_NONE,
            "to_file": _DAY_OR_NONE,
        },
    ),
    "filing": _object(
        "What an authority decides on or has to get.",
        {"authority": _TEXT, "form": _TEXT, "kind": _TEXT, "clock": _TEXT, "citation": _ref("citation")},
    ),
    "document": _object(
        "A document that has to be there.",
        {"kind": _TEXT, "title": _TEXT, "must_contain": _TEXTS, "citation": _ref("citation")},
    ),
    "validity": _object(
        "How long the way is open, and from when its papers can be renewed.",
        {"from": _DAY_OR_NONE, "to": _DAY_OR_NONE, "renew_from": _DAY_OR_NONE},
    ),
    "obligation": _object(
        "What somebody has to do if the transfer goes ahead.",
        {
            "what": _TEXT,
            "who": _TEXT,
            "deadline": _TEXT,
            "recurs": _TEXT,
            "citation": _ref("citation"),
            "certain": {"enum": ["true", "unknown"]},
        },
    ),
    "assumption": _object("What the answer takes for granted.", {"text": _TEXT, "facts": _TEXTS}),
    "counted": _object(
        "What a counter came to.",
        {
            "jurisdiction": _TEXT,
            "name": _TEXT,
            "unit": _TEXT,
            "window": _ref("period"),
            "previous": {"type": "integer", "minimum": 0},
            "adds": {"type": ["integer", "null"], "minimum": 0},
            "total": _TEXT,
            "populations": {
                "type": "array",
                "items": _object("Some persons.", {"name": _TEXT, "n": {"type": ["integer", "null"], "minimum": 0}}),
            },
        },
    ),
    "conflict": _object(
        "Two duties that cannot both be met.",
        {"jurisdictions": _TEXTS, "text": _TEXT, "citation": _ref("citation")},
    ),
    "override": _object(
        "A value that somebody put in place of the law's.",
        {"text": _TEXT, "who": _TEXT, "why": _TEXT, "decided": _DAY, "in_force": _ref("period")},
    ),
    "applied": _object(
        "A rung that was examined.",
        {
            **_BASIS,
            "outcome": _ref("outcome"),
            "holds": _TRUTH,
            "relied_on_only": {"type": "boolean"},
            "step": _ref("step"),
        },
    ),
    "step": _object(
        "A condition and what it came to.",
        {"text": _TEXT, "holds": _TRUTH},
        {
            "values": {"type": "object", "additionalProperties": {"type": ["string", "integer", "boolean", "null"]}},
            "missing": _TEXTS,
            "because": _list("step"),
        },
    ),
}
