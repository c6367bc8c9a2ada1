"""What the contexts of a document make of its names (JSON-LD 1.1, term definitions and compact IRIs).

The official context is known by its address; of a context that stands in the document, only what leads to the
protocol's namespaces is heeded. A context that is merely named is never fetched, and what it defines not understood.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from corridor.base.errors import MalformedError
from corridor.base.ids import printable
from corridor.base.json import JsonObject
from corridor.dsp.codec.v2025_1.terms import CONTEXT
from corridor.dsp.codec.v2025_1.vocabulary import BY_IRI, ODRL, PREFIXES, TERMS, WORDS, Term

_NAMESPACES = frozenset(PREFIXES.values())


@dataclass(frozen=True, slots=True)
class Names:
    """The names at one place of a document.

    Attributes:
        official: whether the official context is among those that hold, with its types and words.
        prefixes: prefix to namespace.
        terms: name to the term of the protocol that it means.
        vocabulary: what stands before a bare name that is none of them, by `@vocab`.
    """

    official: bool = False
    prefixes: Mapping[str, str] = field(default_factory=dict)
    terms: Mapping[str, Term] = field(default_factory=dict)
    vocabulary: str = ""

    def within(self, context: Any, place: str) -> Names:
        """The names below a `@context`.

        Raises:
            MalformedError: the context gives a name of the protocol another meaning.
        """
        names = self
        for entry in context if isinstance(context, list) else [context]:
            if entry == CONTEXT:
                prefixes, terms = {**names.prefixes, **PREFIXES}, {**names.terms, **TERMS}
                names = replace(names, official=True, prefixes=prefixes, terms=terms)
            elif isinstance(entry, Mapping):
                names = names.extended(entry, place)
        return names

    def extended(self, context: JsonObject, place: str) -> Names:
        """The names with those that a context in the document binds to the protocol's.

        Raises:
            MalformedError: as `within`.
        """
        bound = dict(_bindings(context))
        prefixes = {name: iri for name, iri in bound.items() if iri in _NAMESPACES and not name.startswith("@")}
        names = replace(self, prefixes={**self.prefixes, **prefixes})
        vocabulary = bound.get("@vocab", self.vocabulary)
        terms = dict(self.terms)
        for name, iri in bound.items():
            term = BY_IRI.get(names.expanded(iri))
            # The terms and prefixes of the official context are `@protected`.
            if (name in TERMS and term != TERMS[name]) or (name in PREFIXES and iri != PREFIXES[name]):
                raise MalformedError(
                    f"`{printable(name)}` has another meaning in the protocol",
                    place=f"{place}.@context",
                    remedy="choose another name",
                )
            if term is not None:
                terms[name] = term
        return replace(names, terms=terms, vocabulary=vocabulary if vocabulary in _NAMESPACES else "")

    def expanded(self, name: str) -> str:
        """The IRI that a prefixed name stands for; any other name unchanged."""
        prefix, colon, local = name.partition(":")
        return self.prefixes[prefix] + local if colon and prefix in self.prefixes else name

    def term(self, name: str) -> Term | None:
        """The term of the protocol that `name` means."""
        return self.terms.get(name) or BY_IRI.get(self._iri(name))

    def means(self, name: str) -> bool:
        """Whether a context, or the name itself, says what `name` means."""
        return self.official or bool(self.vocabulary) or ":" in name or name.startswith("@")

    def word(self, text: str) -> str:
        """The word of the protocol that `text` means; any other text unchanged."""
        iri = self._iri(text)
        return iri.removeprefix(ODRL) if iri.startswith(ODRL) else WORDS.get(iri, text)

    def _iri(self, name: str) -> str:
        return self.expanded(name) if ":" in name else self.vocabulary + name


def _bindings(context: JsonObject) -> Iterator[tuple[str, str]]:
    """Name and meaning of each definition that is or has an IRI."""
    for name, meaning in context.items():
        iri = meaning.get("@id") if isinstance(meaning, Mapping) else meaning
        if isinstance(iri, str):
            yield name, iri
        elif name in TERMS or name in PREFIXES:
            yield name, ""
