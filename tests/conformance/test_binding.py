"""The HTTPS binding in full, over real HTTP: above all what the conformance kit of the protocol does not detect.

Whatever the node says here is also judged by our schemas, when it leaves and when it arrives (`tests/support`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from corridor.app.world import new_id
from corridor.base.clock import parse_instant
from corridor.dsp.messages import Offer
from corridor.service import negotiate, transfer
from corridor.service.ports import Peer

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTEXT = ["https://w3id.org/dspace/2025/1/context.jsonld"]


def refused(answer, status, kind):
    """Whether an answer is a refusal as the protocol wants it: status, type, code, a reason, JSON."""
    document = answer.json
    assert (answer.status, document["@type"], answer.headers["content-type"]) == (status, kind, "application/json")
    assert document["code"]
    assert document["reason"]
    assert document["@context"] == CONTEXT
    return document


class TestFirstMessages:
    """201 for what begins a process, 200 for everything else."""

    async def test_a_request_creates_a_negotiation(self, talk):
        answer, pid = await talk.ask()
        assert answer.status == 201
        assert answer.json["consumerPid"] == pid
        assert answer.json["providerPid"] not in ("", pid)
        assert answer.json["state"] == "REQUESTED"

    async def test_a_request_that_is_repeated_creates_no_other(self, talk):
        message = {
            "@context": CONTEXT,
            "@type": "ContractRequestMessage",
            "@id": new_id(),
            "consumerPid": new_id(),
            "callbackAddress": talk.me.callback,
            "offer": talk.offer(),
        }
        first, second = [await talk.me.send("POST", "/negotiations/request", message) for _ in range(2)]
        assert first.status == second.status == 201
        assert first.json["providerPid"] == second.json["providerPid"]

    async def test_an_offer_creates_a_negotiation(self, talk):
        pid = new_id()
        offer = {
            "providerPid": pid,
            "callbackAddress": talk.me.callback,
            "offer": talk.offer("theirs", target="theirs"),
        }
        answer = await talk.me.say("ContractOfferMessage", "/negotiations/offers", **offer)
        assert (answer.status, answer.json["state"], answer.json["providerPid"]) == (201, "OFFERED", pid)
        own = answer.json["consumerPid"]
        assert await talk.state("negotiations", own) == "OFFERED"
        more = {"providerPid": pid, "consumerPid": own, "code": "enough"}
        ended = await talk.me.say("ContractNegotiationTerminationMessage", f"/negotiations/{own}/termination", **more)
        assert (ended.status, ended.json["state"]) == (200, "TERMINATED")

    async def test_a_transfer_request_creates_a_transfer_and_its_start_has_a_typed_address(self, talk):
        _, agreement = await talk.agree()
        pids, address = await talk.transfer(agreement)
        assert address["@type"] == "DataAddress"
        assert {one["@type"] for one in address["endpointProperties"]} == {"EndpointProperty"}
        assert {one["name"] for one in address["endpointProperties"]} >= {"authorization"}
        ended = await talk.me.say("TransferCompletionMessage", f"/transfers/{pids['providerPid']}/completion", **pids)
        assert (ended.status, ended.json["state"]) == (200, "COMPLETED")


class TestAgreement:
    async def test_it_says_between_whom_about_what_on_which_terms_and_since_when(self, talk, stage):
        _, agreement = await talk.agree()
        assert (agreement["assigner"], agreement["assignee"]) == (stage.id, talk.me.id)
        assert agreement["target"] == stage.dataset
        assert agreement["permission"] == talk.offer()["permission"]
        signed = parse_instant(agreement["timestamp"], "timestamp")
        assert abs((datetime.now(UTC) - signed).total_seconds()) < 3600
        assert (await stage.node.context.store.agreement(agreement["@id"])).agreement.timestamp == signed

    async def test_two_negotiations_have_two_agreements(self, talk):
        assert (await talk.agree())[1]["@id"] != (await talk.agree())[1]["@id"]


class TestCatalogue:
    async def test_every_nested_type_is_there(self, talk, stage):
        answer = await talk.me.say("CatalogRequestMessage", "/catalog/request")
        catalogue = answer.json
        assert (answer.status, catalogue["@type"], catalogue["participantId"]) == (200, "Catalog", stage.id)
        [dataset] = catalogue["dataset"]
        assert dataset["@type"] == "Dataset"
        assert {offer["@type"] for offer in dataset["hasPolicy"]} == {"Offer"}
        assert all("target" not in offer for offer in dataset["hasPolicy"])
        assert {one["@type"] for one in dataset["distribution"]} == {"Distribution"}
        assert {one["accessService"]["@type"] for one in dataset["distribution"]} == {"DataService"}

    async def test_a_dataset_alone_has_context_and_type(self, talk, stage):
        answer = await talk.me.send("GET", f"/catalog/datasets/{stage.dataset}")
        assert (answer.status, answer.json["@type"], answer.json["@context"]) == (200, "Dataset", CONTEXT)

    async def test_an_unknown_dataset_is_a_catalogue_error(self, talk):
        refused(await talk.me.send("GET", "/catalog/datasets/none"), 404, "CatalogError")

    async def test_a_filter_is_no_filter_that_we_have(self, talk):
        refused(await talk.me.say("CatalogRequestMessage", "/catalog/request", filter=["x"]), 400, "CatalogError")

    async def test_the_versions_are_told_to_everybody(self, talk, stage, wire_judge):
        answer = await talk.me.send("GET", "//.well-known/dspace-version", headers={"Authorization": None})
        assert answer.status == 200
        assert wire_judge.faults_in(answer.json, "VersionResponse") == []
        [version] = answer.json["protocolVersions"]
        assert (version["version"], version["binding"]) == ("2025-1", "HTTPS")
        assert (await talk.me.send("GET", f"/{version['path']}/catalog/datasets/{stage.dataset}")).status == 200


class TestAsConsumer:
    """What the node says when it asks; the partner judges it by our schemas as it arrives."""

    async def test_it_asks_verifies_transfers_and_completes(self, talk, stage):
        me, ctx = talk.me, stage.node.context
        offer = Offer("theirs/use", {"permission": [{"action": "use"}]})
        items = [{"category": "product_safety", "personal": False}]
        profile = {"data": {"items": items, "important_status": "not_notified"}, "purpose": ["product_safety"]}
        peer = Peer(me.id, me.callback, f"{me.url}/receipts")
        begun = await negotiate.request(ctx, peer, "theirs", offer, profile)
        own = begun.negotiation.own_pid
        said = await me.hear("ContractRequestMessage", consumerPid=own)
        assert "providerPid" not in said
        assert said["callbackAddress"] == ctx.dsp_url
        assert (said["offer"]["target"], said["offer"]["assigner"]) == ("theirs", me.id)

        pids = {"providerPid": me.own_pid, "consumerPid": own}
        agreement = {**_agreement(stage), "target": "theirs", "assigner": me.id, "assignee": stage.id}
        path = f"/negotiations/{own}"
        answer = await me.say("ContractAgreementMessage", f"{path}/agreement", **pids, agreement=agreement)
        assert (answer.status, answer.json["state"]) == (200, "AGREED")
        await me.hear("ContractAgreementVerificationMessage", **pids)
        await talk.settled("negotiations", own, "VERIFIED")
        answer = await me.say("ContractNegotiationEventMessage", f"{path}/events", **pids, eventType="FINALIZED")
        assert (answer.status, answer.json["state"]) == (200, "FINALIZED")

        moved = await transfer.request(ctx, agreement["@id"], fetch=False)
        own = moved.transfer.own_pid
        said = await me.hear("TransferRequestMessage", consumerPid=own)
        assert said["agreementId"] == agreement["@id"]
        await talk.settled("transfers", own, "REQUESTED")
        pids, path = {"providerPid": me.own_pid, "consumerPid": own}, f"/transfers/{own}"
        address = {"@type": "DataAddress", "endpointType": "https://w3id.org/idsa/v4.1/HTTP", "endpoint": me.url}
        answer = await me.say("TransferStartMessage", f"{path}/start", **pids, dataAddress=address)
        assert (answer.status, answer.json["state"]) == (200, "STARTED")
        await transfer.suspend(ctx, own, "a pause")
        assert (await me.hear("TransferSuspensionMessage", **pids))["reason"] == ["a pause"]
        await talk.settled("transfers", own, "SUSPENDED")
        await transfer.terminate(ctx, own, "")
        assert "reason" not in await me.hear("TransferTerminationMessage", **pids)
        await talk.settled("transfers", own, "TERMINATED")


class TestRefusals:
    """400 and never 409 for what the state does not allow; 404 and never 403 for what is somebody else's."""

    async def test_after_the_end_everything_is_400_with_both_pids_and_changes_nothing(self, talk, stage):
        pids, _ = await talk.agree()
        before = await stage.everything()
        path = f"/negotiations/{pids['providerPid']}"
        for kind, way, more in [
            ("ContractNegotiationTerminationMessage", "/termination", {"code": "late"}),
            ("ContractAgreementVerificationMessage", "/agreement/verification", {}),
            ("ContractNegotiationEventMessage", "/events", {"eventType": "ACCEPTED"}),
            ("ContractNegotiationEventMessage", "/events", {"eventType": "FINALIZED"}),
            ("ContractAgreementMessage", "/agreement", {"agreement": {**_agreement(stage), "assignee": stage.id}}),
            ("ContractOfferMessage", "/offers", {"offer": talk.offer()}),
            ("ContractRequestMessage", "/request", {"offer": talk.offer()}),
        ]:
            said = refused(await talk.me.say(kind, path + way, **pids, **more), 400, "ContractNegotiationError")
            assert (said["providerPid"], said["consumerPid"]) == (pids["providerPid"], pids["consumerPid"])
        assert await talk.state("negotiations", pids["providerPid"]) == "FINALIZED"
        assert await stage.everything() == before

    async def test_the_same_of_a_transfer(self, talk, stage):
        pids, _ = await talk.transfer((await talk.agree())[1])
        path = f"/transfers/{pids['providerPid']}"
        assert (await talk.me.say("TransferTerminationMessage", path + "/termination", **pids)).status == 200
        before = await stage.everything()
        for kind in ("Start", "Completion", "Suspension", "Termination"):
            answer = await talk.me.say(f"Transfer{kind}Message", f"{path}/{kind.lower()}", **pids)
            said = refused(answer, 400, "TransferError")
            assert (said["providerPid"], said["consumerPid"]) == (pids["providerPid"], pids["consumerPid"])
        assert await talk.state("transfers", pids["providerPid"]) == "TERMINATED"
        assert await stage.everything() == before

    async def test_somebody_elses_process_is_not_there(self, talk, stage):
        pids, agreement = await talk.agree()
        transfer, _ = await talk.transfer(agreement)
        before = await stage.everything()
        for kind, known, word in [
            ("negotiations", pids, "ContractNegotiation"),
            ("transfers", transfer, "Transfer"),
        ]:
            own = known["providerPid"]
            seen = await stage.third.send("GET", f"/{kind}/{own}")
            none = await stage.third.send("GET", f"/{kind}/{new_id()}")
            refused(seen, 404, f"{word}Error")
            assert (seen.status, seen.json) == (none.status, none.json)
            said = await stage.third.say(f"{word}TerminationMessage", f"/{kind}/{own}/termination", **known)
            refused(said, 404, f"{word}Error")
        assert await stage.everything() == before

    async def test_somebody_elses_agreement_gives_no_data(self, talk, stage):
        _, agreement = await talk.agree()
        ask = {"consumerPid": new_id(), "agreementId": agreement["@id"], "format": "HttpData-PULL"}
        for voice, known in [(stage.third, agreement["@id"]), (talk.me, new_id())]:
            ask["agreementId"] = known
            answer = await voice.say(
                "TransferRequestMessage", "/transfers/request", callbackAddress=voice.callback, **ask
            )
            assert answer.status in (400, 404)
            assert answer.json["@type"] == "TransferError"


