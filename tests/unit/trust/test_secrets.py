from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import SettingsError
from corridor.evidence.webhook import check, headers_for
from corridor.trust.files import create_private
from corridor.trust.secrets import FileSecrets, create_secret_file


@pytest.fixture(scope="module")
def secrets(tmp_path_factory):
    path = tmp_path_factory.mktemp("secrets") / "token.key"
    create_secret_file(path)
    return FileSecrets(path)


@pytest.fixture
def others(tmp_path):
    create_secret_file(tmp_path / "token.key")
    return FileSecrets(tmp_path / "token.key")


def test_the_token_of_a_grant_is_the_same_at_each_call_and_after_a_restart(tmp_path):
    create_secret_file(tmp_path / "token.key")
    first, again = (FileSecrets(tmp_path / "token.key") for _ in range(2))
    assert first.token("grant-1") == first.token("grant-1") == again.token("grant-1")


def test_tokens_differ_by_grant_and_by_secret(secrets, others):
    assert len({secrets.token("grant-1"), secrets.token("grant-2"), others.token("grant-1")}) == 3


def test_a_token_is_the_hmac_of_its_grant(tmp_path):
    create_private(tmp_path / "token.key", bytes(range(32)), "secret")
    other = hmac.HMAC(bytes(range(32)), hashes.SHA256())
    other.update(b"data-plane-token:g")
    assert FileSecrets(tmp_path / "token.key").token("g") == base64.urlsafe_b64encode(other.finalize()).decode()[:-1]


@given(text=st.text())
def test_what_was_sealed_is_unsealed(secrets, text):
    assert secrets.unseal(secrets.seal(text)) == text


def test_a_webhook_secret_is_new_at_each_call_and_signs(secrets):
    one, other = secrets.webhook_secret(), secrets.webhook_secret()
    assert one != other
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert check(headers_for(one, "urn:m", now, b"body"), b"body", one, now) == "urn:m"


def test_a_seal_shows_neither_the_text_nor_that_two_texts_are_the_same(secrets):
    first, second = secrets.seal("the token"), secrets.seal("the token")
    assert first != second
    assert "token" not in first


def test_another_secret_does_not_unseal(secrets, others):
    with pytest.raises(SettingsError, match="not sealed under this secret"):
        others.unseal(secrets.seal("text"))


@given(data=st.data())
def test_a_seal_with_one_changed_character_is_refused(secrets, data):
    sealed = secrets.seal("text")
    at = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.characters().filter(lambda c: c != sealed[at]))
    with pytest.raises(SettingsError):
        secrets.unseal(sealed[:at] + other + sealed[at + 1 :])


@pytest.mark.parametrize(
    "sealed", ["", "text", "sealed-1.", "sealed-1.AAAA", "sealed-2.AAAAAAAAAAAAAAAAAAAAAAAA", "💥"]
)
def test_what_is_no_seal_is_refused(secrets, sealed):
    with pytest.raises(SettingsError):
        secrets.unseal(sealed)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_secret_of_another_length_is_refused(tmp_path, size):
    create_private(tmp_path / "token.key", b"x" * size, "secret")
    with pytest.raises(SettingsError, match=f"32 bytes, not {size}"):
        FileSecrets(tmp_path / "token.key")
