from __future__ import annotations

import json

import pytest
from joserfc import jws as jose
from joserfc.jwk import ECKey

from corridor.base.errors import CorridorError, MalformedError, UnauthenticatedError
from corridor.base.json import canonical_json
from corridor.evidence.jws import Jws, check_signatures, read_jws, sign_payload
from corridor.evidence.keys import from_base64url, to_base64url

TYPE = "test+jws"
PAYLOAD = b'{"a":1}'


@pytest.fixture
def document(provider, consumer):
    return Jws(TYPE, PAYLOAD, tuple(sign_payload(PAYLOAD, TYPE, signer) for signer in (provider, consumer)))


def protected(**header):
    return to_base64url(canonical_json(header))


def test_what_both_signed_verifies(document, keys):
    read = read_jws(document.to_json(), TYPE, "receipt")
    assert read == document
    check_signatures(read, keys, "receipt")
    assert [signature.signatory for signature in read.signatures] == [
        "did:web:provider.example",
        "did:web:consumer.example",
    ]


def test_another_library_verifies_each_signature(document, keys):
    value = document.to_json()
    for signature, entry in zip(document.signatures, value["signatures"], strict=True):
        compact = f"{entry['protected']}.{value['payload']}.{entry['signature']}"
        key = ECKey.import_key(keys[signature.key_id].to_jwk())
        assert jose.deserialize_compact(compact, key, algorithms=["ES256"]).payload == PAYLOAD


class JoseSigner:
    """Another library behind the port."""

    def __init__(self, signer):
        secret = signer.private.private_numbers().private_value.to_bytes(32, "big")
        self.key_id = signer.key_id
        self.key = ECKey.import_key({**signer.public().to_jwk(), "d": to_base64url(secret)})

    def sign(self, payload):
        header, _, _ = payload.decode().partition(".")
        compact = jose.serialize_compact(
            json.loads(from_base64url(header, "")), PAYLOAD, self.key, algorithms=["ES256"]
        )
        assert compact.encode().startswith(payload)
        return from_base64url(compact.rpartition(".")[2], "")


def test_a_signature_of_another_library_verifies(provider, keys):
    signed = Jws(TYPE, PAYLOAD, (sign_payload(PAYLOAD, TYPE, JoseSigner(provider)),))
    check_signatures(read_jws(signed.to_json(), TYPE, "receipt"), keys, "receipt")


def test_an_unknown_key_is_refused(document, provider, keys):
    with pytest.raises(UnauthenticatedError, match=r"`did:web:consumer.example#key-1` is not known") as refused:
        check_signatures(document, {provider.key_id: keys[provider.key_id]}, "receipt")
    assert refused.value.place == "receipt.signatures[1]"


def test_another_payload_or_type_is_refused(document, keys):
    for changed in (Jws(TYPE, b'{"a":2}', document.signatures), Jws("other+jws", PAYLOAD, document.signatures)):
        with pytest.raises(UnauthenticatedError, match=r"`did:web:provider.example#key-1` does not match"):
            check_signatures(changed, keys, "receipt")


KID = "did:web:provider.example#key-1"


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "kid": KID, "typ": TYPE},
        {"alg": "HS256", "kid": KID, "typ": TYPE},
        {"alg": "ES256", "kid": KID, "typ": "other+jws"},
        {"alg": "ES256", "kid": KID},
        {"alg": "ES256", "kid": KID, "typ": TYPE, "crit": ["b64"], "b64": False},
        {"alg": "ES256", "kid": KID, "typ": TYPE, "jwk": {}},
        {"alg": "ES256", "kid": "key-1", "typ": TYPE},
        {"alg": "ES256", "typ": TYPE},
    ],
)
def test_another_header_is_refused(document, header):
    value = document.to_json()
    value["signatures"][0]["protected"] = protected(**header)
    with pytest.raises(MalformedError):
        read_jws(value, TYPE, "receipt")


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"alg": "ES256", "kid": KID, "typ": TYPE}),
        '{"typ":"test+jws","alg":"ES256","kid":"did:web:provider.example#key-1"}',
        '{"alg":"ES256","alg":"ES256"}',
        "[]",
        "",
        "x" * 4000,
        "[" * 1000,
    ],
)
def test_a_header_in_another_form_is_refused(document, text):
    value = document.to_json()
    value["signatures"][0]["protected"] = to_base64url(text.encode())
    with pytest.raises(CorridorError):
        read_jws(value, TYPE, "receipt")


@pytest.mark.parametrize(
    "change",
    [
        {"signatures": []},
        {"signatures": {}},
        {"signatures": [7]},
        {"signatures": [{"protected": "", "signature": "", "header": {}}]},
        {"payload": "e30="},
        {"payload": 5},
        {"header": {}},
    ],
)
def test_another_shape_is_refused(document, change):
    with pytest.raises(MalformedError):
        read_jws({**document.to_json(), **change}, TYPE, "receipt")


def test_a_signer_without_a_did_signs_nothing(provider):
    nameless = type(provider)("key-1", provider.private)
    with pytest.raises(MalformedError, match="does not name a key"):
        sign_payload(PAYLOAD, TYPE, nameless)
