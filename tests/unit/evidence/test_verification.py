from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corridor.base.json import canonical_json
from corridor.evidence.bundle import BundleLimits, manifest_line
from corridor.evidence.jws import Jws, sign_payload
from corridor.evidence.keys import PublicKey
from corridor.evidence.receipt import countersign, propose
from corridor.evidence.verification import verify_bundle

OTHER = "sha-256:" + "00" * 32


@pytest.fixture
def lines(make_bundle):
    return make_bundle().splitlines()


def joined(lines):
    return b"".join(line + b"\n" for line in lines)


def resigned(lines, signer):
    """`lines` with a manifest that fits them: what a dishonest exporter would hand out."""
    return joined([*lines[:-1], canonical_json(manifest_line(lines[:-1], signer))])


def edited(line, **change):
    return canonical_json({**json.loads(line), **change})


def faults(data, keys):
    return [str(finding) for finding in verify_bundle(data, keys).findings]


def test_a_third_party_with_two_public_keys_verifies_all_of_it(make_bundle, keys):
    result = verify_bundle(make_bundle(), keys)
    assert result.ok
    assert (result.exporter, result.agreement) == ("did:web:provider.example", "urn:uuid:agreement")
    assert (result.events, result.receipts, result.checkpoint.size) == (4, 2, 4)
    assert result.story[1] == (
        "2026-11-22T10:00:01Z agreement urn:uuid:agreement on urn:dataset:alerts "
        "bound did:web:provider.example and did:web:consumer.example"
    )


def test_a_part_of_the_log_is_proven_without_the_rest(make_bundle, keys):
    result = verify_bundle(make_bundle(chosen=(1, 3)), keys)
    assert result.ok
    assert len(result.story) == 2


def test_a_log_without_receipts_is_proven_as_what_it_is(make_bundle, keys):
    result = verify_bundle(make_bundle(receipts=()), keys)
    assert result.ok
    assert result.receipts == 0


def test_without_the_keys_nothing_is_proven(make_bundle, keys, provider):
    assert len(verify_bundle(make_bundle(), {}).findings) == 4
    assert faults(make_bundle(), {provider.key_id: keys[provider.key_id]}) == [
        f"line {line} ({where}): receipt.signatures[1]: the key `did:web:consumer.example#key-1` is not known"
        for line, where in ((7, "receipt of the agreement"), (8, "receipt of delivery urn:uuid:transfer-p"))
    ]


def test_a_bundle_over_a_limit_is_one_finding(make_bundle, keys):
    result = verify_bundle(make_bundle(), keys, BundleLimits(max_bytes=10))
    assert [finding.what for finding in result.findings] == [
        f"a bundle has at most 10 bytes, this one {len(make_bundle())}"
    ]
    assert (result.exporter, result.checkpoint, result.story) == (None, None, ())


@dataclass(frozen=True)
class RememberingKey:
    """A public key that checks each signature once: thousands of bundles here differ in one byte."""

    key: PublicKey
    seen: dict

    def verifies(self, payload, signature):
        if (payload, signature) not in self.seen:
            self.seen[payload, signature] = self.key.verifies(payload, signature)
        return self.seen[payload, signature]


@pytest.fixture(scope="module")
def small(make_bundle, both_sign, agreed):
    """One event and one receipt: small enough for every byte of it."""
    return make_bundle(chosen=(1,), receipts=[both_sign(agreed)])


@pytest.fixture(scope="module")
def middling(make_bundle):
    """Every kind of line and both kinds of receipt."""
    return make_bundle(chosen=(1, 3))


@pytest.fixture(scope="module")
def fast_keys(keys):
    return {key_id: RememberingKey(key, {}) for key_id, key in keys.items()}


def test_any_byte_changed_in_any_of_two_ways_is_found_on_its_line(small, fast_keys):
    line = 1
    for at, byte in enumerate(small):
        for other in {byte ^ 1, byte ^ 0x20}:
            changed = small[:at] + bytes([other]) + small[at + 1 :]
            found = verify_bundle(changed, fast_keys).findings
            assert line in {finding.line for finding in found}, (at, line, other, found)
        line += byte == ord("\n")


