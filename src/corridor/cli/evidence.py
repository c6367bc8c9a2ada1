"""`corridor evidence`: export the proof of an agreement, and verify one offline with public keys alone."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corridor.base.errors import MalformedError, RemoteError, StorageError
from corridor.base.json import parse_json
from corridor.cli.show import (
    HERE,
    REFUSED,
    ConfigOption,
    JsonFlag,
    err,
    give_json,
    node,
    reported,
    say,
    why,
    wrong_use,
)

if TYPE_CHECKING:
    from corridor.evidence.keys import PublicKeys
    from corridor.evidence.verification import Verification

app = typer.Typer(help="Proof that needs nobody's word.", no_args_is_help=True)


@app.command("export")
def export(
    agreement: Annotated[str, typer.Argument(help="The agreement.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The bundle to write.")],
    key: Annotated[Path | None, typer.Option(help="Also write this node's public key there.")] = None,
    *,
    config: ConfigOption = HERE,
    as_json: JsonFlag = False,
) -> None:
    """Write the evidence of an agreement to a file that verifies offline.

    Example: `corridor evidence export urn:uuid:... -o bundle.jsonl --key ours.jwk`
    """
    if key == output:
        wrong_use("the bundle and the key cannot be one file", "name another with --key", as_json=as_json)
    with reported(as_json=as_json), node(config) as client:
        bundle = client.bundle(agreement)
        _write(output, bundle)
        if key is not None:
            _write(key, (json.dumps(dict(client.key())) + "\n").encode())
    found = {"bundle": str(output), "bytes": len(bundle), "lines": bundle.count(b"\n")}
    give_json(found) if as_json else say(f"{output}: {len(bundle):,} bytes, {found['lines']} lines")


def _write(path: Path, data: bytes) -> None:
    temporary = path.parent / f"{path.name}.part"
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # Where it could not be made, there is nothing to take away.
            temporary.unlink()
        raise StorageError(
            f"the file cannot be written: {why(error)}", place=str(path), remedy="name another with --output or --key"
        ) from None


@app.command("verify")
def verify(
    bundle: Annotated[Path, typer.Argument(help="The bundle.")],
    key: Annotated[
        list[Path], typer.Option("--key", "-k", help="A public key (JWK with its kid), one for each party.")
    ],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Check a bundle offline, trusting the given public keys and nothing else.

    Example: `corridor evidence verify bundle.jsonl --key provider.jwk --key consumer.jwk`
    """
    from corridor.evidence.verification import verify_bundle

    with reported(as_json=as_json):
        found = verify_bundle(_read(bundle), _keys(key))
    give_json(_as_json(found)) if as_json else _show(bundle, found)
    if not found.ok:
        raise typer.Exit(REFUSED)


def _read(path: Path) -> bytes:
    from corridor.evidence.bundle import BundleLimits

    limit = BundleLimits().max_bytes
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise MalformedError(f"the file cannot be read: {why(error)}", place=str(path)) from None


def _keys(paths: list[Path]) -> PublicKeys:
    from corridor.evidence.keys import read_keys

    jwks: dict[str, Any] = {}
    for path in paths:
        jwk = _parsed(path)
        if not isinstance(jwk, dict) or not isinstance(jwk.get("kid"), str):
            raise MalformedError("not a JWK with its `kid`", place=str(path), remedy="`corridor evidence export --key`")
        jwks[jwk["kid"]] = jwk
    return read_keys(jwks)


def _parsed(path: Path) -> Any:
    try:
        return parse_json(_read(path))
    except RemoteError as error:
        place = f"{path}: {error.place}" if error.place else str(path)
        raise MalformedError(error.message, place=place, remedy="a key is a JWK, one JSON object") from None


def _as_json(found: Verification) -> dict[str, Any]:
    return {
        "ok": found.ok,
        "exporter": found.exporter,
        "agreement": found.agreement,
        "findings": [
            {"line": finding.line, "what": finding.what, "where": finding.where} for finding in found.findings
        ],
        "events": found.events,
        "receipts": found.receipts,
        "story": list(found.story),
    }


def _show(path: Path, found: Verification) -> None:
    if found.ok:
        say(f"{path}: verified, {found.events} events and {found.receipts} receipts signed by both sides")
        say(f"  exported by {found.exporter}, of the agreement {found.agreement}")
        for line in found.story:
            say(f"  {line}")
        return
    for finding in found.findings[:20]:
        err.print(f"{path}: {finding}", markup=False)
