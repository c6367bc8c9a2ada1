from __future__ import annotations

import json

import pytest

from corridor.base.json import canonical_json
from corridor.evidence.bundle import DEFAULT_LIMITS, BundleLimits
from corridor.evidence.bundle_reader import Finding, read_bundle


@pytest.fixture
def lines(make_bundle):
    return make_bundle().splitlines()


def joined(lines):
    return b"".join(line + b"\n" for line in lines)


def faults(data, limits=DEFAULT_LIMITS):
    return [str(finding) for finding in read_bundle(data, limits)[1]]


def edited(line, **change):
    return canonical_json({**json.loads(line), **change})


def test_a_whole_bundle_is_read_without_a_finding(make_bundle):
    bundle, findings = read_bundle(make_bundle(), DEFAULT_LIMITS)
    assert findings == ()
    assert bundle.header.value.exporter == "did:web:provider.example"
    assert [placed.line for placed in bundle.events] == [3, 4, 5, 6]
    assert [placed.where for placed in bundle.receipts] == [
        "receipt of the agreement",
        "receipt of delivery urn:uuid:transfer-p",
    ]
    assert bundle.names()[6] == "event 3, data.served"
    assert set(bundle.names()) == set(range(1, 10))
    assert bundle.manifest.line == len(bundle.raw) == 9


def test_a_finding_says_line_and_part():
    assert str(Finding(7, "event.at", "is late")) == "line 7 (event.at): is late"
    assert str(Finding(7, "", "is late")) == "line 7: is late"


def test_nothing_is_no_bundle():
    assert faults(b"") == [
        "line 1: the bundle has no header that can be read",
        "line 1: the bundle has no checkpoint that can be read",
        "line 1: the bundle has no manifest that can be read",
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"", "line 3: an empty line"),
        (b"{", "line 3 (column 2): not JSON"),
        (b"\xff", "line 3: not UTF-8 at byte 0"),
        (b'{"kind": "event"}', "line 3: not canonical JSON"),
        (b'{"a":1,"a":1}', "line 3: the name `a` stands twice"),
        (b"[" * 100_000, "line 3: nested deeper than 64 levels"),
        (b"1" * 5000, "line 3: a number has at most 64 characters"),
        (b'"kind"', "line 3 (kind): `None` is no kind of line"),
        (b'{"kind":["event"]}', "line 3 (kind): `['event']` is no kind of line"),
        (b'{"kind":"secret"}', "line 3 (kind): `secret` is no kind of line"),
        (b'{"kind":"event"}', "line 3 (event): no member `index`"),
        (b'{"kind":"receipt"}', "line 3 (receipt): no member `receipt`"),
        (b'{"a":0.5}', "line 3: a value of type float has no canonical form"),
    ],
)
def test_a_line_that_says_nothing_is_found(lines, line, message):
    lines[2] = line
    assert faults(joined(lines))[0].startswith(message)


@pytest.mark.parametrize(
    ("number", "change", "message"),
    [
        (1, {"format": "other"}, "line 1 (header): not the header of a corridor-evidence-bundle of version 1"),
        (1, {"version": 2}, "line 1 (header): not the header"),
        (1, {"exporter": ""}, "line 1 (header.exporter): an identifier must be a non-empty string"),
        (1, {"more": 1}, "line 1 (header): unknown member `more`"),
        (2, {"checkpoint": 5}, "line 2 (checkpoint): not a string"),
        (2, {"more": 5}, "line 2 (checkpoint): unknown member `more`"),
        (4, {"index": -1}, "line 4 (event index): not a whole number"),
        (4, {"proof": {}}, "line 4 (proof): not a list of at most 64 hashes"),
        (4, {"proof": ["AA"] * 65}, "line 4 (proof): not a list of at most 64 hashes"),
        (4, {"proof": ["AA"]}, "line 4 (proof): a hash that has not 32 bytes"),
        (4, {"proof": ["AB"]}, "line 4 (proof[0]): not base64url"),
        (4, {"event": {}}, "line 4 (event.type): `None` is no type of event"),
        (7, {"receipt": {}}, "line 7 (receipt): no member `payload`"),
        (9, {"manifest": []}, "line 9 (manifest): not a JSON object"),
    ],
)
def test_a_line_of_another_shape_is_found_at_its_place(lines, number, change, message):
    lines[number - 1] = edited(lines[number - 1], **change)
    assert faults(joined(lines))[0].startswith(message)


def test_what_stands_once_stands_once(lines):
    assert "line 2 (header): a second header" in faults(joined([lines[0], *lines]))
    assert "line 10 (manifest): a second manifest" in faults(joined([*lines, lines[-1]]))


def test_kinds_stand_in_their_order(lines):
    lines[1], lines[2] = lines[2], lines[1]
    assert faults(joined(lines)) == ["line 3 (checkpoint): stands after the event 0, negotiation.requested"]


def test_the_last_line_is_ended(lines):
    assert faults(joined(lines)[:-1]) == ["line 9: the last line does not end with a line feed"]


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (BundleLimits(max_bytes=100), "line 1: a bundle has at most 100 bytes"),
        (BundleLimits(max_lines=5), "line 5: a bundle has at most 5 lines, this one 9"),
        (BundleLimits(max_line_bytes=700), "line 7: a document has at most 700 bytes"),
        (BundleLimits(max_manifest_bytes=10), "line 9: a document has at most 10 bytes"),
    ],
)
def test_a_bundle_over_a_limit_is_not_read_further(lines, limits, message):
    assert faults(joined(lines), limits)[0].startswith(message)


def test_a_million_empty_lines_are_refused_at_once():
    assert faults(b"\n" * 1_000_000) == ["line 100000: a bundle has at most 100000 lines, this one 1000000"]
