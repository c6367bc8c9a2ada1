from __future__ import annotations

import hashlib
import json

import pytest

from corridor.base.errors import LocalError
from corridor.base.json import canonical_json
from corridor.evidence.bundle import FORMAT, VERSION, event_line, line_digest, manifest_line, receipt_line
from corridor.evidence.event import to_json
from corridor.evidence.jws import read_jws
from corridor.evidence.keys import to_base64url
from corridor.evidence.receipt import propose


def kinds(bundle):
    return [json.loads(line)["kind"] for line in bundle.splitlines()]


def test_a_bundle_is_canonical_lines_in_the_order_of_the_format(make_bundle):
    bundle = make_bundle()
    assert kinds(bundle) == ["header", "checkpoint", *["event"] * 4, *["receipt"] * 2, "manifest"]
    assert bundle.endswith(b"\n")
    assert all(canonical_json(json.loads(line)) == line for line in bundle.split(b"\n")[:-1])


def test_the_header_says_who_exported_what_and_when(make_bundle):
    assert json.loads(make_bundle().splitlines()[0]) == {
        "kind": "header",
        "format": FORMAT,
        "version": VERSION,
        "exporter": "did:web:provider.example",
        "agreement": "urn:uuid:agreement",
        "madeAt": "2026-11-22T10:02:00Z",
    }


def test_the_order_of_what_is_given_does_not_matter(make_bundle, agreed, delivered, both_sign):
    receipts = [both_sign(agreed), both_sign(delivered)]
    one = make_bundle(chosen=(0, 1, 3), receipts=receipts).splitlines()
    other = make_bundle(chosen=(3, 0, 1), receipts=reversed(receipts)).splitlines()
    unsigned = slice(2, 5)
    assert one[unsigned] == other[unsigned]
    assert [line for line in one[5:7] if b"receipt" in line] == other[5:7]


def test_an_event_line_holds_index_proof_and_event(make_bundle, journey):
    line = json.loads(make_bundle().splitlines()[3])
    assert line["index"] == 1
    assert line["event"] == to_json(journey[1])
    assert [len(entry) for entry in line["proof"]] == [43, 43]


def test_the_manifest_signs_the_digest_of_every_line(make_bundle):
    *lines, last = make_bundle().splitlines()
    manifest = read_jws(json.loads(last)["manifest"], "corridor-bundle-manifest+jws", "manifest")
    assert json.loads(manifest.payload) == {"sha256": [line_digest(line) for line in lines]}
    assert line_digest(b"line") == to_base64url(hashlib.sha256(b"line").digest())
    assert [signature.signatory for signature in manifest.signatures] == ["did:web:provider.example"]


def test_a_receipt_that_is_not_countersigned_stays_out(agreed, provider):
    with pytest.raises(LocalError, match="leave it out until countersigned"):
        receipt_line(propose(agreed, provider))


def test_nobody_exports_the_log_of_another(make_bundle, consumer, provider, journey):
    class Borrowed:
        """Signs checkpoints as the provider and bundles as the consumer."""

        def __init__(self):
            self.key_ids = iter([provider.key_id] * 3)

        @property
        def key_id(self):
            return next(self.key_ids, consumer.key_id)

        def sign(self, payload):
            return provider.sign(payload)

    with pytest.raises(LocalError, match=r"the checkpoint is not one of `did:web:consumer.example`"):
        make_bundle(signer=Borrowed())


def test_lines_are_made_one_by_one(provider, make_bundle, journey):
    assert manifest_line([b"a", b"b"], provider)["kind"] == "manifest"
    assert event_line.__doc__
