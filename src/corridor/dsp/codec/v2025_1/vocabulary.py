"""The terms of the 2025-1 context that this node reads: which IRI each stands for, and what its value looks like.

From the tables of the specification; the context itself is never loaded, from nowhere.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from corridor.dsp.codec.v2025_1.terms import NAMESPACE

ODRL: Final = "http://www.w3.org/ns/odrl/2/"
DCAT: Final = "http://www.w3.org/ns/dcat#"
DCT: Final = "http://purl.org/dc/terms/"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

PREFIXES: Final[Mapping[str, str]] = {"dspace": NAMESPACE, "odrl": ODRL, "dcat": DCAT, "dct": DCT, "xsd": XSD}
"""The prefixes that the official context binds."""


class Sort(enum.Enum):
    """What the value of a term is in a document that the official context has compacted."""

    TEXT = "a string"
    IDENTIFIER = "a string that names something"
    WORD = "a string that is one of the words of the protocol"
    NAME = "a string that is a word of the protocol, of a profile, or an IRI"
    NODE = "an object"
    SERVICE = "an object, or the id of one"
    NODES = "a list of objects"
    NAMES = "a string or a list of strings"
    OPERAND = "a string, object or list, kept as it is"
    VALUES = "a list of anything"


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the context, its IRI, and the sort of its value."""

    name: str
    iri: str
    sort: Sort


def _terms(namespace: str, sort: Sort, names: str) -> dict[str, Term]:
    return {name: Term(name, namespace + name, sort) for name in names.split()}


TERMS: Final[Mapping[str, Term]] = {
    **_terms(NAMESPACE, Sort.IDENTIFIER, "providerPid consumerPid agreementId participantId"),
    **_terms(NAMESPACE, Sort.TEXT, "callbackAddress timestamp code endpoint name value"),
    **_terms(NAMESPACE, Sort.WORD, "state eventType"),
    **_terms(NAMESPACE, Sort.NAME, "endpointType"),
    **_terms(NAMESPACE, Sort.NODE, "offer agreement dataAddress"),
    **_terms(NAMESPACE, Sort.NODES, "endpointProperties"),
    **_terms(NAMESPACE, Sort.VALUES, "reason filter"),
    **_terms(DCAT, Sort.NODES, "dataset catalog service distribution"),
    **_terms(DCAT, Sort.SERVICE, "accessService"),
    **_terms(DCAT, Sort.TEXT, "endpointURL"),
    **_terms(DCT, Sort.NAME, "format"),
    **_terms(ODRL, Sort.NODES, "hasPolicy permission prohibition obligation duty constraint and andSequence or xone"),
    **_terms(ODRL, Sort.IDENTIFIER, "target assigner assignee"),
    **_terms(ODRL, Sort.WORD, "operator"),
    **_terms(ODRL, Sort.NAME, "action leftOperand"),
    **_terms(ODRL, Sort.NAMES, "profile"),
    **_terms(ODRL, Sort.OPERAND, "rightOperand"),
}
"""By name."""

BY_IRI: Final[Mapping[str, Term]] = {term.iri: term for term in TERMS.values()}
"""By IRI."""

_DSPACE_WORDS: Final = (
    "ACCEPTED FINALIZED REQUESTED STARTED COMPLETED SUSPENDED TERMINATED OFFERED AGREED VERIFIED "
    "DataAddress EndpointProperty CatalogRequestMessage CatalogError ContractRequestMessage ContractOfferMessage "
    "ContractAgreementMessage ContractAgreementVerificationMessage ContractNegotiationEventMessage "
    "ContractNegotiationTerminationMessage ContractNegotiation ContractNegotiationError TransferRequestMessage "
    "TransferStartMessage TransferCompletionMessage TransferSuspensionMessage TransferTerminationMessage "
    "TransferProcess TransferError"
)
WORDS: Final[Mapping[str, str]] = {
    **{NAMESPACE + word: word for word in _DSPACE_WORDS.split()},
    **{DCAT + word: word for word in ("Catalog", "Dataset", "Distribution", "DataService")},
}
"""States, events and types by IRI; of ODRL every word of the namespace is one."""

MARKS: Final = (NAMESPACE, ODRL, DCAT, DCT + "format", "dspace:", "odrl:", "dcat:", "dct:format")
"""How names begin that mean a term, or a word, without being written as one."""