def _agreement(stage):
    return {
        "@id": new_id(),
        "@type": "Agreement",
        "target": stage.dataset,
        "assigner": stage.id,
        "timestamp": "2026-11-25T10:00:00Z",
        "permission": [{"action": "use"}],
    }


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _signed(voice, header=None, *, sign=None, **claims):
    """A token with anything in it, signed by the participant's key or otherwise."""
    now = int(datetime.now(UTC).timestamp())
    good = {"iss": voice.id, "sub": voice.id, "aud": voice.node_id, "iat": now, "exp": now + 60, "jti": new_id()}
    found = {name: value for name, value in {**good, **claims}.items() if value is not None}
    parts = [{"alg": "ES256", "typ": "JWT", "kid": voice.signer.key_id, **(header or {})}, found]
    text = ".".join(_base64url(json.dumps(part).encode()) for part in parts)
    return f"Bearer {text}.{_base64url((sign or voice.signer.sign)(text.encode()))}"


def _hmac_with_the_public_key(voice):
    """The confusion of algorithms: the public key, taken for a shared secret."""
    pem = ECKey.import_key(dict(voice.signer.public_jwk)).as_pem(private=False)
    return _signed(voice, {"alg": "HS256"}, sign=lambda text: hmac.new(pem, text, hashlib.sha256).digest())


