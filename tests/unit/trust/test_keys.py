from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import SettingsError
from corridor.evidence.keys import read_jwk, sign
from corridor.trust.files import create_private
from corridor.trust.keys import FileSigner, create_key_file, load_key

KEY_ID = "did:web:me.example#key-1"


@pytest.fixture(scope="module")
def signer(tmp_path_factory):
    path = tmp_path_factory.mktemp("keys") / "signing.pem"
    create_key_file(path)
    return FileSigner(path, KEY_ID)


def pem_of(key, password=None):
    hidden = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)


def test_a_new_key_is_a_p256_key_in_pkcs8(tmp_path):
    create_key_file(tmp_path / "key.pem")
    assert (tmp_path / "key.pem").read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert load_key(tmp_path / "key.pem").curve.name == "secp256r1"


def test_a_key_is_never_replaced(tmp_path):
    create_key_file(tmp_path / "key.pem")
    with pytest.raises(SettingsError):
        create_key_file(tmp_path / "key.pem")


def test_the_public_key_is_shown_under_its_did_url(signer):
    assert signer.key_id == KEY_ID
    assert signer.public_jwk["kid"] == KEY_ID
    assert set(signer.public_jwk) == {"kty", "crv", "x", "y", "kid"}


@given(payload=st.binary(max_size=200))
def test_every_signature_has_64_bytes_and_verifies_by_the_public_key(signer, payload):
    assert len(signer.sign(payload)) == 64
    assert read_jwk(signer.public_jwk, KEY_ID).verifies(payload, sign(payload, signer))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no key",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        pem_of(ec.generate_private_key(ec.SECP384R1())),
        pem_of(ed25519.Ed25519PrivateKey.generate()),
        pem_of(ec.generate_private_key(ec.SECP256R1()), b"password"),
    ],
    ids=["empty", "text", "broken", "P-384", "Ed25519", "encrypted"],
)
def test_what_is_no_plain_p256_key_is_refused(tmp_path, content):
    create_private(tmp_path / "key.pem", content, "key")
    with pytest.raises(SettingsError, match="no unencrypted P-256 key") as refusal:
        load_key(tmp_path / "key.pem")
    assert refusal.value.remedy


def test_a_key_that_others_can_read_is_refused(tmp_path):
    create_key_file(tmp_path / "key.pem")
    (tmp_path / "key.pem").chmod(0o644)
    with pytest.raises(SettingsError, match="open to others"):
        FileSigner(tmp_path / "key.pem", KEY_ID)
