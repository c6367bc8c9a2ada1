from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.digest import check_sha256, digest_of, sha256_of
from corridor.base.errors import LocalError, MalformedError

EMPTY = "sha-256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_digest_names_its_algorithm():
    assert sha256_of(b"") == EMPTY


@given(st.binary())
def test_a_digest_is_the_one_of_hashlib_and_passes_the_check(data):
    digest = sha256_of(data)
    assert digest.removeprefix("sha-256:") == hashlib.sha256(data).hexdigest()
    assert check_sha256(digest, "$") == digest


def test_the_order_of_names_does_not_change_a_values_digest():
    assert digest_of({"a": 1, "b": [True, None]}) == digest_of({"b": [True, None], "a": 1})
    assert digest_of({"a": 1}) == sha256_of(b'{"a":1}')


def test_what_has_no_canonical_form_has_no_digest():
    with pytest.raises(LocalError):
        digest_of({"a": 0.5})


@pytest.mark.parametrize(
    "text",
    [None, 7, b"", "", EMPTY[8:], EMPTY.upper(), EMPTY[:-1], EMPTY + "0", EMPTY + "\n", "sha-512:" + "0" * 64],
)
def test_anything_else_is_no_digest(text):
    with pytest.raises(MalformedError) as caught:
        check_sha256(text, "$.digest")
    assert caught.value.place == "$.digest"