@settings(max_examples=300)
@given(st.data())
def test_any_byte_changed_in_any_way_is_found_on_its_line(middling, fast_keys, data):
    at = data.draw(st.integers(0, len(middling) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda drawn: drawn != middling[at]))
    found = verify_bundle(middling[:at] + bytes([byte]) + middling[at + 1 :], fast_keys).findings
    assert 1 + middling[:at].count(b"\n") in {finding.line for finding in found}


@settings(max_examples=300)
@given(st.data())
def test_bytes_taken_out_or_put_in_are_found_on_their_line(middling, fast_keys, data):
    at = data.draw(st.integers(0, len(middling) - 1))
    put_in = data.draw(st.sampled_from([b"", b" ", b"\n", b"0", b"\x00", b",", b"}"]))
    changed = middling[:at] + put_in + middling[at + (not put_in) :]
    line = 1 + middling[:at].count(b"\n")
    # A line feed put in behind a line leaves that one whole and an empty line after it.
    expected = {line, line + 1} if put_in == b"\n" else {line}
    assert expected & {finding.line for finding in verify_bundle(changed, fast_keys).findings}


def test_a_bundle_cut_off_anywhere_is_refused(small, fast_keys):
    for length in range(0, len(small), 3):
        assert not verify_bundle(small[:length], fast_keys).ok


@given(st.binary(max_size=60))
def test_whatever_comes_nothing_is_raised(data):
    assert not verify_bundle(data, {}).ok


def test_a_line_changed_twice_or_blank_is_found_from_there_on(lines, keys):
    for number in range(len(lines)):
        for changed in (
            [*lines[:number], lines[number], *lines[number:]],
            [*lines[:number], b"", *lines[number:]],
            [*lines[:number], *lines[number + 1 :]],
        ):
            found = verify_bundle(joined(changed), keys).findings
            assert any(finding.line in (number, number + 1, number + 2) for finding in found)


def test_two_lines_that_changed_places_are_found(lines, keys):
    for number in range(len(lines) - 1):
        swapped = [*lines[:number], lines[number + 1], lines[number], *lines[number + 2 :]]
        found = verify_bundle(joined(swapped), keys).findings
        assert {finding.line for finding in found} & {number + 1, number + 2}


@pytest.mark.parametrize("ending", [b"\n\n", b"", b"\r\n", b" \n", b"\x00\n", b"\n\x00", b"\n{}\n", b"\n "])
def test_a_bundle_ends_with_one_line_feed(small, fast_keys, ending):
    assert not verify_bundle(small[:-1] + ending, fast_keys).ok


def test_a_line_taken_away_is_named_once(lines, keys):
    assert faults(joined(lines[:4] + lines[5:]), keys) == [
        "line 5 (event 3, data.served): from here on not the lines that were signed: 8 were, 7 are here"
    ]
    assert faults(joined(lines[:7] + lines[8:]), keys) == [
        "line 8 (manifest): from here on not the lines that were signed: 8 were, 7 are here"
    ]


def test_the_part_that_was_forged_is_named(lines, keys, provider):
    forged = json.loads(lines[5])
    forged["event"]["size"] = 1
    lines[5] = canonical_json(forged)
    assert faults(joined(lines), keys) == [
        "line 6 (event 3, data.served): not the line that the exporter signed in the manifest",
        "line 6 (event 3, data.served): its proof does not lead to the root of the 4 leaves",
        "line 8 (receipt of delivery urn:uuid:transfer-p): `size` is not what the log says",
    ]
    assert faults(resigned(lines, provider), keys)[0] == (
        "line 6 (event 3, data.served): its proof does not lead to the root of the 4 leaves"
    )


