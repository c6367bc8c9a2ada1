from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from corridor.base.errors import LocalError, MalformedError
from corridor.evidence.keys import (
    check_did,
    did_of,
    from_base64url,
    read_jwk,
    read_keys,
    sign,
    to_base64url,
)

KEY_ID = "did:web:provider.example#key-1"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class Fixed:
    """A signer that always gives the same bytes."""

    value: bytes
    key_id: str = KEY_ID

    def sign(self, payload: bytes) -> bytes:
        return self.value


@pytest.fixture
def jwk(provider):
    return provider.public().to_jwk()


def test_a_signature_verifies_with_the_public_key_only_over_the_same_bytes(provider, consumer):
    signature = sign(b"payload", provider)
    assert provider.public().verifies(b"payload", signature)
    assert not provider.public().verifies(b"payloae", signature)
    assert not consumer.public().verifies(b"payload", signature)


def test_every_signature_has_its_s_in_the_lower_half(provider):
    for number in range(8):
        signature = sign(b"%d" % number, provider)
        assert int.from_bytes(signature[32:], "big") <= ORDER // 2
        assert provider.public().verifies(b"%d" % number, signature)


def test_the_twin_of_a_signature_is_refused(provider):
    signature = sign(b"payload", provider)
    twin = signature[:32] + (ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")
    assert not provider.public().verifies(b"payload", twin)


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65), b"\xff" * 64, bytes(63) + b"\x01"])
def test_what_is_no_signature_does_not_verify(provider, signature):
    assert not provider.public().verifies(b"payload", signature)


def test_a_signer_that_gives_der_is_at_fault():
    with pytest.raises(LocalError, match="gave 70 bytes, not 64"):
        sign(b"payload", Fixed(bytes(70)))


def test_a_key_survives_being_written(provider, jwk):
    assert read_jwk(jwk, KEY_ID).to_jwk() == jwk
    assert read_keys({KEY_ID: jwk})[KEY_ID].verifies(b"payload", sign(b"payload", provider))


def test_the_thumbprint_is_the_one_that_others_compute(provider, jwk):
    assert provider.public().thumbprint() == ECKey.import_key(jwk).thumbprint()


def test_a_key_that_says_what_it_is_for_is_read(jwk):
    assert read_jwk({**jwk, "alg": "ES256", "use": "sig", "key_ops": ["verify"]}, KEY_ID).to_jwk() == jwk


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"d": "AAAA"}, "a private key"),
        ({"kty": "RSA"}, "not an EC key on P-256"),
        ({"crv": "P-384"}, "not an EC key on P-256"),
        ({"alg": "ES384"}, "another algorithm or use"),
        ({"use": "enc"}, "another algorithm or use"),
        ({"key_ops": ["sign"]}, "not for verifying"),
        ({"key_ops": "verify"}, "not for verifying"),
        ({"x": None}, "not base64url"),
        ({"x": "AA"}, "a coordinate of 1 bytes, not 32"),
        ({"x": to_base64url(bytes(33))}, "a coordinate of 33 bytes"),
        ({"x": to_base64url(bytes(31) + b"\x05")}, "not a point on the curve"),
    ],
)
def test_another_kind_of_key_is_refused_and_the_message_says_why(jwk, change, message):
    with pytest.raises(MalformedError, match=message) as refused:
        read_jwk({**jwk, **change}, KEY_ID)
    assert KEY_ID in refused.value.place


@pytest.mark.parametrize("jwk", [None, "key", [], 7])
def test_what_is_no_object_is_no_key(jwk):
    with pytest.raises(MalformedError, match="not a JWK"):
        read_jwk(jwk, KEY_ID)


def test_the_did_in_front_of_the_fragment_is_whose_key_it_is():
    assert did_of("did:web:customs.example%3A8080:node#key-1") == "did:web:customs.example%3A8080:node"


@pytest.mark.parametrize(
    "key_id",
    [
        "did:web:a", "did:web:a#", "#key-1", "did:web:#k", "web:a#k", "did:web:a#k#k", "did:web:a?x=1#k",
        "did:web:a/b#k", "DID:web:a#k", "did:web:a b#k", "did:web:a#k\n", "", None, 5, "did:web:a#" + "k" * 600,
    ],
)  # fmt: skip
def test_what_names_no_key_is_refused(key_id):
    with pytest.raises(MalformedError):
        did_of(key_id)


def test_a_did_is_told_from_other_names():
    assert check_did("did:key:z6Mk", "place") == "did:key:z6Mk"
    with pytest.raises(MalformedError, match="`https://a` is not a DID"):
        check_did("https://a", "place")


@given(st.binary(max_size=80))
def test_base64url_survives_being_read(data):
    assert from_base64url(to_base64url(data), "place") == data


@given(st.text("ABab01-_=+/ \n", max_size=12))
def test_base64url_has_one_form(text):
    try:
        data = from_base64url(text, "place")
    except MalformedError:
        return
    assert to_base64url(data) == text


@pytest.mark.parametrize("text", ["AB", "AA==", "A", "AAA\n", "A A", "AA+/", "é", None, 3])
def test_another_form_of_base64url_is_refused(text):
    with pytest.raises(MalformedError, match="not base64url in its one form"):
        from_base64url(text, "place")
