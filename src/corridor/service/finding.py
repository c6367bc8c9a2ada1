"""What a catalogue request looks for: the filter language, and the terms that datasets and offers are found by.

DSP 2025-1 leaves the filter to the implementation (docs/reference/catalogue.md says what ours is). The provider indexes
datasets by `terms_of` and looks filters up; the consumer applies the same filter to what comes, whoever sent it.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from corridor.base.errors import CorridorError, MalformedError
from corridor.base.ids import printable
from corridor.base.json import JsonObject, canonical_json, parse_json
from corridor.odrl.actions import canonical_action, covered_by, root_of
from corridor.odrl.evaluate import action_name
from corridor.odrl.model import PolicyKind
from corridor.odrl.parse import parse_policy
from corridor.service.records import DatasetRecord
from corridor.service.terms import declared_purposes

FILTERS: Final = ("keyword", "format", "mediaType", "category", "purpose", "action", "catalogue", "text")
"""The members that a filter object may have."""

_MOST_TERMS: Final = 32
_LONGEST: Final = 200
"""Characters of a term; what is longer is found by its beginning."""
_MOST_WORDS: Final = 200
"""Words of a title that it is found by."""
_WORD: Final = re.compile(r"[^\W_]+")
_RUN: Final = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+|[^\W_\u3040-\u9fff\uf900-\ufaff]+")
_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class Described:
    """What a dataset says of itself, in our records or in a partner's catalogue."""

    title: str
    keywords: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    profile: JsonObject = field(default_factory=dict)
    catalogue: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A parsed filter; all of it has to hold.

    Attributes:
        terms: the dataset has to have.
        formats: in which the dataset has to be had.
        purposes: one offer has to name, as terms.
        actions: the same offer has to permit, by canonical name.
    """

    terms: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()

    @property
    def index_terms(self) -> tuple[str, ...]:
        """The terms under which the index has every dataset that fits, and perhaps some that does not."""
        return tuple(sorted(self.terms | self.purposes | {_action_term(action) for action in self.actions}))

    def fits(self, dataset: Described) -> bool:
        """Whether the dataset fits, its offers apart."""
        if not self.formats <= {_folded(format_) for format_ in dataset.formats}:
            return False
        return not self.terms or self.terms <= set(_described(dataset))

    def fits_offer(self, body: JsonObject) -> bool:
        """Whether an offer with these rules fits."""
        if not (self.purposes or self.actions):
            return True
        offered = _offered(body)
        return self.purposes <= offered.purposes and all(
            any(action in covered_by(permitted) for permitted in offered.actions) for action in self.actions
        )


ANYTHING: Final = Wanted()


def parse_filter(filters: Iterable[Any], place: str = "$.filter") -> Wanted:
    """The filter of a catalogue request: a list of objects such as `{"keyword": "trade", "text": "orders"}`.

    Raises:
        MalformedError: a member is not one of `FILTERS`, or its value no text; `place` is the JSON path.
    """
    conditions = [pair for n, one in enumerate(filters) for pair in _conditions(one, f"{place}[{n}]")]
    wanted: dict[str, set[str]] = {"terms": set(), "formats": set(), "purposes": set(), "actions": set()}
    for name, value in conditions:
        kind, terms = _wanted(name, value)
        wanted[kind] |= terms
    if sum(len(terms) for terms in wanted.values()) > _MOST_TERMS:
        raise MalformedError(f"a filter looks for at most {_MOST_TERMS} words and other conditions", place=place)
    return Wanted(**{kind: frozenset(terms) for kind, terms in wanted.items()})


def _conditions(one: Any, place: str) -> Iterator[tuple[str, str]]:
    if not isinstance(one, Mapping):
        raise MalformedError("a filter is an object", place=place, remedy=_remedy(""))
    for name, value in one.items():
        if name == "@type":
            continue
        if name not in FILTERS:
            raise MalformedError(f"there is no filter `{printable(str(name))}`", place=place, remedy=_remedy(str(name)))
        if not isinstance(value, str) or not value.strip():
            raise MalformedError("a filter looks for a text", place=f"{place}.{name}")
        yield name, value


def _remedy(name: str) -> str:
    close = difflib.get_close_matches(name, FILTERS, 1)
    known = f"supported are {', '.join(FILTERS)}"
    return f"did you mean `{close[0]}`? {known}" if close else known


def _wanted(name: str, value: str) -> tuple[str, set[str]]:
    """Which part of `Wanted` a condition belongs to, and what it adds there."""
    match name:
        case "format":
            return "formats", {_folded(value)}
        case "purpose":
            return "purposes", {_term("purpose", value)}
        case "action":
            return "actions", {action_name(value.strip()) or value.strip()}
        case "text":
            return "terms", {_term("text", word) for word in _sought(value)} or {_term("text", value)}
        case _:
            return "terms", {_term(name, value)}


def terms_of(record: DatasetRecord) -> tuple[str, ...]:
    """The terms under which a dataset is indexed; an offer that cannot be read adds none."""
    terms = set(_described(describe(record)))
    for offer in record.offers:
        offered = _offered(offer.body)
        terms |= offered.purposes | {_action_term(action) for action in offered.actions}
    return tuple(sorted(terms))


def describe(record: DatasetRecord, formats: tuple[str, ...] = ()) -> Described:
    """A dataset of ours; in which formats it can be had says the node, not the record."""
    media_types = (record.content.media_type,)
    return Described(record.title, record.keywords, media_types, formats, record.profile, record.catalogue)


def _described(dataset: Described) -> Iterator[str]:
    yield from (_term("keyword", word) for word in dataset.keywords)
    yield from (_term("mediaType", media_type) for media_type in dataset.media_types)
    yield from (_term("category", category) for category in _categories(dataset.profile))
    yield from (_term("text", word) for word in _words(dataset.title))
    if dataset.catalogue:
        yield _term("catalogue", dataset.catalogue)


def _categories(profile: JsonObject) -> Iterator[str]:
    """The categories that the data profile names, wherever it names them; a partner's may have any shape."""
    data = profile.get("data")
    for name in ("items", "counts"):
        entries = data.get(name) if isinstance(data, Mapping) else None
        for entry in entries if isinstance(entries, list | tuple) else ():
            category = entry.get("category") if isinstance(entry, Mapping) else None
            if isinstance(category, str):
                yield category


