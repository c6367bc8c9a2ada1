"""JSON at the gate: one bounded parser for untrusted bytes, and one canonical form for what is hashed or signed."""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from corridor.base.errors import LocalError, MalformedError, TooLargeError
from corridor.base.ids import printable

JsonObject = Mapping[str, Any]
"""A decoded JSON object; treated as immutable everywhere."""

MAX_SAFE_INTEGER: Final = 2**53 - 1
"""The greatest integer that every JSON reader keeps exactly (RFC 7493 §2.2)."""


@dataclass(frozen=True, slots=True)
class JsonLimits:
    """Bounds on a document from outside: bytes, nesting of arrays and objects, characters of one number, values.

    Decoding costs time for each value, and nothing else is done meanwhile: `[1,1,1…` costs a hundred times what a text
    of as many bytes does.
    """

    max_bytes: int = 1_048_576
    max_depth: int = 64
    max_number_length: int = 64
    max_values: int = 100_000


DEFAULT_LIMITS: Final = JsonLimits()


def parse_json(data: bytes, limits: JsonLimits = DEFAULT_LIMITS) -> Any:
    """Decode one JSON text within `limits`.

    Duplicate names, NaN, infinities and lone surrogates are refused: two readers would not agree on what they mean.

    Raises:
        TooLargeError: over `max_bytes`, `max_depth`, `max_number_length` or `max_values`.
        MalformedError: not JSON in UTF-8, or one of the above.
    """
    if len(data) > limits.max_bytes:
        raise TooLargeError(f"a document has at most {limits.max_bytes} bytes, this one {len(data)}")
    _check_values(data, limits.max_values)
    try:
        text = data.decode("utf-8")
        value = _decoder(limits).decode(text)
    except UnicodeDecodeError as error:
        raise MalformedError(f"not UTF-8 at byte {error.start}") from None
    except RecursionError:
        raise TooLargeError(f"nested deeper than {limits.max_depth} levels") from None
    except json.JSONDecodeError as error:
        raise MalformedError(
            f"not JSON: {error.msg.lower()}", place=f"line {error.lineno} column {error.colno}"
        ) from None
    if _needs_walk(text, limits.max_depth):
        _check_depth(value, limits.max_depth)
    return value


_OPENS: Final = (b",", b"[", b"{")
_TEXT: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


def _check_values(data: bytes, most: int) -> None:
    """Count what values begin behind, before any is decoded; what stands in texts only where it could matter."""
    if _opened(data) > most and _opened(_TEXT.sub(b"", data)) > most:
        raise TooLargeError(f"a document has at most {most} values")


def _opened(data: bytes) -> int:
    return sum(map(data.count, _OPENS))


@functools.cache
def _decoder(limits: JsonLimits) -> json.JSONDecoder:
    def number(text: str) -> str:
        if len(text) > limits.max_number_length:
            raise TooLargeError(f"a number has at most {limits.max_number_length} characters, this one {len(text)}")
        return text

    def whole(text: str) -> int:
        value = int(number(text))
        if abs(value) > MAX_SAFE_INTEGER:
            raise MalformedError(f"the number {text} is beyond ±(2^53-1)")
        return value

    def real(text: str) -> float:
        value = float(number(text))
        if value in (float("inf"), float("-inf")):
            raise MalformedError(f"the number {text} is out of range")
        return value

    return json.JSONDecoder(
        object_pairs_hook=_unique, parse_int=whole, parse_float=real, parse_constant=_refuse_constant
    )


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise MalformedError(f"the name `{printable(twice)}` stands twice in one object")
    return found


def _refuse_constant(text: str) -> None:
    raise MalformedError(f"{text} is not a JSON number")


_SURROGATE = re.compile("[\ud800-\udfff]")


def _needs_walk(text: str, max_depth: int) -> bool:
    """Whether a text can be nested too deep, or hold half a surrogate pair, which UTF-8 has only as an escape."""
    return text.count("{") + text.count("[") > max_depth or "\\u" in text


def _check_depth(value: Any, max_depth: int) -> None:
    """Walk without recursion, so that the check itself has no depth to exhaust."""
    level: list[Any] = [value]
    depth = 0
    while level:
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.keys())
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
            elif isinstance(item, str) and not item.isascii() and _SURROGATE.search(item):
                raise MalformedError("a string holds half a surrogate pair")
        depth += any(isinstance(item, dict | list) for item in level)
        if depth > max_depth:
            raise TooLargeError(f"nested deeper than {max_depth} levels")
        level = below


_CANONICAL: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def canonical_json(value: Any) -> bytes:
    """The canonical form of RFC 8785 (JCS) for values without fractions: what is hashed and signed.

    Raises:
        LocalError: the value holds a float, an integer beyond ±(2^53-1), a lone surrogate, or what is not JSON.
    """
    prepared = _ordered(value)
    try:
        return _CANONICAL.encode(prepared).encode("utf-8")
    except UnicodeEncodeError:
        raise LocalError("a string with half a surrogate pair has no canonical form") from None


def _ordered(value: Any) -> Any:
    """`value` with every object's names in order of their UTF-16 code units (RFC 8785 §3.2.3)."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is dict:
        return {name: _ordered(value[name]) for name in _in_order(value)}
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if abs(value) > MAX_SAFE_INTEGER:
            raise LocalError(f"the number {value} is beyond ±(2^53-1) and has no canonical form")
        return value
    if isinstance(value, Mapping):
        return {name: _ordered(value[name]) for name in _in_order(value)}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_ordered(item) for item in value]
    raise LocalError(f"a value of type {type(value).__name__} has no canonical form")


def _in_order(value: Mapping[Any, Any]) -> list[str]:
    """The names in order of their UTF-16 code units, which for ASCII is the order of their characters."""
    try:
        if "".join(value).isascii():
            return sorted(value)
    except TypeError:
        pass
    return sorted(value, key=_utf16)


def _utf16(name: object) -> bytes:
    if not isinstance(name, str):
        raise LocalError(f"`{name}` is not a JSON name")
    return name.encode("utf-16-be", "surrogatepass")
