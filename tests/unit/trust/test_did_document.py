from __future__ import annotations

import contextlib
import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError
from corridor.trust.did_document import PURPOSES, own_document, read_document
from corridor.trust.keys import FileSigner, create_key_file

DID = "did:web:partner.example"
KEY = f"{DID}#key-1"


@pytest.fixture(scope="module")
def jwk(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "key.pem"
    create_key_file(path)
    return FileSigner(path, KEY).public_jwk


@pytest.fixture
def document(jwk):
    return copy.deepcopy(dict(own_document(DID, jwk, "https://partner.example", "/dsp/2025-1")))


def test_our_own_document_passes_the_gate_that_partners_have(document):
    read = read_document(document, DID)
    assert read.id == DID
    assert {purpose: list(keys) for purpose, keys in read.keys.items()} == {purpose: [KEY] for purpose in PURPOSES}
    assert read.services == {
        "DataService": "https://partner.example/.well-known/dspace-version",
        "CatalogService": "https://partner.example/dsp/2025-1/catalog",
        "CorridorReceipts": "https://partner.example/receipts",
    }


def test_a_document_about_another_did_is_refused(document):
    with pytest.raises(MalformedError, match="another DID"):
        read_document(document, "did:web:PARTNER.example")


def test_a_key_counts_only_for_the_purposes_that_name_it(document):
    document["capabilityInvocation"] = []
    del document["authentication"]
    read = read_document(document, DID)
    assert read.keys["capabilityInvocation"] == read.keys["authentication"] == {}
    assert list(read.keys["assertionMethod"]) == [KEY]


def test_a_relative_key_id_and_an_embedded_method_are_understood(document):
    embedded = {**document["verificationMethod"][0], "id": "#key-2"}
    document["capabilityInvocation"] = ["#key-1", embedded]
    read = read_document(document, DID)
    assert list(read.keys["capabilityInvocation"]) == [KEY, f"{DID}#key-2"]
    assert list(read.keys["authentication"]) == [KEY]


def test_references_to_keys_that_are_not_there_give_none(document):
    document["capabilityInvocation"] = ["did:web:other.example#key-1", f"{DID}#gone"]
    assert read_document(document, DID).keys["capabilityInvocation"] == {}


@pytest.mark.parametrize(
    "key",
    [None, "text", {"kty": "OKP", "crv": "Ed25519", "x": "AA"}, {"kty": "EC", "crv": "P-384"}, {"kty": "RSA"}],
)
def test_keys_of_other_kinds_are_left_out(document, key):
    document["verificationMethod"].append({"id": "#other", "type": "X", "controller": DID, "publicKeyJwk": key})
    document["capabilityInvocation"].append("#other")
    assert list(read_document(document, DID).keys["capabilityInvocation"]) == [KEY]


def spoil_controller(document):
    document["verificationMethod"][0]["controller"] = "did:web:other.example"


def spoil_owner(document):
    document["verificationMethod"][0]["id"] = "did:web:partner.example.evil#key-1"


def spoil_id(document):
    document["verificationMethod"][0]["id"] = 7


def spoil_point(document):
    document["verificationMethod"][0]["publicKeyJwk"]["x"] = "A" * 43


def spoil_private(document):
    document["verificationMethod"][0]["publicKeyJwk"]["d"] = "A" * 43


def spoil_methods(document):
    document["verificationMethod"] = {"id": KEY}


def spoil_method(document):
    document["verificationMethod"] = [KEY]


def spoil_relationship(document):
    document["capabilityInvocation"] = KEY


def spoil_reference(document):
    document["capabilityInvocation"] = [7]


def spoil_number(document):
    document["verificationMethod"] *= 33


def spoil_services(document):
    document["service"] = "https://partner.example"


@pytest.mark.parametrize(
    "spoil",
    [
        spoil_controller,
        spoil_owner,
        spoil_id,
        spoil_point,
        spoil_private,
        spoil_methods,
        spoil_method,
        spoil_relationship,
        spoil_reference,
        spoil_number,
        spoil_services,
    ],
    ids=lambda spoil: spoil.__name__,
)
def test_a_document_with_a_fault_in_what_we_rely_on_is_refused(document, spoil):
    spoil(document)
    with pytest.raises(MalformedError):
        read_document(document, DID)


@pytest.mark.parametrize("entry", [7, {"type": 7}, {"type": "A"}, {"type": "A", "serviceEndpoint": {"uri": "x"}}])
def test_services_that_we_cannot_use_are_passed_over(document, entry):
    document["service"].insert(0, entry)
    assert read_document(document, DID).services["DataService"].startswith("https://")


def test_the_first_service_of_a_type_counts(document):
    document["service"].append({"type": "DataService", "serviceEndpoint": "https://evil.example"})
    assert "evil" not in read_document(document, DID).services["DataService"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([DID, KEY]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "verificationMethod", "controller", "publicKeyJwk", "service", "kty", "crv", *PURPOSES]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(document=JSON)
def test_any_json_is_read_or_refused(document):
    if isinstance(document, dict):
        document["id"] = DID
    with contextlib.suppress(MalformedError):
        read_document(document, DID)