def _term(kind: str, value: str) -> str:
    return f"{kind}:{_folded(value)}"


def _action_term(action: str) -> str:
    """Offers are indexed by the root of what they permit: what covers an action has the same root."""
    return f"action:{root_of(action) or action}"


def _folded(value: str) -> str:
    text = unicodedata.normalize("NFKC", value).casefold().strip()[:_LONGEST]
    return text.encode("utf-8", "replace").decode()


def _words(text: str) -> set[str]:
    """What a title is found by: its words; of scripts without spaces, each character and each pair of neighbours."""
    found: set[str] = set()
    for run in _runs(text)[:_MOST_WORDS]:
        found |= {*run, *_pairs(run)} if _UNSPACED.match(run) else {run}
    return found


def _sought(text: str) -> set[str]:
    """The words that a title has to have to be found by `text`."""
    found: set[str] = set()
    for run in _runs(text)[: 2 * _MOST_TERMS]:
        found |= set(_pairs(run)) if _UNSPACED.match(run) and len(run) > 1 else {run}
    return found


def _runs(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return [run[:_LONGEST] for word in _WORD.findall(folded) for run in _RUN.findall(word)]


def _pairs(run: str) -> list[str]:
    return [run[n : n + 2] for n in range(len(run) - 1)]


@dataclass(frozen=True, slots=True)
class _Offered:
    """Purposes that an offer names as allowed, as terms, and actions that it permits, by canonical name."""

    purposes: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()


def _offered(body: JsonObject) -> _Offered:
    try:
        return _read(canonical_json(body))
    except CorridorError:
        return _Offered()


@lru_cache(maxsize=512)
def _read(body: bytes) -> _Offered:
    policy = parse_policy(parse_json(body), kind=PolicyKind.OFFER)
    purposes = frozenset(_term("purpose", purpose) for purpose in declared_purposes(policy))
    actions = frozenset(permission.action for permission in policy.permissions if canonical_action(permission.action))
    return _Offered(purposes, actions)
