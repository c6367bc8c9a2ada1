from __future__ import annotations

import asyncio
import base64
import contextlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from corridor.base.errors import UnauthenticatedError
from corridor.trust.did_web import WebDirectory
from corridor.trust.tokens import MAX_TOKEN_LENGTH, Authenticator, TokenIssuer

ME = "did:web:me.example"
PARTNER = "did:web:partner.example"
DOCUMENT = "https://partner.example/.well-known/did.json"


@pytest.fixture
def signer(new_signer):
    return new_signer(PARTNER)


@pytest.fixture
def document(shelf, signer, document_of):
    """The partner's published document; tests change it in place."""
    shelf.documents[DOCUMENT] = {**document_of(PARTNER, signer)}
    return shelf.documents[DOCUMENT]


@pytest.fixture
def door(listed, shelf, document, used, clock):
    """Our own authenticator."""
    return Authenticator(ME, listed, WebDirectory(shelf, monotonic=clock.monotonic), used, clock)


@pytest.fixture
def partner(signer, clock):
    """The partner's issuer of tokens."""
    ids = iter(range(1000))
    return TokenIssuer(PARTNER, signer, clock, lambda: f"urn:uuid:{next(ids)}")


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def forge(signer, header, claims):
    """A token with any header and claims, signed as the signer signs."""
    signed = ".".join(b64(json.dumps(part).encode()) for part in (header, claims))
    return f"Bearer {signed}.{b64(signer.sign(signed.encode()))}"


@pytest.fixture
def make(signer, clock):
    """Makes a valid token with some members changed; None takes one out."""

    def build(header=None, by=signer, **claims):
        now = int(clock.now().timestamp())
        given = {"iss": PARTNER, "sub": PARTNER, "aud": ME, "iat": now, "exp": now + 60, "jti": "j", **claims}
        head = {"alg": "ES256", "kid": by.key_id, **(header or {})}
        return forge(by, *({k: v for k, v in part.items() if v is not None} for part in (head, given)))

    return build


async def refused(door, header):
    with pytest.raises(UnauthenticatedError) as refusal:
        await door.authenticate(header)
    assert refusal.value.place == "Authorization"
    assert refusal.value.remedy
    return refusal.value.message


async def test_a_fresh_token_of_a_listed_partner_opens(door, partner):
    assert (await door.authenticate("Bearer " + partner.issue(ME))).id == PARTNER


def test_our_tokens_are_what_another_implementation_takes(partner, signer, clock):
    token = jwt.decode(partner.issue(ME), ECKey.import_key(dict(signer.public_jwk)), algorithms=["ES256"])
    now = int(clock.now().timestamp())
    assert token.header == {"alg": "ES256", "kid": signer.key_id, "typ": "JWT"}
    assert token.claims == {
        "iss": PARTNER,
        "sub": PARTNER,
        "aud": ME,
        "iat": now,
        "exp": now + 60,
        "jti": "urn:uuid:0",
    }


async def test_the_token_of_another_implementation_opens(door, shelf, document_of, clock):
    key = ECKey.generate_key("P-256")
    kid = f"{PARTNER}#theirs"
    public = {**key.as_dict(private=False), "kid": kid}
    shelf.documents[DOCUMENT] = document_of(PARTNER, type("Theirs", (), {"public_jwk": public}))
    now = int(clock.now().timestamp())
    claims = {"iss": PARTNER, "sub": PARTNER, "aud": [ME], "iat": now, "nbf": now, "exp": now + 60.5, "jti": "a"}
    token = jwt.encode({"alg": "ES256", "kid": kid}, claims, key)
    assert (await door.authenticate(f"Bearer {token}")).id == PARTNER


def test_two_tokens_are_never_the_same(partner):
    assert partner.issue(ME) != partner.issue(ME)


@pytest.mark.parametrize("header", [None, ""])
async def test_no_token_is_no_identity(door, header):
    assert "no identity" in await refused(door, header)


@pytest.mark.parametrize("prefix", ["", "bearer ", "Bearer", "Basic ", "Bearer  ", " Bearer "])
async def test_another_prefix_is_refused(door, partner, prefix):
    await refused(door, prefix + partner.issue(ME))


