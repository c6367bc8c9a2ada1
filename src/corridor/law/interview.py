"""One question after another, each the one that is expected to settle most, until the answer is certain."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any, Final

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.json import JsonObject
from corridor.base.reasons import Citation
from corridor.base.truth import Truth
from corridor.law.domains import general_path, kind_of
from corridor.law.facts import parse_facts
from corridor.law.outcome import Assessment
from corridor.law.source import plain, read_yaml
from corridor.law.suppose import POPULATIONS
from corridor.law.vocabulary import Flags, Kind, Number, Record, Several, Truthful, Window
from corridor.law.wording import admitted, wording

UNKNOWN: Final = "unknown"
_YES: Final = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}
_STEP: Final = re.compile(r"\.?([a-z_]+)((?:\[\d+\])*)")


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask for.

    Attributes:
        path: of the unknown fact.
        text: the question in words.
        admits: what may be answered.
        because: the provisions that make it matter, the first of each jurisdiction.
    """

    path: str
    text: str
    admits: str
    because: tuple[Citation, ...]


def next_question(assessment: Assessment, skipped: Container[str] = ()) -> Question | None:
    """What to ask next, leaving out what nobody knows; None where nothing that can be asked is open."""
    for path in assessment.missing:
        if path not in skipped and _is_fact(path):
            return Question(path, wording(path), admitted(path), tuple(_because(assessment, path)))
    return None


def _is_fact(path: str) -> bool:
    return path == POPULATIONS or " has " in path or kind_of(general_path(path)) is not None


def _because(assessment: Assessment, path: str) -> list[Citation]:
    found = []
    for ruling in assessment.rulings:
        if path in ruling.missing:
            rungs = [rule for rule in ruling.steps if rule.holds is Truth.UNKNOWN and not rule.relied_on]
            first = next((rule for rule in rungs if path in rule.missing), None)
            if first is not None:
                found.append(first.basis.citation)
    return found


def answered(document: JsonObject, path: str, text: str) -> JsonObject:
    """The description with what was answered to the question about `path`.

    Raises:
        MalformedError: it is no answer to this question; the remedy says what is.
        TooLargeError: it is beyond what a description may hold.
    """
    changed = copy.deepcopy(dict(document))
    try:
        if path == POPULATIONS:
            _name_populations(changed, text)
        elif path == "data.counts":
            changed.setdefault("data", {})["counts"] = _counts(changed, text)
        else:
            name, _, code = path.partition(" has ")
            value = _truth(text) if code else _value(kind_of(general_path(path)), path, text)
            _put(changed, name, {code: value} if code else value)
    except ValueError:
        raise MalformedError(f"`{printable(text, 60)}` is no answer", place=path, remedy=admitted(path)) from None
    parse_facts(changed, "your answer")
    return changed


def _value(kind: Kind | None, path: str, text: str) -> Any:
    if path == "data.items":
        return [{"category": word} for word in _words(text)]
    if isinstance(kind, Several | Flags):
        records = isinstance(kind, Several) and isinstance(kind.of, Record) and text.strip() != "none"
        return plain(read_yaml(text, "your answer")) if records else _words(text)
    reader = _READERS.get(type(kind), str.strip)
    return reader(text)


def _truth(text: str) -> bool:
    if text.strip().lower() not in _YES:
        raise ValueError(text)
    return _YES[text.strip().lower()]


def _number(text: str) -> int:
    return int(re.sub(r"[ ,_']", "", text.strip()))


def _words(text: str) -> list[str]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    return [] if words == ["none"] else words


def _window(text: str) -> Any:
    first, *rest = text.split()
    if not rest:
        return int(first)
    (last,) = rest
    return {"from": first, "to": last}


_READERS: Final[Mapping[type, Callable[[str], Any]]] = {Truthful: _truth, Number: _number, Window: _window}


def _counts(document: Mapping[str, Any], text: str) -> list[dict[str, Any]]:
    """A number for every category of the items, or one for each that is named."""
    items = document.get("data", {}).get("items", [])
    categories = list(dict.fromkeys(item["category"] for item in items if "category" in item))
    if re.fullmatch(r"[\d ,_']+", text.strip()):
        return [{"category": one, "unit": "persons", "n": _number(text)} for one in categories]
    named = [part.split() for part in text.split(",")]
    if any(len(pair) != 2 for pair in named):  # noqa: PLR2004 - a category and a number
        raise ValueError(text)
    return [{"category": category, "unit": "persons", "n": _number(n)} for category, n in named]


def _name_populations(document: dict[str, Any], text: str) -> None:
    if text.strip() not in {"same", "different"}:
        raise ValueError(text)
    for number, count in enumerate(document["data"]["counts"]):
        count["population"] = "everybody" if text.strip() == "same" else f"group {number + 1}"


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    """Put `value` at a path; an object of flags is added to those that are there."""
    steps: list[Any] = []
    for word, indexes in _STEP.findall(path):
        steps += [word, *map(int, re.findall(r"\d+", indexes))]
    target: Any = document
    for step in steps[:-1]:
        target = target.setdefault(step, {}) if isinstance(step, str) else target[step]
    last = steps[-1]
    known = target.get(last) if isinstance(target, dict) else None
    target[last] = {**known, **value} if isinstance(known, dict) and isinstance(value, dict) else value
