"""Other spellings of a document of the protocol that mean the same to JSON-LD: expanded, prefixed, wrapped, mixed."""

from __future__ import annotations

from corridor.dsp.codec.v2025_1.terms import CONTEXT, NAMESPACE
from corridor.dsp.codec.v2025_1.vocabulary import DCAT, DCT, ODRL, TERMS, XSD, Sort

SPACES = {"dspace": NAMESPACE, "odrl": ODRL, "dcat": DCAT, "dct": DCT, "xsd": XSD}
TYPES = {"Catalog": DCAT, "Dataset": DCAT, "Distribution": DCAT, "DataService": DCAT, "Offer": ODRL, "Agreement": ODRL}
STRUCTURES = (Sort.NODE, Sort.SERVICE, Sort.NODES)


class Spelling:
    """One way to spell: `pick(options)` chooses among spellings that mean the same, the plainest first.

    Attributes:
        prefixes: the names under which the namespaces may appear; none of them has to be the usual one.
    """

    def __init__(self, pick, prefixes=None):
        self._pick = pick
        self.prefixes = {name: name for name in SPACES} if prefixes is None else prefixes

    def document(self, plain, context):
        """The document under a context that gives its names their meaning."""
        node = self._node({name: value for name, value in plain.items() if name != "@context"})
        return {"@context": context, **node}

    def _name(self, iri, bare):
        prefix, space = next((name, space) for name, space in SPACES.items() if iri.startswith(space))
        local = iri.removeprefix(space)
        return self._pick([*([local] if bare else []), f"{self.prefixes[prefix]}:{local}", iri])

    def _node(self, node):
        found = {}
        for name, value in node.items():
            if name == "@type":
                word = self._name(TYPES.get(value, NAMESPACE) + value, bare=True)
                found[name] = self._pick([word, [word]])
            elif name in TERMS:
                found[self._name(TERMS[name].iri, bare=True)] = self._value(TERMS[name], value)
            else:
                found[name] = value
        return found

    def _value(self, term, value):
        if term.sort in STRUCTURES:
            return self._structure(term, value)
        if term.sort is Sort.OPERAND:
            return self._operand(value)
        if term.sort in (Sort.NAMES, Sort.VALUES):
            values = value if isinstance(value, list) else [value]
            return [self._wrapped(one, "@id" if term.sort is Sort.NAMES else "@value") for one in values]
        if term.sort is Sort.WORD:
            space = ODRL if term.name == "operator" else NAMESPACE
            value = self._name(space + value, bare=True)
        wrapper = "@value" if term.sort is Sort.TEXT else "@id"
        return self._pick([value, self._wrapped(value, wrapper), [self._wrapped(value, wrapper)]])

    def _wrapped(self, value, name):
        return self._pick([value, {name: value}]) if isinstance(value, str) else value

    def _structure(self, term, value):
        if isinstance(value, list):
            entries = [self._node(one) for one in value]
            return self._pick([entries, {"@set": entries}])
        if isinstance(value, str):
            return self._pick([value, {"@id": value}, [{"@id": value}]])
        node = self._node(value)
        return self._pick([node, [node]])

    def _operand(self, value):
        if isinstance(value, str):
            return self._pick(
                [value, {"@value": value}, [{"@value": value}], {"@value": value, "@type": XSD + "string"}]
            )
        if isinstance(value, list):
            return self._pick(
                [value, {"@list": value}, [{"@value": one} for one in value] if len(value) > 1 else value]
            )
        return self._pick([value, [value]])


def last(options):
    """The fullest spelling there is."""
    return options[-1]


def expanded(plain):
    """As a JSON-LD processor expands it: no context, IRIs only, every value wrapped."""
    document = Spelling(last).document(plain, None)
    del document["@context"]
    return [document]


def prefixed(plain, pick=lambda options: options[min(1, len(options) - 1)]):
    """With prefixes of its own, bound in the document, and without the official context."""
    own = {"dspace": "d", "odrl": "o", "dcat": "c", "dct": "t", "xsd": "x"}
    return Spelling(pick, own).document(plain, {own[name]: space for name, space in SPACES.items()})


def mixed(plain, pick):
    """Under the official context, each name and value spelled as `pick` likes."""
    return Spelling(pick).document(
        plain, pick([[CONTEXT], CONTEXT, [CONTEXT, {"odrl": ODRL, "own": "https://o.example/"}]])
    )
