from __future__ import annotations

import dataclasses
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corridor.base.errors import (
    ConflictError,
    CorridorError,
    ForbiddenError,
    LocalError,
    MalformedError,
    UnauthenticatedError,
)
from corridor.base.json import canonical_json, parse_json
from corridor.evidence.jws import Jws, sign_payload
from corridor.evidence.receipt import (
    RECEIPT_TYPE,
    Parties,
    Receipt,
    countersign,
    parties_of,
    propose,
    read_receipt,
    statement_bytes,
    statement_digest,
    statement_name,
    verify,
    verify_proposal,
)


@pytest.fixture
def parties(agreed):
    return parties_of(agreed)


def reread(receipt):
    return read_receipt(parse_json(receipt.to_bytes()))


def signed_by(payload, *signers):
    """A document that only a dishonest party would make."""
    return Jws(RECEIPT_TYPE, payload, tuple(sign_payload(payload, RECEIPT_TYPE, one) for one in signers)).to_json()


def test_both_sides_sign_and_anybody_verifies(agreed, delivered, provider, consumer, keys):
    parties = parties_of(agreed)
    for statement in (agreed, delivered):
        proposal = reread(propose(statement, provider))
        assert not proposal.complete
        assert verify_proposal(proposal, keys, parties) == statement
        receipt = reread(countersign(proposal, consumer))
        assert receipt.complete
        assert verify(receipt, keys, parties) == statement
        assert receipt.digest == proposal.digest == statement_digest(statement)


def test_the_provider_stands_first_whoever_proposed(agreed, provider, consumer, keys, parties):
    receipt = countersign(propose(agreed, consumer), provider)
    assert receipt.signatories == (parties.provider, parties.consumer)
    assert verify(reread(receipt), keys, parties) == agreed


def test_the_statement_is_signed_in_a_text_that_never_changes(agreed, delivered):
    assert statement_bytes(agreed) == (
        b'{"agreement":"urn:uuid:agreement","concludedAt":"2026-11-22T10:00:00Z","consumer":"did:web:consumer.example",'
        b'"dataset":"urn:dataset:alerts","papers":[{"digest":"sha-256:' + b"ef" * 32 + b'","kind":"scc"}],'
        b'"policy":"sha-256:' + b"ab" * 32 + b'","provider":"did:web:provider.example","type":"agreement"}'
    )
    assert statement_bytes(delivered) == (
        b'{"agreement":"urn:uuid:agreement","blake3":"blake3:' + b"cd" * 32 + b'",'
        b'"consumer":"did:web:consumer.example","consumerPid":"urn:uuid:transfer-c","dataset":"urn:dataset:alerts",'
        b'"deliveredAt":"2026-11-22T10:00:00Z","provider":"did:web:provider.example",'
        b'"providerPid":"urn:uuid:transfer-p","rows":7,"sha256":"sha-256:' + b"ab" * 32 + b'","size":1024,'
        b'"type":"delivery"}'
    )
    assert (statement_name(agreed), statement_name(delivered)) == ("agreement", "delivery")


def test_one_signature_is_not_enough(agreed, provider, keys, parties):
    with pytest.raises(ForbiddenError, match=r"signed by `did:web:provider.example` only; have it countersigned"):
        verify(propose(agreed, provider), keys, parties)


def test_nobody_signs_twice(agreed, provider, consumer):
    with pytest.raises(ConflictError, match="has signed this receipt already"):
        countersign(propose(agreed, provider), provider)
    with pytest.raises(ConflictError, match="has signed this receipt already"):
        countersign(countersign(propose(agreed, provider), consumer), consumer)


def test_a_stranger_does_not_sign(agreed, provider, stranger):
    with pytest.raises(LocalError, match="belongs to no party"):
        propose(agreed, stranger)
    with pytest.raises(LocalError, match="belongs to no party"):
        countersign(propose(agreed, provider), stranger)


def test_signatures_of_others_twice_or_out_of_order_are_refused(agreed, provider, consumer, stranger):
    payload = statement_bytes(agreed)
    for signers in (
        (stranger,),
        (provider, stranger),
        (provider, provider),
        (consumer, provider),
        (provider, consumer, stranger),
        (provider, consumer, consumer),
    ):
        with pytest.raises(ForbiddenError, match="once by each of its parties, provider first"):
            read_receipt(signed_by(payload, *signers))


def test_a_receipt_between_others_is_refused(agreed, both_sign, keys, parties):
    receipt = both_sign(agreed)
    for check in (verify, verify_proposal):
        with pytest.raises(ForbiddenError, match=r"between `did:web:provider.example`"):
            check(receipt, keys, Parties(parties.consumer, parties.provider))


def test_a_signature_under_another_statement_is_refused(agreed, both_sign, keys, parties):
    other = statement_bytes(dataclasses.replace(agreed, papers=()))
    moved = read_receipt({**both_sign(agreed).to_json(), "payload": Jws(RECEIPT_TYPE, other, ()).to_json()["payload"]})
    with pytest.raises(UnauthenticatedError, match="does not match"):
        verify(moved, keys, parties)


def test_a_key_that_claims_anothers_name_is_refused(agreed, provider, stranger, consumer, keys):
    impostor = type(provider)(provider.key_id, stranger.private)
    with pytest.raises(UnauthenticatedError, match=r"`did:web:provider.example#key-1` does not match"):
        verify(countersign(propose(agreed, impostor), consumer), keys, parties_of(agreed))


def test_a_statement_that_is_not_canonical_is_refused(agreed, provider):
    with pytest.raises(MalformedError, match="not canonical JSON"):
        read_receipt(signed_by(statement_bytes(agreed) + b" ", provider))


@pytest.mark.parametrize(
    "statement",
    [
        None,
        [],
        {},
        {"type": "promise"},
        {"type": ["agreement"]},
        {"type": "agreement"},
        {"type": "delivery", "agreement": "urn:a"},
    ],
)
def test_what_states_nothing_is_refused(statement, provider):
    with pytest.raises(MalformedError):
        read_receipt(signed_by(canonical_json(statement), provider))


def test_nobody_gives_himself_a_receipt(agreed, provider):
    alone = dataclasses.replace(agreed, consumer=agreed.provider)
    with pytest.raises(LocalError, match="cannot give itself a receipt"):
        propose(alone, provider)
    forged = statement_bytes(agreed).replace(agreed.consumer.encode(), agreed.provider.encode())
    with pytest.raises(MalformedError, match="provider and consumer are one"):
        read_receipt(signed_by(forged, provider))


def test_a_statement_that_cannot_be_read_back_is_not_signed(agreed, delivered, provider):
    with pytest.raises(LocalError, match="time zone"):
        propose(dataclasses.replace(agreed, concluded_at=datetime(2026, 1, 1)), provider)
    with pytest.raises(LocalError, match="whole number"):
        propose(dataclasses.replace(delivered, size=-1), provider)


@given(st.data())
def test_a_changed_byte_is_never_accepted(agreed, both_sign, keys, data):
    document = bytearray(both_sign(agreed).to_bytes())
    at = data.draw(st.integers(0, len(document) - 1))
    document[at] ^= data.draw(st.integers(1, 255))
    try:
        receipt: Receipt = read_receipt(parse_json(bytes(document)))
        verify(receipt, keys, parties_of(agreed))
    except CorridorError:
        return
    assert receipt.to_bytes() == bytes(both_sign(agreed).to_bytes())  # pragma: no cover
