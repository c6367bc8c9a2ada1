"""Facts and rulings as text in one language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final

from corridor.law.dossier.document import Grid
from corridor.law.dossier.words import code_word, phrase
from corridor.law.facts import Facts, FlagSet, Values
from corridor.law.outcome import Ruling

_COLUMNS: Final = {
    "items": ("category", "subject", "purpose", "collected_in"),
    "counts": ("category", "subject", "unit", "n"),
    "papers": ("kind", "id", "number", "valid_to"),
}


def fact_text(facts: Facts, path: str, language: str) -> str | None:
    """The fact at `path` as text, or None where it is not known."""
    value = facts.get(path)
    return None if value is None else _text(value, language)


def _text(value: Any, language: str) -> str:
    if isinstance(value, bool):
        return phrase(language, "yes" if value else "no")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, FlagSet):
        return _joined((code for code, holds in value.known.items() if holds), language)
    if isinstance(value, tuple):
        return _joined((_text(item, language) for item in value), language)
    return code_word(language, str(value)) if isinstance(value, str) else str(value)


def _joined(texts: Iterable[str], language: str) -> str:
    return ("、" if language == "zh" else ", ").join(texts) or phrase(language, "none")


def table_of(facts: Facts, name: str, language: str) -> Grid | None:
    """The table `items`, `counts` or `papers` of the description, or None where nothing is known of it."""
    rows: tuple[Values, ...] = facts.papers if name == "papers" else facts.get(f"data.{name}") or ()
    columns = [column for column in _COLUMNS[name] if any(column in row for row in rows)]
    if not columns:
        return None
    head = tuple(phrase(language, column) for column in columns)
    return Grid(head, tuple(tuple(_cell(row, column, language) for column in columns) for row in rows))


def _cell(row: Values, column: str, language: str) -> str:
    return _text(row[column], language) if column in row else phrase(language, "unknown")


def answer_text(ruling: Ruling, name: str, language: str) -> str | None:
    """The part `name` of the ruling as text, or None where it has none."""
    found = _ANSWERS[name](ruling, language)
    return None if found is None else _joined(found, language)


def _counts(ruling: Ruling, language: str) -> tuple[str, ...] | None:
    counts = (
        f"{code_word(language, one.key.name)} {one.total} {code_word(language, one.unit)}" for one in ruling.counted
    )
    return tuple(counts) or None


_ANSWERS: Final[Mapping[str, Callable[[Ruling, str], tuple[str, ...] | None]]] = {
    "as_of": lambda ruling, _: (ruling.as_of.isoformat(),),
    "outcome": lambda ruling, _: (ruling.outcome.value,),
    "provisions": lambda ruling, _: tuple(str(basis.citation) for basis in ruling.provisions),
    "mechanisms": lambda ruling, language: tuple(code_word(language, word) for word in ruling.mechanisms),
    "counts": _counts,
    "duties": lambda ruling, _: tuple(duty.citation.pin for duty in ruling.obligations),
    "missing": lambda ruling, _: ruling.missing,
}
"""Parts of a ruling that can fill a field, by name."""

ANSWERS: Final = tuple(_ANSWERS)