def test_a_receipt_that_one_party_forged_is_named(make_bundle, keys, provider, stranger, delivered):
    impostor = type(provider)("did:web:consumer.example#key-1", stranger.private)
    forged = countersign(propose(delivered, provider), impostor)
    finding = verify_bundle(make_bundle(receipts=[forged]), keys).findings[0]
    assert finding.where == "receipt of delivery urn:uuid:transfer-p"
    assert finding.what == "receipt.signatures[1]: the signature of `did:web:consumer.example#key-1` does not match"


def test_a_receipt_that_one_party_signed_is_named(lines, keys, provider, delivered):
    lines[7] = edited(lines[7], receipt=propose(delivered, provider).to_json())
    assert faults(resigned(lines, provider), keys) == [
        "line 8 (receipt of delivery urn:uuid:transfer-p): receipt: signed by `did:web:provider.example` only"
    ]


def test_the_exporter_alone_signs_the_manifest(lines, keys, provider, consumer):
    assert faults(resigned(lines, consumer), keys) == [
        "line 9 (manifest): signed by `did:web:consumer.example`, but the exporter is `did:web:provider.example`"
    ]
    payload = canonical_json({"sha256": []})
    both = tuple(sign_payload(payload, "corridor-bundle-manifest+jws", one) for one in (provider, consumer))
    lines[-1] = edited(lines[-1], manifest=Jws("corridor-bundle-manifest+jws", payload, both).to_json())
    assert faults(joined(lines), keys) == ["line 9 (manifest): the manifest has more than one signature"]


@pytest.mark.parametrize("content", [{}, [], {"sha256": {}}, {"sha256": [], "more": 1}])
def test_a_manifest_that_lists_nothing_is_found(lines, keys, provider, content):
    payload = canonical_json(content)
    signed = Jws(
        "corridor-bundle-manifest+jws", payload, (sign_payload(payload, "corridor-bundle-manifest+jws", provider),)
    )
    lines[-1] = edited(lines[-1], manifest=signed.to_json())
    assert faults(joined(lines), keys) == ["line 9 (manifest): the manifest holds no list of digests"]


def test_the_log_is_the_exporters(lines, make_bundle, keys, provider, consumer):
    lines[1] = make_bundle(signer=consumer, receipts=()).splitlines()[1]
    assert faults(resigned(lines, provider), keys) == [
        "line 2 (checkpoint): of the log of `did:web:consumer.example`, but the exporter is `did:web:provider.example`"
    ]


def test_a_checkpoint_that_is_forged_is_named(lines, keys, provider):
    head = json.loads(lines[1])["checkpoint"]
    lines[1] = edited(lines[1], checkpoint=head.replace("\n4\n", "\n5\n"))
    assert faults(resigned(lines, provider), keys) == [
        "line 2 (checkpoint): checkpoint line 6: the signature of `did:web:provider.example#key-1` does not match"
    ]


def test_an_event_at_another_place_of_the_log_is_named(lines, keys, provider):
    lines[5] = edited(lines[5], index=2**40)
    assert faults(resigned(lines, provider), keys) == [
        "line 6 (event 1099511627776, data.served): its proof does not lead to the root of the 4 leaves"
    ]


def test_times_run_forward(make_bundle, keys, journey):
    minute = timedelta(minutes=1)
    early = make_bundle(head_at=journey[2].at - minute, made_at=journey[1].at - 2 * minute)
    assert faults(early, keys) == [
        "line 1 (header): made before its checkpoint",
        "line 6 (event 3, data.served): later than the checkpoint that covers it",
    ]
    backward = (*journey[:2], dataclasses.replace(journey[2], at=journey[0].at - timedelta(days=1)), journey[3])
    assert faults(make_bundle(log=backward), keys) == [
        "line 5 (event 2, dataset.withdrawn): earlier than event 1 before it"
    ]


def test_without_a_header_the_rest_is_still_checked(lines, keys):
    lines[0] = b"{}"
    found = faults(joined(lines), keys)
    assert found == [
        "line 1 (kind): `None` is no kind of line",
        "line 1: not the line that the exporter signed in the manifest",
        "line 9: the bundle has no header that can be read",
    ]