@pytest.mark.parametrize(
    "token",
    ["", "a", "a.b", "a.b.c.d", "a.b.c", "..", "e30.e30.", "W10.e30.AA", "é.e30.AA", "e30=.e30.AA", "e30.eyJ9.AA"],
)
async def test_what_is_no_token_is_refused(door, token):
    await refused(door, f"Bearer {token}")


async def test_a_token_of_a_megabyte_is_refused_unread(door):
    assert f"at most {MAX_TOKEN_LENGTH}" in await refused(door, "Bearer " + "a" * 1_000_000)


async def test_a_deeply_nested_header_is_refused(door):
    assert "nested" in await refused(door, f"Bearer {b64(b'[' * 3000)}.e30.AA")


@pytest.mark.parametrize("algorithm", ["none", "HS256", "ES384", "es256", "", None, 7, ["ES256"]])
async def test_another_algorithm_is_refused(door, make, algorithm):
    assert "algorithm" in await refused(door, make({"alg": algorithm}))


async def test_an_unsigned_token_is_refused(door, make):
    head, claims, _ = make({"alg": "none"}).split(".")
    await refused(door, f"{head}.{claims}.")


async def test_the_public_key_is_no_shared_secret(door, make, signer, clock):
    secret = OctKey.import_key(json.dumps(dict(signer.public_jwk)))
    now = int(clock.now().timestamp())
    claims = {"iss": PARTNER, "sub": PARTNER, "aud": ME, "iat": now, "exp": now + 60, "jti": "j"}
    await refused(door, "Bearer " + jwt.encode({"alg": "HS256", "kid": signer.key_id}, claims, secret))


async def test_extensions_that_must_be_understood_refuse(door, make):
    assert "extensions" in await refused(door, make({"crit": ["b64"], "b64": False}))


async def test_an_issuer_that_is_not_its_subject_is_refused(door, make):
    assert "subject" in await refused(door, make(sub=ME))
    assert "subject" in await refused(door, make(sub=None))


@pytest.mark.parametrize("issuer", [None, 7, "", "a b", "did:web:..", "a" * 1000])
async def test_an_issuer_that_is_no_id_is_refused(door, make, issuer):
    await refused(door, make(iss=issuer, sub=issuer))


@pytest.mark.parametrize(
    "kid", [None, 7, "key-1", "#key-1", PARTNER, "did:web:other.example#key-1", PARTNER + "2#key-1"]
)
async def test_a_key_that_is_not_named_or_of_another_did_is_refused(door, make, kid):
    await refused(door, make({"kid": kid}))


async def test_an_issuer_that_is_not_listed_is_refused_and_nothing_is_fetched(door, listed, make, shelf):
    del listed.known[PARTNER]
    assert "not on the participant list" in await refused(door, make())
    assert shelf.fetched == []


@pytest.mark.parametrize("audience", [None, PARTNER, "", [ME, PARTNER], [], 7, ME.upper(), {"a": ME}])
async def test_a_token_for_another_audience_is_refused(door, make, audience):
    assert "audience" in await refused(door, make(aud=audience))


async def test_a_token_is_good_until_it_expires_and_ten_seconds_more(door, make, clock):
    token, late = make(jti="a"), make(jti="b")
    clock.move(69)
    await door.authenticate(token)
    clock.move(1)
    assert "expired" in await refused(door, late)


async def test_a_token_of_a_clock_ten_seconds_ahead_is_good_and_of_eleven_not(door, make, clock):
    now = int(clock.now().timestamp())
    await door.authenticate(make(iat=now + 10))
    assert "future" in await refused(door, make(iat=now + 11))


async def test_a_token_that_is_not_valid_yet_is_refused(door, make, clock):
    assert "future" in await refused(door, make(nbf=int(clock.now().timestamp()) + 11))


async def test_a_token_for_longer_than_five_minutes_is_refused(door, make, clock):
    now = int(clock.now().timestamp())
    await door.authenticate(make(exp=now + 300))
    assert "5 minutes" in await refused(door, make(exp=now + 301, jti="k"))


async def test_a_token_that_ends_before_it_begins_is_refused(door, make, clock):
    assert "lifetime" in await refused(
        door, make(exp=int(clock.now().timestamp()) - 1, iat=int(clock.now().timestamp()))
    )


