"""The gate for bundles: bytes in, typed lines and findings out, in this order.

Size and number of lines, then per line: not empty, within its limit, JSON, canonical, a known kind, the shape of that
kind; then the order of kinds. No signature and no proof is looked at here (`verification`), and nothing later looks at
shapes again.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from corridor.base.errors import CorridorError, MalformedError
from corridor.base.ids import printable
from corridor.base.json import JsonLimits, JsonObject, canonical_json, parse_json
from corridor.evidence.bundle import FORMAT, MANIFEST_TYPE, VERSION, BundleLimits, Header, ProvenEvent
from corridor.evidence.event import from_json
from corridor.evidence.forms import COUNT, TEXT, read_members
from corridor.evidence.jws import Jws, read_jws
from corridor.evidence.keys import from_base64url
from corridor.evidence.merkle import HASH_SIZE
from corridor.evidence.receipt import AgreementStatement, Receipt, read_receipt
from corridor.evidence.record import read_record

ValueT = TypeVar("ValueT")

_MAX_PROOF: Final = 64


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: the line it is on (1 is the first), the part of it, and what is wrong in a sentence."""

    line: int
    where: str
    what: str

    def __str__(self) -> str:
        return f"line {self.line} ({self.where}): {self.what}" if self.where else f"line {self.line}: {self.what}"


