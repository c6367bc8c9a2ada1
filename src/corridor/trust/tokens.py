"""Self-issued identity tokens: one per request, for one partner, for a minute, used once.

The claims are those of DCP 1.0 §4.3 ("Self-Issued ID Tokens"); which participant may sign in at all is for the
participant list to say.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from corridor.base.clock import Clock
from corridor.base.errors import MalformedError, TooLargeError, UnauthenticatedError, UnreachableError
from corridor.base.ids import IdSource, ParticipantId, check_id
from corridor.base.json import JsonLimits, JsonObject, canonical_json, parse_json
from corridor.evidence.keys import did_of, from_base64url, to_base64url
from corridor.service.ports import Participants, Signer
from corridor.service.records import Participant, SeenToken

LIFETIME: Final = timedelta(seconds=60)
LONGEST_LIFETIME: Final = timedelta(minutes=5)
LEEWAY: Final = timedelta(seconds=10)
MAX_TOKEN_LENGTH: Final = 8192
PURPOSE: Final = "capabilityInvocation"
"""The verification relationship under which the key of an identity token has to stand (DCP 1.0 §4.3)."""
_ALGORITHM: Final = "ES256"
_PREFIX: Final = "Bearer "
_SEGMENT_LIMITS: Final = JsonLimits(max_bytes=MAX_TOKEN_LENGTH, max_depth=8)
_REMEDY: Final = "send an ES256 token of your own for this request: `Authorization: Bearer …`"


class TokenIssuer:
    """Makes our own tokens."""

    def __init__(self, me: ParticipantId, signer: Signer, clock: Clock, new_id: IdSource) -> None:
        self._me = me
        self._signer = signer
        self._clock = clock
        self._new_id = new_id

    def issue(self, audience: ParticipantId) -> str:
        """A fresh token for one request to `audience`."""
        now = int(self._clock.now().timestamp())
        header = {"alg": _ALGORITHM, "typ": "JWT", "kid": self._signer.key_id}
        claims = {
            "iss": self._me,
            "sub": self._me,
            "aud": audience,
            "iat": now,
            "exp": now + int(LIFETIME.total_seconds()),
            "jti": self._new_id(),
        }
        # The private key stays behind the port, so the compact form (RFC 7515 §7.1) is put together here.
        signed = f"{to_base64url(canonical_json(header))}.{to_base64url(canonical_json(claims))}"
        return f"{signed}.{to_base64url(self._signer.sign(signed.encode()))}"


class Keys(Protocol):
    """Where the public keys of participants are found; `refresh` looks anew, within reason."""

    async def public_keys(self, participant: ParticipantId, purpose: str) -> Mapping[str, JsonObject]:
        """Key id to JWK."""
        ...

    async def refresh(self, participant: ParticipantId, purpose: str) -> Mapping[str, JsonObject]:
        """Key id to JWK, from a fresh document."""
        ...


class TokenStore(Protocol):
    """Remembers which tokens were used; `service.ports.Store` does."""

    async def use_token(self, token: SeenToken, now: datetime) -> bool:
        """False if it was used before; atomic."""
        ...


@dataclass(frozen=True, slots=True)
class _Token:
    """A decoded token; nothing in it is believed yet."""

    compact: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Says who sends a request.

    A token is checked in this order, and the first fault ends it: `Bearer ` prefix; length; three segments; header
    (`alg`, `crit`, `kid`); `iss` = `sub`; DID of `kid` = `iss`; issuer on the participant list; `aud`; times; `jti`;
    signature by a key under `capabilityInvocation`; and last, since it is remembered, that the `jti` is fresh. So
    nothing is fetched for an issuer that is not on the list, and nothing is written for a token that is not genuine.

    Attributes:
        me: our own DID, the audience that a token must name.
        participants: who may sign in.
        keys: public keys of participants.
        store: remembers used tokens.
        clock: tells the time.
    """

    me: ParticipantId
    participants: Participants
    keys: Keys
    store: TokenStore
    clock: Clock

    async def authenticate(self, header: str | None) -> Participant:
        """The participant whose token the `Authorization` header holds.

        Raises:
            UnauthenticatedError: there is no token, it does not pass one of the checks, or its issuer's keys cannot be
                had at present.
        """
        now = self.clock.now()
        token = _decode(header)
        issuer = _issuer(token)
        participant = self.participants.find(issuer)
        if participant is None:
            raise _refused("the issuer is not on the participant list of this node")
        if token.claims.get("aud") not in (self.me, [self.me]):
            raise _refused("the token is for another audience")
        expires = _check_times(token.claims, now)
        token_id = _checked_id(token.claims.get("jti"), "jti")
        await self._verify(token, issuer)
        # Past `exp` the leeway still lets it in, so its id is remembered until that is over, too.
        if not await self.store.use_token(SeenToken(issuer, token_id, expires + LEEWAY), now):
            raise _refused("the token was used before")
        return participant

    async def _verify(self, token: _Token, issuer: ParticipantId) -> None:
        """Verify by a known key; if that fails, the issuer may have changed its key, under the same id or another."""
        try:
            known = await self.keys.public_keys(issuer, PURPOSE)
            if _verifies(token, known):
                return
            renewed = await self.keys.refresh(issuer, PURPOSE)
            if renewed != known and _verifies(token, renewed):
                return
        except (MalformedError, TooLargeError) as error:
            raise _refused(f"the issuer's DID document is not usable: {error.message}") from None
        except UnreachableError as error:
            # Not 5xx: whoever names a participant whose host is down would make errors of ours at will.
            raise _refused(f"the issuer's keys cannot be had at present: {error.message}") from None
        raise _refused(f"the signature is not by a key under {PURPOSE} of the issuer")