def _by_another_key(voice):
    key = ECKey.generate_key("P-256")
    token = _signed(voice)
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return "Bearer " + jwt.encode({"alg": "ES256", "kid": voice.signer.key_id}, claims, key)


NOW = 1_790_000_000
BAD = {
    "none": lambda voice, third: None,
    "empty": lambda voice, third: "",
    "no bearer": lambda voice, third: voice.token().removeprefix("Bearer "),
    "basic": lambda voice, third: "Basic YTpi",
    "no segments": lambda voice, third: "Bearer token",
    "expired": lambda voice, third: _signed(voice, iat=NOW - 120, exp=NOW - 60),
    "of the future": lambda voice, third: _signed(voice, iat=4_000_000_000, exp=4_000_000_060),
    "without exp": lambda voice, third: _signed(voice, exp=None),
    "exp as text": lambda voice, third: _signed(voice, exp="4000000000"),
    "of endless life": lambda voice, third: _signed(voice, exp=4_000_000_000),
    "without iat": lambda voice, third: _signed(voice, iat=None),
    "without jti": lambda voice, third: _signed(voice, jti=None),
    "other audience": lambda voice, third: _signed(voice, aud=third.id),
    "several audiences": lambda voice, third: _signed(voice, aud=[voice.node_id, third.id]),
    "iss is not sub": lambda voice, third: _signed(voice, sub=third.id),
    "another's name": lambda voice, third: _signed(voice, iss=third.id, sub=third.id),
    "another's name and key id": lambda voice, third: _signed(
        voice, {"kid": third.signer.key_id}, iss=third.id, sub=third.id
    ),
    "a stranger": lambda voice, third: _signed(
        voice, {"kid": "did:web:x.example#key-1"}, iss="did:web:x.example", sub="did:web:x.example"
    ),
    "ourselves": lambda voice, third: _signed(
        voice, {"kid": voice.node_id + "#key-1"}, iss=voice.node_id, sub=voice.node_id
    ),
    "another key": lambda voice, third: _by_another_key(voice),
    "alg none": lambda voice, third: _signed(voice, {"alg": "none"}, sign=lambda _: b""),
    "alg None": lambda voice, third: _signed(voice, {"alg": "None"}),
    "HS256 with the public key": lambda voice, third: _hmac_with_the_public_key(voice),
    "crit": lambda voice, third: _signed(voice, {"crit": ["b64"], "b64": False}),
    "a key in the header": lambda voice, third: _signed(voice, {"kid": None, "jwk": dict(voice.signer.public_jwk)}),
    "no signature": lambda voice, third: _signed(voice, sign=lambda _: b""),
    "changed": lambda voice, third: _signed(voice)[:-6] + "AAAAAA",
    "two segments": lambda voice, third: _signed(voice).rpartition(".")[0],
    "bytes": lambda voice, third: "Bearer \xff.\xff.\xff",
}


