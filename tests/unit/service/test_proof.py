from __future__ import annotations

import pytest

from corridor.base.errors import NotFoundError, UnauthenticatedError
from corridor.evidence.checkpoint import verify_checkpoint
from corridor.evidence.event import DatasetWithdrawn
from corridor.evidence.keys import read_keys
from corridor.evidence.merkle import EMPTY_ROOT, consistency_proof, verify_consistency
from corridor.evidence.verification import verify_bundle
from corridor.service import proof
from corridor.service.ports import Changes
from corridor.testing.counterpart import Fault, MemorySigner


@pytest.fixture
def keys(exporter, importer):
    """What a verifier knows of the two."""
    return read_keys({member.signer.key_id: member.signer.public_jwk for member in (exporter, importer)})


@pytest.fixture
async def agreed(exchange):
    """An agreement under which data were delivered, among others of which nothing has to be told."""
    await exchange.publish("before")
    await exchange.agree("before")
    await exchange.publish()
    agreement = await exchange.agree()
    await exchange.transfer(agreement)
    await exchange.publish("after")
    await exchange.agree("after")
    return agreement


async def test_the_bundle_of_either_side_verifies_with_the_two_keys(exporter, importer, agreed, keys):
    for member, served in ((exporter, "60 bytes were served"), (importer, "60 bytes were received")):
        verified = verify_bundle(await proof.bundle(member.context, agreed), keys)
        assert verified.findings == ()
        assert (verified.exporter, verified.agreement, verified.receipts) == (member.me.id, agreed, 2)
        assert any(served in line for line in verified.story)
        assert not any("before" in line or "after" in line for line in verified.story)


async def test_a_bundle_does_not_verify_with_another_key(exporter, importer, agreed):
    forged = read_keys(
        {member.signer.key_id: MemorySigner(member.signer.key_id).public_jwk for member in (exporter, importer)}
    )
    assert not verify_bundle(await proof.bundle(importer.context, agreed), forged).ok


async def test_a_changed_bundle_does_not_verify(importer, agreed, keys):
    data = await proof.bundle(importer.context, agreed)
    assert b'"size":60' in data
    assert not verify_bundle(data.replace(b'"size":60', b'"size":61'), keys).ok


async def test_a_receipt_with_one_signature_is_left_out(exchange, importer, keys):
    exchange.network.weather = lambda _, __, url: Fault(lose_request=url.endswith("/receipts"))
    await exchange.publish()
    verified = verify_bundle(await proof.bundle(importer.context, await exchange.agree()), keys)
    assert (verified.ok, verified.receipts) == (True, 0)


async def test_of_an_agreement_that_we_do_not_hold_there_is_no_bundle(importer):
    with pytest.raises(NotFoundError, match="there is no such agreement"):
        await proof.bundle(importer.context, "urn:nothing")


async def test_a_bundle_may_hold_more_events_than_one_page(exchange, importer, agreed, keys, monkeypatch):
    monkeypatch.setattr(proof, "_PAGE", 2)
    whole = verify_bundle(await proof.bundle(importer.context, agreed), keys)
    assert whole.ok
    assert whole.events > 4


async def test_the_head_of_an_empty_log_is_signed_too(exporter, keys):
    head = verify_checkpoint(await proof.checkpoint(exporter.context), keys)
    assert (head.origin, head.size, head.root) == (exporter.me.id, 0, EMPTY_ROOT)


async def test_the_heads_of_a_growing_log_are_consistent(exporter, network, keys):
    heads = [verify_checkpoint(await proof.checkpoint(exporter.context), keys)]
    for number in range(20):
        event = DatasetWithdrawn(network.clock.now(), f"dataset-{number}")
        await exporter.store.commit(Changes(events=(event,)))
        heads.append(verify_checkpoint(await proof.checkpoint(exporter.context), keys))
    nodes = exporter.store._nodes
    for old in heads:
        for new in heads[old.size :]:
            shown = consistency_proof(old.size, new.size, lambda level, index: nodes[level, index])
            assert verify_consistency(old.size, new.size, old.root, new.root, shown)
    assert [head.size for head in heads] == list(range(21))


async def test_a_head_signed_by_somebody_else_is_not_ours(exporter, importer):
    text = await proof.checkpoint(exporter.context)
    forged = read_keys({exporter.signer.key_id: importer.signer.public_jwk})
    with pytest.raises(UnauthenticatedError):
        verify_checkpoint(text, forged)


async def test_our_public_key_is_what_a_verifier_needs(exporter):
    jwk = await proof.public_key(exporter.context)
    assert jwk == exporter.signer.public_jwk
    assert "d" not in jwk
