"""The reasons of a decision (`base.reasons`) as JSON and back, to a bounded depth."""

from __future__ import annotations

from typing import Any, Final

from corridor.base.errors import LocalError, MalformedError
from corridor.base.reasons import Citation, Reason, Verified
from corridor.evidence.forms import TEXT, TRUTH, Form, choice_of, read_members

MAX_DEPTH: Final = 24
"""How deep reasons may follow from reasons; well within the nesting that the JSON gate lets through."""

_VERIFIED: Final = choice_of(Verified)


def write_reason(reason: Reason, depth: int = 1) -> dict[str, Any]:
    """The JSON object of `reason` with all that it follows from.

    Raises:
        LocalError: the reasons are nested deeper than `MAX_DEPTH`.
    """
    if depth > MAX_DEPTH:
        raise LocalError(
            f"reasons follow from each other more than {MAX_DEPTH} deep", remedy="record a summary of them"
        )
    written: dict[str, Any] = {"code": reason.code, "text": reason.text, "holds": TRUTH.write(reason.holds)}
    if reason.citation is not None:
        written["citation"] = _write_citation(reason.citation)
    if reason.because:
        written["because"] = [write_reason(cause, depth + 1) for cause in reason.because]
    return written


def read_reason(value: object, place: str, depth: int = 1) -> Reason:
    """The reason that `write_reason` wrote.

    Raises:
        MalformedError: with `place`, if it wrote no such thing.
    """
    if depth > MAX_DEPTH:
        raise MalformedError(f"reasons follow from each other more than {MAX_DEPTH} deep", place=place)
    given = read_members(value, place, required=("code", "text", "holds"), optional=("citation", "because"))
    return Reason(
        TEXT.read(given["code"], f"{place}.code"),
        TEXT.read(given["text"], f"{place}.text"),
        TRUTH.read(given["holds"], f"{place}.holds"),
        _read_citation(given["citation"], f"{place}.citation") if "citation" in given else None,
        _read_causes(given["because"], f"{place}.because", depth) if "because" in given else (),
    )


def _read_causes(value: object, place: str, depth: int) -> tuple[Reason, ...]:
    if not isinstance(value, list) or not value:
        raise MalformedError("not a list with at least one reason", place=place)
    return tuple(read_reason(cause, f"{place}[{number}]", depth + 1) for number, cause in enumerate(value))


def _write_citation(citation: Citation) -> dict[str, Any]:
    written = {"instrument": citation.instrument, "pin": citation.pin, "title": citation.title}
    return written if citation.verified is None else {**written, "verified": citation.verified.value}


def _read_citation(value: object, place: str) -> Citation:
    given = read_members(value, place, required=("instrument", "pin", "title"), optional=("verified",))
    return Citation(
        TEXT.read(given["instrument"], f"{place}.instrument"),
        TEXT.read(given["pin"], f"{place}.pin"),
        TEXT.read(given["title"], f"{place}.title"),
        _VERIFIED.read(given["verified"], f"{place}.verified") if "verified" in given else None,
    )


REASON: Final = Form(write_reason, read_reason)
