from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import LocalError, MalformedError, RemoteError, UnauthenticatedError
from corridor.base.ids import ParticipantId
from corridor.evidence.checkpoint import (
    MAX_SIGNATURES,
    Checkpoint,
    checkpoint_text,
    cosign_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
)

HEAD = Checkpoint(ParticipantId("did:web:provider.example"), 12, bytes(range(32)), datetime(2026, 11, 22, tzinfo=UTC))


def test_a_checkpoint_is_four_lines_of_text():
    assert checkpoint_text(HEAD) == (
        "did:web:provider.example\n12\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n2026-11-22T00:00:00Z\n"
    )


def test_what_the_origin_signed_verifies(provider, keys):
    text = sign_checkpoint(HEAD, provider)
    assert verify_checkpoint(text, keys) == HEAD
    assert text.startswith(checkpoint_text(HEAD) + "\n\N{EM DASH} did:web:provider.example#key-1 ")


def test_a_witness_adds_a_line(provider, consumer, keys):
    text = cosign_checkpoint(sign_checkpoint(HEAD, provider), consumer)
    assert verify_checkpoint(text, keys) == HEAD
    assert [signature.key_id for signature in parse_checkpoint(text).signatures] == [provider.key_id, consumer.key_id]


def test_nobody_signs_for_another_origin(consumer):
    with pytest.raises(LocalError, match=r"cannot sign a checkpoint of `did:web:provider.example`"):
        sign_checkpoint(HEAD, consumer)


def test_a_witness_alone_proves_nothing(provider, consumer, keys):
    text = cosign_checkpoint(sign_checkpoint(HEAD, provider), consumer)
    lines = text.splitlines(keepends=True)
    with pytest.raises(UnauthenticatedError, match="the first signature is not that of"):
        verify_checkpoint("".join([*lines[:5], lines[6]]), keys)


def test_a_witness_that_is_not_known_is_refused(provider, consumer, keys):
    text = cosign_checkpoint(sign_checkpoint(HEAD, provider), consumer)
    with pytest.raises(UnauthenticatedError, match="is not known") as refused:
        verify_checkpoint(text, {provider.key_id: keys[provider.key_id]})
    assert refused.value.place == "checkpoint line 7"


def test_a_witness_signs_once(provider, consumer):
    text = cosign_checkpoint(sign_checkpoint(HEAD, provider), consumer)
    with pytest.raises(MalformedError, match="one key signed twice"):
        cosign_checkpoint(text, consumer)


@pytest.mark.parametrize(
    "change",
    [
        {"size": 13},
        {"root": bytes(32)},
        {"at": datetime(2026, 11, 23, tzinfo=UTC)},
    ],
)
def test_a_signature_under_another_head_is_refused(provider, keys, change):
    signed = sign_checkpoint(HEAD, provider)
    moved = signed.replace(checkpoint_text(HEAD), checkpoint_text(dataclasses.replace(HEAD, **change)))
    with pytest.raises(UnauthenticatedError, match="does not match"):
        verify_checkpoint(moved, keys)


@pytest.mark.parametrize(
    "change",
    [
        {"size": -1},
        {"size": 2**53},
        {"root": b"short"},
        {"at": datetime(2026, 11, 22)},
        {"origin": "nobody"},
        {"origin": "did:web:a\n12"},
    ],
)
def test_a_head_that_cannot_be_read_back_is_not_written(change):
    with pytest.raises(LocalError):
        checkpoint_text(dataclasses.replace(HEAD, **change))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n12\n", "\n012\n"),
        ("\n12\n", "\n+12\n"),
        ("\n12\n", "\n٣\n"),
        ("\n12\n", "\n99999999999999999999\n"),
        ("\n12\n", "\n9999999999999999\n"),
        ("AAEC", "AAE"),
        ("Hh8=", "Hh9="),
        ("Hh8=", "Hh8"),
        ("Hh8=", "éh8="),
        ("00Z", "00+00:00"),
        ("did:web:provider.example\n", "provider.example\n"),
        ("\n\n", "\n"),
        ("\n\n", "\nmore\n\n"),
        ("\n\n", "\n\n\n"),
        ("\n", "\r\n"),
        ("\N{EM DASH} ", "- "),
        ("\N{EM DASH} ", "\N{EM DASH}  "),
        ("#key-1 ", " "),
    ],
)
def test_another_text_is_refused(provider, old, new):
    with pytest.raises(MalformedError):
        parse_checkpoint(sign_checkpoint(HEAD, provider).replace(old, new))


def test_a_text_without_signature_or_with_something_behind_is_refused(provider):
    signed = sign_checkpoint(HEAD, provider)
    for text in ("", checkpoint_text(HEAD), checkpoint_text(HEAD) + "\n", signed[:-1], signed + "\n", signed + "x"):
        with pytest.raises(MalformedError):
            parse_checkpoint(text)


def test_a_text_with_very_many_signatures_is_refused(provider):
    signed = sign_checkpoint(HEAD, provider)
    with pytest.raises(MalformedError, match=f"more than {MAX_SIGNATURES} signatures"):
        parse_checkpoint(signed + signed.splitlines(keepends=True)[-1] * MAX_SIGNATURES)


@given(st.data())
def test_a_changed_character_is_never_accepted(provider, keys, data):
    signed = sign_checkpoint(HEAD, provider)
    at = data.draw(st.integers(0, len(signed) - 1))
    character = data.draw(st.characters(codec="ascii").filter(lambda drawn: drawn != signed[at]))
    with pytest.raises(RemoteError):
        verify_checkpoint(signed[:at] + character + signed[at + 1 :], keys)