@pytest.mark.parametrize("name", ["iat", "exp", "nbf"])
@pytest.mark.parametrize("value", ["1795341600", True, [1], 1e300, -1e300, 10**15])
async def test_a_time_that_is_no_number_of_seconds_is_refused(door, make, name, value):
    await refused(door, make(**{name: value}))


@pytest.mark.parametrize("name", ["iat", "exp", "jti"])
async def test_times_and_id_are_required(door, make, name):
    await refused(door, make(**{name: None}))


async def test_a_signature_by_another_key_is_refused(door, make, new_signer):
    assert "signature" in await refused(door, make(by=new_signer(PARTNER)))


async def test_a_changed_claim_breaks_the_signature(door, make):
    head, _, signature = make().split(".")
    other = make(jti="other").split(".")[1]
    assert "signature" in await refused(door, f"{head}.{other}.{signature}")


@pytest.mark.parametrize("signature", ["", "AA", b64(bytes(64)), b64(b"\xff" * 64), b64(bytes(65)), "!"])
async def test_a_signature_that_cannot_be_one_is_refused(door, make, signature):
    head, claims, _ = make().split(".")
    await refused(door, f"{head}.{claims}.{signature}")


async def test_a_key_for_another_purpose_does_not_sign_in(door, make, document):
    document["capabilityInvocation"] = []
    assert "capabilityInvocation" in await refused(door, make())


async def test_a_token_is_used_once(door, make):
    token = make()
    await door.authenticate(token)
    assert "used before" in await refused(door, token)


async def test_of_two_uses_at_a_time_one_opens(door, make):
    results = await asyncio.gather(*(door.authenticate(make()) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(result, UnauthenticatedError) for result in results) == 4


async def test_an_id_is_remembered_as_long_as_its_token_would_open(door, make, used, clock):
    now = clock.now()
    await door.authenticate(make())
    assert [(kept - now).total_seconds() for kept in used.seen.values()] == [70]


async def test_a_token_that_is_not_genuine_leaves_no_trace(door, make, used, new_signer):
    await refused(door, make(by=new_signer(PARTNER)))
    assert used.seen == {}


async def test_a_partner_that_changed_its_key_under_the_same_id_signs_in(
    door, shelf, make, *, new_signer, document_of, clock
):
    await door.authenticate(make(jti="before"))
    renewed = new_signer(PARTNER)
    shelf.documents[DOCUMENT] = document_of(PARTNER, renewed)
    clock.move(5)
    await door.authenticate(make(jti="after", by=renewed))


async def test_false_tokens_do_not_make_us_fetch_without_end(door, make, new_signer, shelf):
    forger = new_signer(PARTNER)
    for number in range(20):
        await refused(door, make(by=forger, jti=str(number)))
    assert len(shelf.fetched) == 1


async def test_a_partner_whose_document_cannot_be_had_has_no_identity_at_present(door, make, shelf):
    del shelf.documents[DOCUMENT]
    with pytest.raises(UnauthenticatedError, match="cannot be had at present"):
        await door.authenticate(make())


async def test_a_false_token_is_refused_though_its_issuers_document_cannot_be_had_just_then(
    door, make, shelf, new_signer, clock
):
    await door.authenticate(make(jti="a"))
    shelf.documents.clear()
    clock.move(5)
    await refused(door, make(by=new_signer(PARTNER)))
    await door.authenticate(make(jti="b"))


async def test_a_partner_whose_document_is_of_another_did_is_refused(door, make, document):
    document["id"] = "did:web:other.example"
    assert "DID document" in await refused(door, make())


async def test_messages_show_nothing_of_the_token(door, make):
    token = make(sub="did:web:secret.example")
    assert "secret" not in await refused(door, token)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    header=st.dictionaries(st.sampled_from(["alg", "kid", "crit", "typ"]), JSON),
    claims=st.dictionaries(st.sampled_from(["iss", "sub", "aud", "iat", "exp", "nbf", "jti"]), JSON, min_size=1),
)
def test_whatever_a_token_says_it_opens_or_is_refused(door, make, header, claims):
    with contextlib.suppress(UnauthenticatedError):
        asyncio.run(door.authenticate(make(header, **claims)))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=st.text(max_size=60) | st.text(alphabet="eyJ.=-_A", max_size=60))
def test_any_header_is_refused_in_a_sentence(door, header):
    with pytest.raises(UnauthenticatedError):
        asyncio.run(door.authenticate("Bearer " + header))
