from __future__ import annotations

import pytest

from corridor.base.errors import MalformedError, UnreachableError
from corridor.service.ports import Peer
from corridor.trust.did_web import WebDirectory

DID = "did:web:partner.example"
DOCUMENT = "https://partner.example/.well-known/did.json"
VERSIONS = "https://partner.example/.well-known/dspace-version"


def versions(path="/dsp/2025-1", version="2025-1", binding="HTTPS"):
    return {"protocolVersions": [{"version": version, "path": path, "binding": binding}]}


@pytest.fixture
def signer(new_signer):
    return new_signer(DID)


@pytest.fixture
def partner(shelf, signer, document_of):
    """A partner who has published all that we need."""
    shelf.documents[DOCUMENT] = dict(document_of(DID, signer))
    shelf.documents[VERSIONS] = versions()
    return shelf.documents


@pytest.fixture
def directory(shelf, clock):
    return WebDirectory(shelf, frozenset({"localhost"}), monotonic=clock.monotonic)


async def test_a_did_leads_to_the_partner(directory, partner):
    expected = Peer(DID, "https://partner.example/dsp/2025-1", "https://partner.example/receipts")
    assert await directory.peer(DID) == expected


@pytest.mark.parametrize("base_url", ["https://partner.example", "https://partner.example/", "https://PARTNER.example"])
async def test_a_base_url_leads_to_the_partner(directory, partner, shelf, base_url):
    shelf.documents["https://PARTNER.example/.well-known/did.json"] = partner[DOCUMENT]
    assert (await directory.peer(base_url)).id == DID


async def test_a_host_that_shows_the_did_of_another_is_not_taken_for_it(directory, partner, shelf):
    shelf.documents["https://evil.example/.well-known/did.json"] = partner[DOCUMENT]
    with pytest.raises(MalformedError, match="does not lead back"):
        await directory.peer("https://evil.example")


@pytest.mark.parametrize("shown", ["did:web:host.example:south", "did:web:host.example", "did:web:host.example:a:b"])
async def test_of_several_participants_on_a_host_none_is_taken_for_another(directory, shelf, shown):
    shelf.documents["https://host.example/north/.well-known/did.json"] = {"id": shown}
    with pytest.raises(MalformedError, match="does not lead back"):
        await directory.peer("https://host.example/north")


async def test_a_base_url_with_a_path_leads_to_the_participant_of_that_path(
    directory, shelf, *, new_signer, document_of
):
    did = "did:web:host.example:north"
    document = document_of(did, new_signer(did))
    shelf.documents["https://host.example/north/.well-known/did.json"] = document
    shelf.documents["https://host.example/north/did.json"] = document
    endpoint = next(one["serviceEndpoint"] for one in document["service"] if one["type"] == "DataService")
    shelf.documents[endpoint] = versions()
    assert (await directory.peer("https://host.example/north/")).id == did


async def test_a_port_is_part_of_the_identity(directory, partner, shelf):
    shelf.documents["https://partner.example:8443/.well-known/did.json"] = partner[DOCUMENT]
    with pytest.raises(MalformedError, match="does not lead back"):
        await directory.peer("https://partner.example:8443")


@pytest.mark.parametrize("document", [[], {}, {"id": 7}, {"id": "did:key:z6Mk"}, {"id": "did:web:.."}])
async def test_a_base_url_without_a_did_web_is_refused(directory, shelf, document):
    shelf.documents["https://new.example/.well-known/did.json"] = document
    with pytest.raises(MalformedError):
        await directory.peer("https://new.example")


async def test_what_cannot_be_had_is_unreachable(directory, partner):
    del partner[VERSIONS]
    with pytest.raises(UnreachableError):
        await directory.peer(DID)
    with pytest.raises(UnreachableError):
        await directory.peer("did:web:nobody.example")


@pytest.mark.parametrize("reference", ["", "did:web:", "did:key:z6Mk", "a b"])
async def test_a_reference_that_is_none_is_refused(directory, reference):
    with pytest.raises(MalformedError):
        await directory.peer(reference)