@dataclass(frozen=True, slots=True)
class Placed(Generic[ValueT]):
    """What a line says, with its number and its name for people, such as `receipt of the agreement`."""

    line: int
    where: str
    value: ValueT

    def finding(self, what: str) -> Finding:
        """A fault of this line."""
        return Finding(self.line, self.where, what)


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle as far as it could be read; `raw` has every line without its line feed."""

    raw: tuple[bytes, ...] = ()
    header: Placed[Header] | None = None
    checkpoint: Placed[str] | None = None
    events: tuple[Placed[ProvenEvent], ...] = ()
    receipts: tuple[Placed[Receipt], ...] = ()
    manifest: Placed[Jws] | None = None

    def names(self) -> Mapping[int, str]:
        """The name for people of every line that could be read, by its number."""
        read = (self.header, self.checkpoint, *self.events, *self.receipts, self.manifest)
        return {placed.line: placed.where for placed in read if placed is not None}


def read_bundle(data: bytes, limits: BundleLimits) -> tuple[Bundle, tuple[Finding, ...]]:
    """What `data` says line by line, and every line that says nothing it may say."""
    too_large = _check_size(data, limits)
    if too_large is not None:
        return Bundle(), (too_large,)
    raw, findings = _split(data)
    lines: list[Placed[Any]] = []
    for number, line in enumerate(raw, 1):
        limit = limits.max_manifest_bytes if number == len(raw) else limits.max_line_bytes
        try:
            lines.append(_read_line(number, line, limit))
        except CorridorError as error:
            findings.append(_as_finding(number, error))
    findings.extend(_check_order(lines, len(raw)))
    return _assemble(raw, lines), tuple(findings)


def _check_size(data: bytes, limits: BundleLimits) -> Finding | None:
    if len(data) > limits.max_bytes:
        return Finding(1, "", f"a bundle has at most {limits.max_bytes} bytes, this one {len(data)}")
    if (lines := data.count(b"\n")) > limits.max_lines:
        return Finding(limits.max_lines, "", f"a bundle has at most {limits.max_lines} lines, this one {lines}")
    return None


def _split(data: bytes) -> tuple[tuple[bytes, ...], list[Finding]]:
    *lines, rest = data.split(b"\n")
    if not rest:
        return tuple(lines), []
    return (*lines, rest), [Finding(len(lines) + 1, "", "the last line does not end with a line feed")]


def _read_line(number: int, line: bytes, limit: int) -> Placed[Any]:
    if not line:
        raise MalformedError("an empty line")
    value = parse_json(line, JsonLimits(max_bytes=limit))
    if canonical_json(value) != line:
        raise MalformedError("not canonical JSON (RFC 8785)")
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in _READERS:
        raise MalformedError(f"`{printable(str(kind))}` is no kind of line", place="kind")
    where, content = _READERS[kind](value)
    return Placed(number, where, content)


def _as_finding(number: int, error: CorridorError) -> Finding:
    # The parser sees one line and calls it line 1; here only the column says something.
    return Finding(number, (error.place or "").removeprefix("line 1 "), error.message)


def _read_header(value: JsonObject) -> tuple[str, Header]:
    if (value.get("format"), value.get("version")) != (FORMAT, VERSION):
        raise MalformedError(f"not the header of a {FORMAT} of version {VERSION}", place="header")
    members = {name: member for name, member in value.items() if name not in ("kind", "format", "version")}
    return "header", read_record(Header, members, "header")


def _read_checkpoint(value: JsonObject) -> tuple[str, str]:
    given = read_members(value, "checkpoint", required=("kind", "checkpoint"))
    return "checkpoint", TEXT.read(given["checkpoint"], "checkpoint")


def _read_event(value: JsonObject) -> tuple[str, ProvenEvent]:
    given = read_members(value, "event", required=("kind", "index", "proof", "event"))
    event = from_json(given["event"])
    index = COUNT.read(given["index"], "event index")
    return f"event {index}, {given['event']['type']}", ProvenEvent(index, event, _read_proof(given["proof"]))


def _read_proof(value: object) -> tuple[bytes, ...]:
    if not isinstance(value, list) or len(value) > _MAX_PROOF:
        raise MalformedError(f"not a list of at most {_MAX_PROOF} hashes", place="proof")
    hashes = tuple(from_base64url(entry, f"proof[{number}]") for number, entry in enumerate(value))
    if any(len(entry) != HASH_SIZE for entry in hashes):
        raise MalformedError(f"a hash that has not {HASH_SIZE} bytes", place="proof")
    return hashes


def _read_receipt(value: JsonObject) -> tuple[str, Receipt]:
    given = read_members(value, "receipt", required=("kind", "receipt"))
    receipt = read_receipt(given["receipt"])
    statement = receipt.statement
    if isinstance(statement, AgreementStatement):
        return "receipt of the agreement", receipt
    return f"receipt of delivery {printable(statement.provider_pid)}", receipt


def _read_manifest(value: JsonObject) -> tuple[str, Jws]:
    given = read_members(value, "manifest", required=("kind", "manifest"))
    return "manifest", read_jws(given["manifest"], MANIFEST_TYPE, "manifest")


_READERS: Final[Mapping[str, Callable[[JsonObject], tuple[str, Any]]]] = {
    "header": _read_header,
    "checkpoint": _read_checkpoint,
    "event": _read_event,
    "receipt": _read_receipt,
    "manifest": _read_manifest,
}
_RANKS: Final[Mapping[type, int]] = {Header: 0, str: 1, ProvenEvent: 2, Receipt: 3, Jws: 4}
_ONCE: Final[Mapping[type, str]] = {Header: "header", str: "checkpoint", Jws: "manifest"}


def _check_order(lines: Sequence[Placed[Any]], last: int) -> Iterator[Finding]:
    """Header, checkpoint and manifest once, and the kinds in the order of the format."""
    for cls, name in _ONCE.items():
        found = [line for line in lines if type(line.value) is cls]
        if not found:
            yield Finding(max(last, 1), "", f"the bundle has no {name} that can be read")
        for line in found[1:]:
            yield line.finding(f"a second {name}")
    for before, line in itertools.pairwise(lines):
        if _RANKS[type(line.value)] < _RANKS[type(before.value)]:
            yield line.finding(f"stands after the {before.where}")


def _assemble(raw: tuple[bytes, ...], lines: Sequence[Placed[Any]]) -> Bundle:
    def of(cls: type) -> tuple[Placed[Any], ...]:
        return tuple(line for line in lines if type(line.value) is cls)

    def first(cls: type) -> Placed[Any] | None:
        return next(iter(of(cls)), None)

    return Bundle(raw, first(Header), first(str), of(ProvenEvent), of(Receipt), first(Jws))