class TestIdentity:
    """The conformance kit never sends a bad token."""

    @pytest.mark.parametrize("name", BAD)
    async def test_a_bad_token_is_refused_in_the_type_of_the_protocol(self, talk, stage, name):
        before = await stage.everything()
        token = BAD[name](talk.me, stage.third)
        document = {"@context": CONTEXT, "@type": "CatalogRequestMessage"}
        answer = await talk.me.send("POST", "/catalog/request", document, headers={"Authorization": token})
        refused(answer, 401, "CatalogError")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert await stage.everything() == before

    async def test_a_token_is_good_for_one_request(self, talk, stage):
        token = {"Authorization": talk.me.token()}
        path = f"/catalog/datasets/{stage.dataset}"
        assert (await talk.me.send("GET", path, headers=token)).status == 200
        refused(await talk.me.send("GET", path, headers=token), 401, "CatalogError")

    async def test_the_same_id_in_another_token_is_a_repetition(self, talk, stage):
        path, repeated = f"/catalog/datasets/{stage.dataset}", new_id()
        answers = [
            await talk.me.send("GET", path, headers={"Authorization": _signed(talk.me, jti=repeated)}) for _ in range(2)
        ]
        assert [answer.status for answer in answers] == [200, 401]
        assert (
            await stage.third.send("GET", path, headers={"Authorization": _signed(stage.third, jti=repeated)})
        ).status
