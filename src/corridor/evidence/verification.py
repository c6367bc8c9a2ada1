"""The judgement on a bundle: offline, with nothing but the public keys of both parties.

In order: every line can be read (`bundle_reader`); the exporter's manifest covers every line; the checkpoint is the
exporter's; every event is in the log under that checkpoint; every receipt is signed by both parties; and what the parts
say agrees (`crosscheck`). Each check runs on what can be read, so that one fault does not hide another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from corridor.base.errors import CorridorError, MalformedError
from corridor.base.ids import AgreementId, ParticipantId
from corridor.base.json import JsonLimits, canonical_json, parse_json
from corridor.evidence.bundle import DEFAULT_LIMITS, BundleLimits, line_digest
from corridor.evidence.bundle_reader import Bundle, Finding, Placed, read_bundle
from corridor.evidence.checkpoint import Checkpoint, verify_checkpoint
from corridor.evidence.crosscheck import CLOCK_TOLERANCE, cross_check
from corridor.evidence.event import to_json
from corridor.evidence.jws import Jws, check_signatures
from corridor.evidence.keys import PublicKeys
from corridor.evidence.merkle import leaf_hash, verify_inclusion
from corridor.evidence.receipt import parties_of, verify
from corridor.evidence.story import tell


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of a bundle.

    Attributes:
        findings: every fault, by line; none means that all of it is proven.
        exporter: whose log it is from, or None where the header could not be read; only claimed unless `ok`.
        agreement: whose evidence it is; likewise.
        checkpoint: the log's head under which the events are proven, or None where it does not verify.
        events: how many events were checked.
        receipts: how many receipts were checked.
        story: the events in order, a short sentence each; empty unless `ok`.
    """

    findings: tuple[Finding, ...]
    exporter: ParticipantId | None
    agreement: AgreementId | None
    checkpoint: Checkpoint | None
    events: int
    receipts: int
    story: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def verify_bundle(data: bytes, keys: PublicKeys, limits: BundleLimits = DEFAULT_LIMITS) -> Verification:
    """Check all of `data`; whatever is wrong with it becomes a finding, nothing is raised.

    Args:
        data: the file as it came.
        keys: the public keys of both parties by DID URL, from a source that the verifier trusts.
        limits: bounds on its size.
    """
    bundle, unreadable = read_bundle(data, limits)
    checkpoint, checkpoint_findings = _check_checkpoint(bundle, keys)
    findings = [
        *unreadable,
        *_check_manifest(bundle, keys, limits),
        *checkpoint_findings,
        *(_check_inclusion(bundle, checkpoint) if checkpoint else ()),
        *_check_receipts(bundle, keys),
        *cross_check(bundle),
        *_check_times(bundle, checkpoint),
    ]
    header = bundle.header.value if bundle.header else None
    return Verification(
        findings=tuple(sorted(findings, key=lambda finding: finding.line)),
        exporter=header.exporter if header else None,
        agreement=header.agreement if header else None,
        checkpoint=checkpoint,
        events=len(bundle.events),
        receipts=len(bundle.receipts),
        story=() if findings else tell(placed.value.event for placed in bundle.events),
    )


def _check_manifest(bundle: Bundle, keys: PublicKeys, limits: BundleLimits) -> Iterator[Finding]:
    """First whether the manifest is signed: an unsigned one would blame the wrong lines."""
    manifest = bundle.manifest
    if manifest is None:
        return
    try:
        digests = _signed_digests(manifest.value, keys, limits)
    except CorridorError as error:
        yield manifest.finding(error.message)
        return
    exporter = bundle.header.value.exporter if bundle.header else None
    for signature in manifest.value.signatures:
        if exporter is not None and signature.signatory != exporter:
            yield manifest.finding(f"signed by `{signature.signatory}`, but the exporter is `{exporter}`")
    yield from _compare_lines(bundle, digests, manifest.line)


def _signed_digests(manifest: Jws, keys: PublicKeys, limits: BundleLimits) -> Sequence[object]:
    check_signatures(manifest, keys, "manifest")
    if len(manifest.signatures) != 1:
        raise MalformedError("the manifest has more than one signature")
    content = parse_json(manifest.payload, JsonLimits(max_bytes=limits.max_manifest_bytes))
    if not isinstance(content, dict) or content.keys() != {"sha256"} or not isinstance(content["sha256"], list):
        raise MalformedError("the manifest holds no list of digests")
    return content["sha256"]


def _compare_lines(bundle: Bundle, digests: Sequence[object], manifest_line: int) -> Iterator[Finding]:
    lines, names = bundle.raw[: manifest_line - 1], bundle.names()
    differing = [
        number
        for number, (line, digest) in enumerate(zip(lines, digests, strict=False), 1)
        if line_digest(line) != digest
    ]
    if len(lines) != len(digests):
        # Where a line was added or taken away all later ones are out of place: only the first one says something.
        first = differing[0] if differing else min(len(lines), len(digests)) + 1
        what = f"from here on not the lines that were signed: {len(digests)} were, {len(lines)} are here"
        yield Finding(first, names.get(first, ""), what)
        return
    for number in differing:
        yield Finding(number, names.get(number, ""), "not the line that the exporter signed in the manifest")


def _check_checkpoint(bundle: Bundle, keys: PublicKeys) -> tuple[Checkpoint | None, tuple[Finding, ...]]:
    if bundle.checkpoint is None:
        return None, ()
    try:
        checkpoint = verify_checkpoint(bundle.checkpoint.value, keys)
    except CorridorError as error:
        return None, (_of_error(bundle.checkpoint, error),)
    exporter = bundle.header.value.exporter if bundle.header else None
    if exporter is not None and checkpoint.origin != exporter:
        what = f"of the log of `{checkpoint.origin}`, but the exporter is `{exporter}`"
        return None, (bundle.checkpoint.finding(what),)
    return checkpoint, ()


def _check_inclusion(bundle: Bundle, checkpoint: Checkpoint) -> Iterator[Finding]:
    for placed in bundle.events:
        proven = placed.value
        leaf = leaf_hash(canonical_json(to_json(proven.event)))
        if not verify_inclusion(leaf, proven.index, checkpoint.size, proven.proof, checkpoint.root):
            yield placed.finding(f"its proof does not lead to the root of the {checkpoint.size} leaves")


def _check_receipts(bundle: Bundle, keys: PublicKeys) -> Iterator[Finding]:
    for placed in bundle.receipts:
        try:
            verify(placed.value, keys, parties_of(placed.value.statement))
        except CorridorError as error:
            yield _of_error(placed, error)


def _check_times(bundle: Bundle, checkpoint: Checkpoint | None) -> Iterator[Finding]:
    if checkpoint is None:
        return
    if bundle.header is not None and checkpoint.at - bundle.header.value.made_at > CLOCK_TOLERANCE:
        yield bundle.header.finding("made before its checkpoint")
    for placed in bundle.events:
        if placed.value.event.at - checkpoint.at > CLOCK_TOLERANCE:
            yield placed.finding("later than the checkpoint that covers it")


def _of_error(placed: Placed[Any], error: CorridorError) -> Finding:
    part = f"{error.place}: " if error.place and error.place != placed.where else ""
    return placed.finding(f"{part}{error.message}")
