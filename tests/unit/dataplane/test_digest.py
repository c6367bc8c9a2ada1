from __future__ import annotations

import hashlib

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import MalformedError
from corridor.dataplane.digest import digests_of, parse_repr_digest, repr_digest


@given(st.lists(st.binary(max_size=50)))
def test_both_digests_are_those_of_all_bytes_in_order(chunks):
    data = b"".join(chunks)
    found = digests_of(chunks)
    assert found.sha256 == "sha-256:" + hashlib.sha256(data).hexdigest()
    assert found.blake3 == "blake3:" + blake3(data).hexdigest()
    assert found.size == len(data)


@given(st.binary(min_size=32, max_size=32))
def test_a_digest_field_is_read_as_it_is_written(raw):
    text = "sha-256:" + raw.hex()
    assert parse_repr_digest(repr_digest(text)) == text


def test_the_field_of_the_empty_content_is_that_of_the_standard():
    written = repr_digest(digests_of([]).sha256)
    assert written == "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"


def test_the_sha_256_is_found_among_other_algorithms_and_the_last_one_counts():
    zeros, ones = "sha-256:" + "00" * 32, "sha-256:" + "11" * 32
    assert parse_repr_digest(f"md5=:AAAA:, {repr_digest(zeros)} , {repr_digest(ones)}") == ones
    assert parse_repr_digest("sha-512=:AAAA:") is None


@pytest.mark.parametrize(
    "field",
    ["", "sha-256", "sha-256=abc", "sha-256=:AAAA:", "sha-256=:A:", "sha-256=::", "sha-256=:%%%%:", ",", "x" * 5000],
)
def test_a_field_that_holds_no_digests_is_malformed(field):
    with pytest.raises(MalformedError) as caught:
        parse_repr_digest(field)
    assert caught.value.place == "Repr-Digest"


def test_only_a_sha_256_can_be_stated():
    with pytest.raises(MalformedError):
        repr_digest("blake3:" + "0" * 64)