def _refused(why: str) -> UnauthenticatedError:
    return UnauthenticatedError(why, place="Authorization", remedy=_REMEDY)


def _decode(header: str | None) -> _Token:
    if not header:
        raise _refused("the request has no identity")
    if not header.startswith(_PREFIX):
        raise _refused("the authorization is not of the form `Bearer TOKEN`")
    compact = header.removeprefix(_PREFIX)
    if len(compact) > MAX_TOKEN_LENGTH:
        raise _refused(f"a token has at most {MAX_TOKEN_LENGTH} characters, this one {len(compact)}")
    segments = compact.split(".")
    if len(segments) != len(("header", "claims", "signature")):
        raise _refused("a token has three segments")
    return _Token(compact, _segment(segments[0], "header"), _segment(segments[1], "claims"))


def _segment(text: str, place: str) -> Mapping[str, Any]:
    try:
        value = parse_json(from_base64url(text, place), _SEGMENT_LIMITS)
    except (MalformedError, TooLargeError) as error:
        raise _refused(f"the token's {place} cannot be read: {error.message}") from None
    if not isinstance(value, dict):
        raise _refused(f"the token's {place} is no JSON object")
    return value


def _issuer(token: _Token) -> ParticipantId:
    if token.header.get("alg") != _ALGORITHM:
        raise _refused(f"the token's algorithm is not {_ALGORITHM}")
    if "crit" in token.header:  # RFC 7515 §4.1.11: what must be understood and is not, refuses
        raise _refused("the token's header has extensions that are not understood")
    issuer = _checked_id(token.claims.get("iss"), "iss")
    if token.claims.get("sub") != issuer:
        raise _refused("the token's issuer is not its subject")
    if _did_of_key(token.header.get("kid")) != issuer:
        raise _refused("the token's key belongs to another DID than its issuer")
    return ParticipantId(issuer)


def _did_of_key(key_id: object) -> str:
    try:
        return did_of(key_id)
    except MalformedError as error:
        raise _refused(f"the token names no key: {error.message}") from None


def _checked_id(value: object, name: str) -> str:
    try:
        return check_id(value, name)
    except MalformedError as error:
        raise _refused(f"the token's {name} is wrong: {error.message}") from None


def _check_times(claims: Mapping[str, Any], now: datetime) -> datetime:
    """`exp` of claims that are valid now; `iat` and `exp` are required, `nbf` is heeded (RFC 7519 §4.1)."""
    issued, expires = _instant(claims, "iat"), _instant(claims, "exp")
    not_before = _instant(claims, "nbf") if "nbf" in claims else issued
    if expires + LEEWAY <= now:
        raise _refused("the token has expired")
    if max(issued, not_before) > now + LEEWAY:
        raise _refused("the token is of the future: check both clocks")
    if expires - issued > LONGEST_LIFETIME or expires <= issued:
        raise _refused(f"the token's lifetime is not within {LONGEST_LIFETIME.seconds // 60} minutes")
    return expires


def _instant(claims: Mapping[str, Any], name: str) -> datetime:
    """A NumericDate (RFC 7519 §2): a JSON number, never a string; a boolean is no number."""
    value = claims.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (OverflowError, ValueError, OSError):
            pass
    raise _refused(f"the token's {name} is not a time in seconds")


def _verifies(token: _Token, keys: Mapping[str, JsonObject]) -> bool:
    jwk = keys.get(str(token.header["kid"]))
    if jwk is None:
        return False
    try:
        jws.deserialize_compact(token.compact, _key(canonical_json(jwk)), algorithms=[_ALGORITHM])
    except (JoseError, ValueError):
        return False
    return True


@functools.lru_cache(maxsize=1024)
def _key(jwk: bytes) -> ECKey:
    """The key of a JWK: a partner has the same for many requests, and reading it costs as much as verifying by it."""
    return ECKey.import_key(json.loads(jwk))