async def test_a_partner_without_receipts_is_still_a_partner(directory, partner):
    partner[DOCUMENT]["service"] = partner[DOCUMENT]["service"][:1]
    assert (await directory.peer(DID)).receipts_url is None


async def test_a_partner_without_a_data_service_cannot_be_reached_by_dsp(directory, partner):
    partner[DOCUMENT]["service"] = []
    with pytest.raises(MalformedError, match="names no DataService"):
        await directory.peer(DID)


async def test_a_data_service_that_is_no_version_document_is_refused(directory, partner):
    partner[DOCUMENT]["service"][0]["serviceEndpoint"] = "https://partner.example/dsp"
    with pytest.raises(MalformedError, match="does not end in"):
        await directory.peer(DID)


async def test_the_version_that_we_speak_is_found_among_others(directory, partner):
    partner[VERSIONS] = {
        "protocolVersions": [
            {"version": "2024-1", "path": "/old", "binding": "HTTPS"},
            {"version": "2025-1", "path": "/other", "binding": "GRPC"},
            {"version": "2025-1", "path": "/", "binding": "HTTPS"},
        ]
    }
    assert (await directory.peer(DID)).dsp_url == "https://partner.example"


@pytest.mark.parametrize(("ours", "spoken"), [(("3", "2"), "2"), (("2", "2025-1"), "2"), (("2025-1", "2"), "2025-1")])
async def test_of_the_versions_that_both_speak_we_choose_the_one_that_we_prefer(shelf, partner, *, clock, ours, spoken):
    offered = [{"version": version, "path": f"/{version}", "binding": "HTTPS"} for version in ("2025-1", "2", "1")]
    partner[VERSIONS] = {"protocolVersions": offered}
    peer = await WebDirectory(shelf, versions=ours, monotonic=clock.monotonic).peer(DID)
    assert (peer.protocol, peer.dsp_url) == (spoken, f"https://partner.example/{spoken}")


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"protocolVersions": "2025-1"},
        versions(version="2024-1"),
        versions(binding="GRPC"),
        versions(path="dsp"),
        versions(path="//evil.example/dsp"),
        versions(path="/../dsp"),
        versions(path="/dsp?x"),
        versions(path="/dsp#x"),
        versions(path="/d sp"),
        versions(path="@evil.example"),
    ],
)
async def test_a_version_document_that_leads_nowhere_or_elsewhere_is_refused(directory, partner, document):
    partner[VERSIONS] = document
    with pytest.raises(MalformedError):
        await directory.peer(DID)


async def test_keys_are_given_by_purpose(directory, partner, signer):
    keys = await directory.public_keys(DID, "capabilityInvocation")
    assert keys == {signer.key_id: signer.public_jwk}
    assert await directory.public_keys(DID, "keyAgreement") == {}


async def test_a_document_is_fetched_once_a_minute(directory, partner, shelf, clock):
    for _ in range(3):
        await directory.public_keys(DID, "authentication")
    assert len(shelf.fetched) == 1
    clock.move(60)
    await directory.public_keys(DID, "authentication")
    assert len(shelf.fetched) == 2


async def test_new_keys_are_looked_for_at_most_every_five_seconds(
    directory, partner, shelf, *, clock, new_signer, document_of
):
    await directory.public_keys(DID, "authentication")
    changed = new_signer(DID, "key-2")
    partner[DOCUMENT] = document_of(DID, changed)
    assert changed.key_id not in await directory.refresh(DID, "authentication")
    clock.move(5)
    assert changed.key_id in await directory.refresh(DID, "authentication")
    assert changed.key_id in await directory.public_keys(DID, "authentication")
    assert len(shelf.fetched) == 2


async def test_our_own_document_is_not_fetched(shelf, signer, document_of):
    directory = WebDirectory(shelf, own=document_of(DID, signer))
    assert signer.key_id in await directory.public_keys(DID, "assertionMethod")
    assert shelf.fetched == []


async def test_plain_http_is_used_for_the_hosts_in_the_settings_only(directory, shelf, new_signer, document_of):
    did = "did:web:localhost%3A8080"
    shelf.documents["http://localhost:8080/.well-known/did.json"] = document_of(did, new_signer(did))
    assert await directory.public_keys(did, "authentication")
