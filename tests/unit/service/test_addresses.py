from __future__ import annotations

from dataclasses import replace

import pytest

from corridor.base.digest import sha256_of
from corridor.base.errors import ConflictError, MalformedError, NotFoundError
from corridor.dataplane.formats import PULL, PUSH
from corridor.dsp.messages import DataAddress, TransferCompletion, TransferRequest, TransferStart
from corridor.service import addresses, transfer
from corridor.service.addresses import Destination
from corridor.testing import store_samples as a

SINK = Destination("https://sink.example/x", "Bearer s3cret")


def request(address):
    return TransferRequest("m", "urn:c", "urn:a", PUSH.name, "https://importer.example", address)


def secret_of(message):
    return message.data_address.property(addresses.AUTHORIZATION)


def test_a_grant_is_known_by_the_digest_of_its_token(exporter):
    grant = addresses.grant_for(exporter.context, a.transfer())
    token = exporter.context.secrets.token(grant.id)
    assert grant.token_digest == sha256_of(token.encode())
    assert (grant.transfer, grant.agreement, grant.dataset) == ("urn:uuid:t1", "urn:uuid:a1", "urn:uuid:d1")


def test_an_address_of_ours_holds_no_token_until_it_goes_out(importer):
    ctx = importer.context
    there = addresses.push_to(ctx, PUSH, "urn:t", None)
    assert (there.endpoint, there.endpoint_type) == ("https://importer.example/data/in/urn:t", PUSH.endpoint_type)
    here = addresses.pull_from(ctx, PULL, "urn:t")
    assert here.endpoint == "https://importer.example/data/urn:t"
    record = replace(a.transfer(), grant="g7")
    for message in (request(there), TransferStart("m", "urn:p", "urn:c", here)):
        assert secret_of(message) == ""
        sent = addresses.with_token(ctx, message, record)
        assert secret_of(sent) == f"Bearer {ctx.secrets.token('g7')}"
        assert sent.data_address.property("authType") == "bearer"


def test_the_secret_of_a_destination_is_sealed_until_it_goes_out(importer):
    message = request(addresses.push_to(importer.context, PUSH, "urn:t", SINK))
    assert "s3cret" not in secret_of(message)
    assert secret_of(addresses.with_token(importer.context, message, a.transfer())) == SINK.authorization
    assert "s3cret" not in repr(SINK)


def test_a_destination_may_want_no_secret(importer):
    there = addresses.push_to(importer.context, PUSH, "urn:t", Destination(SINK.endpoint))
    assert there.properties == ()


@pytest.mark.parametrize("secret", ["", "Bearer ü", "a\r\nb", "x" * 8193])
def test_a_secret_that_no_field_can_hold_is_refused_and_not_shown(importer, secret):
    with pytest.raises(MalformedError, match="cannot be sent") as refused:
        addresses.push_to(importer.context, PUSH, "urn:t", Destination(SINK.endpoint, secret))
    assert refused.value.place == "$.destination.authorization"


def test_a_destination_that_must_not_be_called_is_refused_on_both_sides(importer):
    with pytest.raises(MalformedError, match="must not be called") as refused:
        addresses.push_to(importer.context, PUSH, "urn:t", Destination("http://10.0.0.1/x"))
    assert refused.value.place == "$.destination.endpoint"
    with pytest.raises(MalformedError, match="must not be called") as refused:
        addresses.check_given(importer.context, request(DataAddress("x", "ftp://sink.example")))
    assert refused.value.place == "$.dataAddress.endpoint"


@pytest.mark.parametrize("address", [None, DataAddress("x"), DataAddress("x", "")])
def test_a_request_for_a_push_says_where_to(exporter, address):
    with pytest.raises(MalformedError, match="needs a data address") as refused:
        addresses.check_given(exporter.context, request(address))
    assert refused.value.place == "$.dataAddress"


def test_a_message_without_an_address_has_no_place_for_a_token(exporter):
    for message in (TransferStart("s", "urn:p", "urn:c"), TransferCompletion("c", "urn:p", "urn:c"), request(None)):
        assert addresses.with_token(exporter.context, message, a.transfer()) is message
        assert addresses.sealed(exporter.context, message) is message


def test_what_a_partner_sends_is_sealed_but_for_its_secret_as_it_came(exporter):
    address = DataAddress("x", "https://sink.example", (("authType", "bearer"), ("authorization", "Bearer s3cret")))
    kept = addresses.sealed(exporter.context, request(address))
    assert secret_of(kept) == exporter.context.secrets.seal("Bearer s3cret")
    assert kept.data_address.property("authType") == "bearer"
    process = replace(a.transfer().transfer, data_address=kept.data_address)
    there = addresses.destination_of(exporter.context, replace(a.transfer(), transfer=process))
    assert there == Destination("https://sink.example", "Bearer s3cret")


def test_a_transfer_without_an_address_has_no_destination(exporter):
    with pytest.raises(ConflictError, match="has no destination"):
        addresses.destination_of(exporter.context, a.transfer())
    process = replace(a.transfer().transfer, data_address=DataAddress("x", "https://sink.example"))
    assert addresses.destination_of(exporter.context, replace(a.transfer(), transfer=process)).authorization is None


async def test_a_destination_and_its_format_are_checked_when_it_is_asked(exchange, importer):
    await exchange.publish()
    agreement = await exchange.agree()
    with pytest.raises(MalformedError, match="brings nothing there"):
        await transfer.request(importer.context, agreement, fetch=False, format_name=PULL.name, destination=SINK)
    with pytest.raises(NotFoundError):
        await transfer.request(importer.context, "urn:nothing", fetch=False, destination=SINK)


async def test_a_partners_request_for_a_push_without_an_address_begins_nothing(exchange, exporter, importer):
    await exchange.publish()
    message = replace(request(None), agreement_id=await exchange.agree())
    with pytest.raises(MalformedError, match="needs a data address"):
        await transfer.receive(exporter.context, importer.me, message, None)
    assert await exporter.store.transfers() == ()
